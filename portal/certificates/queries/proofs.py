"""Proofs that people bring along: what a QR carries behind its `#`, and documents that the portal signed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from portal.certificates import issuer, jcs
from portal.certificates.keys import keys
from portal.certificates.keystore import KeyStoreError
from portal.certificates.multikey import from_base64url
from portal.certificates.qr import facts_for_qr, parse_fragment
from portal.certificates.rules import Facts, Outcome
from portal.certificates.signing import verify

#: changed: the signature does not fit. foreign: another portal's. The others could not be checked.
DocumentProblem = Literal["foreign", "changed", "unknown_key", "revoked_key"]


def trusted_keys() -> Mapping[str, bytes] | None:
    """The raw public keys of certificates by kid; None when they are not to be had."""
    try:
        return keys().public_keys()
    except (KeyStoreError, ValueError):
        return None


def check_fragment(
    code: str,
    fragment: str,
    trusted: Mapping[str, bytes] | None,
    facts: Facts | None,
    status_index: int | None,
) -> Outcome:
    """Whether a QR's proof belongs to this code and says what the record says, where there is a record.

    `facts` and `status_index` are the record's; None without one. UNKNOWN without the keys.
    """
    if trusted is None:
        return Outcome.UNKNOWN
    reading = parse_fragment(code, fragment, trusted)
    if facts is None or status_index is None:
        if reading.problem == "unknown_key":
            return Outcome.UNKNOWN
        return Outcome.FAILED if reading.problem else Outcome.PASSED
    printed = facts_for_qr(facts, status_index).fitted()
    return Outcome.PASSED if (reading.facts, reading.kid) == (printed, facts.kid) else Outcome.FAILED


def document_problem(domain: bytes, document: dict[str, Any], base_url: str) -> DocumentProblem | None:
    """What stands against a document of `services.sign_document`; None when it is ours and unchanged."""
    if document.get("issuer") != issuer.did(base_url):
        return "foreign"
    entry = keys().entry(str(document.get("kid")))
    if entry is None or entry.purpose != "status":
        return "unknown_key"
    if not is_signed(domain, document, entry.raw_key):
        return "changed"
    return "revoked_key" if entry.revoked else None


def is_signed(domain: bytes, document: dict[str, Any], public_key: bytes) -> bool:
    """Whether a document carries a signature by the raw 32-byte key over `domain` and all else in it."""
    unsigned = {name: value for name, value in document.items() if name != "signature"}
    try:
        signature = from_base64url(document["signature"])
        message = domain + jcs.canonical(unsigned)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return False
    return verify(public_key, message, signature)
