"""The moves of an outbox row between waiting and its end.

Each is one conditional UPDATE, so two workers never hold the same row, and a worker that was thought dead
changes nothing any more.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from portal.core.db import db, transaction
from portal.core.mail.outbox import OutboxMessage as Row

# Longer than one message may take to be sent (smtp.TALK and smtp.ANSWER).
LEASE = timedelta(minutes=3)
BACKOFF = tuple(timedelta(minutes=m) for m in (1, 5, 30, 120, 360, 720))
LAST_TRY = len(BACKOFF) + 1
BUNCH = 20
# Why a row waits although it was handed over: no answer came, and the other side knows it by its token.
UNANSWERED = "unanswered"
_HELD = (
    Row.id, Row.attempts.label("attempt"), Row.lease_until, Row.token, Row.kind, Row.channel,
    Row.language, Row.address_cipher, Row.content_cipher, Row.created_at,
)  # fmt: skip
_IS_CODE = Row.kind.like("code.%")
_WIPED = {"content_cipher": sa.case((_IS_CODE, ""), else_=Row.content_cipher)}


class LeaseLost(RuntimeError):
    """Another worker has taken the row over: stop before handing it over."""


@dataclass(frozen=True)
class Taken:
    """A row that this worker holds; `attempt` counts from 1, and with `lease_until` says that it is ours."""

    id: int
    attempt: int
    lease_until: datetime
    token: str
    kind: str
    channel: str
    language: str
    address_cipher: str
    content_cipher: str
    created_at: datetime


def _lapsed(now: datetime) -> sa.ColumnElement[bool]:
    return Row.lease_until < now


def _is_free(now: datetime, again: Collection[str]) -> sa.ColumnElement[bool]:
    """Due, or left behind. What was handed over in a channel of `again` may be offered a second time."""
    left = sa.and_(_lapsed(now), sa.or_(Row.state == "sending", _is_handed(again)))
    waits = sa.and_(Row.state == "waiting", Row.not_before <= now)
    return sa.and_(sa.or_(waits, left), sa.or_(Row.expires_at.is_(None), Row.expires_at > now))


def _is_handed(channels: Collection[str]) -> sa.ColumnElement[bool]:
    return sa.and_(Row.state == "handed", Row.channel.in_(sorted(channels)))


def list_due(now: datetime, channels: Collection[str], again: Collection[str]) -> list[Any]:
    """At most BUNCH free rows (id, channel) of these channels: one-time codes first, then the longest due."""
    statement = (
        sa.select(Row.id, Row.channel)
        .where(_is_free(now, again), Row.channel.in_(sorted(channels)))
        .order_by(_IS_CODE.desc(), Row.not_before, Row.id)
        .limit(BUNCH)
    )
    rows = list(db.session.execute(statement))
    db.session.rollback()  # nothing is read while a server is talked to
    return rows


def take(row_id: int, now: datetime, again: Collection[str]) -> Taken | None:
    """Hold the row for LEASE; None when another worker was quicker."""
    statement = (
        sa.update(Row)
        .where(Row.id == row_id, _is_free(now, again))
        .values(state="sending", lease_until=now + LEASE, attempts=Row.attempts + 1, updated_at=now)
        .returning(*_HELD)
    )
    with transaction() as session:
        found = session.execute(statement).first()
    return Taken(**found._asdict()) if found else None


def _move(taken: Taken, states: tuple[str, ...], values: dict[str, Any]) -> bool:
    """Change the row if it is still ours; True when it was."""
    statement = (
        sa.update(Row)
        .where(
            Row.id == taken.id,
            Row.state.in_(states),
            Row.attempts == taken.attempt,
            Row.lease_until == taken.lease_until,
        )
        .values(**values)
    )
    with transaction() as session:
        return bool(session.execute(statement).rowcount)  # type: ignore[attr-defined]


def hand_over(taken: Taken, now: datetime) -> Taken:
    """Note, durably, that from now on the other side may have it. Raises LeaseLost when it is no longer ours
    or the lease has run out."""
    until = now + LEASE
    if now >= taken.lease_until or not _move(
        taken, ("sending",), {"state": "handed", "lease_until": until, "updated_at": now}
    ):
        raise LeaseLost()
    return replace(taken, lease_until=until)


def _end(taken: Taken, state: str, now: datetime, **more: Any) -> bool:
    # A row called unsure meanwhile is corrected by the worker that knows after all.
    values = {"state": state, "updated_at": now, "reason": "", "error": "", **_WIPED, **more}
    return _move(taken, ("sending", "handed", "unsure"), values)


def set_sent(taken: Taken, now: datetime) -> bool:
    """Accepted by the other side."""
    return _end(taken, "sent", now, sent_at=now)


def set_failed(taken: Taken, now: datetime, error: str) -> bool:
    """Refused for good, or tried often enough."""
    return _end(taken, "failed", now, error=error)


def set_skipped(taken: Taken, now: datetime, reason: str) -> bool:
    """Not sent, on purpose."""
    return _end(taken, "skipped", now, reason=reason)


def set_unsure(taken: Taken, now: datetime, error: str) -> bool:
    """Handed over without an answer, to somebody who would take it twice."""
    return _end(taken, "unsure", now, error=error)


def set_waiting(
    taken: Taken, now: datetime, error: str, *, wait: timedelta | None = None, reason: str = ""
) -> bool:
    """Back in line after a try that failed; failed for good after the last one. `wait` is the least pause."""
    if taken.attempt >= LAST_TRY:
        return set_failed(taken, now, error)
    pause = max(BACKOFF[taken.attempt - 1], wait or timedelta(0))
    values = {"state": "waiting", "not_before": now + pause, "updated_at": now, "error": error}
    # Once unanswered it stays so: a later refusal does not tell what became of the first copy.
    return _move(taken, ("sending", "handed"), values | ({"reason": reason} if reason else {}))


def sweep(now: datetime, again: Collection[str]) -> None:
    """What ended without a worker: handed over and then silence, or too late to be told."""
    handed = sa.and_(Row.state == "handed", _lapsed(now))
    late = Row.expires_at <= now
    is_open = sa.or_(sa.and_(handed, ~_is_handed(again)), sa.and_(handed, late))
    free = sa.or_(Row.state == "waiting", sa.and_(Row.state == "sending", _lapsed(now)))
    expired = sa.and_(free, late)
    if db.session.scalar(sa.select(Row.id).where(sa.or_(is_open, expired)).limit(1)) is None:
        db.session.rollback()
        return
    unsure = {"state": "unsure", "reason": "", "updated_at": now, **_WIPED}
    skipped = {"state": "skipped", "reason": "expired", "updated_at": now, **_WIPED}
    with transaction() as session:
        for condition, values in (
            (is_open, unsure),
            (sa.and_(expired, Row.reason == UNANSWERED), unsure),
            (expired, skipped),
        ):
            session.execute(sa.update(Row).where(condition).values(**values), execution_options=_NO_SYNC)


def skip_due(now: datetime, reason: str, *where: sa.ColumnElement[bool]) -> int:
    """Set all due rows that nobody will send aside at once; how many."""
    waits = sa.and_(Row.state == "waiting", Row.not_before <= now, *where)
    if db.session.scalar(sa.select(Row.id).where(waits).limit(1)) is None:
        db.session.rollback()
        return 0
    values = {"state": "skipped", "reason": reason, "updated_at": now, **_WIPED}
    with transaction() as session:
        found = session.execute(sa.update(Row).where(waits).values(**values), execution_options=_NO_SYNC)
        return int(found.rowcount)  # type: ignore[attr-defined]


_NO_SYNC = {"synchronize_session": False}
