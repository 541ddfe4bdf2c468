"""The audit chain finds an edit, a removal, a swap and a truncation of any row."""

from __future__ import annotations

import threading

import pytest
import sqlalchemy as sa

from portal.core import audit, guards
from portal.core.audit import AuditEvent, check_chain
from portal.core.db import db, transaction
from portal.core.permissions import SYSTEM


@pytest.fixture
def chain(db_session, now):
    """Six events in three transactions, after those of the reference data; yields the session."""
    for number in range(3):
        with transaction():
            audit.record("test.one", "thing", number, actor=SYSTEM, now=now, name=f"nomor {number}")
            audit.record("test.two", "thing", number, actor=SYSTEM, now=now, scope="center:1")
    return db_session


def test_chain_untouched_has_no_fault(chain):
    assert list(check_chain(chain)) == []
    assert _events("test.%") == 6


def _events(action):
    query = sa.select(sa.func.count()).select_from(AuditEvent).where(AuditEvent.action.like(action))
    return db.session.scalar(query)


def _last():
    return db.session.scalar(sa.select(sa.func.max(AuditEvent.seq)))


@pytest.mark.parametrize(
    "statement", ["UPDATE audit_event SET action='x' WHERE seq=2", "DELETE FROM audit_event"]
)
def test_event_changed_through_sql_is_refused_by_the_database(chain, statement):
    with pytest.raises(sa.exc.DBAPIError, match="insert-only"), transaction() as session:
        session.execute(sa.text(statement))


@pytest.mark.parametrize(
    ("tamper", "fault"),
    [
        ("UPDATE audit_event SET data='{}' WHERE seq={middle}", "event {middle} does not match"),
        (
            "UPDATE audit_event SET at='2020-01-01 00:00:00' WHERE seq={middle}",
            "event {middle} does not match",
        ),
        ("DELETE FROM audit_event WHERE seq={middle}", "event {middle} is missing"),
        ("UPDATE audit_event SET action='test.two' WHERE seq={middle}", "event {middle} does not match"),
        (
            "DELETE FROM audit_event WHERE seq > {middle}",
            "the head says {last} events, the table has {middle}",
        ),
    ],
)
def test_tampered_chain_is_found(chain, tamper, fault):
    last = _last()
    words = {"middle": last - 3, "last": last}
    with transaction() as session:
        guards.drop(session.connection())
        session.execute(sa.text(_fill(tamper, words)))
    assert any(_fill(fault, words) in line for line in check_chain(chain))


def test_swapped_events_are_found(chain):
    last = _last()
    with transaction() as session:
        guards.drop(session.connection())
        for old, new in ((last, -1), (last - 2, last), (-1, last - 2)):
            session.execute(sa.text(f"UPDATE audit_event SET seq={new} WHERE seq={old}"))
    assert any(f"event {last} does not match" in line for line in check_chain(chain))


def _fill(text, words):
    for name, value in words.items():
        text = text.replace(f"{{{name}}}", str(value))
    return text


def test_event_outside_a_transaction_is_refused(db_session, now):
    with pytest.raises(RuntimeError, match="transaction"):
        audit.record("test.thing", "thing", 1, actor=SYSTEM, now=now)


def test_chain_under_concurrent_writers_stays_whole(app, now):
    def write(name):
        with app.app_context():
            for number in range(20):
                with transaction():
                    audit.record("test.race", name, number, actor=SYSTEM, now=now)
            db.session.remove()

    threads = [threading.Thread(target=write, args=(f"w{i}",)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with app.app_context():
        assert list(check_chain(db.session)) == []
        assert _events("test.race") == 80
