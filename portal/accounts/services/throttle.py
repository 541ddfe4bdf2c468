"""Counting tries in our own table, so that all workers share the count.

A try is counted before it is checked and forgotten when it succeeds: tries side by side cannot slip past.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from portal.accounts.models import Attempt
from portal.accounts.rules import Limit
from portal.core import audit
from portal.core.crypto import cipher
from portal.core.db import db
from portal.core.errors import TooMany
from portal.core.permissions import Actor
from portal.core.words import gettext as _


def _key(limit: Limit, subject: str) -> str:
    """The limit's name and a keyed hash: neither a sign-in name nor an address is stored.

    A pair (two lines) is two half hashes, so that all pairs of one account can be found again.
    """
    parts = [cipher().blind_index(part, limit.what) for part in subject.split("\n", 1)]
    return f"{limit.what}:{''.join(part[: 64 // len(parts)] for part in parts)}"


@dataclass(frozen=True)
class Lock:
    """Counted tries of one account at one limit; `until` is when the window ends."""

    what: str
    tries: int
    is_shut: bool
    until: datetime


def _of(limits: Sequence[tuple[Limit, str]]) -> sa.ColumnElement[bool]:
    """Rows of these limits and subjects; a subject that ends with a line break stands for all its pairs."""
    exact = [_key(limit, subject) for limit, subject in limits if not subject.endswith("\n")]
    begins = [
        Attempt.key.like(f"{_key(limit, subject)[: len(limit.what) + 33]}%")
        for limit, subject in limits
        if subject.endswith("\n")
    ]
    return sa.or_(Attempt.key.in_(exact), *begins)


def locks_of(limits: Sequence[tuple[Limit, str]], *, now: datetime) -> list[Lock]:
    """What is counted at (limit, subject) and has not run out, the one that is shut the longest first."""
    statement = sa.select(Attempt.key, Attempt.count, Attempt.window_ends).where(
        _of(limits), Attempt.window_ends > now, Attempt.count > 0
    )
    counts = {limit.what: limit.count for limit, _subject in limits}
    found = [
        Lock(key.partition(":")[0], tries, tries >= counts[key.partition(":")[0]], until)
        for key, tries, until in db.session.execute(statement)
    ]
    return sorted(found, key=lambda lock: (not lock.is_shut, lock.what, -lock.until.timestamp()))


def clear_locks(
    limits: Sequence[tuple[Limit, str]], *, user_id: int, reason: str, actor: Actor, now: datetime
) -> int:
    """Forget those tries, for an owner who is known to be right; returns how many rows went."""
    result: Any = db.session.execute(sa.delete(Attempt).where(_of(limits)))
    audit.record(
        "throttle.cleared", "user", user_id, actor=actor, now=now, rows=result.rowcount, reason=reason[:200]
    )
    return int(result.rowcount)


def count_try(limit: Limit, subject: str, *, now: datetime) -> None:
    """Count one try. Raises TooMany with `retry_after` (seconds) when the window's tries are used up."""
    key = _key(limit, subject)
    tries, ends = _counted(key)
    if ends and ends > now and tries >= limit.count:
        raise too_many(ends, now)
    dialect: Any = postgresql if db.engine.dialect.name == "postgresql" else sqlite
    insert = dialect.insert(Attempt.__table__).values(key=key, count=1, window_ends=now + limit.window)
    is_over = Attempt.window_ends <= now
    db.session.execute(
        insert.on_conflict_do_update(
            index_elements=["key"],
            set_={
                "count": sa.case((is_over, 1), else_=Attempt.count + 1),
                "window_ends": sa.case((is_over, insert.excluded.window_ends), else_=Attempt.window_ends),
            },
        )
    )
    tries, ends = _counted(key)
    if ends and tries > limit.count:
        raise too_many(ends, now)


def _counted(key: str) -> tuple[int, datetime | None]:
    row = db.session.execute(sa.select(Attempt.count, Attempt.window_ends).where(Attempt.key == key)).first()
    return (row[0], row[1]) if row else (0, None)


def too_many(until: datetime, now: datetime) -> TooMany:
    """The refusal until a moment."""
    seconds = max(1, round((until - now).total_seconds()))
    minutes = -(-seconds // 60)
    return TooMany(
        "too_many_tries",
        _("Terlalu banyak percobaan. Coba lagi dalam %(minutes)s menit.", minutes=minutes),
        retry_after=seconds,
    )


def forget_try(limit: Limit, subject: str, *, clear: bool = False) -> None:
    """Take back one counted try, or all of them (`clear`), after a success."""
    key = _key(limit, subject)
    if clear:
        db.session.execute(sa.delete(Attempt).where(Attempt.key == key))
    else:
        statement = sa.update(Attempt).where(Attempt.key == key, Attempt.count > 0)
        db.session.execute(statement.values(count=Attempt.count - 1))
