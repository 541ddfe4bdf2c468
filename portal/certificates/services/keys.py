"""Use cases of keys, for whoever runs the portal: make, rotate, revoke, and have the root sign the list."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from portal.certificates.keys import KeyUnavailable, available, keys
from portal.certificates.keystore import KeyEntry, Purpose
from portal.certificates.queries.status import log_mark
from portal.core import audit
from portal.core.errors import DomainError
from portal.core.permissions import Actor


def ensure_keys(*, actor: Actor, now: datetime) -> list[str]:
    """Make the standing keys and the root in a store that has none; answers the kids made.

    A portal whose log has begun must have had keys: an empty store is then a lost one. Raises KeyUnavailable.
    """
    before = {entry.kid for entry in available(keys().entries)}
    if not before and log_mark().size:
        sentence = "Penyimpanan kunci kosong padahal sertifikat sudah terbit; pulihkan kunci dari cadangan."
        raise KeyUnavailable("key_unavailable", sentence)
    available(lambda: keys().ensure_standing(now))
    made = [entry for entry in [*keys().entries(), *keys().root.entries()] if entry.kid not in before]
    for entry in made:
        _record("keys.created", entry, actor, now, purpose=entry.purpose)
    return [entry.kid for entry in made]


def create_key(
    *, purpose: Purpose, center_code: str | None, year: int | None, actor: Actor, now: datetime
) -> KeyEntry:
    """Make a further key; those before it go on being valid for what they signed.

    Raises KeyUnavailable, or DomainError `key_kind` where a center and year are needed.
    """
    return _made("keys.created", lambda store: store.create, purpose, center_code, year, actor, now)


def rotate_key(
    *, purpose: Purpose, center_code: str | None, year: int | None, actor: Actor, now: datetime
) -> KeyEntry:
    """Make the next key of a kind; those before it sign no more. Raises as `create_key`."""
    return _made("keys.rotated", lambda store: store.rotate, purpose, center_code, year, actor, now)


def revoke_key(*, kid: str, at_index: int | None, reason: str, actor: Actor, now: datetime) -> KeyEntry:
    """Say that a key vouches for nothing logged from `at_index` on (default: from now on).

    Raises KeyUnavailable, or DomainError `index_range` beyond the log.
    """
    size = log_mark().size
    index = size if at_index is None else at_index
    if not 0 <= index <= size:
        raise DomainError(
            "index_range", f"Catatan {index} tidak ada; buku catatan memuat {size}.", "at_index"
        )
    entry = available(lambda: keys().store.revoke(kid, at_index=index, now=now))
    _record("keys.revoked", entry, actor, now, at_index=entry.revoked_at, reason=reason[:200])
    return entry


def publish_trust(*, base_url: str, actor: Actor, now: datetime) -> dict[str, Any]:
    """Have the root sign the list of keys, and keep it. Raises KeyUnavailable."""
    size = log_mark().size
    document = available(lambda: keys().publish_trust(base_url, size, now))
    count = len(document["keys"])
    audit.record("keys.trust_signed", "key", document["root"]["kid"], actor=actor, now=now, keys=count)
    return dict(document)


def _made(
    action: str,
    choose: Any,
    purpose: Purpose,
    center_code: str | None,
    year: int | None,
    actor: Actor,
    now: datetime,
) -> KeyEntry:
    store = keys().root if purpose == "root" else keys().store
    try:
        signer = available(lambda: choose(store)(purpose, center_code=center_code, year=year, now=now))
    except ValueError as error:
        sentence = "Kunci sertifikat memerlukan kode balai dan tahun."
        raise DomainError("key_kind", sentence, "center") from error
    entry = next(entry for entry in store.entries() if entry.kid == signer.kid)
    _record(action, entry, actor, now, purpose=purpose)
    return entry


def _record(action: str, entry: KeyEntry, actor: Actor, now: datetime, **data: Any) -> None:
    audit.record(action, "key", entry.kid, actor=actor, now=now, **data)
