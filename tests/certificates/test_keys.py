"""`flask keys`, the published keys, and a portal that does not start with a broken key store."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
import sqlalchemy as sa

from portal import create_app
from portal.certificates import issuer
from portal.certificates.keys import keys, open_stores
from portal.certificates.multikey import from_multikey
from portal.core.audit import AuditEvent
from portal.core.db import db
from portal.settings import SettingsError
from tests.support.apps import make_settings
from tests.support.issuing import issue, sign_class

PASSPHRASE = "a passphrase that only tests use"


@pytest.fixture
def own_app(app, db_session, tmp_path, now, monkeypatch):
    """The app with a key store of its own, as after a first start."""
    monkeypatch.setitem(app.extensions, "keys", open_stores(tmp_path / "keys", PASSPHRASE))
    keys().ensure_standing(now)
    return app


def run(app, *words, fails: bool = False):
    """`flask keys …`; (stdout as JSON)."""
    db.session.rollback()
    result = app.test_cli_runner().invoke(args=["keys", *map(str, words), "--json"])
    assert result.exit_code == (2 if fails else 0), result.output
    return json.loads(result.stdout)


def fetch(app, name: str):
    return json.loads(app.test_client().get(f"/.well-known/{name}").data)


def test_first_start_makes_the_standing_keys_and_publishes_them(own_app):
    listed = {entry["kid"]: entry for entry in run(own_app, "list")}
    assert set(listed) == {"log-1", "status-1", "jwt-1", "root-1"}
    assert listed["jwt-1"]["algorithm"] == "P-256"
    did = fetch(own_app, "did.json")
    assert did["id"] == "did:web:localhost"
    assert [method["id"] for method in did["verificationMethod"]] == did["assertionMethod"]
    assert {one.partition("#")[2] for one in did["assertionMethod"]} == {"status-1", "jwt-1"}
    jwks = {key["kid"]: key for key in fetch(own_app, "jwks.json")["keys"]}
    assert "alg" not in jwks["status-1"]
    assert jwks["did:web:localhost#jwt-1"]["alg"] == "ES256"
    trust = fetch(own_app, "trust.json")
    _algorithm, root = from_multikey(trust["root"]["publicKeyMultibase"])
    assert issuer.is_trusted(trust, root)
    assert trust["log"]["vkey"].startswith("localhost+")
    assert not any("sealed" in json.dumps(one) for one in (did, jwks, trust))


def test_rotated_key_signs_no_more_and_stays_published(own_app, now):
    signed = sign_class(now, people=1)
    (first,) = issue(signed, now)
    center, _year, _n = first.kid.rsplit("-", 2)
    made = run(own_app, "rotate", "certificate", "--center", center, "--year", 2026)
    assert made["kid"] == f"{center}-2026-2"
    again = sign_class(now, people=1, like=signed.room)
    (second,) = issue(again, now)
    assert (first.kid, second.kid) == (f"{center}-2026-1", f"{center}-2026-2")
    assert {f"did:web:localhost#{c.kid}" for c in (first, second)} <= set(
        fetch(own_app, "did.json")["assertionMethod"]
    )
    by_kid = {key["kid"]: key for key in fetch(own_app, "trust.json")["keys"]}
    assert by_kid[first.kid]["notAfter"] == "2026-11-22T02:00:00Z"
    assert by_kid[second.kid]["notAfter"] is None


def test_revoked_key_is_named_with_its_index_and_replaced(own_app, now):
    signed = sign_class(now, people=2)
    first = issue(signed, now)[0]
    assert run(own_app, "revoke", first.kid, "--at", 99, "--reason", "uji", fails=True)["error"]["code"] == (
        "index_range"
    )
    assert run(own_app, "revoke", first.kid, "--at", 1, "--reason", "uji")["revoked_at"] == 1
    # Said again with a later index, the earlier one stands.
    assert run(own_app, "revoke", first.kid, "--reason", "uji")["revoked_at"] == 1
    method = next(m for m in fetch(own_app, "did.json")["verificationMethod"] if m["id"].endswith(first.kid))
    assert method["revoked"] == "2026-11-22T02:00:00Z"
    again = sign_class(now, people=1, like=signed.room)
    (second,) = issue(again, now)
    assert second.kid == first.kid[:-1] + "2"
    assert keys().badge_signer(first.kid).kid == second.kid
    actions = db.session.scalars(sa.select(AuditEvent.action).where(AuditEvent.object_kind == "key")).all()
    assert actions.count("keys.revoked") == 2


def test_create_says_what_it_needs(own_app):
    assert run(own_app, "create", "status")["kid"] == "status-2"
    assert run(own_app, "create", "certificate", fails=True)["error"]["code"] == "key_kind"
    assert run(own_app, "revoke", "nobody-1", "--reason", "uji", fails=True)["error"]["code"] == (
        "key_unavailable"
    )


def test_root_taken_away_leaves_the_list_it_signed(own_app, tmp_path):
    document = run(own_app, "trust")
    (tmp_path / "keys" / "root").rename(tmp_path / "safe")
    assert fetch(own_app, "trust.json") == document
    run(own_app, "create", "certificate", "--center", "BPVP-SKA", "--year", 2026)
    assert fetch(own_app, "trust.json") == document
    result = own_app.test_cli_runner().invoke(args=["keys", "list"])
    assert "bpvp-ska-2026-1" in result.stdout
    assert result.stdout.count("(tunggu akar)") == 1
    assert run(own_app, "trust", fails=True)["error"]["code"] == "key_unavailable"


def _lose_a_file(folder: Path) -> None:
    (folder / "keys" / "log-1.key").unlink()


def _another_passphrase(folder: Path) -> None:
    (folder / "keystore-passphrase").write_text("not the one that sealed them")


def _no_passphrase(folder: Path) -> None:
    (folder / "keystore-passphrase").unlink()


def _read_only(folder: Path) -> None:
    os.chmod(folder / "keys", 0o500)


def _torn_manifest(folder: Path) -> None:
    (folder / "keys" / "keys.json").write_text('{"v": 1, "keys": [')


BREAKS = {
    "lost file": (_lose_a_file, "log-1 hilang"),
    "another passphrase": (_another_passphrase, "Frasa sandi tidak cocok"),
    "no passphrase file": (_no_passphrase, "KEYSTORE_PASSPHRASE_FILE"),
    "read-only folder": (_read_only, "tidak dapat ditulisi"),
    "torn manifest": (_torn_manifest, "keys.json rusak"),
}


@pytest.mark.parametrize("how", BREAKS)
def test_a_broken_store_is_one_clear_sentence_at_start(own_app, database, tmp_path, monkeypatch, how):
    wreck, words = BREAKS[how]
    settings = make_settings(database.url, tmp_path)
    wreck(tmp_path)
    with pytest.raises(SettingsError) as error:
        create_app(settings)
    os.chmod(tmp_path / "keys", 0o700)
    assert words in str(error.value)
    assert "\n" not in str(error.value)


def test_nothing_is_issued_when_the_log_cannot_sign(own_app, now, tmp_path):
    signed = sign_class(now, people=2)
    own_app.extensions["keys"] = open_stores(tmp_path / "keys", "another passphrase")
    assert issue(signed, now) == []
    own_app.extensions["keys"] = open_stores(tmp_path / "keys", PASSPHRASE)
    for path in (tmp_path / "keys").glob("*.key"):
        path.rename(path.with_suffix(".away"))
    again = sign_class(now, people=2, like=signed.room)
    assert issue(again, now) == []
    counts = [
        db.session.scalar(sa.text(f"SELECT count(*) FROM {table}"))
        for table in ("certificate", "certificate_event", "log_leaf", "log_checkpoint", "number_counter")
    ]
    assert counts == [0] * 5


def test_published_keys_say_503_when_the_store_cannot_be_read(own_app, tmp_path):
    (tmp_path / "keys" / "keys.json").write_text("nonsense")
    client = own_app.test_client()
    for name in ("did.json", "jwks.json", "trust.json"):
        assert client.get(f"/.well-known/{name}").status_code == 503
