"""The badge as strangers read it: by the 1EdTech schema, as safe JSON-LD, by its proof and as a JWT."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from joserfc import jwt as jose
from joserfc.errors import BadSignatureError
from joserfc.jwk import KeySet
from jsonschema import Draft201909Validator, FormatChecker
from pyld.jsonld import JsonLdProcessor

from portal.certificates import issuer
from portal.certificates.badges import credential, sign_badge, sign_jwt
from portal.certificates.contexts import vendored
from portal.certificates.dataintegrity import is_secured
from portal.certificates.facts import Facts, UnitFacts
from portal.certificates.keystore import KeyEntry
from portal.certificates.multikey import base64url
from portal.certificates.rdfc import reading
from portal.certificates.signing import P256Signer
from tests.support.certificates import BASE_URL, CODE, FACTS, SIGNER, make_facts

SCHEMA = json.loads(
    (Path(__file__).parent.parent / "data" / "ob3-achievementcredential.schema.json").read_text("utf-8")
)
CREATED = "2026-01-02T03:04:05Z"
JWT_SIGNER = P256Signer("jwt-1", ec.derive_private_key(2**200 + 7, ec.SECP256R1()))
SHAPES: dict[str, Facts] = {
    "as usual": FACTS,
    "without end": make_facts(expires=None),
    "without cooperative": make_facts(cooperative=None, post="Calon pengurus"),
    "without post": make_facts(cooperative=None, post=""),
    "with unit codes": make_facts(units=(UnitFacts("M.74KOP00.001.1", "Menyusun buku kas", 8),)),
    "in the east": make_facts(center=replace(FACTS.center, zone="Asia/Jayapura")),
    "with odd letters": make_facts(name='Ni Luh «Ayu»\u0007 "Sari" \\ O’Neill 𝒜'),
}


def secured(facts: Facts = FACTS, status_index: int = 12345) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(sign_badge(facts, status_index, BASE_URL, SIGNER))
    return document


@pytest.mark.parametrize("facts", SHAPES.values(), ids=list(SHAPES))
def test_badge_is_valid_by_the_1edtech_schema(facts: Facts) -> None:
    checker = Draft201909Validator(SCHEMA, format_checker=FormatChecker())
    assert [error.message for error in checker.iter_errors(secured(facts))] == []
    broken = secured(facts)
    del broken["credentialSubject"]["achievement"]["criteria"]
    assert not checker.is_valid(broken)


@pytest.mark.parametrize("facts", SHAPES.values(), ids=list(SHAPES))
def test_every_term_of_the_badge_is_defined(facts: Facts) -> None:
    dropped: list[str | None] = []
    processor = JsonLdProcessor(on_property_dropped=dropped.append)
    (expanded,) = processor.expand(secured(facts), reading(vendored()) | {"base": None})
    assert dropped == []
    assert all(":" in kind for kind in expanded["@type"])


@pytest.mark.parametrize("facts", SHAPES.values(), ids=list(SHAPES))
def test_badge_carries_one_proof_by_the_key_of_the_certificate(facts: Facts) -> None:
    made = secured(facts)
    method = f"did:web:balai.example#{SIGNER.kid}"
    assert [proof["verificationMethod"] for proof in made["proof"]] == [method]
    assert made["proof"][0]["created"] == made["validFrom"] == "2026-10-19T02:41:00Z"
    assert is_secured(made, SIGNER.public_key, method=method)
    assert made["issuer"]["id"] == method.partition("#")[0]


def test_badge_has_the_same_bytes_every_time() -> None:
    first = sign_badge(FACTS, 12345, BASE_URL, SIGNER)
    sign_badge.cache_clear()
    assert sign_badge(FACTS, 12345, BASE_URL, SIGNER) == first
    assert json.dumps(json.loads(first), ensure_ascii=False, separators=(",", ":")).encode() == first


def test_any_flipped_byte_of_the_badge_is_refused() -> None:
    data = sign_badge(FACTS, 12345, BASE_URL, SIGNER)
    accepted = []
    # The proof's own test flips every byte of a smaller document; here every seventh.
    for place in range(0, len(data), 7):
        flipped = data[:place] + bytes([data[place] ^ (1 << place % 8)]) + data[place + 1 :]
        try:
            document = json.loads(flipped)
        except ValueError:
            continue
        if is_secured(document, SIGNER.public_key):
            accepted.append(flipped[max(0, place - 20) : place + 20])
    assert accepted == []


def test_badge_says_what_the_paper_says() -> None:
    made = secured()
    subject = made["credentialSubject"]
    assert made["id"] == f"{BASE_URL}/sertifikat/{CODE}/badge.json"
    assert made["type"] == ["VerifiableCredential", "OpenBadgeCredential"]
    assert made["validUntil"] == "2029-10-18T16:59:59Z", "the end of the last day at Surakarta"
    assert subject["identifier"][0] == {
        "type": "IdentityObject",
        "hashed": False,
        "identityHash": FACTS.name,
        "identityType": "name",
    }
    assert subject["licenseNumber"] == FACTS.number
    assert subject["achievement"]["creator"]["name"] == FACTS.center.name
    assert [unit["name"].rpartition(" (")[0] for unit in subject["achievement"]["resultDescription"]] == [
        unit.name for unit in FACTS.units
    ]
    described = [unit["id"] for unit in subject["achievement"]["resultDescription"]]
    assert [result["resultDescription"] for result in subject["result"]] == described
    assert "validUntil" not in secured(make_facts(expires=None))
    assert "credentialSchema" not in made


@pytest.mark.parametrize(
    ("status_index", "number", "place"),
    [(0, 1, "0"), (12345, 1, "12345"), (131_071, 1, "131071"), (131_072, 3, "0"), (300_000, 5, "37856")],
)
def test_status_names_the_revocation_list_of_its_pair(status_index: int, number: int, place: str) -> None:
    assert credential(FACTS, status_index, BASE_URL)["credentialStatus"] == {
        "id": f"{BASE_URL}/status/{number}#{place}",
        "type": "BitstringStatusListEntry",
        "statusPurpose": "revocation",
        "statusListIndex": place,
        "statusListCredential": f"{BASE_URL}/status/{number}",
    }


@pytest.fixture
def jwks() -> dict[str, Any]:
    entry = KeyEntry("jwt-1", base64url(JWT_SIGNER.public_key), "jwt", CREATED, algorithm="P-256")
    return issuer.jwks(BASE_URL, [entry])


@pytest.mark.parametrize("facts", SHAPES.values(), ids=list(SHAPES))
def test_jwt_is_read_by_a_jose_library_with_the_published_keys(facts: Facts, jwks: dict[str, Any]) -> None:
    token = sign_jwt(facts, 12345, BASE_URL, JWT_SIGNER)
    read = jose.decode(token, KeySet.import_key_set(jwks), algorithms=["ES256"])
    assert read.header == {"alg": "ES256", "kid": "did:web:balai.example#jwt-1", "typ": "JWT"}
    document = credential(facts, 12345, BASE_URL)
    registered = {name: read.claims[name] for name in read.claims if name not in document}
    assert {name: read.claims[name] for name in document} == document
    expected = {
        "iss": "did:web:balai.example",
        "jti": document["id"],
        "nbf": int(datetime(2026, 10, 19, 2, 41, tzinfo=UTC).timestamp()),
    }
    if facts.expires:
        expected["exp"] = int(datetime.fromisoformat(document["validUntil"]).timestamp())
    assert registered == expected


def test_jwt_with_a_changed_part_is_refused(jwks: dict[str, Any]) -> None:
    token = sign_jwt(FACTS, 12345, BASE_URL, JWT_SIGNER)
    other = sign_jwt(make_facts(name="Orang Lain"), 12345, BASE_URL, JWT_SIGNER)
    header, payload, signature = token.split(".")
    known = KeySet.import_key_set(jwks)
    for forged in (
        f"{header}.{other.split('.')[1]}.{signature}",
        f"{header}.{payload}.{other.split('.')[2]}",
    ):
        with pytest.raises(BadSignatureError):
            jose.decode(forged, known, algorithms=["ES256"])
    assert sign_jwt(FACTS, 12345, BASE_URL, JWT_SIGNER) == token


def test_last_moment_is_the_centers_own() -> None:
    ends = {
        zone: credential(
            make_facts(expires=date(2029, 10, 18), center=replace(FACTS.center, zone=zone)),
            1,
            BASE_URL,
        )["validUntil"]
        for zone in ("Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura")
    }
    assert list(ends.values()) == ["2029-10-18T16:59:59Z", "2029-10-18T15:59:59Z", "2029-10-18T14:59:59Z"]
