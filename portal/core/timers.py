"""Work that comes round by itself: reminders, overdue offers, retention. Each runs at most once a window.

@timer("enrollment.reminders", minutes=15)
def remind(now): ...

The function is called inside an application context, outside any transaction; it opens its own, passes
`permissions.SYSTEM` as actor and must bear being called again: a window that a killed worker had begun is not
repeated, so what it left undone is found by the next one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import UtcDateTime, db, transaction, upsert_ignore

TimedWork = Callable[[datetime], object]
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
log = structlog.get_logger()


class TimerWindow(db.Model):  # type: ignore[name-defined]
    """The newest window that a worker has begun, one row a timer."""

    __tablename__ = "timer_window"
    name: Mapped[str] = mapped_column(sa.String(60), primary_key=True)
    began_at: Mapped[datetime] = mapped_column(UtcDateTime())


@dataclass(frozen=True)
class Timer:
    """A registered function and how often it is due."""

    name: str
    minutes: int
    work: TimedWork

    def window(self, now: datetime) -> datetime:
        """When the window that holds `now` began: whole multiples of `minutes` since 1970, in UTC."""
        span = timedelta(minutes=self.minutes)
        return EPOCH + (now - EPOCH) // span * span


_timers: dict[str, Timer] = {}


def timer(name: str, *, minutes: int) -> Callable[[TimedWork], TimedWork]:
    """Register a function to be called with `now` about every `minutes` (1 to 1440). Names are unique."""
    if not 1 <= minutes <= 1440 or len(name) > 60:
        raise ValueError(f"timer {name!r} every {minutes} minutes")

    def register(work: TimedWork) -> TimedWork:
        if name in _timers and _timers[name].work.__module__ != work.__module__:
            raise ValueError(f"two timers are named {name!r}")
        _timers[name] = Timer(name, minutes, work)
        return work

    return register


def _begin(one: Timer, now: datetime) -> bool:
    """Take the window that holds `now`: one conditional UPDATE decides between workers. False when it, or on
    a clock set back a later one, is taken."""
    window = one.window(now)
    with transaction() as session:
        upsert_ignore(session, sa.inspect(TimerWindow).local_table, {"name": one.name, "began_at": EPOCH})
        taken = session.execute(
            sa.update(TimerWindow)
            .where(TimerWindow.name == one.name, TimerWindow.began_at < window)
            .values(began_at=window)
        )
        return bool(taken.rowcount)  # type: ignore[attr-defined]


def run_timers(now: datetime) -> list[str]:
    """Call every timer whose window nobody has begun; the names of those called. One that fails is logged
    and waits for its next window; the others run."""
    rows = db.session.execute(sa.select(TimerWindow.name, TimerWindow.began_at))
    begun: dict[str, datetime] = {row.name: row.began_at for row in rows}
    due = [one for one in _timers.values() if begun.get(one.name, EPOCH) < one.window(now)]
    called = []
    for one in due:
        try:
            if not _begin(one, now):
                continue
            called.append(one.name)
            one.work(now)
        except Exception:
            log.exception("timer.failed", timer=one.name)
    return called
