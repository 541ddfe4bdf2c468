"""Status lists: what a stranger's decoder finds in them, signed, cached, and made anew after each event."""

from __future__ import annotations

import base64
import gzip
import json
from datetime import timedelta

import pytest
import sqlalchemy as sa

from portal.certificates import dataintegrity
from portal.certificates.keys import keys
from portal.certificates.queries import status
from portal.certificates.rules import LIST_SIZE
from portal.certificates.statuslists import StatusLists, encode_list
from portal.core.db import db
from tests.support.issuing import change, issue, sign_class

SIZE_BYTES = LIST_SIZE // 8


def decoded(document: dict) -> bytes:
    """The bits as W3C Bitstring Status List has them read."""
    text = document["credentialSubject"]["encodedList"]
    assert text[0] == "u"
    return gzip.decompress(base64.urlsafe_b64decode(text[1:] + "=" * (-(len(text) - 1) % 4)))


def places(bits: bytes) -> set[int]:
    """The places that are set; place 0 is the first byte's most significant bit."""
    return {8 * at + bit for at, byte in enumerate(bits) if byte for bit in range(8) if byte & 0x80 >> bit}


def fetch(client, number: int, **headers: str):
    db.session.rollback()
    return client.get(f"/status/{number}", headers=headers)


def read(client, number: int) -> set[int]:
    """The set places of a published list, its signature and shape checked."""
    response = fetch(client, number)
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "application/vc"
    assert "Set-Cookie" not in response.headers
    document = json.loads(response.data)
    kid = document["proof"][0]["verificationMethod"].partition("#")[2]
    entry = keys().entry(kid)
    assert entry.purpose == "status"
    assert dataintegrity.is_secured(document, entry.raw_key)
    bits = decoded(document)
    assert len(bits) == SIZE_BYTES
    return places(bits)


def test_each_state_has_its_bit_and_no_other(db_session, client, now):
    signed = sign_class(now)
    made = issue(signed, now)
    suspended, revoked, replaced, valid = made
    assert read(client, 1) == read(client, 2) == set()
    change(signed, suspended, "suspend", now)
    change(signed, revoked, "revoke", now)
    change(signed, replaced, "replace", now, name="Nama Yang Benar")
    assert read(client, 1) == {revoked.status_index, replaced.status_index}
    assert read(client, 2) == {suspended.status_index}
    change(signed, suspended, "unsuspend", now)
    assert read(client, 2) == set()
    assert valid.status_index not in read(client, 1)


def test_a_list_says_whose_it_is_and_how_long_it_speaks(db_session, client, now):
    signed = sign_class(now, people=1)
    issue(signed, now)
    for number, purpose in ((1, "revocation"), (2, "suspension")):
        document = json.loads(fetch(client, number).data)
        assert document["id"] == f"http://localhost/status/{number}"
        assert document["issuer"] == "did:web:localhost"
        assert document["credentialSubject"]["statusPurpose"] == purpose
        assert (document["validFrom"], document["validUntil"]) == (
            "2026-11-22T02:00:00Z",
            "2026-11-29T02:00:00Z",
        )
    assert fetch(client, 3).status_code == fetch(client, 0).status_code == 404


def test_who_has_the_list_already_is_told_so_until_an_event_or_the_hour(db_session, client, clock):
    signed = sign_class(clock.now, people=2)
    first, second = issue(signed, clock.now)
    etag = fetch(client, 1).headers["ETag"]
    again = fetch(client, 1, **{"If-None-Match": etag})
    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["Cache-Control"] == "public, max-age=300"
    change(signed, first, "revoke", clock.now)
    newer = fetch(client, 1, **{"If-None-Match": etag})
    assert newer.status_code == 200
    clock.move(hours=1)
    later = fetch(client, 1, **{"If-None-Match": newer.headers["ETag"]})
    assert later.status_code == 200
    assert json.loads(later.data)["validFrom"] == "2026-11-22T03:00:00Z"
    assert second.status_index not in places(decoded(json.loads(later.data)))


def test_the_same_events_give_the_same_bytes_in_every_worker(db_session, app, now):
    signed = sign_class(now, people=1)
    (certificate,) = issue(signed, now)
    change(signed, certificate, "revoke", now)
    bodies = set()
    with app.app_context():
        for _worker in range(2):
            lists = StatusLists("http://localhost", 0)
            bodies.add(lists.get(1, now, lambda: keys().standing("status")).body)
    assert len(bodies) == 1


def test_a_list_from_memory_costs_no_statement_and_notices_an_event_within_its_patience(
    db_session, app, now, query_count, monkeypatch
):
    signed = sign_class(now, people=1)
    (certificate,) = issue(signed, now)
    seconds = [0.0]
    monkeypatch.setattr("portal.certificates.statuslists.time.monotonic", lambda: seconds[0])
    lists = StatusLists("http://localhost", 1)

    def body() -> bytes:
        return lists.get(1, now, lambda: keys().standing("status")).body

    old = body()
    with query_count(at_most=0):
        assert body() == old
    change(signed, certificate, "revoke", now)
    assert body() == old
    seconds[0] = 1.0
    assert body() != old


def test_places_beyond_the_first_list_have_a_pair_of_their_own(db_session, client, now):
    signed = sign_class(now, people=1)
    (certificate,) = issue(signed, now)
    db.session.rollback()
    with db.engine.begin() as connection:
        _unguarded(connection, f"UPDATE certificate SET status_index = {LIST_SIZE + 5}")
    change(signed, certificate, "revoke", now)
    assert status.list_count() == 2
    assert read(client, 1) == set()
    assert read(client, 3) == {5}
    assert read(client, 4) == set()


def _unguarded(connection, statement: str) -> None:
    """Change what the trigger protects, as no code of the portal can."""
    from portal.core import guards

    guards.drop(connection, ("certificate",))
    connection.execute(sa.text(statement))
    guards.create(connection, ("certificate",))


@pytest.mark.parametrize("number", [1, 2])
def test_an_hour_set_back_never_gives_an_older_list(db_session, client, clock, number):
    signed = sign_class(clock.now, people=1)
    (certificate,) = issue(signed, clock.now)
    change(signed, certificate, "revoke" if number == 1 else "suspend", clock.now)
    before = json.loads(fetch(client, number).data)
    clock.set(clock.now - timedelta(days=365))
    after = json.loads(fetch(client, number).data)
    assert after["validFrom"] >= before["validFrom"]
    assert places(decoded(after)) == {certificate.status_index}


def test_encode_list_is_the_same_every_time():
    bits = bytes(range(256)) * 64
    assert encode_list(bits) == encode_list(bits)
    assert gzip.decompress(base64.urlsafe_b64decode(encode_list(bits)[1:] + "==")) == bits
