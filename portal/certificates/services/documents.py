"""Signing small documents that say what the portal found, such as the receipt of many checks."""

from __future__ import annotations

from typing import Any

from portal.certificates import issuer, jcs
from portal.certificates.keys import keys
from portal.certificates.multikey import base64url


def sign_document(domain: bytes, document: dict[str, Any], base_url: str) -> dict[str, Any]:
    """Return the document with `issuer`, `kid` and `signature`, by the key of the status lists.

    `domain` ends in a zero byte and is this kind of document's alone. The signature is base64url of Ed25519
    over domain || JCS(document without signature). Raises DomainError (`key_unavailable`).
    """
    signer = keys().standing("status")
    whole = document | {"issuer": issuer.did(base_url), "kid": signer.kid}
    return whole | {"signature": base64url(signer.sign(domain + jcs.canonical(whole)))}
