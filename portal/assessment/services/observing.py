"""A practical observation of one person in one unit: criteria, notes and interview, every version kept."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from portal.assessment import queries, rules
from portal.assessment.models import Observation
from portal.assessment.queries import Observed
from portal.assessment.services.judging import open_head
from portal.assessment.services.storing import check_own
from portal.core import audit
from portal.core.db import db
from portal.core.errors import Conflict, DomainError
from portal.core.permissions import Actor, Permission, require
from portal.core.words import gettext as _


def record_observation(
    *,
    batch_id: int,
    enrollment_id: int,
    unit_id: int,
    criteria: Mapping[int, str],
    note: str = "",
    interview: str = "",
    expected_version: int | None = None,
    noted_at: datetime | None = None,
    actor: Actor,
    now: datetime,
) -> Observed:
    """Write down what was seen; the same again changes nothing, anything else is a new version.

    `criteria`: criterion id -> met, not_met or not_observed; `expected_version` what the caller saw (0: none
    yet). After signing only for the unit of an open re-test. Raises NotFound, Forbidden, DomainError
    (`unit_foreign`, or what is wrong with its field), Conflict (`sheet_final`, `observation_conflict`).
    """
    require(actor, Permission.VERDICT_RECORD)
    cell = (enrollment_id, unit_id)
    is_tested_again = cell in queries.open_retests(batch_id)
    head = open_head(actor, batch_id, now, after_signing=is_tested_again)
    if is_tested_again and cell not in queries.open_retests(batch_id):
        head = open_head(actor, batch_id, now)
    person = queries.get_candidate(batch_id, enrollment_id)
    check_own(actor, [person], now)
    if unit_id not in {unit[0] for unit in queries.units_in(head.curriculum_id)}:
        raise DomainError("unit_foreign", _("Unit ini bukan bagian dari kurikulum angkatan ini."))
    wrong = rules.observation_problem(criteria, note, interview, queries.criteria_of([unit_id]), _)
    if wrong:
        raise DomainError(wrong[0].code, wrong[0].message, wrong[1])
    old = queries.observed_in(batch_id, [enrollment_id]).get(cell)
    kept = {str(key): str(seen) for key, seen in sorted(criteria.items())}
    if old and (old.criteria, old.note, old.interview) == (kept, note.strip(), interview.strip()):
        return old
    if expected_version is not None and expected_version != (old.version if old else 0):
        raise _conflict(old)
    db.session.add(
        Observation(
            enrollment_id=enrollment_id,
            unit_id=unit_id,
            version=(old.version if old else 0) + 1,
            criteria=kept,
            note=note.strip(),
            interview=interview.strip(),
            observed_by=actor.user_id,
            observed_at=now,
            noted_at=noted_at,
        )
    )
    db.session.flush()
    fresh = queries.observed_in(batch_id, [enrollment_id])[cell]
    audit.record(
        "observation.recorded",
        "enrollment",
        enrollment_id,
        actor=actor,
        now=now,
        scope=f"center:{head.center_id}",
        unit=unit_id,
        version=fresh.version,
        unmet=fresh.unmet,
    )
    return fresh


def _conflict(old: Observed | None) -> Conflict:
    by = (old.by if old else "") or _("Rekan Anda")
    message = _("%(by)s baru saja mengubah pengamatan ini. Lihat isinya, lalu simpan lagi.", by=by)
    return Conflict("observation_conflict", message)
