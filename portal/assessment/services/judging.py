"""Judging units K or BK, with every version kept, and signing the sheet that makes them final."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from portal.assessment import queries, rules
from portal.assessment.models import AssessmentSheet, Verdict
from portal.assessment.queries import Candidate, SheetHead
from portal.assessment.rules import UnitNeed
from portal.batches.models import Batch
from portal.batches.services import set_batch_state
from portal.cooperatives.queries import own_cooperatives
from portal.core import audit, clock
from portal.core.blockers import Blocker
from portal.core.db import db
from portal.core.errors import Conflict, DomainError, Forbidden
from portal.core.permissions import Actor, Permission, require
from portal.core.ports import ports
from portal.enrollment.models import State
from portal.enrollment.queries import enrollments_by_id
from portal.enrollment.services import notices_batch
from portal.enrollment.services.outcomes import close_enrollments

_FORBIDDEN = frozenset({"trainer_may_not_judge"})
_EARLY = frozenset({"batch_not_begun"})


@dataclass(frozen=True)
class VerdictEntry:
    """One verdict to record. `criteria` are the ids of the performance criteria not met;
    `expected_version` what the caller saw (0: none yet), None for whatever is there."""

    enrollment_id: int
    unit_id: int
    value: str
    note: str = ""
    criteria: tuple[int, ...] = ()
    expected_version: int | None = None


@dataclass(frozen=True)
class Blank:
    """What is missing before a sheet can be signed: a mark (`session_id`) or a verdict (`unit_id`), with the
    position of that session or unit."""

    enrollment_id: int
    name: str
    position: int
    session_id: int | None = None
    unit_id: int | None = None


def record_verdict(
    *,
    enrollment_id: int,
    unit_id: int,
    value: str,
    note: str = "",
    criteria: Iterable[int] = (),
    expected_version: int | None = None,
    actor: Actor,
    now: datetime,
) -> Verdict:
    """Judge one unit of one person; the same again changes nothing, anything else is a new version.

    Raises NotFound (foreign), Forbidden (own, own cooperative, trainer), Conflict (`verdict_conflict`,
    `sheet_final`), DomainError (`note_needed` on field note, `criteria_foreign`, `unit_foreign`).
    """
    entry = VerdictEntry(enrollment_id, unit_id, value, note, tuple(criteria), expected_version)
    batch_id = queries.batch_of(enrollment_id)
    record_verdicts(batch_id=batch_id, entries=[entry], actor=actor, now=now)
    return queries.verdicts_of(enrollment_id)[unit_id]


def record_verdicts(*, batch_id: int, entries: Sequence[VerdictEntry], actor: Actor, now: datetime) -> int:
    """Judge many units of one batch, all or nothing; returns how many changed. Bounded statements.

    Raises as `record_verdict`; details of a refusal name `enrollment_id` and `unit_id`.
    """
    require(actor, Permission.VERDICT_RECORD)
    head = _open_head(actor, batch_id, now)
    wanted = {entry.enrollment_id for entry in entries}
    if len(wanted) == 1:
        people = {i: queries.get_candidate(batch_id, i) for i in wanted}
        current = {(i, unit): verdict for i in wanted for unit, verdict in queries.verdicts_of(i).items()}
    else:
        people = {person.enrollment_id: person for person in queries.candidates_of(batch_id)}
        current = queries.verdicts_of_batch(batch_id)
    if not wanted <= people.keys():
        raise DomainError(
            "outside_batch", _("Ada peserta yang bukan dari angkatan ini. Tidak ada yang disimpan.")
        )
    _check_entries(head, entries)
    _check_own(actor, [people[i] for i in wanted], now)
    changes = [(entry, current.get((entry.enrollment_id, entry.unit_id))) for entry in entries]
    changes = [(entry, old) for entry, old in changes if _differs(entry, old)]
    for entry, old in changes:
        seen, stands = entry.expected_version, old.version if old else 0
        if seen is not None and seen != stands:
            raise _conflict(entry, old)
    _store(head, changes, actor, now)
    return len(changes)


def judge_rest(*, batch_id: int, enrollment_id: int, actor: Actor, now: datetime) -> int:
    """Every unit of one person that has no verdict yet is K; returns how many. Raises as `record_verdict`."""
    head = queries.get_head(actor, batch_id)
    judged = queries.verdicts_of(queries.get_candidate(batch_id, enrollment_id).enrollment_id)
    entries = [
        VerdictEntry(enrollment_id, unit_id, rules.COMPETENT)
        for unit_id, _position, _required in queries.units_in(head.curriculum_id)
        if unit_id not in judged
    ]
    return record_verdicts(batch_id=batch_id, entries=entries, actor=actor, now=now) if entries else 0


def find_blanks(head: SheetHead) -> list[Blank]:
    """Every missing mark and verdict of a batch, by person. Who was in no session needs no verdict."""
    blanks, _outcomes = _survey(head)
    return blanks


def finalize_sheet(*, batch_id: int, actor: Actor, now: datetime) -> AssessmentSheet:
    """Sign the results of a batch: from here marks and verdicts are read-only and the enrollments end.

    completed: enough attendance and every required unit K; no_show: in no session; else not_completed.
    Raises DomainError `sheet_incomplete` (details: `blanks`), Forbidden, Conflict (`sheet_final`), NotFound.
    """
    require(actor, Permission.SHEET_FINALIZE)
    head = _open_head(actor, batch_id, now)
    _check_own(actor, queries.candidates_of(batch_id), now)
    blanks, outcomes = _survey(head)
    if blanks:
        raise DomainError(
            "sheet_incomplete",
            _("Masih ada %(num)s yang kosong. Lengkapi dulu, lalu tandatangani.", num=len(blanks)),
            blanks=blanks,
        )
    if not outcomes:
        raise DomainError(
            "sheet_empty", _("Angkatan ini tidak punya peserta, jadi tidak ada yang ditandatangani.")
        )
    sheet = AssessmentSheet(
        batch_id=batch_id, signed_by=actor.user_id, signer_name=actor.name[:100], signed_at=now
    )
    db.session.add(sheet)
    db.session.flush()
    close_enrollments(batch_id=batch_id, outcomes=outcomes, actor=actor, now=now)
    set_batch_state(batch_id=batch_id, state="finalized", reason="", actor=actor, now=now)
    came = [number for number, state in outcomes.items() if state != State.NO_SHOW]
    notices_batch.results(enrollments_by_id(came), now=now)
    totals = {str(state): list(outcomes.values()).count(state) for state in set(outcomes.values())}
    audit.record(
        "sheet.signed",
        "batch",
        batch_id,
        actor=actor,
        now=now,
        scope=f"center:{head.center_id}",
        outcomes=totals,
    )
    return sheet


def closed_reason(head: SheetHead, now: datetime) -> Blocker | None:
    """Why nothing can be judged in the batch now by this actor, or None."""
    blockers = rules.batch_blockers(
        batch_state=head.state,
        starts_on=head.starts_on,
        today=clock.local_date(now, head.zone),
        separate_assessor=head.separate_assessor,
        is_trainer=head.is_trainer,
        _=_,
    )
    return blockers[0] if blockers else None


def own_people(people: Iterable[Candidate], actor: Actor, now: datetime) -> dict[int, str]:
    """enrollment id -> why this actor may not judge that person."""
    own = own_cooperatives(actor, now)
    found = {person.enrollment_id: _own_blockers(actor, own, person) for person in people}
    return {enrollment_id: blockers[0].message for enrollment_id, blockers in found.items() if blockers}


def _open_head(actor: Actor, batch_id: int, now: datetime) -> SheetHead:
    """The batch in the actor's reach, if it takes verdicts now; one judge at a time writes in a batch."""
    if db.session.get_bind().dialect.name == "postgresql":
        # A statement of its own, so that what is read next is newer than whatever held the lock.
        held = sa.select(Batch.id).where(Batch.id == batch_id)
        db.session.execute(held.with_for_update(key_share=True))
    head = queries.get_head(actor, batch_id)
    closed = closed_reason(head, now)
    if closed:
        kind: Any = (
            Forbidden if closed.code in _FORBIDDEN else DomainError if closed.code in _EARLY else Conflict
        )
        raise kind(closed.code, f"{closed.message} {closed.remedy}".strip())
    return head


