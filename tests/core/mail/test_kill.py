"""kill -9 at any moment: no message is lost, none is doubled, and what nobody can know is called unsure."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from portal.core.db import transaction
from portal.core.mail import outbox
from portal.core.mail.outbox import Address, Letter, OutboxMessage
from tests.core.mail.conftest import content
from tests.support.mail_servers import gateway_server, smtp_server
from tests.support.mail_worker import mail_workers

MESSAGES, KILLS = 120, 15


@pytest.fixture
def write(db_session, database):
    """`write(address)`: MESSAGES committed messages, due."""

    def put(channel: str, address: str) -> None:
        now = datetime.now(UTC) - timedelta(minutes=1)
        letters = [
            Letter("seat.offered", Address(channel, address.format(n)), content(), f"m{n}")
            for n in range(MESSAGES)
        ]
        with transaction():
            assert outbox.put_many(letters, now=now) == MESSAGES
        database.mark_changed()

    return put


def _states(db_session):
    db_session.rollback()
    return {row.token: row.state for row in db_session.query(OutboxMessage.token, OutboxMessage.state)}


def _kill_and_finish(workers, db_session):
    """KILLS kills at random moments with a new worker after each, two at a time; then one goes to the end."""
    chance, pause = random.Random(), threading.Event()
    workers.start()
    workers.start()
    for _ in range(KILLS):
        pause.wait(chance.uniform(0.01, 0.25))
        workers.kill(chance.choice(workers.running))
        workers.start()
    deadline = time.monotonic() + 60
    while set(_states(db_session).values()) & {"waiting", "sending", "handed"}:
        assert time.monotonic() < deadline, Counter(_states(db_session).values())
        pause.wait(0.1)
    return _states(db_session)


def test_killed_workers_lose_no_mail_and_double_none(write, db_session, database, tmp_path):
    write("email", "orang{}@contoh.id")
    given = {"database_url": database.url, "folder": str(tmp_path), "lease": 1}
    with smtp_server() as box:
        box.delay = 0.01
        with mail_workers(smtp_url=box.url, **given) as workers:
            found = _kill_and_finish(workers, db_session)
        arrived = box.counts()
    unsure = [token for token, state in found.items() if state == "unsure"]
    assert len(found) == MESSAGES
    assert set(found.values()) <= {"sent", "unsure"}
    assert len(unsure) <= KILLS
    assert [t for t, state in found.items() if state == "sent" and arrived[f"<{t}@localhost>"] != 1] == []
    assert [t for t in unsure if arrived[f"<{t}@localhost>"] > 1] == []


def test_killed_workers_reach_a_gateway_exactly_once(write, db_session, database, tmp_path):
    write("whatsapp", "+62812345{:05d}")
    given = {"database_url": database.url, "folder": str(tmp_path), "lease": 1}
    with gateway_server() as gateway:
        gateway.delay = 0.01
        with mail_workers(gateway_url=gateway.url, **given) as workers:
            found = _kill_and_finish(workers, db_session)
        deliveries = dict(gateway.deliveries)
    assert Counter(found.values()) == {"sent": MESSAGES}
    assert deliveries == dict.fromkeys(found, 1)
