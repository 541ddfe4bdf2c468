"""W3C Data Integrity proofs (eddsa-rdfc-2022): what a document means is signed, not its spelling. Pure.

The signature covers SHA-256(canonical proof options) || SHA-256(canonical document), canonical by RDFC-1.0.
Whatever an RDF reader would pass over in silence (an undefined term, a null, a relative reference) is
refused on both sides: every word of a secured document is covered by its proof.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from .contexts import CREDENTIALS, Contexts, NotCanonical, vendored
from .multikey import from_multibase, multibase
from .signing import Signer, verify

__all__ = ["NotCanonical", "canonical", "hash_data", "is_secured", "secure"]

PROOF_TYPE = "DataIntegrityProof"
CRYPTOSUITE = "eddsa-rdfc-2022"
PURPOSE = "assertionMethod"
_MEMBERS = {"type", "cryptosuite", "created", "verificationMethod", "proofPurpose", "proofValue"}
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_SIGNATURE_BYTES = 64
_PROOF_VALUE_LIMIT = 90  # base58 of 64 bytes has 88 letters at most, and reading it is quadratic
_MAX_DEPTH = 40


def secure(document: Mapping[str, Any], *, signer: Signer, method: str, created: datetime) -> dict[str, Any]:
    """Return `document` with a `proof` array of one proof by `signer`; the same input gives the same proof.

    The first context must be W3C credentials 2.0, all contexts vendored. `method` is the key's DID URL,
    `created` aware, kept to the second. Raises NotCanonical for a document that could not be covered whole.
    """
    options = {
        "type": PROOF_TYPE,
        "cryptosuite": CRYPTOSUITE,
        "created": created.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "verificationMethod": method,
        "proofPurpose": PURPOSE,
    }
    unsecured = {name: value for name, value in document.items() if name != "proof"}
    signature = signer.sign(hash_data(unsecured, options, vendored()))
    return unsecured | {"proof": [options | {"proofValue": multibase(signature)}]}


def is_secured(
    document: Any, public_key: bytes, *, method: str | None = None, contexts: Contexts | None = None
) -> bool:
    """Whether exactly one eddsa-rdfc-2022 proof, by the raw 32-byte `public_key`, covers the whole document.

    The proof may stand alone or in an array; `method`, when given, is the DID URL that it must name.
    Anything malformed is False, never an exception.
    """
    proof = _only_proof(document)
    if proof is None or (method is not None and proof["verificationMethod"] != method):
        return False
    unsecured = {name: value for name, value in document.items() if name != "proof"}
    options = {name: value for name, value in proof.items() if name != "proofValue"}
    try:
        signature = from_multibase(proof["proofValue"])
        hashed = hash_data(unsecured, options, contexts or vendored())
    except (ValueError, RecursionError):
        return False
    one_spelling = len(signature) == _SIGNATURE_BYTES and multibase(signature) == proof["proofValue"]
    return one_spelling and verify(public_key, hashed, signature)


def hash_data(unsecured: Mapping[str, Any], options: Mapping[str, Any], contexts: Contexts) -> bytes:
    """Return the 64 bytes that are signed: hash of the proof options, then hash of the document.

    `options` is the proof without its value; it is read in the document's own contexts. Raises NotCanonical.
    """
    proof = canonical({"@context": unsecured.get("@context"), **options}, contexts)
    claims = canonical(unsecured, contexts)
    return hashlib.sha256(proof.encode()).digest() + hashlib.sha256(claims.encode()).digest()


def canonical(document: Mapping[str, Any], contexts: Contexts) -> str:
    """Return the document as RDFC-1.0 N-Quads. Raises NotCanonical when a part of it would be lost."""
    _demand_contexts(document.get("@context"), contexts)
    _demand_plain({name: value for name, value in document.items() if name != "@context"}, 0)
    # pyld loads a library for HTTP as soon as it is there: only who signs or checks a document pays for it.
    from .rdfc import quads

    return quads(dict(document), contexts)


def _demand_contexts(named: Any, contexts: Contexts) -> None:
    """Refuse contexts that stand in the document, are unknown, or do not begin with W3C credentials 2.0."""
    listed = isinstance(named, list) and all(isinstance(url, str) for url in named)
    if not listed or not named or named[0] != CREDENTIALS:
        raise NotCanonical("the first context must be W3C credentials 2.0")
    unknown = [url for url in named if url not in contexts]
    if unknown:
        raise NotCanonical(f"unknown context: {unknown[0]}")


def _demand_plain(value: Any, depth: int) -> None:
    """Refuse what RDF drops or writes in several ways: null, empty arrays, keywords, fractions, controls."""
    if depth > _MAX_DEPTH:
        raise NotCanonical("nested too deeply")
    if isinstance(value, dict):
        if any(not isinstance(name, str) or name.startswith("@") for name in value):
            raise NotCanonical("a keyword of JSON-LD below the top")
        for name, part in value.items():
            _demand_plain(name, depth)
            _demand_plain(part, depth + 1)
    elif isinstance(value, list):
        if not value:
            raise NotCanonical("an empty array says nothing")
        for part in value:
            _demand_plain(part, depth + 1)
    elif isinstance(value, str):
        if _CONTROL.search(value) or not _is_unicode(value):
            raise NotCanonical("a control character")
    elif not isinstance(value, int):
        raise NotCanonical(f"{type(value).__name__} has no one spelling")


def _is_unicode(text: str) -> bool:
    """False for half a surrogate pair, which JSON can write and UTF-8 cannot."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _only_proof(document: Any) -> dict[str, Any] | None:
    """The document's one proof when it has the members and the fixed values of this suite, else None."""
    if not isinstance(document, dict):
        return None
    proof = document.get("proof")
    if isinstance(proof, list) and len(proof) == 1:
        proof = proof[0]
    if not isinstance(proof, dict) or proof.keys() != _MEMBERS:
        return None
    if not all(isinstance(value, str) for value in proof.values()) or not _TIME.fullmatch(proof["created"]):
        return None
    if len(proof["proofValue"]) > _PROOF_VALUE_LIMIT:
        return None
    fixed = (proof["type"], proof["cryptosuite"], proof["proofPurpose"])
    return proof if fixed == (PROOF_TYPE, CRYPTOSUITE, PURPOSE) else None
