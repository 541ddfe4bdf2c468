"""Who issues: the portal's did:web, its published keys, and the list of them that the root signs. Pure.

`did.json` and `jwks.json` are what other people's software asks for; `trust.json` is what a careful reader
pins: every key with its times, signed by a root key that need not be on the server.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from . import jcs
from .keystore import KeyEntry
from .multikey import base64url, from_base64url, from_multikey, jwk, multikey
from .signing import Signer, verify

#: What the root's signature starts with, so that it can never stand for another document.
TRUST_DOMAIN = b"balai-trust-1\x00"
_NOTE_ED25519 = b"\x01"
#: Whose keys appear in did.json as makers of claims. The log's and the root's are in trust.json.
_ASSERTING = ("certificate", "status", "jwt")


def did(base_url: str) -> str:
    """Return the issuer: `did:web:balai.example`, a port percent-encoded as the method asks."""
    return "did:web:" + urlsplit(base_url).netloc.replace(":", "%3A")


def key_id(base_url: str, kid: str) -> str:
    """Return the DID URL of a key."""
    return f"{did(base_url)}#{kid}"


def origin(base_url: str) -> str:
    """Return the log's name: the host (with its port where it is not the usual one)."""
    return urlsplit(base_url).netloc


def vkey(name: str, public_key: bytes) -> str:
    """Return a signed note's verifier key: `name+hash+base64(01 || key)`, the hash 8 hex digits."""
    key = base64.b64encode(_NOTE_ED25519 + public_key).decode()
    return f"{name}+{note_key_hash(name, public_key).hex()}+{key}"


def note_key_hash(name: str, public_key: bytes) -> bytes:
    """Return the 4 bytes by which a signed note names its Ed25519 key."""
    return hashlib.sha256(name.encode() + b"\n" + _NOTE_ED25519 + public_key).digest()[:4]


def did_document(base_url: str, entries: Sequence[KeyEntry]) -> dict[str, Any]:
    """Return did.json: every key that ever made a claim; a revoked one says since when (`revoked`).

    Ed25519 keys are Multikey, as Data Integrity asks; the `.jwt` key is a JsonWebKey, since readers of a JWS
    (the 1EdTech validator among them) look for `publicKeyJwk` where its `kid` leads.
    """
    issuer = did(base_url)
    methods = [_method(issuer, entry) for entry in entries if entry.purpose in _ASSERTING]
    return {
        "@context": [
            "https://www.w3.org/ns/did/v1",
            "https://w3id.org/security/multikey/v1",
            "https://w3id.org/security/jwk/v1",
        ],
        "id": issuer,
        "verificationMethod": methods,
        "assertionMethod": [method["id"] for method in methods],
    }


def _method(issuer: str, entry: KeyEntry) -> dict[str, Any]:
    method: dict[str, Any] = {"id": f"{issuer}#{entry.kid}", "type": "Multikey", "controller": issuer}
    if entry.algorithm == "P-256":
        method |= {"type": "JsonWebKey", "publicKeyJwk": jwk(entry)}
    else:
        method |= {"publicKeyMultibase": multikey(entry.algorithm, entry.raw_key)}
    return method | ({"revoked": entry.revoked} if entry.revoked else {})


def jwks(base_url: str, entries: Sequence[KeyEntry]) -> dict[str, Any]:
    """Return jwks.json. `kid` is what the artefact carries: a fragment in records, a DID URL in `.jwt`."""
    return {
        "keys": [
            {"kid": key_id(base_url, entry.kid) if entry.algorithm == "P-256" else entry.kid} | jwk(entry)
            for entry in entries
            if entry.purpose in _ASSERTING
        ]
    }


def trust_document(
    base_url: str, entries: Sequence[KeyEntry], *, root: Signer, minimum_size: int, now: datetime
) -> dict[str, Any]:
    """Return trust.json, signed by `root`.

    {v: 1, issuer, url, signed, root: {kid, publicKeyMultibase}, log: {origin, vkey, minimumSize}, keys:
    [{kid, purpose, algorithm, publicKeyMultibase, notBefore, notAfter, revokedAt}], signature}. notAfter is
    when the key stopped signing or null, revokedAt the log index from which on it vouches for nothing or
    null. The signature is base64url over "balai-trust-1" 00 JCS(document without signature).
    """
    log = next((entry for entry in reversed(entries) if entry.purpose == "log" and entry.is_active), None)
    document: dict[str, Any] = {
        "v": 1,
        "issuer": did(base_url),
        "url": base_url,
        "signed": now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "root": {"kid": root.kid, "publicKeyMultibase": multikey("Ed25519", root.public_key)},
        "log": {
            "origin": origin(base_url),
            "vkey": vkey(origin(base_url), log.raw_key) if log else None,
            "minimumSize": minimum_size,
        },
        "keys": [
            {
                "kid": entry.kid,
                "purpose": entry.purpose,
                "algorithm": entry.algorithm,
                "publicKeyMultibase": multikey(entry.algorithm, entry.raw_key),
                "notBefore": entry.created,
                "notAfter": entry.retired,
                "revokedAt": entry.revoked_at,
            }
            for entry in entries
        ],
    }
    signature = root.sign(TRUST_DOMAIN + jcs.canonical(document))
    return document | {"signature": base64url(signature)}


def is_trusted(document: Any, root_key: bytes) -> bool:
    """Whether trust.json is signed by the raw 32-byte `root_key` and names it."""
    try:
        unsigned = {name: value for name, value in document.items() if name != "signature"}
        named = from_multikey(document["root"]["publicKeyMultibase"])
        signature = from_base64url(document["signature"])
        signed = TRUST_DOMAIN + jcs.canonical(unsigned)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return False
    return named == ("Ed25519", root_key) and verify(root_key, signed, signature)
