"""Spreading nominated people over classes: a proposal, changes by hand, and making it real."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask_babel import ngettext

from portal.batches.models import Batch
from portal.core import audit
from portal.core.db import db
from portal.core.errors import Conflict, NotFound
from portal.core.permissions import Actor, Permission
from portal.core.words import gettext as _
from portal.enrollment.models import Nomination, RosterImport, State
from portal.enrollment.queries.roster import can_see
from portal.enrollment.queries.spread import ClassRow, class_rows, nominees_of
from portal.enrollment.rules_spread import ClassOption, ClassPlan, Nominee, Problem, Spread, arrange, spread
from portal.enrollment.services.placing import Placement, place_people

Choice = tuple[int, bool]
_DRAFT = "draft"


@dataclass(frozen=True)
class Proposal:
    """Who would sit in which class. `changed` says what no longer holds of a draft, sentence by sentence."""

    program_id: int
    regency: str
    rows: dict[int, ClassRow]
    spread: Spread
    changed: tuple[str, ...] = ()
    is_draft: bool = False

    @property
    def assignments(self) -> dict[int, int]:
        """nomination id -> batch id, reserves included."""
        return {number: batch_id for number, (batch_id, _reserve) in self.spread.choices().items()}

    @property
    def reserves(self) -> frozenset[int]:
        """The nominations that would be reserves."""
        return frozenset(n for n, (_batch, is_reserve) in self.spread.choices().items() if is_reserve)

    @property
    def people(self) -> int:
        """How many people wait, placed or not."""
        return len(self.assignments) + len(self.spread.unplaced)

    @property
    def used(self) -> list[ClassPlan]:
        """Classes that somebody would sit in."""
        return [plan for plan in self.spread.classes if plan.seated or plan.reserves]

    @property
    def fingerprint(self) -> str:
        """Changes whenever anything in the proposal does: people, classes, seats."""
        seats = sorted(_seats_of(row.option) for row in self.rows.values())
        left = sorted(nominee.nomination_id for nominee, _reason in self.spread.unplaced)
        text = repr((sorted(self.spread.choices().items()), left, seats))
        return hashlib.sha256(text.encode()).hexdigest()[:32]


def _seats_of(option: ClassOption) -> tuple[Any, ...]:
    posts, held = sorted(option.post_seats.items()), sorted(option.cooperatives.items())
    return option.batch_id, option.free, option.reserves, option.kept, posts, option.cap or 0, held


@dataclass(frozen=True)
class SpreadResult:
    """What confirming did: people with a seat, reserves, classes."""

    seated: int
    reserves: int
    classes: int


def propose_spread(
    *,
    import_id: int | None = None,
    program_id: int | None = None,
    regency: str | None = None,
    batch_ids: Collection[int] | None = None,
    actor: Actor,
    now: datetime,
) -> Proposal:
    """Propose classes for everybody of a regency who waits for a program; writes nothing. Five statements.

    Give an import, or a program with a regency's code. `batch_ids`: only these classes; else those named for
    the regency or of its province, and only when there are none every class that admits it. A draft of the
    import holds instead. Raises NotFound outside the actor's reach.
    """
    draft: dict[int, Choice] | None = None
    if import_id is not None:
        found = db.session.get(RosterImport, import_id)
        if found is None or not can_see(actor, found, Permission.ROSTER_SPREAD):
            raise NotFound()
        program_id, regency = found.program_id, found.regency_code
        draft = _draft_of(found)
    if program_id is None or regency is None:
        raise ValueError("an import, or a program and a regency")
    _require(actor, regency)
    rows = class_rows(program_id=program_id, regency=regency, actor=actor, now=now)
    people = nominees_of(program_id, regency, rows)
    if draft is not None:
        return _drafted(program_id, regency, rows, people, draft)
    if batch_ids is not None:
        rows = [row for row in rows if row.batch_id in set(batch_ids)]
    else:
        rows = [row for row in rows if row.is_near] or rows
    found_rows = {row.batch_id: row for row in rows}
    return Proposal(program_id, regency, found_rows, spread(people, [row.option for row in rows]))


def _require(actor: Actor, regency: str) -> None:
    scope = actor.scope(Permission.ROSTER_SPREAD)
    if not (scope.covers_region(regency) or scope.centers):
        raise NotFound()


def _draft_of(found: RosterImport) -> dict[int, Choice] | None:
    kept = found.summary.get(_DRAFT)
    return None if kept is None else {int(n): (batch_id, bool(r)) for n, (batch_id, r) in kept.items()}


def _drafted(
    program_id: int, regency: str, rows: list[ClassRow], people: list[Nominee], draft: dict[int, Choice]
) -> Proposal:
    found = {row.batch_id: row for row in rows}
    arranged, problems = arrange(people, [row.option for row in rows], draft)
    gone = len(draft.keys() - {nominee.nomination_id for nominee in people})
    lost = sum(1 for nominee in people if draft.get(nominee.nomination_id, (0, False))[0] not in {0, *found})
    changed = _sentences(problems, found, gone, lost)
    return Proposal(program_id, regency, found, arranged, changed, is_draft=True)


def _sentences(
    problems: list[Problem], rows: Mapping[int, ClassRow], gone: int, lost: int
) -> tuple[str, ...]:
    """What stands in the way, one sentence a class or person."""
    found = []
    if gone:
        found.append(
            ngettext(
                "%(num)d orang tidak lagi menunggu kelas: sudah ditempatkan atau ditarik.",
                "%(num)d orang tidak lagi menunggu kelas: sudah ditempatkan atau ditarik.",
                gone,
            )
        )
    if lost:
        found.append(
            ngettext(
                "Angkatan yang dipilih untuk %(num)d orang tidak lagi menerima peserta.",
                "Angkatan yang dipilih untuk %(num)d orang tidak lagi menerima peserta.",
                lost,
            )
        )
    return (*found, *(_sentence(problem, rows[problem.batch_id].number) for problem in problems))


def _sentence(problem: Problem, number: int) -> str:
    facts = {"number": number, "count": problem.count, "room": problem.room, "name": problem.name}
    texts = {
        "over_seats": _("Angkatan %(number)s: %(count)s orang untuk %(room)s kursi.", **facts),
        "over_cap": _("Angkatan %(number)s: %(count)s orang dari %(name)s, paling banyak %(room)s.", **facts),
        "kept": _(
            "Angkatan %(number)s menjaga kursi untuk koperasi percontohan atau jabatan tertentu; "
            "orang lainnya terlalu banyak.",
            **facts,
        ),
        "over_reserves": _("Angkatan %(number)s: %(count)s cadangan untuk %(room)s tempat.", **facts),
        "not_meant": _("Angkatan %(number)s bukan untuk jabatan atau koperasi %(name)s.", **facts),
        "busy": _("%(name)s sudah ada di kelas lain pada hari Angkatan %(number)s.", **facts),
        "unprepared": _("%(name)s belum memegang sertifikat yang disyaratkan Angkatan %(number)s.", **facts),
    }
    return texts[problem.code]


def _changed(sentences: tuple[str, ...]) -> Conflict:
    message = _("Keadaannya sudah berubah, jadi belum ada yang ditempatkan.")
    return Conflict("spread_changed", message, changes=list(sentences))


def move_people(
    *,
    import_id: int,
    changes: Mapping[int, Choice | None],
    batch_ids: Collection[int] | None = None,
    fingerprint: str,
    actor: Actor,
    now: datetime,
) -> None:
    """Keep a draft of the import's spread with some people moved (None holds somebody back).

    Raises NotFound, Conflict `spread_changed` when the proposal is not the one of the fingerprint any more or
    a class would have too many people.
    """
    found = _lock(import_id, actor)
    before = propose_spread(import_id=import_id, batch_ids=batch_ids, actor=actor, now=now)
    if before.fingerprint != fingerprint:
        raise _changed((_("Pembagian ini sudah diubah di tempat lain. Periksa lagi, lalu ulangi."),))
    choices = before.spread.choices()
    known = {*choices, *(nominee.nomination_id for nominee, _reason in before.spread.unplaced)}
    for number, choice in changes.items():
        if number not in known:
            raise NotFound()
        choices.pop(number, None)
        if choice is not None:
            choices[number] = choice
    rows = class_rows(program_id=before.program_id, regency=before.regency, actor=actor, now=now)
    after = _drafted(
        before.program_id,
        before.regency,
        rows,
        nominees_of(before.program_id, before.regency, rows),
        choices,
    )
    if set(after.changed) - set(before.changed):
        raise _changed(tuple(line for line in after.changed if line not in before.changed))
    _keep_draft(found, choices)
    _record("spread.drafted", found, actor, now, moved=len(changes))


def reset_spread(*, import_id: int, actor: Actor, now: datetime) -> None:
    """Drop the draft: the proposal is made afresh. Raises NotFound."""
    found = _lock(import_id, actor)
    _keep_draft(found, None)
    _record("spread.reset", found, actor, now)


def _lock(import_id: int, actor: Actor) -> RosterImport:
    found = db.session.get(RosterImport, import_id, with_for_update=True)
    if found is None or not can_see(actor, found, Permission.ROSTER_SPREAD):
        raise NotFound()
    return found


def _keep_draft(found: RosterImport, choices: dict[int, Choice] | None) -> None:
    summary = {key: value for key, value in found.summary.items() if key != _DRAFT}
    if choices is not None:
        summary[_DRAFT] = {str(n): [batch_id, int(r)] for n, (batch_id, r) in choices.items()}
    found.summary = summary
    db.session.flush()


def _record(action: str, found: RosterImport, actor: Actor, now: datetime, **data: Any) -> None:
    audit.record(
        action, "roster_import", found.id, actor=actor, now=now, scope=f"region:{found.regency_code}", **data
    )


def confirm_import_spread(
    *,
    import_id: int,
    fingerprint: str,
    batch_ids: Collection[int] | None = None,
    actor: Actor,
    now: datetime,
) -> SpreadResult:
    """Make the shown proposal of an import real. Raises NotFound, Conflict `spread_changed`."""
    found = _lock(import_id, actor)
    proposal = propose_spread(import_id=import_id, batch_ids=batch_ids, actor=actor, now=now)
    if proposal.fingerprint != fingerprint or proposal.changed:
        again = _(
            "Kursi atau daftar orangnya berubah sejak halaman ini dibuka. Di bawah ini keadaan terbaru."
        )
        raise _changed(proposal.changed or (again,))
    result = confirm_spread(
        program_id=proposal.program_id, regency=proposal.regency, assignments=proposal.assignments,
        reserves=proposal.reserves, actor=actor, now=now,
    )  # fmt: skip
    _keep_draft(found, None)
    _record("spread.confirmed", found, actor, now, seated=result.seated, reserves=result.reserves)
    return result


def confirm_spread(
    *,
    program_id: int,
    regency: str,
    assignments: Mapping[int, int],
    reserves: Collection[int] = (),
    state: State = State.OFFERED,
    actor: Actor,
    now: datetime,
) -> SpreadResult:
    """Place people: nomination id -> batch id; `reserves` are nominations that become reserves there.

    All or nothing. `state` is that of the seated (offered, or confirmed where they were asked before). A
    bounded number of statements a class, none a person. Raises Conflict `spread_changed` with
    details["changes"] (sentences), NotFound outside the actor's reach.
    """
    _require(actor, regency)
    wanted = sorted(set(assignments.values()))
    # In the order of ids, before anything is read: two officers cannot wait for each other.
    db.session.execute(sa.select(Batch.id).where(Batch.id.in_(wanted)).order_by(Batch.id).with_for_update())
    # The nominations too: the same people may be on their way into classes of another center.
    waiting = sa.select(Nomination.id).where(Nomination.id.in_(sorted(assignments)))
    db.session.execute(waiting.order_by(Nomination.id).with_for_update())
    rows = {
        row.batch_id: row
        for row in class_rows(program_id=program_id, regency=regency, actor=actor, now=now, only=wanted)
    }
    everybody = nominees_of(program_id, regency, rows.values())
    people = [n for n in everybody if n.nomination_id in assignments]
    chosen = {n: (batch_id, n in set(reserves)) for n, batch_id in assignments.items()}
    arranged, problems = arrange(people, [row.option for row in rows.values()], chosen)
    gone, lost = len(assignments) - len(people), len(arranged.unplaced)
    if problems or gone or lost:
        raise _changed(_sentences(problems, rows, gone, lost))
    seated = spare = used = 0
    for plan in sorted(arranged.classes, key=lambda p: p.option.batch_id):
        batch_id = plan.option.batch_id
        for group, group_state in ((plan.seated, state), (plan.reserves, State.RESERVE)):
            if group:
                place_people(
                    batch_id=batch_id, placements=[_placement(n) for n in group], state=group_state,
                    actor=actor, now=now,
                )  # fmt: skip
        seated, spare = seated + len(plan.seated), spare + len(plan.reserves)
        used += bool(plan.seated or plan.reserves)
    return SpreadResult(seated, spare, used)


def _placement(nominee: Nominee) -> Placement:
    return Placement(
        person_id=nominee.person_id,
        cooperative_id=nominee.cooperative_id,
        post=nominee.post,
        nomination_id=nominee.nomination_id,
        region_code=nominee.region_code,
        priority=0 if nominee.is_pilot else 1,
    )
