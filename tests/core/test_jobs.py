"""Long work is chunked, resumed after a kill, and retried after a failure."""

from __future__ import annotations

import pytest

from portal.core import jobs
from portal.core.db import transaction
from portal.core.errors import Conflict, DomainError
from portal.core.jobs import Job
from portal.core.permissions import SYSTEM


@pytest.fixture
def counting(monkeypatch):
    """A kind of job that does one unit a chunk; `trouble` raises at given units."""
    trouble = {}
    seen = []

    def run(job, now):
        if job.done in trouble:
            raise trouble.pop(job.done)
        seen.append(job.done)
        job.done += 1
        if job.done == job.total:
            job.state = "done"

    monkeypatch.setitem(jobs._kinds, "test.count", run)
    return trouble, seen


def _start(now, total=5):
    with transaction():
        return jobs.enqueue("test.count", {}, total=total, actor=SYSTEM, now=now).id


def test_job_runs_every_unit_once(db_session, counting, now):
    job_id = _start(now)
    assert jobs.run_pending() == 1
    job = db_session.get(Job, job_id)
    assert (job.state, job.done, job.percent) == ("done", 5, 100)
    assert counting[1] == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    ("error", "sentence"),
    [(DomainError("x", "Berkas berubah."), "Berkas berubah."), (ZeroDivisionError(), "gangguan")],
)
def test_job_failing_keeps_what_is_done_and_goes_on_when_retried(db_session, counting, now, error, sentence):
    trouble, seen = counting
    trouble[3] = error
    job_id = _start(now)
    jobs.run_pending()
    job = db_session.get(Job, job_id)
    assert (job.state, job.done) == ("failed", 3)
    assert sentence in job.error
    with transaction():
        jobs.retry_job(job_id=job_id, actor=SYSTEM, now=now)
    jobs.run_pending()
    assert seen == [0, 1, 2, 3, 4]


def test_job_of_a_killed_runner_is_taken_over_after_its_lease(db_session, counting, clock):
    job_id = _start(clock.now)
    assert jobs._take(clock.now) == job_id
    jobs._run_chunk(job_id)
    assert jobs.run_pending() == 0
    clock.move(minutes=2)
    assert jobs.run_pending() == 1
    assert counting[1] == [0, 1, 2, 3, 4]


def test_retry_of_a_job_that_has_not_failed_is_refused(db_session, counting, now):
    job_id = _start(now)
    with pytest.raises(Conflict), transaction():
        jobs.retry_job(job_id=job_id, actor=SYSTEM, now=now)
