"""The job queue: huey carries only "there is work"; the job rows say what (STACK: Jobs)."""

from __future__ import annotations

from typing import Any

from flask import Flask
from huey import Huey, SqliteHuey, crontab

from portal.core import jobs
from portal.settings import Settings


def make_queue(settings: Settings) -> Huey:
    """The queue of these settings: Redis when there is one, else a file of its own under instance/."""
    if settings.redis_url:
        from huey import RedisHuey

        return RedisHuey("balai", url=settings.redis_url)
    return SqliteHuey("balai", filename=str(settings.instance / "queue.db"), fsync=False)


def install(app: Flask, settings: Settings) -> Huey:
    """Connect the app's job waker to the queue. The task's name is fixed, so any process may run it."""
    queue = make_queue(settings)

    @queue.task(name="drain")
    def drain() -> None:
        with app.app_context():
            jobs.run_pending()

    @queue.periodic_task(crontab(minute="*"), name="resume")
    def resume() -> None:
        # Takes over what a killed runner left behind, once its lease is over.
        drain()

    def wake() -> None:
        drain()

    app.extensions["job_waker"] = wake
    app.extensions["job_queue"] = queue
    return queue


def work(app: Flask) -> None:
    """Run the consumer until a signal ends it; begins with what an earlier runner left behind."""
    queue: Any = app.extensions["job_queue"]
    app.extensions["job_waker"]()
    queue.create_consumer(workers=1, periodic=True, initial_delay=0.2, max_delay=2.0).run()
