"""`flask certificates issue|export`: JSON alone on stdout, two people, files for strangers."""

from __future__ import annotations

import base64
import json

import pytest
import sqlalchemy as sa

from portal.certificates import jcs, qr
from portal.certificates.dataintegrity import is_secured
from portal.certificates.keys import keys
from portal.certificates.models import Certificate
from portal.certificates.signing import verify
from portal.core import guards
from portal.core.db import db, transaction
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


def test_export_carries_the_badge_as_it_is_served_and_as_jwt(db_session, run, app, now, tmp_path):
    (first, *_) = issue(sign_class(now), now)
    code, out = run("export", first.code, tmp_path / "out")
    assert (code, {"badge.json", "badge.jwt"} <= set(out.split())) == (0, True)
    headers = {"Authorization": f"Balai-QR {first.qr_text.partition('#')[2]}"}
    for ending in ("json", "jwt"):
        served = app.test_client().get(f"/sertifikat/{first.code}/badge.{ending}", headers=headers)
        assert (tmp_path / "out" / f"badge.{ending}").read_bytes() == served.data
    badge = json.loads((tmp_path / "out" / "badge.json").read_bytes())
    assert is_secured(badge, keys().public_key(first.kid))


def test_export_of_an_edited_record_writes_nothing(db_session, run, now, tmp_path):
    (first, *_) = issue(sign_class(now), now)
    with transaction() as session:
        guards.drop(session.connection(), ("certificate",))
        edit = sa.update(Certificate).where(Certificate.id == first.id)
        session.execute(edit.values(number="9999/KOP-PGR/BPVP-SKA/X/2026"))
        guards.create(session.connection(), ("certificate",))
    code, out = run("export", first.code, tmp_path / "out")
    assert (code, json.loads(out)["error"]["code"]) == (2, "record_damaged")
    assert not (tmp_path / "out").exists()


def test_export_of_an_unknown_code_exits_2_with_an_error(db_session, run, tmp_path):
    code, out = run("export", "ZZZZZZZZZZZ5", tmp_path / "out")
    assert code == 2
    assert json.loads(out)["error"]["code"] == "not_found"
