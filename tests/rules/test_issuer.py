"""What the issuer publishes: its DID, its keys as Multikey and JWK, and the list that the root signs."""

from __future__ import annotations

import base64
import copy
import hashlib
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from joserfc.jwk import KeySet

from portal.certificates import issuer
from portal.certificates.keystore import KeyEntry
from portal.certificates.multikey import (
    base64url,
    from_base64url,
    from_multibase,
    from_multikey,
    multibase,
    multikey,
)
from portal.certificates.signing import Ed25519Signer, P256Signer, verify_p256

BASE_URL = "https://balai.example"
NOW = datetime(2026, 11, 30, 2, 0, 0, 9, tzinfo=UTC)
CREATED = "2026-01-02T03:04:05Z"
ROOT = Ed25519Signer("root-1", Ed25519PrivateKey.from_private_bytes(bytes([7]) * 32))
JWT = P256Signer("jwt-1", ec.derive_private_key(2**200 + 7, ec.SECP256R1()))


def signer(number: int) -> Ed25519Signer:
    return Ed25519Signer(f"key-{number}", Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32))


def entry(kid: str, purpose: Any, number: int, **fields: Any) -> KeyEntry:
    return KeyEntry(kid, base64url(signer(number).public_key), purpose, CREATED, **fields)


ENTRIES = [
    entry("log-1", "log", 1),
    entry("status-1", "status", 2),
    KeyEntry("jwt-1", base64url(JWT.public_key), "jwt", CREATED, algorithm="P-256"),
    entry("bpvp-ska-2026-1", "certificate", 3, center="bpvp-ska", year=2026, revoked=CREATED, revoked_at=17),
    entry("bpvp-ska-2026-2", "certificate", 4, center="bpvp-ska", year=2026),
]


# The base58 draft (draft-msporny-base58) and single bytes; leading zeros are ones.
@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"", "z"),
        (b"\x00", "z1"),
        (b"\x00\x00\x01", "z112"),
        (b"\x39", "zz"),
        (b"\x3a", "z21"),
        (b"Hello World!", "z2NEpo7TZRRrLZSi2U"),
        (b"The quick brown fox jumps over the lazy dog.",
         "zUSm3fpXnKG5EUBx2ndxBDMPVciP5hGey2Jh4NDv6gmeo1LkMeiKrLJUUBk6Z"),
        (bytes.fromhex("0000287fb4cd"), "z11233QC4"),
    ],
)  # fmt: skip
def test_base58_agrees_with_the_known_vectors(data: bytes, text: str) -> None:
    assert multibase(data) == text
    assert from_multibase(text) == data


@pytest.mark.parametrize("text", ["", "2NEpo", "u2NEpo", "z0", "zO", "zI", "zl", "z ", "zé"])
def test_anything_but_base58btc_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        from_multibase(text)


def test_multikey_agrees_with_the_published_examples() -> None:
    # W3C Controlled Identifiers and did:key: the Ed25519 key of the eddsa vectors, and a P-256 key.
    ed25519 = "z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2"
    algorithm, raw = from_multikey(ed25519)
    assert (algorithm, len(raw), multikey("Ed25519", raw)) == ("Ed25519", 32, ed25519)
    p256 = "zDnaegE6RR3atJtHKwTRTWHsJ3kNHqFwv7n9YjTgmU7TyfU76"
    algorithm, raw = from_multikey(p256)
    assert (algorithm, len(raw), multikey("P-256", raw)) == ("P-256", 33, p256)
    assert ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), raw).key_size == 256


@pytest.mark.parametrize(
    "data",
    [b"", b"\xed\x01", b"\xed\x01" + bytes(31), b"\xed\x01" + bytes(33), b"\x80\x24" + bytes(32), bytes(34)],
)
def test_keys_of_other_kinds_or_lengths_are_refused(data: bytes) -> None:
    with pytest.raises(ValueError):
        from_multikey(multibase(data))


@pytest.mark.parametrize("data", [b"", b"\xff", b"\xfb\xff\xfe", bytes(range(64))])
def test_base64url_has_no_padding_and_reads_back(data: bytes) -> None:
    text = base64url(data)
    assert not set(text) & set("+/=")
    assert from_base64url(text) == data


@pytest.mark.parametrize(
    ("base_url", "did", "origin"),
    [
        ("https://balai.example", "did:web:balai.example", "balai.example"),
        ("http://127.0.0.1:8200", "did:web:127.0.0.1%3A8200", "127.0.0.1:8200"),
    ],
)
def test_did_names_the_host_with_its_port_encoded(base_url: str, did: str, origin: str) -> None:
    assert issuer.did(base_url) == did
    assert issuer.key_id(base_url, "status-1") == f"{did}#status-1"
    assert issuer.origin(base_url) == origin


