"""What a phone takes along to check a QR without a network: one signed document, `/offline/data.json`.

{v: 1, issuer, host, asOf, validUntil, keys: [{kid, publicKeyMultibase, notBefore, notAfter, revokedAt,
zone}], lists: [{first, revocation, suspension}], kid, signature}. `keys` are those of certificates, `zone`
their center's IANA zone, in which days are counted, or null. `first` is the pair's first place; each list is
base64url of the gzip of 16,384 bytes, place `first` the most significant bit of the first. The signature,
base64url, by the status key `kid`, covers "balai-offline-1" 00 JCS(document without signature).
"""

from __future__ import annotations

import gzip
import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from portal.certificates import issuer, jcs
from portal.certificates.keys import Keys, available
from portal.certificates.keystore import KeyEntry
from portal.certificates.multikey import base64url, multikey
from portal.certificates.queries import status
from portal.certificates.queries.offline import center_zones
from portal.certificates.rules import LIST_SIZE
from portal.certificates.signing import Signer
from portal.certificates.statuslists import LIFETIME, begins

#: What the signature starts with, so that it can never stand for another document.
OFFLINE_DOMAIN = b"balai-offline-1\x00"


@dataclass(frozen=True)
class ListPair:
    """Which places were revoked or replaced, and which are suspended: 16,384 bytes each."""

    revocation: bytes
    suspension: bytes


def offline_document(
    base_url: str,
    entries: Sequence[KeyEntry],
    zones: Mapping[str, str],
    pairs: Sequence[ListPair],
    *,
    signer: Signer,
    as_of: datetime,
) -> dict[str, Any]:
    """The signed document as of `as_of` (aware); the same input gives the same document. Pure."""
    document: dict[str, Any] = {
        "v": 1,
        "issuer": issuer.did(base_url),
        "host": issuer.origin(base_url),
        "asOf": _stamp(as_of),
        "validUntil": _stamp(as_of + LIFETIME),
        "keys": [_key(entry, zones) for entry in entries if entry.purpose == "certificate"],
        "lists": [
            {
                "first": number * LIST_SIZE,
                "revocation": _packed(pair.revocation),
                "suspension": _packed(pair.suspension),
            }
            for number, pair in enumerate(pairs)
        ],
        "kid": signer.kid,
    }
    signature = signer.sign(OFFLINE_DOMAIN + jcs.canonical(document))
    return document | {"signature": base64url(signature)}


def _key(entry: KeyEntry, zones: Mapping[str, str]) -> dict[str, Any]:
    return {
        "kid": entry.kid,
        "publicKeyMultibase": multikey(entry.algorithm, entry.raw_key),
        "notBefore": entry.created,
        "notAfter": entry.retired,
        "revokedAt": entry.revoked_at,
        "zone": zones.get(entry.center or ""),
    }


def _packed(bits: bytes) -> str:
    return base64url(gzip.compress(bits, 9, mtime=0))


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True)
class Bundle:
    """The document as it is sent: its canonical bytes and their ETag."""

    body: bytes
    etag: str


class OfflineBundle:
    """The document in this process's memory, made anew after an event, a change of keys, and every hour.

    Whether something happened is asked at most once in `patience` seconds.
    """

    def __init__(self, base_url: str, keys: Callable[[], Keys], patience: float = 1.0) -> None:
        self._base_url = base_url
        self._keys = keys
        self._patience = patience
        self._asked = float("-inf")
        # One pair, replaced at once: a thread never finds a document beside another one's mark.
        self._made: tuple[Any, Bundle] | None = None

    def get(self, now: datetime) -> Bundle:
        """The document as of `now`. Raises KeyUnavailable and what the database raises."""
        made = self._made
        if made is None or time.monotonic() - self._asked >= self._patience:
            keys = self._keys()
            log = status.log_mark()
            mark = (log, begins(now, None), keys.store.manifest_mark())
            if made is None or mark != made[0]:
                made = self._made = (mark, self._make(keys, begins(now, log.at)))
            self._asked = time.monotonic()
        return made[1]

    def _make(self, keys: Keys, as_of: datetime) -> Bundle:
        pairs = [
            ListPair(status.status_bits(2 * number + 1), status.status_bits(2 * number + 2))
            for number in range(status.list_count())
        ]
        document = offline_document(
            self._base_url,
            available(keys.entries),
            center_zones(),
            pairs,
            signer=keys.standing("status"),
            as_of=as_of,
        )
        body = jcs.canonical(document)
        return Bundle(body, hashlib.sha256(body).hexdigest()[:32])
