"""The job queue: huey carries only "there is work"; rows say what (STACK: Jobs).

Three lanes, each at most one thread of the consumer: long jobs, mail, timers. So a one-time code does not
wait behind an import. What a killed worker left behind is taken over each minute, once its lease is over.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import structlog
from flask import Flask
from huey import Huey, PostgresHuey, SqliteHuey, crontab

from portal.core import clock, jobs, timers
from portal.core.mail import drain
from portal.core.mail.senders import missing_senders
from portal.settings import Settings

NAME = "balai"
log = structlog.get_logger()


def make_queue(settings: Settings) -> Huey:
    """The queue of these settings: Redis or PostgreSQL when QUEUE_URL names one, else a file under instance/.

    PostgreSQL's tables are made by the worker, not by each process of the app server at once.
    """
    url = settings.queue_url or ""
    if url.startswith(("redis://", "rediss://")):
        from huey import RedisHuey
        from redis import ConnectionPool

        pool = ConnectionPool.from_url(url, socket_connect_timeout=5, socket_timeout=15)
        return RedisHuey(NAME, connection_pool=pool)
    if url.startswith("postgresql://"):
        return PostgresHuey(NAME, dsn=url, connect_timeout=5, create_tables=False)
    return SqliteHuey(NAME, filename=str(settings.instance / "queue.db"), fsync=False)


class Lane:
    """Runs its work in one thread at a time. Asked for meanwhile, it goes round once more."""

    def __init__(self, work: Callable[[], object]) -> None:
        self._work = work
        self._lock = threading.Lock()
        self._asked = threading.Event()

    def run(self) -> None:
        """Work now, or have the thread that is at it look again when it is done."""
        self._asked.set()
        while self._asked.is_set() and self._lock.acquire(blocking=False):
            try:
                self._asked.clear()
                self._work()
            finally:
                self._lock.release()


def install(app: Flask, settings: Settings) -> Huey:
    """Connect the app's wakers to the queue. The tasks' names are fixed, so any process may run them."""
    queue = make_queue(settings)
    app.extensions["job_queue"] = queue
    app.extensions["job_waker"] = _lane(app, queue, "drain", jobs.run_pending)
    app.extensions["mail_waker"] = _lane(app, queue, "mail", drain.run)
    app.extensions["timer_waker"] = _lane(app, queue, "timers", lambda: timers.run_timers(clock.now()))

    @queue.periodic_task(crontab(minute="*"), name="resume")
    def resume() -> None:
        wake_all(app)

    return queue


def _lane(app: Flask, queue: Huey, name: str, work: Callable[[], object]) -> Callable[[], None]:
    """Make the task of a lane; what is returned puts it into the queue."""
    lane = Lane(work)

    @queue.task(name=name)
    def run() -> None:
        with app.app_context():
            lane.run()

    def wake() -> None:
        # The rows are committed and found within a minute anyway: a queue that is away fails no request.
        try:
            run()
        except Exception as error:
            log.warning("queue.unreachable", lane=name, error=type(error).__name__)

    return wake


def wake_all(app: Flask) -> None:
    """Put every lane into the queue."""
    for waker in ("job_waker", "mail_waker", "timer_waker"):
        app.extensions[waker]()


def work(app: Flask) -> None:
    """Run the consumer until a signal ends it; begins with what an earlier runner left behind.

    Ctrl-C (SIGINT) lets the message, chunk or timer at hand end and begins no other message.
    """
    queue: Any = app.extensions["job_queue"]
    if isinstance(queue, PostgresHuey):
        queue.storage.initialize_schema()
    if missing := missing_senders(app.extensions["portal_settings"]):
        log.warning("mail.no_sender", missing=missing)
    wake_all(app)
    consumer = queue.create_consumer(workers=3, periodic=True, initial_delay=0.2, max_delay=2.0)
    app.extensions["stopping"] = consumer.stop_flag.is_set
    consumer.run()
