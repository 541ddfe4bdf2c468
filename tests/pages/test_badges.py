"""The badge's addresses: for the holder, their center and whoever holds the paper; others learn nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest
import sqlalchemy as sa
from joserfc import jwt as jose
from joserfc.jwk import KeySet

from portal.accounts.models import User
from portal.certificates.dataintegrity import is_secured
from portal.certificates.keys import keys, open_stores
from portal.certificates.models import Certificate
from portal.certificates.multikey import from_multikey
from portal.core import guards
from portal.core.db import db, transaction
from portal.core.permissions import Role
from tests.support import classroom
from tests.support.issuing import change, issue, sign_class
from tests.support.page import Page

NOBODYS = "BA1A1KVP7QTJ"
ADDRESSES = ("/sertifikat/{}/badge.json", "/sertifikat/{}.jwt", "/sertifikat/{}/badge.jwt")


@pytest.fixture
def issued(db_session: Any, now: Any) -> tuple[Any, list[Certificate]]:
    signed = sign_class(now, people=2)
    return signed, issue(signed, now)


def holder_of(certificate: Certificate) -> User:
    with transaction():
        made = classroom.account("Peserta 001", Role.TRAINEE, person_id=certificate.person_id)
    found = db.session.get(User, made.id)
    assert found is not None
    return found


def with_fragment(certificate: Certificate) -> dict[str, str]:
    return {"Authorization": f"Balai-QR {certificate.qr_text.partition('#')[2]}"}


def ask(app: Any, url: str, **headers: str) -> Any:
    """What software without cookies gets."""
    return app.test_client().get(url, headers=headers)


def test_paper_holder_gets_a_badge_that_the_published_key_vouches_for(issued: Any, app: Any) -> None:
    _signed, (first, _second) = issued
    answer = ask(app, f"/sertifikat/{first.code}/badge.json", **with_fragment(first))
    assert (answer.status_code, answer.content_type) == (200, "application/ld+json")
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert "Set-Cookie" not in answer.headers
    document = json.loads(answer.data)
    published = json.loads(ask(app, "/.well-known/did.json").data)
    method = document["proof"][0]["verificationMethod"]
    assert method in published["assertionMethod"]
    (found,) = [one for one in published["verificationMethod"] if one["id"] == method]
    assert found["controller"] == document["issuer"]["id"] == published["id"]
    assert is_secured(document, from_multikey(found["publicKeyMultibase"])[1], method=method)
    again = ask(app, f"/sertifikat/{first.code.lower()}/badge.json", **with_fragment(first))
    assert again.data == answer.data


@pytest.mark.parametrize("address", ADDRESSES[1:])
def test_paper_holder_gets_a_jwt_that_the_published_keys_read(issued: Any, app: Any, address: str) -> None:
    _signed, (first, _second) = issued
    answer = ask(app, address.format(first.code), **with_fragment(first))
    assert (answer.status_code, answer.mimetype) == (200, "text/plain")
    published = json.loads(ask(app, "/.well-known/jwks.json").data)
    read = jose.decode(answer.get_data(as_text=True), KeySet.import_key_set(published), algorithms=["ES256"])
    assert read.claims["credentialSubject"]["licenseNumber"] == first.number
    assert read.claims["iss"] == read.claims["issuer"]["id"]


@pytest.mark.parametrize("address", ADDRESSES)
def test_holder_and_center_get_the_badge_and_nobody_else(
    issued: Any, new_page: Any, now: Any, address: str
) -> None:
    signed, (first, second) = issued
    own, center, foreign = new_page(), new_page(), new_page()
    own.sign_in(holder_of(first))
    center.sign_in(signed.head_user)
    foreign.sign_in(sign_class(now, people=1).head_user)
    for visitor in (own, center):
        visitor.get(address.format(first.code), htmx=False)
    own.get(address.format(second.code), status=404, htmx=False)
    foreign.get(address.format(first.code), status=404, htmx=False)


@pytest.mark.parametrize("address", ADDRESSES)
def test_anonymous_software_gets_401_in_json_whether_the_code_exists_or_not(
    issued: Any, app: Any, address: str
) -> None:
    _signed, (first, _second) = issued
    there, missing = (ask(app, address.format(code)) for code in (first.code, NOBODYS))
    assert there.status_code == missing.status_code == 401
    assert there.headers["WWW-Authenticate"] == "Balai-QR"
    assert json.loads(there.data)["error"]["code"] == "sign_in_needed"
    assert there.data == missing.data
    basic = ask(app, address.format(first.code), Authorization="Basic YTpi")
    assert basic.status_code == 401


@pytest.mark.parametrize("address", ADDRESSES)
def test_forged_fragments_are_not_found_and_never_reach_the_database(
    issued: Any, app: Any, query_count: Any, address: str
) -> None:
    _signed, (first, second) = issued
    b32 = first.qr_text.partition("#")[2]
    forged = [
        (second.code, b32),
        (NOBODYS, b32),
        ("ZZZZZZZZZZZZ", b32),
        (first.code, ""),
        (first.code, b32.lower()),
        (first.code, b32 + "A"),
        (first.code, b32[:-9] + ("A" if b32[-9] != "A" else "B") + b32[-8:]),
        (first.code, second.qr_text.partition("#")[2]),
    ]
    bodies = set()
    with query_count(at_most=0):
        for code, fragment in forged:
            answer = ask(app, address.format(code), Authorization=f"Balai-QR {fragment}")
            assert answer.status_code == 404, (code, fragment)
            bodies.add(answer.data)
    assert len(bodies) == 1


def test_a_foreign_badge_reads_like_a_missing_one(issued: Any, page: Page) -> None:
    _signed, (first, second) = issued
    page.sign_in(holder_of(first))
    foreign, missing = (
        page.get(f"/sertifikat/{code}/badge.json", status=404, htmx=False) for code in (second.code, NOBODYS)
    )
    assert foreign.text == missing.text
    assert foreign.headers["Content-Type"] == "application/json"


def test_badge_is_the_same_after_it_was_revoked(issued: Any, app: Any, clock: Any) -> None:
    signed, (first, _second) = issued
    url, headers = f"/sertifikat/{first.code}/badge.json", with_fragment(first)
    before = ask(app, url, **headers).data
    change(signed, first, "revoke", clock.move(hours=1))
    assert ask(app, url, **headers).data == before, "its status list says what happened since"


@pytest.mark.parametrize("field", ["number", "status_index", "signed_bytes"])
def test_an_edited_record_gets_no_badge(issued: Any, app: Any, field: str) -> None:
    _signed, (first, _second) = issued
    url, headers = f"/sertifikat/{first.code}/badge.json", with_fragment(first)
    edits = {
        "number": "9999/KOP-PGR/BPVP-SKA/X/2026",
        "status_index": first.status_index + 1,
        "signed_bytes": first.signed_bytes.replace(b'"hours":', b'"hours":9'),
    }
    with transaction() as session:
        guards.drop(session.connection(), ("certificate",))
        session.execute(
            sa.update(Certificate).where(Certificate.id == first.id).values({field: edits[field]})
        )
        guards.create(session.connection(), ("certificate",))
    assert ask(app, url, **headers).status_code == 409
    assert ask(app, url.replace(".json", ".jwt"), **headers).status_code == 409


@pytest.fixture
def own_keys(app: Any, tmp_path: Any, now: Any, monkeypatch: Any) -> Any:
    """A key store of its own, since a revocation would stay for other tests."""
    monkeypatch.setitem(app.extensions, "keys", open_stores(tmp_path / "keys", "a passphrase of tests"))
    keys().ensure_standing(now)
    return keys()


def test_badge_is_signed_by_an_heir_where_its_key_was_revoked(
    db_session: Any, own_keys: Any, app: Any, now: Any
) -> None:
    first, second = issue(sign_class(now, people=2), now)
    before = json.loads(ask(app, f"/sertifikat/{first.code}/badge.json", **with_fragment(first)).data)
    center = first.kid.rsplit("-", 2)[0]
    own_keys.store.revoke(first.kid, at_index=second.log_index, now=now)
    heir = own_keys.signer_for(center, 2026, now)
    after = json.loads(ask(app, f"/sertifikat/{first.code}/badge.json", **with_fragment(first)).data)
    assert after["proof"][0]["verificationMethod"].endswith(f"#{heir.kid}")
    assert is_secured(after, heir.public_key)
    assert after | {"proof": 0} == before | {"proof": 0}
    late = ask(app, f"/sertifikat/{second.code}/badge.json", **with_fragment(second))
    assert late.status_code == 409, "what the log took after that is not vouched for"


def test_holder_and_center_find_the_badge_on_their_pages(issued: Any, new_page: Any) -> None:
    signed, (first, _second) = issued
    own, center = new_page(), new_page()
    own.sign_in(holder_of(first))
    center.sign_in(signed.admin_user)
    address = f"/sertifikat/{first.code}/badge.json"
    assert own.get("/saya/sertifikat").links["Lencana digital"] == address
    assert center.get(f"/balai/sertifikat/{first.code}").links["Unduh lencana digital"] == address
