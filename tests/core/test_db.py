"""transaction(): the one commit, and the write lock that comes before the first read."""

from __future__ import annotations

import threading

import pytest
import sqlalchemy as sa

from portal.core import audit
from portal.core.audit import AuditHead
from portal.core.db import db, on_commit, transaction
from portal.core.idempotency import Operation
from portal.core.permissions import SYSTEM


def _operation(op_id, now):
    return Operation(op_id=op_id, user_id=None, outcome="", created_at=now)


def test_transaction_commits_and_runs_after_commit_work(db_session, now):
    ran = []
    with transaction() as session:
        session.add(_operation("a" * 32, now))
        on_commit(lambda: ran.append(session.in_transaction()))
    assert db_session.get(Operation, "a" * 32) is not None
    assert ran == [False]


def test_transaction_raising_leaves_nothing_behind(db_session, now):
    ran = []
    before = db_session.scalar(sa.select(AuditHead.seq))
    with pytest.raises(RuntimeError, match="stop"), transaction() as session:
        session.add(_operation("b" * 32, now))
        audit.record("test.thing", "thing", 1, actor=SYSTEM, now=now)
        on_commit(lambda: ran.append(1))
        raise RuntimeError("stop")
    assert db_session.get(Operation, "b" * 32) is None
    assert db_session.scalar(sa.select(AuditHead.seq)) == before
    assert ran == []


def test_transaction_nested_is_refused(db_session):
    with transaction(), pytest.raises(RuntimeError, match="inside"), transaction():
        raise AssertionError("not reached")


def test_transaction_after_a_read_sees_what_others_committed_meanwhile(app, now):
    """A write lock asked for after a read is silently ignored by SQLite: stale rows would be lost updates."""
    workers, rounds = 4, 25
    with app.app_context():
        before = db.session.scalar(sa.select(AuditHead.seq))
        db.session.remove()

    def add():
        with app.app_context():
            for _ in range(rounds):
                db.session.scalar(sa.select(AuditHead.seq))
                with transaction() as session:
                    head = session.get(AuditHead, 1, with_for_update=True)
                    head.seq += 1
            db.session.remove()

    threads = [threading.Thread(target=add) for _ in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with app.app_context():
        assert db.session.scalar(sa.select(AuditHead.seq)) == before + workers * rounds


def test_times_come_back_aware_and_naive_ones_are_refused(db_session, now):
    with transaction() as session:
        session.add(_operation("c" * 32, now))
    db_session.expire_all()
    assert db_session.get(Operation, "c" * 32).created_at == now
    with pytest.raises(sa.exc.StatementError, match="naive"), transaction() as session:
        session.add(_operation("d" * 32, now.replace(tzinfo=None)))