def _check_entries(head: SheetHead, entries: Sequence[VerdictEntry]) -> None:
    """Values, notes, and that every unit and criterion belongs where it says."""
    units = {unit_id for unit_id, _position, _required in queries.units_in(head.curriculum_id)}
    marked = sorted({entry.unit_id for entry in entries if entry.criteria} & units)
    criteria = queries.criteria_of(marked) if marked else {}
    for entry in entries:
        problem, field = _problem(entry, units, criteria)
        if problem:
            raise DomainError(
                problem.code, problem.message, field, enrollment_id=entry.enrollment_id, unit_id=entry.unit_id
            )


def _problem(
    entry: VerdictEntry, units: set[int], criteria: Mapping[int, int]
) -> tuple[Blocker | None, str | None]:
    """(what is wrong with one entry, the field it belongs to)."""
    if entry.unit_id not in units:
        return Blocker("unit_foreign", _("Unit ini bukan bagian dari kurikulum angkatan ini.")), None
    if any(criteria.get(criterion) != entry.unit_id for criterion in entry.criteria):
        return Blocker("criteria_foreign", _("Kriteria ini bukan bagian dari unit tersebut.")), None
    problem = rules.verdict_problem(entry.value, entry.note, _)
    return problem, "value" if problem and problem.code == "value_unknown" else "note"


