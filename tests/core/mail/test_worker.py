"""The worker process itself: woken by the queue, ended by Ctrl-C after the message at hand."""

from __future__ import annotations

import threading
import time
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from portal.core import queue
from portal.core.mail.outbox import OutboxMessage
from tests.core.mail.conftest import SITI
from tests.support.mail_servers import smtp_server
from tests.support.mail_worker import mail_workers


@pytest.fixture
def states(db_session):
    """`states()`: how many messages there are in each state."""

    def count():
        db_session.rollback()
        return Counter(state for (state,) in db_session.query(OutboxMessage.state))

    return count


def _just_now():
    """The worker is another process, whose clock runs."""
    return datetime.now(UTC) - timedelta(minutes=1)


def _until(check):
    deadline, pause = time.monotonic() + 20, threading.Event()
    while not check():
        assert time.monotonic() < deadline
        pause.wait(0.02)


def test_worker_is_woken_by_the_queue(put, app, database, states, tmp_path):
    put("before", SITI, now=_just_now())
    settings = replace(app.extensions["portal_settings"], instance=tmp_path)
    with smtp_server() as box:
        given = {"database_url": database.url, "folder": str(tmp_path), "smtp_url": box.url}
        with mail_workers(consumer=True, testing=False, **given) as workers:
            worker = workers.start()
            _until(lambda: states() == {"sent": 1})  # found at the start
            put("after", SITI, now=_just_now())
            database.mark_changed()
            other = Flask("portal")
            queue.install(other, settings)
            other.extensions["mail_waker"]()
            _until(lambda: states() == {"sent": 2})
            workers.ask_to_end(worker)
        assert len(box.mails) == 2


def test_worker_asked_to_end_finishes_the_message_at_hand(put, database, states, tmp_path):
    for number in range(20):
        put(f"m{number}", SITI, now=_just_now())
    database.mark_changed()
    with smtp_server() as box:
        box.delay = 0.1
        given = {"database_url": database.url, "folder": str(tmp_path), "smtp_url": box.url}
        with mail_workers(consumer=True, testing=False, **given) as workers:
            worker = workers.start()
            _until(lambda: states()["handed"])
            workers.ask_to_end(worker)
        found = states()
        assert set(found) == {"sent", "waiting"}
        assert found["sent"] == len(box.mails)
