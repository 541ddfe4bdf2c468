"""Judging units K or BK, with every version kept."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from portal.assessment import queries, rules
from portal.assessment.models import Verdict, VerdictSource
from portal.assessment.queries import Candidate, Observed, SheetHead
from portal.assessment.queries.written import written_of_batch
from portal.assessment.services.storing import (
    NewVersion,
    check_own,
    hold_batch,
    own_blockers,
    store_versions,
)
from portal.cooperatives.queries import own_cooperatives
from portal.core import clock
from portal.core.blockers import Blocker
from portal.core.errors import Conflict, DomainError, Forbidden
from portal.core.permissions import Actor, Permission, require
from portal.core.words import gettext as _

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

    @property
    def cell(self) -> tuple[int, int]:
        return self.enrollment_id, self.unit_id


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
    `sheet_final`, `second_wanted`), DomainError (`note_needed` on field note, `criteria_foreign`,
    `unit_foreign`).
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
    head = open_head(actor, batch_id, now)
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
    observed = queries.observed_in(batch_id, sorted(wanted))
    _check_entries(head, entries, observed)
    check_own(actor, [people[i] for i in wanted], now)
    _check_blind(queries.blind_cells(head, actor), entries)
    changes = [(entry, current.get((entry.enrollment_id, entry.unit_id))) for entry in entries]
    evidence = _evidence(batch_id, entries, observed)
    changes = [(entry, old) for entry, old in changes if _differs(entry, old, evidence[entry.cell])]
    for entry, old in changes:
        seen, stands = entry.expected_version, old.version if old else 0
        if seen is not None and seen != stands:
            raise _conflict(entry, old)
    versions = [_version(entry, old, evidence[entry.cell]) for entry, old in changes]
    store_versions(versions, head.center_id, actor, now)
    return len(changes)


def judge_rest(*, batch_id: int, enrollment_id: int, actor: Actor, now: datetime) -> int:
    """Every unit of one person that has no verdict yet is K, but where an observation saw a criterion not
    met; returns how many. Raises as `record_verdict`."""
    head = queries.get_head(actor, batch_id)
    observed = queries.observed_in(batch_id, [enrollment_id])
    doubtful = {unit_id for (_person, unit_id), seen in observed.items() if seen.unmet}
    judged = queries.verdicts_of(queries.get_candidate(batch_id, enrollment_id).enrollment_id)
    entries = [
        VerdictEntry(enrollment_id, unit_id, rules.COMPETENT)
        for unit_id, _position, _required in queries.units_in(head.curriculum_id)
        if unit_id not in judged and unit_id not in doubtful
    ]
    return record_verdicts(batch_id=batch_id, entries=entries, actor=actor, now=now) if entries else 0


def closed_reason(head: SheetHead, now: datetime, after_signing: bool = False) -> Blocker | None:
    """Why nothing can be judged in the batch now by this actor, or None. `after_signing`: for what goes on
    when the sheet is signed (re-tests, second words)."""
    blockers = rules.batch_blockers(
        batch_state=head.state,
        starts_on=head.starts_on,
        today=clock.local_date(now, head.zone),
        separate_assessor=head.separate_assessor,
        is_trainer=head.is_trainer,
        after_signing=after_signing,
        _=_,
    )
    return blockers[0] if blockers else None


def own_people(people: Iterable[Candidate], actor: Actor, now: datetime) -> dict[int, str]:
    """enrollment id -> why this actor may not judge that person."""
    own = own_cooperatives(actor, now)
    found = {person.enrollment_id: own_blockers(actor, own, person) for person in people}
    return {enrollment_id: blockers[0].message for enrollment_id, blockers in found.items() if blockers}


def open_head(actor: Actor, batch_id: int, now: datetime, after_signing: bool = False) -> SheetHead:
    """The batch in the actor's reach, if it takes verdicts now; one judge at a time writes in a batch.
    `after_signing` as in `closed_reason`."""
    hold_batch(batch_id)
    head = queries.get_head(actor, batch_id)
    closed = closed_reason(head, now, after_signing)
    if closed:
        kind: Any = (
            Forbidden if closed.code in _FORBIDDEN else DomainError if closed.code in _EARLY else Conflict
        )
        raise kind(closed.code, f"{closed.message} {closed.remedy}".strip())
    return head


def _check_entries(
    head: SheetHead, entries: Sequence[VerdictEntry], observed: Mapping[tuple[int, int], Observed]
) -> None:
    """Values, notes, that every unit and criterion belongs where it says, and what was seen otherwise."""
    units = {unit_id for unit_id, _position, _required in queries.units_in(head.curriculum_id)}
    marked = sorted({entry.unit_id for entry in entries if entry.criteria} & units)
    criteria = queries.criteria_of(marked) if marked else {}
    for entry in entries:
        problem, field = _problem(entry, units, criteria)
        if problem is None and entry.cell in observed:
            unmet = len(observed[entry.cell].unmet)
            problem, field = rules.against_observation(entry.value, entry.note, unmet, _), "note"
        if problem:
            raise DomainError(
                problem.code, problem.message, field, enrollment_id=entry.enrollment_id, unit_id=entry.unit_id
            )


def _check_blind(blind: Collection[tuple[int, int]], entries: Sequence[VerdictEntry]) -> None:
    """Whose second word is wanted gives that first: a verdict over the first one would tell what it was."""
    for entry in entries:
        if entry.cell in blind:
            message = _("Sudah dinilai. Nilainya terlihat setelah Anda memberi penilaian kedua.")
            details: dict[str, Any] = {"enrollment_id": entry.enrollment_id, "unit_id": entry.unit_id}
            raise Conflict("second_wanted", message, **details)


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


def _kept(entry: VerdictEntry) -> tuple[str, str, list[int]]:
    """What is stored of an entry: K carries no criteria."""
    criteria = sorted(set(entry.criteria)) if entry.value == rules.NOT_YET else []
    return str(entry.value), entry.note.strip(), criteria


def _differs(entry: VerdictEntry, old: Verdict | None, evidence: Mapping[str, Any]) -> bool:
    """True for another word, or the same one resting on something newer."""
    if old is None or (old.value, old.note, old.criteria) != _kept(entry):
        return True
    return old.source == VerdictSource.JUDGED and old.evidence != evidence


def _evidence(
    batch_id: int, entries: Sequence[VerdictEntry], observed: Mapping[tuple[int, int], Observed]
) -> dict[tuple[int, int], dict[str, Any]]:
    """What each verdict rests on: the observation and the written result of that moment."""
    written = written_of_batch(batch_id)
    found: dict[tuple[int, int], dict[str, Any]] = {}
    for cell in {entry.cell for entry in entries}:
        found[cell] = {"observation": observed[cell].id} if cell in observed else {}
        if cell in written:
            one = written[cell]
            found[cell]["written"] = {
                "attempt": one.attempt_id, "score": one.points, "of": one.of, "needed": one.needed_pct,
            }  # fmt: skip
    return found


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


def _version(entry: VerdictEntry, old: Verdict | None, evidence: Mapping[str, Any]) -> NewVersion:
    value, note, criteria = _kept(entry)
    return NewVersion(entry.enrollment_id, entry.unit_id, value, note, criteria, old, evidence=evidence)
