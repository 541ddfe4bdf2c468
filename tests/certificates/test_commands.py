"""`flask certificates issue|export`: JSON alone on stdout, two people, files for strangers."""

from __future__ import annotations

import base64
import json

import pytest

from portal.certificates import jcs, qr
from portal.certificates.keys import keys
from portal.certificates.signing import verify
from portal.core.db import db
from tests.support.issuing import certificates, issue, sign_class


@pytest.fixture
def run(app):
    """Run a command; (exit code, stdout)."""

    def call(*words):
        result = app.test_cli_runner().invoke(args=["certificates", *map(str, words)])
        return result.exit_code, result.stdout

    return call


def test_issue_by_two_people(db_session, run, now):
    signed = sign_class(now)
    words = ("issue", "--batch", signed.room.batch_id, "--issuer", signed.admin_user.login,
             "--approver", signed.head_user.login, "--json")  # fmt: skip
    code, out = run(*words, "--dry-run")
    assert (code, len(json.loads(out)["ready"]), len(certificates(signed))) == (0, 4, 0)
    db.session.rollback()
    code, out = run(*words)
    assert (code, len(json.loads(out)["issued"])) == (0, 4)


def test_issue_refused_says_why_in_json(db_session, run, now):
    signed = sign_class(now)
    admin, head = signed.admin_user.login, signed.head_user.login
    for batch, approver, reason in (
        (999_999, head, "batch_not_found"),
        (signed.room.batch_id, "nobody", "account_unknown"),
        (signed.room.batch_id, admin, "forbidden"),
    ):
        status, out = run("issue", "--batch", batch, "--issuer", admin, "--approver", approver, "--json")
        assert (status, json.loads(out)["error"]["code"]) == (2, reason)
    assert certificates(signed) == []


def test_export_writes_what_a_stranger_can_verify(db_session, run, now, tmp_path):
    (first, *_) = issue(sign_class(now), now)
    code, _ = run("export", first.code, tmp_path / "out")
    assert code == 0
    record = json.loads((tmp_path / "out" / "record.json").read_text())
    public = keys().public_key(record["kid"])
    signed = base64.b64decode(record["signed_bytes_base64"])
    assert verify(public, signed, base64.b64decode(record["signature"]))
    assert jcs.canonical(record["signed_bytes"]) == signed
    text = (tmp_path / "out" / "qr.txt").read_text()
    assert qr.parse_fragment(first.code, text.partition("#")[2], {record["kid"]: public}).problem is None
    assert (tmp_path / "out" / "certificate.pdf").read_bytes().startswith(b"%PDF")
    assert (tmp_path / "out" / "qr.png").read_bytes().startswith(b"\x89PNG")


def test_export_of_an_unknown_code_exits_2_with_an_error(db_session, run, tmp_path):
    code, out = run("export", "ZZZZZZZZZZZ5", tmp_path / "out")
    assert code == 2
    assert json.loads(out)["error"]["code"] == "not_found"
