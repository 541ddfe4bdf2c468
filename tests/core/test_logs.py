"""A log line tells where it broke, never with whose data."""

from __future__ import annotations

import json

import structlog

from portal.core import logs


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
