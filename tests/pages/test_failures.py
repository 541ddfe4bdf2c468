"""When something is missing, damaged or wrong, no check becomes a pass and none becomes "forged".

Every truth about a certificate x every fault x page and API. The offline page has the same in
tests/browser/test_decide.py.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from portal.catalog.models import Curriculum
from portal.certificates import rules
from portal.certificates.keys import open_stores
from portal.core import guards
from portal.core.db import db, transaction
from tests.support.issuing import Signed, change, issue, sign_class

WORDS = {
    "BERLAKU": "valid", "KEDALUWARSA": "expired", "DITANGGUHKAN": "suspended", "DICABUT": "revoked",
    "DIGANTI": "replaced", "TIDAK DITEMUKAN": "not_found", "SALAH KETIK": "typo",
    "TANDA TANGAN TIDAK COCOK": "signature_mismatch", "BELUM DAPAT DIPERIKSA": "undetermined",
}  # fmt: skip
#: States that a fault must not make of anything else.
ACCUSING = {"signature_mismatch", "not_found", "typo", "revoked", "replaced", "suspended"}
GUARDED = ("certificate", "certificate_event", "log_leaf", "log_node")
#: Sentences in which the word may stand: those that deny it.
DENIALS = ("bukan tanda palsu", "tidak berarti palsu")


@pytest.fixture
def codes(db_session, clock) -> dict[str, str]:
    """A code for every truth, issued forty days ago."""
    signed = sign_class(clock.now, people=5)
    made = {}
    for name, months in (("short", 1), ("endless", None)):
        made[name] = issue(_valid_for(signed, months, clock.now), clock.now)[0]
    _set_validity(signed, 36)
    valid, suspended, revoked, replaced, lifted = issue(signed, clock.now)
    clock.move(days=1)
    change(signed, suspended, "suspend", clock.now)
    change(signed, lifted, "suspend", clock.now)
    change(signed, lifted, "unsuspend", clock.now)
    change(signed, revoked, "revoke", clock.now)
    change(signed, replaced, "replace", clock.now, name="Nama Yang Benar")
    clock.move(days=39)
    db.session.rollback()
    return {
        "valid": valid.code, "endless": made["endless"].code, "lifted": lifted.code,
        "expired": made["short"].code, "suspended": suspended.code, "revoked": revoked.code,
        "replaced": replaced.code, "not_found": "BA1A1KVP7QTJ", "typo": "BA1A1KVP7QTK",
    }  # fmt: skip


def _valid_for(signed: Signed, months: int | None, now: Any) -> Signed:
    _set_validity(signed, months)
    return sign_class(now, people=1, like=signed.room)


def _set_validity(signed: Signed, months: int | None) -> None:
    with transaction() as session:
        session.execute(
            sa.update(Curriculum)
            .where(Curriculum.id == signed.room.curriculum_id)
            .values(validity_months=months)
        )


def truth(name: str) -> str:
    """The state that is true of the certificate of this name."""
    return {"endless": "valid", "lifted": "valid"}.get(name, name)


# Faults: each is a context in which the portal answers


@contextmanager
def nothing(app: Any, clock: Any) -> Iterator[None]:
    yield


def tampered(*statements: str) -> Callable[..., Any]:
    """Rows changed behind the portal's back, the triggers taken off."""

    @contextmanager
    def fault(app: Any, clock: Any) -> Iterator[None]:
        db.session.rollback()
        with db.engine.begin() as connection:
            guards.drop(connection, GUARDED)
            for statement in statements:
                connection.execute(sa.text(statement))
            guards.create(connection, GUARDED)
        yield

    return fault


