"""Re-tests (uji ulang) of units that are BK: opened, closed with a new verdict, or called off."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from portal.assessment import queries, rules
from portal.assessment.models import Retest, VerdictSource
from portal.assessment.services.changing import change_verdict
from portal.assessment.services.judging import open_head
from portal.assessment.services.storing import check_own
from portal.core import audit
from portal.core.db import db
from portal.core.errors import Conflict, DomainError, NotFound
from portal.core.permissions import Actor, Permission, require
from portal.core.words import gettext as _


def open_retest(
    *,
    batch_id: int,
    enrollment_id: int,
    unit_id: int,
    test_id: int | None = None,
    note: str = "",
    actor: Actor,
    now: datetime,
) -> Retest:
    """Give one person another try at a unit that is BK, before or after signing.

    `test_id`: a published written re-test of the batch that holds questions of the unit; None: practical.
    Raises NotFound, Forbidden, DomainError (`retest_pending`, `retest_competent`, `test_unfit`), Conflict
    (`retest_open`, `batch_not_running`).
    """
    require(actor, Permission.VERDICT_RECORD)
    head = open_head(actor, batch_id, now, after_signing=True)
    check_own(actor, [queries.get_candidate(batch_id, enrollment_id)], now)
    if unit_id not in {unit[0] for unit in queries.units_in(head.curriculum_id)}:
        raise NotFound()
    verdict = queries.verdicts_of(enrollment_id).get(unit_id)
    has_open = (enrollment_id, unit_id) in queries.open_retests(batch_id)
    for blocker in rules.retest_blockers(value=verdict.value if verdict else None, has_open=has_open, _=_):
        kind = Conflict if blocker.code == "retest_open" else DomainError
        raise kind(blocker.code, blocker.message)
    assert verdict is not None
    papers = queries.retest_papers(batch_id, unit_id, enrollment_id) if test_id is not None else ()
    if test_id is not None and test_id not in {row.id for row in papers}:
        message = _("Pilih uji tertulis ulang yang sudah terbit dan memuat soal unit ini.")
        raise DomainError("test_unfit", message, "test")
    if len(note) > rules.RETEST_NOTE_LIMIT:
        limit = rules.RETEST_NOTE_LIMIT
        raise DomainError("note_long", _("Catatan paling panjang %(limit)s huruf.", limit=limit), "note")
    retest = Retest(
        enrollment_id=enrollment_id,
        unit_id=unit_id,
        verdict_id=verdict.id,
        test_id=test_id,
        note=note.strip(),
        opened_by=actor.user_id,
        opened_at=now,
    )
    db.session.add(retest)
    db.session.flush()
    _audit(retest, "opened", head.center_id, actor, now, written=test_id is not None)
    return retest


def close_retest(
    retest_id: int,
    value: str,
    evidence: Mapping[str, Any],
    actor: Actor,
    now: datetime,
    note: str = "",
) -> Retest:
    """End a re-test with K or BK: a new version of the verdict that names it; after signing the outcome is
    made anew. `evidence` is what the result rests on besides (written, observation).

    Raises NotFound, Forbidden, DomainError (`note_needed`), Conflict (`retest_closed`, `retest_overtaken`).
    """
    retest, head = _held(retest_id, actor, now)
    verdict = queries.verdicts_of(retest.enrollment_id).get(retest.unit_id)
    for blocker in rules.closing_blockers(
        is_open=retest.is_open, value=verdict.value if verdict else None, _=_
    ):
        raise Conflict(blocker.code, blocker.message)
    check_own(actor, [queries.get_candidate(head.batch_id, retest.enrollment_id)], now)
    seen = queries.observed_in(head.batch_id, [retest.enrollment_id]).get(
        (retest.enrollment_id, retest.unit_id)
    )
    problem = rules.verdict_problem(value, note, _)
    if problem is None and retest.test_id is None and seen is not None:
        problem = rules.against_observation(value, note, len(seen.unmet), _)
    if problem:
        raise DomainError(
            problem.code, problem.message, "value" if problem.code == "value_unknown" else "note"
        )
    rests_on = {**({"observation": seen.id} if seen and retest.test_id is None else {}), **evidence}
    change_verdict(
        enrollment_id=retest.enrollment_id,
        unit_id=retest.unit_id,
        value=value,
        note=note,
        source=VerdictSource.RETEST,
        evidence={**rests_on, "retest": retest.id},
        criteria=seen.unmet if seen and retest.test_id is None else (),
        actor=actor,
        now=now,
    )
    _end(retest, str(value), actor, now)
    _audit(retest, "closed", head.center_id, actor, now, value=str(value))
    return retest


def cancel_retest(*, retest_id: int, actor: Actor, now: datetime) -> Retest:
    """Call an open re-test off; the verdict stays. Raises NotFound, Forbidden, Conflict `retest_closed`."""
    retest, head = _held(retest_id, actor, now)
    if not retest.is_open:
        raise Conflict("retest_closed", _("Uji ulang ini sudah selesai."))
    people = queries.candidates_of(head.batch_id)
    check_own(actor, [one for one in people if one.enrollment_id == retest.enrollment_id], now)
    _end(retest, "cancelled", actor, now)
    _audit(retest, "cancelled", head.center_id, actor, now)
    return retest


def _held(retest_id: int, actor: Actor, now: datetime) -> tuple[Retest, Any]:
    """(the re-test read under the lock of its batch, the batch)."""
    require(actor, Permission.VERDICT_RECORD)
    head = open_head(actor, queries.batch_of_retest(retest_id), now, after_signing=True)
    return db.session.get_one(Retest, retest_id, populate_existing=True), head


def _end(retest: Retest, result: str, actor: Actor, now: datetime) -> None:
    retest.is_open, retest.result = False, result
    retest.closed_by, retest.closed_at = actor.user_id, now
    db.session.flush()


def _audit(retest: Retest, what: str, center_id: int, actor: Actor, now: datetime, **more: Any) -> None:
    audit.record(
        f"retest.{what}",
        "enrollment",
        retest.enrollment_id,
        actor=actor,
        now=now,
        scope=f"center:{center_id}",
        unit=retest.unit_id,
        retest=retest.id,
        **more,
    )
