"""Extra time: for one person before or during a test, or for everybody who is sitting it now."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from portal.assessment.models import Allowance, Attempt, AttemptEvent, WrittenTest
from portal.assessment.queries import tests as queries
from portal.assessment.rules import clock as rules
from portal.assessment.services.outsiders import refuse_own, without_own
from portal.core import audit
from portal.core.db import db
from portal.core.errors import Conflict, DomainError, NotFound
from portal.core.permissions import Actor, Permission, require
from portal.core.words import gettext as _


def set_allowance(
    *, batch_id: int, test_id: int, enrollment_id: int, minutes: int, reason: str, actor: Actor, now: datetime
) -> bool:
    """Give one person so many extra minutes in all, as planned beforehand or during their sitting, whose
    deadline moves along. False when it changes nothing.

    Raises NotFound, Forbidden (own, own cooperative), DomainError (`extra_range` on minutes, `reason_needed`
    on reason), Conflict (`attempt_over` when the sitting is closed).
    """
    require(actor, Permission.TEST_EDIT)
    plan = queries.get_plan(actor, batch_id)
    test = _held(test_id, batch_id)
    seat = _seat(test, enrollment_id)
    _check(minutes, reason)
    refuse_own(actor, [(seat.person_id, seat.cooperative_id)], now)
    if (seat.extra, seat.reason) == (minutes, reason.strip()):
        return False
    _grant(test, [(seat, minutes)], reason, actor, now, plan.center_id)
    return True


def extend_one(
    *, test_id: int, enrollment_id: int, minutes: int, reason: str, actor: Actor, now: datetime
) -> None:
    """Add minutes for one person who is sitting the test now. Raises as `set_allowance`."""
    require(actor, Permission.TEST_INVIGILATE)
    head = queries.get_watch(actor, test_id)
    test = _held(test_id, head.batch_id)
    seat = _seat(test, enrollment_id)
    _check(minutes, reason)
    refuse_own(actor, [(seat.person_id, seat.cooperative_id)], now)
    if seat.state != "running":
        raise Conflict("attempt_over", _("Peserta ini tidak sedang mengerjakan uji."))
    _grant(test, [(seat, seat.extra + minutes)], reason, actor, now, head.center_id)


def extend_all(*, test_id: int, minutes: int, reason: str, actor: Actor, now: datetime) -> int:
    """Add minutes for everybody who is sitting the test now, but for the actor and their own cooperative;
    returns for how many. All or nothing, a bounded number of statements. Raises as `set_allowance`, Conflict
    (`nobody_running`)."""
    require(actor, Permission.TEST_INVIGILATE)
    head = queries.get_watch(actor, test_id)
    test = _held(test_id, head.batch_id)
    _check(minutes, reason)
    running = [seat for seat in queries.seats_of(test_id, head.batch_id) if seat.state == "running"]
    allowed = without_own(actor, [(seat.person_id, seat.cooperative_id) for seat in running], now)
    seats = [seat for seat, may in zip(running, allowed, strict=True) if may]
    if not seats:
        raise Conflict("nobody_running", _("Tidak ada peserta yang sedang mengerjakan uji."))
    _grant(test, [(seat, seat.extra + minutes) for seat in seats], reason, actor, now, head.center_id)
    return len(seats)


def _held(test_id: int, batch_id: int) -> WrittenTest:
    """The test, held: two who extend at once both count, and nobody starts in between."""
    if db.session.get_bind().dialect.name == "postgresql":
        # A statement of its own, so that what is read next is newer than whatever held the lock.
        db.session.execute(
            sa.select(WrittenTest.id).where(WrittenTest.id == test_id).with_for_update(key_share=True)
        )
    test = queries.get_test(batch_id, test_id)
    if test.state == "cancelled":
        raise Conflict("test_cancelled", _("Uji ini sudah dibatalkan."))
    return test


def _seat(test: WrittenTest, enrollment_id: int) -> queries.Seat:
    for seat in queries.seats_of(test.id, test.batch_id):
        if seat.enrollment_id == enrollment_id:
            return seat
    raise NotFound()


def _check(minutes: int, reason: str) -> None:
    problem = rules.extra_problem(minutes, reason, _)
    if problem:
        raise DomainError(problem[1].code, problem[1].message, problem[0])


def _grant(
    test: WrittenTest,
    wishes: Sequence[tuple[queries.Seat, int]],
    reason: str,
    actor: Actor,
    now: datetime,
    center_id: int,
) -> None:
    """Store each seat's extra minutes, move the deadlines of those who are sitting, and audit each person."""
    for seat, minutes in wishes:
        if minutes > rules.MOST_EXTRA:
            problem = rules.extra_problem(minutes, reason, _)
            raise DomainError("extra_range", problem[1].message if problem else "", "minutes")
        if seat.attempt_id is not None and seat.state != "running":
            raise Conflict("attempt_over", _("Uji peserta ini sudah ditutup, jadi waktunya tidak berubah."))
    stamp = {
        "reason": reason.strip()[:300], "granted_by": actor.user_id, "granted_at": now, "test_id": test.id,
    }  # fmt: skip
    _store(test.id, [{"enrollment_id": s.enrollment_id, "minutes": m, **stamp} for s, m in wishes])
    moved = []
    for seat, minutes in wishes:
        data = {"test": test.id, "minutes": minutes, "was": seat.extra, "reason": stamp["reason"]}
        if seat.attempt_id is not None and seat.started_at is not None:
            deadline = rules.deadline_of(
                started_at=seat.started_at, minutes=test.minutes, extra=minutes, closes_at=test.closes_at
            )
            moved.append({"b_id": seat.attempt_id, "b_deadline": deadline})
            detail = {"minutes": minutes, "was": seat.extra, "reason": stamp["reason"]}
            db.session.add(
                AttemptEvent(attempt_id=seat.attempt_id, kind="extended", detail=detail, by=actor.user_id,
                             at=now)
            )  # fmt: skip
            data["until"] = deadline.isoformat()
        audit.record(
            "test.extended", "enrollment", seat.enrollment_id, actor=actor, now=now,
            scope=f"center:{center_id}", **data,
        )  # fmt: skip
    db.session.flush()
    if moved:
        _move(moved)


def _store(test_id: int, rows: list[dict[str, object]]) -> None:
    ids = [row["enrollment_id"] for row in rows]
    db.session.execute(
        sa.delete(Allowance)
        .where(Allowance.test_id == test_id, Allowance.enrollment_id.in_(ids))
        .execution_options(synchronize_session=False)
    )
    db.session.execute(sa.insert(Allowance.__table__), rows)


def _move(rows: list[dict[str, object]]) -> None:
    """New deadlines, if none of these sittings was closed meanwhile. Raises Conflict."""
    table = Attempt.__table__
    ids = sorted(row["b_id"] for row in rows)  # type: ignore[type-var]
    if db.session.get_bind().dialect.name == "postgresql":
        db.session.execute(sa.select(Attempt.id).where(Attempt.id.in_(ids)).with_for_update(key_share=True))
    running = db.session.scalar(
        sa.select(sa.func.count(Attempt.id)).where(Attempt.id.in_(ids), Attempt.state == "running")
    )
    if running != len(rows):
        raise Conflict("attempt_over", _("Uji seorang peserta baru saja ditutup. Muat ulang halaman."))
    statement = (
        sa.update(table)
        .where(table.c.id == sa.bindparam("b_id"), table.c.state == "running")
        .values(deadline_at=sa.bindparam("b_deadline", type_=table.c.deadline_at.type))
    )
    db.session.connection().execute(statement, rows)
