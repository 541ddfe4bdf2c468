"""Signed status lists (W3C Bitstring Status List): which places were revoked or suspended, not whose."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from portal.certificates import dataintegrity, issuer
from portal.certificates.queries import status
from portal.certificates.signing import Signer

#: A list older than this says nothing any more about today.
LIFETIME = timedelta(days=7)
_CONTEXT = "https://www.w3.org/ns/credentials/v2"


def status_url(base_url: str, number: int) -> str:
    """Where list `number` is published."""
    return f"{base_url}/status/{number}"


def encode_list(bits: bytes) -> str:
    """Return the bits as `encodedList`: multibase base64url of their gzip."""
    return "u" + base64.urlsafe_b64encode(gzip.compress(bits, 9, mtime=0)).rstrip(b"=").decode("ascii")


def status_credential(
    base_url: str, number: int, bits: bytes, *, signer: Signer, valid_from: datetime
) -> dict[str, Any]:
    """The signed BitstringStatusListCredential of list `number`; the same input gives the same document."""
    url = status_url(base_url, number)
    document = {
        "@context": [_CONTEXT],
        "id": url,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": issuer.did(base_url),
        "validFrom": _stamp(valid_from),
        "validUntil": _stamp(valid_from + LIFETIME),
        "credentialSubject": {
            "id": f"{url}#list",
            "type": "BitstringStatusList",
            "statusPurpose": status.list_purpose(number),
            "encodedList": encode_list(bits),
        },
    }
    method = issuer.key_id(base_url, signer.kid)
    return dataintegrity.secure(document, signer=signer, method=method, created=valid_from)


def begins(now: datetime, last_event: datetime | None) -> datetime:
    """From when a list made at `now` speaks: the full hour, or the last event where that came later."""
    hour = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    return max(hour, last_event.replace(microsecond=0)) if last_event else hour


@dataclass(frozen=True)
class Published:
    """A list as it is sent: its bytes and their ETag."""

    body: bytes
    etag: str


@dataclass(frozen=True)
class _Made:
    """What belongs together: the lists made so far, how many pairs there are, from when they speak."""

    mark: Any
    count: int
    valid_from: datetime
    lists: dict[int, Published]


class StatusLists:
    """The lists in this process's memory, made anew after an event, a change of keys, and every hour.

    Whether something happened is asked at most once in `patience` seconds, so that a list costs no statement.
    Safe for the threads of a worker: a list that a slow thread made is never kept beside what came later.
    """

    def __init__(self, base_url: str, patience: float = 1.0) -> None:
        self._base_url = base_url
        self._patience = patience
        self._asked = float("-inf")
        self._made: _Made | None = None

    def get(self, number: int, now: datetime, signer: Any, keys_mark: Any = None) -> Published | None:
        """List `number` as of `now`; None when there is no such list. `signer()` is called to make one;
        `keys_mark` changes whenever that may be another.

        Raises DomainError (`key_unavailable`) and what the database raises.
        """
        made = self._made
        if made is None or time.monotonic() - self._asked >= self._patience or now < made.mark[1]:
            made = self._look(now, keys_mark, made)
        if not 1 <= number <= 2 * made.count:
            return None
        if number not in made.lists:
            made.lists[number] = self._make(number, made.valid_from, signer())
        return made.lists[number]

    def _look(self, now: datetime, keys_mark: Any, made: _Made | None) -> _Made:
        log = status.log_mark()
        mark = (log, begins(now, None), keys_mark)
        if made is None or made.mark != mark:
            made = self._made = _Made(mark, status.list_count(), begins(now, log.at), {})
        self._asked = time.monotonic()
        return made

    def _make(self, number: int, valid_from: datetime, signer: Signer) -> Published:
        bits = status.status_bits(number)
        document = status_credential(self._base_url, number, bits, signer=signer, valid_from=valid_from)
        body = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
        return Published(body, hashlib.sha256(body).hexdigest()[:32])


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
