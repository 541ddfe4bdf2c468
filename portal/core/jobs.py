"""Long work: a job row in the business transaction, run in chunks that each commit, watched and resumed.

A chunk function gets the job and `now`, does one bounded piece inside the transaction that is open, and moves
`job.done`; it sets `job.state = "done"` at the end. Killed between two chunks, the next runner goes on.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
import structlog
from flask import current_app
from sqlalchemy.orm import Mapped, mapped_column

from portal.core import audit, clock
from portal.core.db import JsonText, Pk, UtcDateTime, db, on_commit, transaction
from portal.core.errors import Conflict, DomainError, NotFound
from portal.core.permissions import Actor

LEASE = timedelta(seconds=60)
ChunkRunner = Callable[["Job", datetime], None]
_kinds: dict[str, ChunkRunner] = {}
log = structlog.get_logger()


class Job(db.Model):  # type: ignore[name-defined]
    """One piece of long work; `done` of `total` units are finished and durable."""

    __tablename__ = "job"
    id: Mapped[Pk]
    kind: Mapped[str] = mapped_column(sa.String(40))
    state: Mapped[str] = mapped_column(sa.String(12), default="queued")
    owner_id: Mapped[int | None] = mapped_column(index=True)
    payload: Mapped[Any] = mapped_column(JsonText())
    result: Mapped[Any] = mapped_column(JsonText(), default=dict)
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    error: Mapped[str] = mapped_column(sa.Text, default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime())
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime())
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime())
    __table_args__ = (
        sa.CheckConstraint("state in ('queued','running','done','failed')", name="state_known"),
        sa.CheckConstraint("done >= 0 and done <= total", name="done_in_range"),
        sa.Index("ix_job_state", "state", "id"),
    )

    @property
    def percent(self) -> int:
        """Progress in whole percent."""
        return 100 if self.state == "done" else (100 * self.done // self.total if self.total else 0)

    @property
    def is_over(self) -> bool:
        """True when nothing more will happen without a retry."""
        return self.state in ("done", "failed")


def job_kind(name: str) -> Callable[[ChunkRunner], ChunkRunner]:
    """Register the chunk function of a kind of job."""

    def register(runner: ChunkRunner) -> ChunkRunner:
        _kinds[name] = runner
        return runner

    return register


def enqueue(kind: str, payload: dict[str, Any], *, total: int, actor: Actor, now: datetime) -> Job:
    """Add a job to the running transaction; a runner is woken after the commit."""
    if kind not in _kinds:
        raise KeyError(kind)
    job = Job(
        kind=kind,
        payload=payload,
        result={},
        total=total,
        done=0,
        state="queued",
        error="",
        owner_id=actor.user_id,
        created_at=now,
        updated_at=now,
    )
    db.session.add(job)
    db.session.flush()
    audit.record("job.enqueue", "job", job.id, actor=actor, now=now, kind=kind, total=total)
    on_commit(wake)
    return job


def retry_job(*, job_id: int, actor: Actor, now: datetime) -> Job:
    """Set a failed job going again from where it stood. Raises Conflict when it has not failed."""
    job = db.session.get(Job, job_id, with_for_update=True)
    if job is None:
        raise NotFound()
    if job.state != "failed":
        raise Conflict("job_not_failed", "Pekerjaan ini tidak sedang gagal.")
    job.state, job.error, job.updated_at = "queued", "", now
    audit.record("job.retry", "job", job.id, actor=actor, now=now)
    on_commit(wake)
    return job


def find_job(job_id: int | None) -> Job | None:
    """A job's row, for its progress page."""
    return db.session.get(Job, job_id) if job_id is not None else None


def wake() -> None:
    """Tell a runner that there is work; how is the app's choice (queue, or nothing in tests)."""
    waker = current_app.extensions.get("job_waker")
    if waker:
        waker()


def _take(now: datetime) -> int | None:
    """Lease the oldest free job: one conditional UPDATE decides between runners."""
    with transaction() as session:
        free = sa.or_(Job.state == "queued", sa.and_(Job.state == "running", Job.lease_until < now))
        job_id = session.scalar(sa.select(Job.id).where(free).order_by(Job.id).limit(1))
        if job_id is None:
            return None
        taken = session.execute(
            sa.update(Job)
            .where(Job.id == job_id, free)
            .values(state="running", lease_until=now + LEASE, updated_at=now)
        )
        return job_id if taken.rowcount else None  # type: ignore[attr-defined]


def _run_chunk(job_id: int) -> bool:
    """One chunk in one transaction; True when there is more."""
    now = clock.now()
    with transaction() as session:
        job = session.get(Job, job_id, with_for_update=True)
        if job is None or job.state != "running":
            return False
        job.lease_until = now + LEASE
        job.updated_at = now
        _kinds[job.kind](job, now)
        return job.state == "running"


def _fail(job_id: int, message: str) -> None:
    with transaction() as session:
        job = session.get(Job, job_id, with_for_update=True)
        if job is not None:
            job.state, job.error, job.updated_at = "failed", message[:2000], clock.now()


def run_job(job_id: int) -> None:
    """Run a leased job to its end, chunk by chunk; a failure is kept on the row with its sentence."""
    try:
        while _run_chunk(job_id):
            continue
    except DomainError as error:
        _fail(job_id, error.message)
    except Exception:
        log.exception("job.failed", job_id=job_id)
        _fail(job_id, "Pekerjaan terhenti karena gangguan. Yang sudah selesai tetap tersimpan; coba lagi.")


def run_pending() -> int:
    """Run every waiting job; how many were taken."""
    count = 0
    while (job_id := _take(clock.now())) is not None:
        run_job(job_id)
        count += 1
    return count