def test_did_document_lists_who_makes_claims_and_since_when_one_is_revoked() -> None:
    document = issuer.did_document(BASE_URL, ENTRIES)
    methods = {method["id"].partition("#")[2]: method for method in document["verificationMethod"]}
    assert list(methods) == ["status-1", "jwt-1", "bpvp-ska-2026-1", "bpvp-ska-2026-2"]
    assert document["assertionMethod"] == [method["id"] for method in methods.values()]
    assert (
        {method["controller"] for method in methods.values()} == {document["id"]} == {"did:web:balai.example"}
    )
    assert {kid: method.get("revoked") for kid, method in methods.items()} == {
        "status-1": None, "jwt-1": None, "bpvp-ska-2026-1": CREATED, "bpvp-ska-2026-2": None,
    }  # fmt: skip
    assert document["@context"][0] == "https://www.w3.org/ns/did/v1"


def test_each_published_key_has_one_form_that_its_readers_know() -> None:
    methods = {
        method["id"].partition("#")[2]: method
        for method in issuer.did_document(BASE_URL, ENTRIES)["verificationMethod"]
    }
    status = methods["status-1"]
    assert status["type"] == "Multikey"
    assert from_multikey(status["publicKeyMultibase"]) == ("Ed25519", signer(2).public_key)
    assert "publicKeyJwk" not in status
    jwt = methods["jwt-1"]
    assert jwt["type"] == "JsonWebKey"
    assert "publicKeyMultibase" not in jwt
    assert set(jwt["publicKeyJwk"]) == {"kty", "crv", "x", "y", "use", "alg"}


def test_jwks_has_no_alg_on_okp_and_reads_in_a_jose_library() -> None:
    document = issuer.jwks(BASE_URL, ENTRIES)
    keys = {key["kid"]: key for key in document["keys"]}
    assert list(keys) == ["status-1", "did:web:balai.example#jwt-1", "bpvp-ska-2026-1", "bpvp-ska-2026-2"]
    for key in keys.values():
        assert ("alg" in key) == (key["kty"] == "EC")
        assert "d" not in key
    assert from_base64url(keys["status-1"]["x"]) == signer(2).public_key
    read = KeySet.import_key_set(document)
    assert [key.kid for key in read.keys] == list(keys)
    point = b"\x04" + b"".join(from_base64url(keys["did:web:balai.example#jwt-1"][part]) for part in "xy")
    assert verify_p256(point, b"message", JWT.sign(b"message"))


def test_vkey_is_a_signed_notes_verifier_key() -> None:
    key = signer(1).public_key
    name, key_hash, material = issuer.vkey("balai.example", key).split("+", 2)
    assert name == "balai.example"
    assert base64.b64decode(material) == b"\x01" + key
    assert key_hash == hashlib.sha256(b"balai.example\n\x01" + key).hexdigest()[:8]


@pytest.fixture
def trust() -> dict[str, Any]:
    return issuer.trust_document(BASE_URL, ENTRIES, root=ROOT, minimum_size=42, now=NOW)


def test_trust_document_lists_every_key_with_its_times(trust: dict[str, Any]) -> None:
    assert (trust["v"], trust["issuer"], trust["url"]) == (1, "did:web:balai.example", BASE_URL)
    assert trust["signed"] == "2026-11-30T02:00:00Z"
    assert trust["log"] == {
        "origin": "balai.example",
        "vkey": issuer.vkey("balai.example", signer(1).public_key),
        "minimumSize": 42,
    }
    keys = {key["kid"]: key for key in trust["keys"]}
    assert list(keys) == [one.kid for one in ENTRIES]
    assert keys["bpvp-ska-2026-1"]["revokedAt"] == 17
    assert keys["bpvp-ska-2026-2"]["notBefore"] == CREATED
    assert from_multikey(keys["jwt-1"]["publicKeyMultibase"]) == ("P-256", JWT.public_key)


def test_trust_document_is_believed_only_as_the_root_signed_it(trust: dict[str, Any]) -> None:
    assert issuer.is_trusted(trust, ROOT.public_key)
    assert not issuer.is_trusted(trust, signer(1).public_key)
    changes: list[tuple[tuple[Any, ...], Any]] = [
        (("log", "minimumSize"), 0),
        (("keys", 3, "revokedAt"), None),
        (("keys", 4, "kid"), "bpvp-ska-2026-9"),
        (("root", "publicKeyMultibase"), multikey("Ed25519", signer(1).public_key)),
        (("signature",), trust["signature"][:-2] + "AA"),
        (("extra",), 1),
    ]
    for path, value in changes:
        made = copy.deepcopy(trust)
        part: Any = made
        for step in path[:-1]:
            part = part[step]
        part[path[-1]] = value
        assert not issuer.is_trusted(made, ROOT.public_key), path


@pytest.mark.parametrize("document", [None, [], {}, "text", {"root": 1}, {"signature": "!", "root": {}}])
def test_malformed_trust_documents_are_refused(document: Any) -> None:
    assert not issuer.is_trusted(document, ROOT.public_key)
