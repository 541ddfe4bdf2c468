"""The document a phone takes along: same events, same bytes; signed; readable by its description."""

from __future__ import annotations

import base64
import gzip
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from portal.certificates import jcs
from portal.certificates.keystore import KeyEntry
from portal.certificates.multikey import base64url, from_base64url, from_multikey
from portal.certificates.offlinebundle import OFFLINE_DOMAIN, ListPair, offline_document
from portal.certificates.signing import Ed25519Signer, verify

AS_OF = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
SIGNER = Ed25519Signer("status-1", Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
KEY = base64url(SIGNER.public_key)
ENTRIES = (
    KeyEntry("bpvp-ska-2026-1", KEY, "certificate", "2026-01-02T00:00:00Z", "bpvp-ska", 2026),
    KeyEntry("bpvp-mks-2026-1", KEY, "certificate", "2026-01-03T00:00:00Z", "bpvp-mks", 2026,
             revoked="2026-05-01T00:00:00Z", revoked_at=41),
    KeyEntry("status-1", KEY, "status", "2026-01-02T00:00:00Z"),
    KeyEntry("jwt-1", KEY, "jwt", "2026-01-02T00:00:00Z"),
)  # fmt: skip
ZONES = {"bpvp-ska": "Asia/Jakarta"}


def bits(*places: int) -> bytes:
    data = bytearray(16_384)
    for place in places:
        data[place // 8] |= 0x80 >> place % 8
    return bytes(data)


def build(pairs: list[ListPair] | None = None, as_of: datetime = AS_OF) -> dict[str, Any]:
    chosen = [ListPair(bits(0, 9), bits(131_071))] if pairs is None else pairs
    return offline_document(
        "https://balai.example", ENTRIES, ZONES, chosen, signer=SIGNER, as_of=as_of
    )  # fmt: skip


def signed(document: dict[str, Any]) -> bytes:
    return OFFLINE_DOMAIN + jcs.canonical({k: v for k, v in document.items() if k != "signature"})


def test_document_has_the_promised_members() -> None:
    document = build()
    assert {name: document[name] for name in ("v", "issuer", "host", "asOf", "validUntil", "kid")} == {
        "v": 1, "issuer": "did:web:balai.example", "host": "balai.example", "asOf": "2026-11-22T02:00:00Z",
        "validUntil": "2026-11-29T02:00:00Z", "kid": "status-1",
    }  # fmt: skip
    assert set(document) == {
        "v", "issuer", "host", "asOf", "validUntil", "keys", "lists", "kid", "signature",
    }  # fmt: skip


def test_only_certificate_keys_are_told_with_their_times_and_zone() -> None:
    first, second = build()["keys"]
    assert from_multikey(first["publicKeyMultibase"]) == ("Ed25519", SIGNER.public_key)
    assert (first["kid"], first["notBefore"], first["notAfter"], first["revokedAt"], first["zone"]) == (
        "bpvp-ska-2026-1", "2026-01-02T00:00:00Z", None, None, "Asia/Jakarta",
    )  # fmt: skip
    assert (second["revokedAt"], second["zone"]) == (41, None)


def test_lists_unpack_to_their_bits() -> None:
    document = build([ListPair(bits(0, 9), bits(131_071)), ListPair(bits(5), bits())])
    assert [pair["first"] for pair in document["lists"]] == [0, 131_072]
    revocation, suspension = (
        gzip.decompress(from_base64url(document["lists"][0][name])) for name in ("revocation", "suspension")
    )
    assert (revocation[:2], len(revocation), any(revocation[2:])) == (b"\x80\x40", 16_384, False)
    assert (suspension[-1], any(suspension[:-1])) == (1, False)


def test_signature_covers_the_canonical_bytes_after_its_domain() -> None:
    document = build()
    assert verify(SIGNER.public_key, signed(document), from_base64url(document["signature"]))


@pytest.mark.parametrize("name", ["v", "issuer", "host", "asOf", "validUntil", "keys", "lists", "kid"])
def test_any_changed_member_breaks_the_signature(name: str) -> None:
    document = build() | {name: "x"}
    assert not verify(SIGNER.public_key, signed(document), from_base64url(document["signature"]))


def test_same_events_in_the_same_hour_give_the_same_bytes() -> None:
    assert jcs.canonical(build()) == jcs.canonical(build())
    assert build(as_of=AS_OF + timedelta(hours=1))["signature"] != build()["signature"]
    assert build([ListPair(bits(1), bits())])["signature"] != build()["signature"]


def test_a_thousand_revocations_stay_small() -> None:
    scattered = [place * 7919 % 131_072 for place in range(1_000)]
    body = jcs.canonical(build([ListPair(bits(*scattered), bits())]))
    assert len(json.loads(body)["lists"][0]["revocation"]) < 4_000
    assert base64.b64decode(json.loads(body)["signature"] + "==", b"-_")