@contextmanager
def _refusing(words: str) -> Iterator[None]:
    """Every statement fails as it does without a server behind."""

    def refuse(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        raise sa.exc.OperationalError(statement, {}, Exception(words))

    event.listen(db.engine, "before_cursor_execute", refuse)
    try:
        yield
    finally:
        event.remove(db.engine, "before_cursor_execute", refuse)


@contextmanager
def away(app: Any, clock: Any) -> Iterator[None]:
    with _refusing("server closed the connection"):
        yield


@contextmanager
def read_only(app: Any, clock: Any) -> Iterator[None]:
    """The database takes no write at all; a check makes none."""
    is_sqlite = db.engine.dialect.name == "sqlite"
    on, off = (
        ("PRAGMA query_only=ON", "PRAGMA query_only=OFF")
        if is_sqlite
        else ("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY",
              "SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE")
    )  # fmt: skip

    def shut(raw: Any, _record: Any, _proxy: Any) -> None:
        raw.cursor().execute(on)
        raw.rollback()

    def open_again(raw: Any, _record: Any) -> None:
        raw.rollback()
        raw.cursor().execute(off)
        raw.commit()

    event.listen(db.engine, "checkout", shut)
    event.listen(db.engine, "checkin", open_again)
    try:
        yield
    finally:
        event.remove(db.engine, "checkout", shut)
        event.remove(db.engine, "checkin", open_again)


def moved(**spans: float) -> Callable[..., Any]:
    """A clock that is wrong."""

    @contextmanager
    def fault(app: Any, clock: Any) -> Iterator[None]:
        before = clock.now
        clock.set(before + timedelta(**spans))
        yield
        clock.set(before)

    return fault


def keyless(spoil: Callable[[Any], None]) -> Callable[..., Any]:
    """A key store that does not know, or cannot be read."""

    @contextmanager
    def fault(app: Any, clock: Any) -> Iterator[None]:
        kept = app.extensions["keys"]
        folder = app.extensions["portal_settings"].instance / "spoiled"
        folder.mkdir(exist_ok=True)
        spoil(folder / "keys.json")
        app.extensions["keys"] = open_stores(folder, "a passphrase that only tests use")
        try:
            yield
        finally:
            app.extensions["keys"] = kept

    return fault


ISSUED = {"valid", "endless", "lifted", "expired", "suspended", "revoked", "replaced"}
OTHER_LEAF = "UPDATE log_leaf SET data = (SELECT data FROM log_leaf WHERE seq = 0) WHERE seq > 0"
#: name -> (fault, what each truth may become besides itself)
FAULTS: dict[str, tuple[Any, dict[str, set[str]]]] = {
    "nothing": (nothing, {}),
    "history lost": (
        tampered("DELETE FROM certificate_event"),
        {name: {"undetermined"} for name in ISSUED},
    ),
    "leaves lost": (tampered("DELETE FROM log_leaf"), {name: {"undetermined"} for name in ISSUED}),
    "leaves swapped": (tampered(OTHER_LEAF), {name: {"undetermined"} for name in ISSUED}),
    "nodes lost": (tampered("DELETE FROM log_node"), {}),
    "database away": (away, {name: {"undetermined"} for name in {*ISSUED, "not_found"}}),
    "database read-only": (read_only, {}),
    "clock a year slow": (moved(days=-365), {name: {"undetermined"} for name in ISSUED}),
    "clock a year fast": (moved(days=365), {}),
    "clock ten years fast": (moved(days=3650), {"valid": {"expired"}, "lifted": {"expired"}}),
    "keys unknown": (
        keyless(lambda path: path.write_text('{"v":1,"keys":[]}')),
        {name: {"undetermined"} for name in ISSUED},
    ),
    "keys unreadable": (
        keyless(lambda path: path.write_text("torn")),
        {name: {"undetermined"} for name in ISSUED},
    ),
}


def answers(client: Any, code: str) -> dict[str, str]:
    """The state that the page and the API tell; what the page says is looked at as well."""
    page = client.get(f"/V/{code}")
    assert page.status_code == 200
    text = page.get_data(as_text=True)
    heading = re.search(r"<h1[^>]*>([^<]+)</h1>", text)
    assert heading, text[:400]
    words = text.lower()
    for denial in DENIALS:
        words = words.replace(denial, "")
    assert "palsu" not in words
    api = client.get(f"/api/v1/verify/{code}")
    assert api.status_code == 200
    body = api.get_json()
    is_passed = all(check["outcome"] == "passed" for check in body["checks"])
    assert is_passed if body["state"] == "valid" else True
    if body["state"] == "undetermined":
        assert "unknown" in {c["outcome"] for c in body["checks"]} or not is_passed
    return {"page": WORDS[heading[1].strip()], "api": body["state"]}


@pytest.mark.parametrize("name", FAULTS)
def test_no_fault_makes_a_false_pass_or_a_false_accusation(app, client, codes, clock, name):
    fault, other = FAULTS[name]
    with fault(app, clock):
        found = {kind: answers(client, code) for kind, code in codes.items()}
    for kind, told in found.items():
        allowed = {truth(kind), *other.get(kind, ())}
        for where, state in told.items():
            assert state in allowed, (kind, where, state)
            assert state != "valid" or truth(kind) == "valid"
            assert state not in ACCUSING or state == truth(kind)


def test_the_combinations_are_two_hundred():
    assert len(FAULTS) * 9 * 2 >= 200


RECORDS = {
    "a fact": "UPDATE certificate SET signed_bytes = {other}",
    "the signature": "UPDATE certificate SET signature = (SELECT salt FROM certificate c WHERE c.id = 1)",
    "the number": "UPDATE certificate SET number = number || 'X'",
    "the last day": "UPDATE certificate SET expires_on = '2099-12-31' WHERE expires_on IS NOT NULL",
    "the key": "UPDATE certificate SET kid = kid || '9'",
}


@pytest.mark.parametrize("what", RECORDS)
def test_an_edited_record_is_never_valid_and_claims_nothing(client, app, codes, clock, what):
    other = "x'00'" if db.engine.dialect.name == "sqlite" else r"'\x00'::bytea"
    with tampered(RECORDS[what].format(other=other))(app, clock):
        for kind in ("valid", "expired", "revoked"):
            told = answers(client, codes[kind])
            allowed = {"undetermined", "revoked"} if what == "the key" else {"signature_mismatch"}
            assert set(told.values()) <= allowed, (kind, told)
            body = client.get(f"/api/v1/verify/{codes[kind]}").get_json()
            assert body["facts"] is None


def test_a_revocation_that_somebody_removed_is_not_undone(client, app, codes, clock):
    """An insider who deletes the event leaves its leaf behind: the log's own check finds it."""
    with tampered("DELETE FROM certificate_event WHERE type = 'revoke'")(app, clock):
        result = app.test_cli_runner().invoke(args=["log", "check"])
    assert result.exit_code == 1
    assert rules.is_valid_code(codes["revoked"])