def _own_blockers(actor: Actor, own: set[int], person: Candidate) -> list[Blocker]:
    return rules.judge_blockers(
        judge_person=actor.person_id,
        judge_cooperatives=own,
        person_id=person.person_id,
        cooperative_id=person.cooperative_id,
        _=_,
    )


def _check_own(actor: Actor, people: Iterable[Candidate], now: datetime) -> None:
    own = own_cooperatives(actor, now)
    for person in people:
        for blocker in _own_blockers(actor, own, person):
            raise Forbidden(blocker.code, blocker.message)


def _kept(entry: VerdictEntry) -> tuple[str, str, list[int]]:
    """What is stored of an entry: K carries no criteria."""
    criteria = sorted(set(entry.criteria)) if entry.value == rules.NOT_YET else []
    return str(entry.value), entry.note.strip(), criteria


def _differs(entry: VerdictEntry, old: Verdict | None) -> bool:
    return old is None or (old.value, old.note, old.criteria) != _kept(entry)


def _conflict(entry: VerdictEntry, old: Verdict | None) -> Conflict:
    """Somebody else judged it meanwhile: say who and how."""
    by = queries.user_name(old.judged_by if old else None) or _("rekan Anda")
    letters = {rules.COMPETENT: "K", rules.NOT_YET: "BK"}
    message = _(
        "%(by)s sudah menilai unit ini %(value)s. Pilihan Anda: %(wanted)s. Simpan lagi bila tetap ingin "
        "mengubah.",
        by=by, value=letters.get(old.value if old else "", "–"), wanted=letters.get(entry.value, "–"),
    )  # fmt: skip
    return Conflict("verdict_conflict", message, enrollment_id=entry.enrollment_id, unit_id=entry.unit_id)


def _store(
    head: SheetHead, changes: Sequence[tuple[VerdictEntry, Verdict | None]], actor: Actor, now: datetime
) -> None:
    """Retire the versions in force, add the new ones, audit each."""
    retired = [{"b_id": old.id} for _entry, old in changes if old is not None]
    if retired:
        table = Verdict.__table__
        statement = sa.update(table).where(table.c.id == sa.bindparam("b_id"), table.c.is_current)
        done = db.session.connection().execute(statement.values(is_current=False), retired)
        if done.rowcount not in (-1, len(retired)):
            raise Conflict(
                "verdict_conflict", _("Rekan Anda baru saja mengubah hasil ini. Muat ulang halaman.")
            )
    rows = []
    for entry, old in changes:
        value, note, criteria = _kept(entry)
        rows.append(
            {
                "enrollment_id": entry.enrollment_id,
                "unit_id": entry.unit_id,
                "version": (old.version if old else 0) + 1,
                "is_current": True,
                "value": value,
                "note": note,
                "criteria": criteria,
                "judged_by": actor.user_id,
                "judged_at": now,
            }
        )
        audit.record(
            "verdict.recorded",
            "enrollment",
            entry.enrollment_id,
            actor=actor,
            now=now,
            scope=f"center:{head.center_id}",
            unit=entry.unit_id,
            value=value,
            was=old.value if old else "",
            criteria=criteria,
        )
    if rows:
        db.session.execute(sa.insert(Verdict.__table__), rows)


def _survey(head: SheetHead) -> tuple[list[Blank], dict[int, State]]:
    """(what is missing, how each enrollment would end)."""
    report = ports().attendance_report(head.batch_id)
    units = [UnitNeed(*unit) for unit in queries.units_in(head.curriculum_id)]
    values: dict[int, dict[int, str]] = {}
    for (enrollment_id, unit_id), verdict in queries.verdicts_of_batch(head.batch_id).items():
        values.setdefault(enrollment_id, {})[unit_id] = verdict.value
    blanks: list[Blank] = []
    outcomes: dict[int, State] = {}
    for person in queries.candidates_of(head.batch_id):
        attended = report.get(person.enrollment_id)
        verdicts: Mapping[int, str] = values.get(person.enrollment_id, {})
        for session_id, position in attended.blank if attended else ():
            blanks.append(Blank(person.enrollment_id, person.name, position, session_id=session_id))
        came = attended is not None and attended.came
        for unit in rules.blank_units(units, verdicts) if came else ():
            blanks.append(Blank(person.enrollment_id, person.name, unit.position, unit_id=unit.id))
        outcomes[person.enrollment_id] = State(
            rules.outcome(
                came=came,
                attended_enough=attended is not None and attended.is_enough,
                competent=rules.is_competent(units, verdicts),
            )
        )
    return blanks, outcomes
