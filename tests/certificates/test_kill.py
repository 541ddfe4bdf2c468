"""kill -9 while certificates are issued: everybody gets one, numbers have no gap, the log is whole."""

from __future__ import annotations

import json
import random
import threading
import time
from collections import Counter

import sqlalchemy as sa

from portal.certificates import checkpoints, merkle
from portal.certificates.keys import keys
from portal.certificates.models import Certificate, CertificateRequest, LogCheckpoint, LogLeaf, LogNode
from portal.certificates.services import decide_request, prepare_issue
from portal.core import clock as product_clock
from portal.core.db import transaction
from tests.support.issuing import certificates, sign_class
from tests.support.mail_worker import mail_workers

PEOPLE, KILLS = 40, 12


def test_killed_issuers_double_none_and_leave_no_gap(db_session, database, portal, clock):
    now = product_clock.now()
    signed = sign_class(now, people=PEOPLE)
    with transaction():
        request_id = prepare_issue(batch_id=signed.room.batch_id, actor=signed.admin, now=now).id
    with transaction():
        decide_request(request_id=request_id, approve=True, actor=signed.head, now=now)
    database.mark_changed()
    folder = portal[0].extensions["portal_settings"].instance
    chance, pause = random.Random(), threading.Event()
    with mail_workers(database_url=database.url, folder=str(folder), lease=1, jobs=True) as workers:
        workers.start()
        workers.start()
        for _ in range(KILLS):
            pause.wait(chance.uniform(0.01, 0.15))
            workers.kill(chance.choice(workers.running))
            workers.start()
        deadline = time.monotonic() + 60
        while _state(db_session, request_id) != "done":
            assert time.monotonic() < deadline
            pause.wait(0.1)
    made = certificates(signed)
    assert Counter(one.enrollment_id for one in made) == dict.fromkeys(signed.room.enrollments, 1)
    assert sorted(int(one.number[:4]) for one in made) == list(range(1, PEOPLE + 1))
    assert sorted(one.log_index for one in made) == list(range(PEOPLE))
    _assert_whole_log(db_session)


def _state(db_session, request_id: int) -> str:
    db_session.rollback()
    db_session.expire_all()
    return str(db_session.get_one(CertificateRequest, request_id).state)


def _assert_whole_log(db_session) -> None:
    leaves = db_session.execute(sa.select(LogLeaf.seq, LogLeaf.data).order_by(LogLeaf.seq)).all()
    assert [seq for seq, _data in leaves] == list(range(PEOPLE))
    nodes = {(row.level, row.position): bytes(row.hash) for row in db_session.scalars(sa.select(LogNode))}
    for seq, data in leaves:
        assert json.loads(data)["seq"] == seq
        assert nodes[0, seq] == merkle.leaf_hash(bytes(data))
    newest = db_session.scalars(sa.select(LogCheckpoint).order_by(LogCheckpoint.size.desc())).first()
    key = checkpoints.Verifier("localhost", keys().standing("log").public_key)
    found = checkpoints.open_checkpoint(newest.note, key)
    assert (found.size, found.root) == (PEOPLE, merkle.root(PEOPLE, lambda level, at: nodes[level, at]))
    assert db_session.scalar(sa.select(sa.func.count()).select_from(Certificate)) == PEOPLE
