"""The one door for versions that are not a judge's own tap: written tests, re-tests, appeals, corrections."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from portal.assessment import queries, rules
from portal.assessment.models import Verdict, VerdictSource
from portal.assessment.queries import Candidate
from portal.assessment.services import notices
from portal.assessment.services.outcomes import recompute, refuse_below_certificates
from portal.assessment.services.storing import NewVersion, check_own, hold_batch, store_versions
from portal.batches.models import Batch
from portal.core.db import db
from portal.core.errors import Conflict, DomainError, NotFound
from portal.core.permissions import Actor
from portal.core.words import gettext as _
from portal.enrollment.models import Enrollment


@dataclass(frozen=True)
class VerdictChange:
    """A verdict that follows from something other than a judge's tap. `evidence` as in `Verdict`."""

    enrollment_id: int
    unit_id: int
    value: str
    note: str = ""
    evidence: Mapping[str, Any] = field(default_factory=dict)
    criteria: tuple[int, ...] = ()

    @property
    def cell(self) -> tuple[int, int]:
        return self.enrollment_id, self.unit_id


def change_verdict(
    *,
    enrollment_id: int,
    unit_id: int,
    value: str,
    note: str = "",
    source: str,
    evidence: Mapping[str, Any],
    criteria: Sequence[int] = (),
    actor: Actor,
    now: datetime,
) -> Verdict:
    """`change_verdicts` for one unit of one person; answers the version in force."""
    change = VerdictChange(enrollment_id, unit_id, value, note, evidence, tuple(criteria))
    change_verdicts([change], source=source, actor=actor, now=now)
    return queries.verdicts_of(enrollment_id)[unit_id]


def change_verdicts(
    changes: Sequence[VerdictChange], *, source: str, actor: Actor, now: datetime
) -> list[VerdictChange]:
    """Record new versions, before or after signing, all or nothing; answers those that were new.

    The caller has checked that the actor may; here nobody changes their own result or that of their own
    cooperative. After signing the outcomes of these people are made anew and they are told (an appeal tells
    them itself). The same value, note and evidence
    again change nothing. Statements do not grow with the people, but for one set per batch.
    Raises NotFound, Forbidden, DomainError (`unit_foreign`, `note_needed`), Conflict (`batch_not_running`;
    `certificate_stands` when a K that a certificate rests on would become BK).
    """
    by_batch: dict[int, list[VerdictChange]] = {}
    batches = _batches_of({change.enrollment_id for change in changes})
    for change in changes:
        by_batch.setdefault(batches[change.enrollment_id], []).append(change)
    made: list[VerdictChange] = []
    for batch_id in sorted(by_batch):
        made += _change_in_batch(batch_id, by_batch[batch_id], VerdictSource(source), actor, now)
    return made


def _batches_of(enrollment_ids: Collection[int]) -> dict[int, int]:
    found: dict[int, int] = {}
    wanted = sorted(enrollment_ids)
    for start in range(0, len(wanted), 500):
        part = wanted[start : start + 500]
        of_them = sa.select(Enrollment.id, Enrollment.batch_id).where(Enrollment.id.in_(part))
        found |= {row.id: row.batch_id for row in db.session.execute(of_them)}
    if len(found) != len(wanted):
        raise NotFound()
    return found


def _change_in_batch(
    batch_id: int, changes: Sequence[VerdictChange], source: VerdictSource, actor: Actor, now: datetime
) -> list[VerdictChange]:
    hold_batch(batch_id)
    batch = db.session.execute(
        sa.select(Batch.state, Batch.center_id, Batch.curriculum_id).where(Batch.id == batch_id)
    ).one()
    if batch.state not in ("published", "finalized"):
        raise Conflict("batch_not_running", _("Angkatan ini tidak sedang berjalan."))
    people = {person.enrollment_id: person for person in queries.candidates_of(batch_id)}
    _check(changes, people, {unit[0] for unit in queries.units_in(batch.curriculum_id)})
    check_own(actor, [people[i] for i in {change.enrollment_id for change in changes}], now)
    current = queries.verdicts_of_batch(batch_id)
    fresh = [change for change in changes if _is_new(change, current.get(change.cell), source)]
    refuse_below_certificates([c.enrollment_id for c in fresh if _falls(c, current.get(c.cell))])
    versions = [_version(change, current.get(change.cell), source) for change in fresh]
    store_versions(versions, batch.center_id, actor, now)
    recompute(batch_id=batch_id, enrollment_ids={c.enrollment_id for c in fresh}, actor=actor, now=now)
    if batch.state == "finalized" and source != VerdictSource.APPEAL:
        notices.corrected(sorted({c.enrollment_id for c in fresh}), now=now)
    return fresh


def _check(changes: Sequence[VerdictChange], people: Mapping[int, Candidate], units: set[int]) -> None:
    """Seats, units, values and notes; one change a cell."""
    if any(change.enrollment_id not in people for change in changes):
        raise NotFound()
    if len({change.cell for change in changes}) != len(changes):
        raise ValueError("two changes of one verdict")
    for change in changes:
        details: dict[str, Any] = {"enrollment_id": change.enrollment_id, "unit_id": change.unit_id}
        if change.unit_id not in units:
            message = _("Unit ini bukan bagian dari kurikulum angkatan ini.")
            raise DomainError("unit_foreign", message, **details)
        problem = rules.verdict_problem(change.value, change.note, _)
        if problem:
            raise DomainError(problem.code, problem.message, "note", **details)


def _is_new(change: VerdictChange, old: Verdict | None, source: VerdictSource) -> bool:
    """False for the very same word, from the same cause."""
    if old is None:
        return True
    stands = old.value, old.note, old.source, old.evidence, old.criteria
    return stands != (change.value, change.note.strip(), source, dict(change.evidence), _criteria(change))


def _falls(change: VerdictChange, old: Verdict | None) -> bool:
    return rules.falls(old.value if old else None, change.value)


def _criteria(change: VerdictChange) -> list[int]:
    return sorted(set(change.criteria)) if change.value == rules.NOT_YET else []


def _version(change: VerdictChange, old: Verdict | None, source: VerdictSource) -> NewVersion:
    return NewVersion(
        change.enrollment_id,
        change.unit_id,
        str(change.value),
        change.note.strip(),
        _criteria(change),
        old,
        source,
        change.evidence,
    )
