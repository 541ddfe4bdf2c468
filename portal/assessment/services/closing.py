"""Closing written tests: handed in, at the deadline by themselves, or void with a reason; then scoring."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime

import sqlalchemy as sa

from portal.assessment.models import Answer, Attempt, AttemptEvent, WrittenTest
from portal.assessment.queries import sittings as queries
from portal.assessment.queries.tests import get_watch, seats_of
from portal.assessment.rules import clock as rules
from portal.assessment.services.outsiders import refuse_own
from portal.assessment.services.scoring import score_attempt
from portal.batches.models import Batch
from portal.core import audit
from portal.core.db import db
from portal.core.errors import Conflict, DomainError, NotFound
from portal.core.permissions import SYSTEM, Actor, Permission, require
from portal.core.words import gettext as _


def close_attempt(*, attempt_id: int, state: str, actor: Actor, now: datetime) -> bool:
    """Close a running attempt as submitted or expired, keep the digest of its answers in the audit chain, and
    score it. False when it is not running: of two who close, one does.

    Whoever is still writing an answer that was let in is waited for, so that it is among those scored.
    """
    closed = db.session.execute(
        sa.update(Attempt)
        .where(Attempt.id == attempt_id, Attempt.state == "running")
        .values(state=state, closed_at=now)
        .execution_options(synchronize_session=False)
    )
    if not closed.rowcount:  # type: ignore[attr-defined]
        return False
    count, digest = digest_of(attempt_id)
    _note(attempt_id, state, actor, now, answers=count)
    audit.record(
        "test.closed", "attempt", attempt_id, actor=actor, now=now, scope=_scope_of(attempt_id),
        state=state, answers=count, digest=digest,
    )  # fmt: skip
    score_attempt(attempt_id, now=now)
    return True


def digest_of(attempt_id: int) -> tuple[int, str]:
    """(how many answers arrived, SHA-256 over all of them): one JSON line each, by position and number."""
    rows = db.session.execute(
        sa.select(
            Answer.position, Answer.seq, sa.type_coerce(Answer.answer, sa.Text), Answer.source,
            Answer.received_at,
        )
        .where(Answer.attempt_id == attempt_id)
        .order_by(Answer.position, Answer.seq)
    ).all()  # fmt: skip
    total = hashlib.sha256()
    for position, seq, answer, source, at in rows:
        line = [position, seq, answer, source, at.isoformat(timespec="microseconds")]
        total.update(json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")
    return len(rows), total.hexdigest()


def due(attempt_id: int, now: datetime) -> bool:
    """Whether an attempt runs beyond its deadline and grace, seen after whoever changes it is done."""
    lock_attempt(attempt_id)
    found = db.session.execute(
        sa.select(Attempt.state, Attempt.deadline_at).where(Attempt.id == attempt_id)
    ).first()
    return found is not None and found.state == "running" and rules.may_close(found.deadline_at, now)


def close_due(*, now: datetime, limit: int = 50, actor: Actor = SYSTEM) -> int:
    """Close some attempts whose deadline and grace are over; how many. The oldest first; call until 0."""
    return sum(
        close_attempt(attempt_id=attempt_id, state="expired", actor=actor, now=now)
        for attempt_id in queries.due_attempts(now - rules.GRACE, limit)
        if due(attempt_id, now)
    )


def void_attempt(*, test_id: int, enrollment_id: int, reason: str, actor: Actor, now: datetime) -> None:
    """Declare somebody's sitting void: nothing of it counts. What was answered stays as a record.

    Raises NotFound, Forbidden (own, own cooperative), DomainError (`reason_needed` on field reason), Conflict
    (`already_void`, `results_adopted` once the test's results were adopted).
    """
    require(actor, Permission.TEST_INVIGILATE)
    head = get_watch(actor, test_id)
    seat = next((one for one in seats_of(test_id, head.batch_id) if one.enrollment_id == enrollment_id), None)
    if seat is None or seat.attempt_id is None:
        raise NotFound()
    refuse_own(actor, [(seat.person_id, seat.cooperative_id)], now)
    if not reason.strip():
        raise DomainError("reason_needed", _("Tulis alasannya."), "reason")
    hold_test(test_id)
    lock_attempt(seat.attempt_id)
    if is_adopted(test_id):
        raise Conflict("results_adopted", _("Hasil uji ini sudah dipakai, jadi tidak dapat dibatalkan."))
    if not set_void([seat.attempt_id], reason, actor, now, head.center_id):
        raise Conflict("already_void", _("Uji peserta ini sudah dibatalkan."))


def set_void(attempt_ids: list[int], reason: str, actor: Actor, now: datetime, center_id: int) -> int:
    """Void those of the attempts that are not void yet; one event each. The caller checked everything."""
    touched = list(
        db.session.scalars(
            sa.update(Attempt)
            .where(Attempt.id.in_(attempt_ids), Attempt.state != "void")
            .values(state="void", closed_at=sa.func.coalesce(Attempt.closed_at, now), score=None)
            .returning(Attempt.id)
            .execution_options(synchronize_session=False)
        )
    )
    for attempt_id in touched:
        db.session.add(
            AttemptEvent(
                attempt_id=attempt_id, kind="void", detail={"reason": reason.strip()[:300]},
                by=actor.user_id, at=now,
            )
        )  # fmt: skip
        audit.record(
            "test.voided", "attempt", attempt_id, actor=actor, now=now, scope=f"center:{center_id}",
            reason=reason.strip()[:300],
        )  # fmt: skip
    db.session.flush()
    return len(touched)


def is_adopted(test_id: int) -> bool:
    """True once the scores of a test became verdicts."""
    found = db.session.scalar(sa.select(WrittenTest.applied_at).where(WrittenTest.id == test_id))
    return found is not None


def hold_test(test_id: int) -> None:
    """One at a time calls a test off, takes its results over or declares a sitting void; nobody starts
    meanwhile. A statement of its own, taken before attempts and batch."""
    if db.session.get_bind().dialect.name == "postgresql":
        held = sa.select(WrittenTest.id).where(WrittenTest.id == test_id)
        db.session.execute(held.with_for_update(key_share=True))


def lock_attempt(attempt_id: int) -> None:
    """One at a time changes what stands around an attempt; SQLite has one writer anyway. A statement of its
    own, so that what is read next is newer than whatever held the lock."""
    if db.session.get_bind().dialect.name == "postgresql":
        db.session.execute(
            sa.select(Attempt.id).where(Attempt.id == attempt_id).with_for_update(key_share=True)
        )


def _note(attempt_id: int, kind: str, actor: Actor, now: datetime, **detail: object) -> None:
    db.session.add(AttemptEvent(attempt_id=attempt_id, kind=kind, detail=detail, by=actor.user_id, at=now))
    db.session.flush()


def _scope_of(attempt_id: int) -> str:
    center_id = db.session.scalar(
        sa.select(Batch.center_id)
        .join(WrittenTest, WrittenTest.batch_id == Batch.id)
        .join(Attempt, Attempt.test_id == WrittenTest.id)
        .where(Attempt.id == attempt_id)
    )
    return f"center:{center_id}"
