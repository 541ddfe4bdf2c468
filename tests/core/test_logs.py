"""A log line tells where it broke, never with whose data."""

from __future__ import annotations

import json

import sqlalchemy as sa
import structlog
from sqlalchemy.exc import IntegrityError

from portal.core import logs
from portal.core.db import transaction
from portal.people.models import Person


def test_exception_is_logged_without_local_values(capsys):
    logs.install()
    nik = "6105" + "015703740001"
    try:
        int(f"{nik[:0]}x")
    except ValueError:
        structlog.get_logger().exception("request.failed", endpoint="x.y")
    line = capsys.readouterr().err
    assert json.loads(line)["event"] == "request.failed"
    assert "test_exception_is_logged" in line
    assert nik not in line


def test_a_row_that_broke_a_rule_is_not_logged(capsys, db_session, now):
    logs.install()
    try:
        with transaction() as session:
            session.execute(
                sa.insert(Person).values(name="Rahasia Sekali", sex="?", created_at=now, updated_at=now)
            )
    except IntegrityError:
        structlog.get_logger().exception("request.failed", endpoint="x.y")
    line = capsys.readouterr().err
    assert "sex_known" in line
    assert "Rahasia" not in line
