"""Passkeys (WebAuthn): a challenge for one browser, a new credential, an assertion. Attestation is not asked.

A challenge is used up by the first answer, right or wrong. An assertion whose counter does not go on is
refused: the key may have been copied.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
import webauthn
from sqlalchemy.engine import CursorResult
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from portal.accounts.models import OneTime, Passkey, User
from portal.accounts.queries.factor import find_one_time, get_factors
from portal.accounts.rules import network_of
from portal.accounts.rules.factor import CHALLENGE_LIFE, CHALLENGE_LIMIT, PASSKEYS, RelyingParty
from portal.accounts.services import one_time
from portal.accounts.services.throttle import count_try
from portal.core import audit
from portal.core.crypto import token_hash
from portal.core.db import db
from portal.core.errors import Conflict, DomainError, NotFound
from portal.core.permissions import ANONYMOUS, Actor, GrantedActor
from portal.core.words import gettext as _

RP_NAME = "Balai"
_TIMEOUT = int(CHALLENGE_LIFE.total_seconds() * 1000)
_VERIFIED = UserVerificationRequirement.REQUIRED
# What the library raises over an answer that is no answer: its own, and those of the parsers below it.
_GARBAGE = (
    WebAuthnException,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    OverflowError,
    RecursionError,
)


@dataclass(frozen=True)
class Asked:
    """A challenge on its way: what the browser's script needs (JSON text), and the handle for its cookie."""

    options: str
    handle: str


def ask_to_register(*, party: RelyingParty, actor: Actor, now: datetime) -> Asked:
    """A challenge for a new passkey of the actor. Raises Conflict `passkeys_full`, NotFound."""
    user = db.session.get(User, actor.user_id) if actor.user_id is not None else None
    if user is None:
        raise NotFound()
    known = get_factors(user.id).passkeys
    if len(known) >= PASSKEYS:
        raise Conflict("passkeys_full", _("Paling banyak 10 passkey. Hapus satu yang tidak dipakai lagi."))
    options = webauthn.generate_registration_options(
        rp_id=party.id,
        rp_name=RP_NAME,
        user_id=_user_handle(user.id),
        user_name=user.login,
        user_display_name=user.name,
        timeout=_TIMEOUT,
        exclude_credentials=_described(known),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=_VERIFIED
        ),
    )
    handle = _keep("register", options.challenge, user.id, now)
    return Asked(webauthn.options_to_json(options), handle)


def ask_to_sign_in(*, party: RelyingParty, user_id: int | None, address: str | None, now: datetime) -> Asked:
    """A challenge for somebody known by the first proof (`user_id`), or for whoever has a passkey here.

    Raises TooMany.
    """
    count_try(CHALLENGE_LIMIT, network_of(address), now=now)
    known = get_factors(user_id).passkeys if user_id is not None else ()
    options = webauthn.generate_authentication_options(
        rp_id=party.id, timeout=_TIMEOUT, allow_credentials=_described(known), user_verification=_VERIFIED
    )
    return Asked(webauthn.options_to_json(options), _keep("sign_in", options.challenge, user_id, now))


def _keep(use: str, challenge: bytes, user_id: int | None, now: datetime) -> str:
    data = {
        "use": use,
        "challenge": bytes_to_base64url(challenge),
        "users": [] if user_id is None else [user_id],
    }
    return one_time.make("passkey", data=data, now=now, life=CHALLENGE_LIFE)


def _described(passkeys: Sequence[Passkey]) -> list[PublicKeyCredentialDescriptor]:
    return [PublicKeyCredentialDescriptor(id=base64url_to_bytes(row.credential_id)) for row in passkeys]


def _user_handle(user_id: int) -> bytes:
    """What an authenticator keeps of the account: the same for each of its passkeys, and no name."""
    return bytes.fromhex(token_hash(f"passkey-user:{user_id}"))


def register_passkey(
    *, answer: str, name: str, handle: str | None, party: RelyingParty, actor: Actor, now: datetime
) -> DomainError | None:
    """Keep the credential that the browser made. None when kept, else the refusal (whose trace stays)."""
    challenge = _spend("register", handle, actor.user_id, now)
    if challenge is None:
        return _over()
    try:
        made = webauthn.verify_registration_response(
            credential=_parsed(answer),
            expected_challenge=challenge,
            expected_rp_id=party.id,
            expected_origin=party.origin,
            require_user_verification=True,
        )
    except _GARBAGE:
        return _refuse(actor.user_id, "unreadable", actor, now)
    digest = _digest(made.credential_id)
    if db.session.scalar(sa.select(Passkey.id).where(Passkey.credential_hash == digest)) is not None:
        return Conflict("passkey_known", _("Passkey ini sudah terdaftar."))
    row = Passkey(
        user_id=actor.user_id,
        credential_hash=digest,
        credential_id=bytes_to_base64url(made.credential_id),
        public_key=bytes_to_base64url(made.credential_public_key),
        sign_count=made.sign_count,
        name=name[:60],
        created_at=now,
    )
    db.session.add(row)
    db.session.flush()
    audit.record(
        "factor.added", "user", actor.user_id, actor=actor, now=now, factor="passkey", passkey=row.id
    )
    return None


def answer_challenge(
    *, answer: str, handle: str | None, party: RelyingParty, user_id: int | None, now: datetime
) -> int | DomainError:
    """The account whose passkey answered, or the refusal (whose trace stays).

    user_id: whom the first proof named; None when the passkey is the only proof.
    """
    challenge = _spend("sign_in", handle, user_id, now)
    if challenge is None:
        return _over()
    try:
        credential = _parsed(answer)
        row = _find(base64url_to_bytes(str(credential["rawId"])))
        fits = row is not None and user_id in (None, row.user_id) and _is_open(row)
        if row is None or not fits:
            return _refuse(user_id, "unknown", ANONYMOUS, now)
        named = credential["response"].get("userHandle")
        if named and base64url_to_bytes(str(named)) != _user_handle(row.user_id):
            return _refuse(row.user_id, "unknown", ANONYMOUS, now)
        found = webauthn.verify_authentication_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=party.id,
            expected_origin=party.origin,
            credential_public_key=base64url_to_bytes(row.public_key),
            credential_current_sign_count=0,  # counted below, where two answers cannot pass each other
            require_user_verification=True,
        )
    except _GARBAGE:
        return _refuse(user_id, "unreadable", ANONYMOUS, now)
    if not _count_on(row.id, found.new_sign_count, now):
        return _refuse(row.user_id, "rewound", GrantedActor(row.user_id, None, ""), now, passkey=row.id)
    return row.user_id


def _parsed(answer: str) -> dict[str, Any]:
    found = json.loads(answer)
    if not isinstance(found, dict):
        raise TypeError("no credential")
    return found


def _find(credential_id: bytes) -> Passkey | None:
    statement = sa.select(Passkey).where(
        Passkey.credential_hash == _digest(credential_id), Passkey.ended_at.is_(None)
    )
    found: Passkey | None = db.session.scalar(statement)
    return found


def _is_open(row: Passkey) -> bool:
    user = db.session.get(User, row.user_id)
    return user is not None and user.is_active


def _count_on(passkey_id: int, count: int, now: datetime) -> bool:
    """Keep the authenticator's counter; False when it did not go on. Many authenticators always send 0."""
    goes_on = sa.or_(Passkey.sign_count < count, sa.and_(Passkey.sign_count == 0, sa.literal(count) == 0))
    statement = (
        sa.update(Passkey)
        .where(Passkey.id == passkey_id, Passkey.ended_at.is_(None), goes_on)
        .values(sign_count=count, used_at=now)
        .execution_options(synchronize_session=False)
    )
    result: CursorResult[object] = db.session.execute(statement)  # type: ignore[assignment]
    return bool(result.rowcount == 1)


def _spend(use: str, handle: str | None, user_id: int | None, now: datetime) -> bytes | None:
    """Use the challenge up; None when there is none for this use and account, or it was used before."""
    row = find_one_time("passkey", handle, now)
    if row is None or row.data["use"] != use or row.user_id != user_id:
        return None
    statement = (
        sa.update(OneTime)
        .where(OneTime.id == row.id, OneTime.used_at.is_(None))
        .values(used_at=now)
        .execution_options(synchronize_session=False)
    )
    result: CursorResult[object] = db.session.execute(statement)  # type: ignore[assignment]
    return base64url_to_bytes(row.data["challenge"]) if result.rowcount == 1 else None


def _digest(credential_id: bytes) -> str:
    return hashlib.sha256(credential_id).hexdigest()


def _over() -> DomainError:
    return DomainError(
        "challenge_over", _("Permintaan passkey ini sudah lewat. Tekan tombolnya sekali lagi.")
    )


def _refuse(user_id: int | None, reason: str, actor: Actor, now: datetime, **facts: Any) -> DomainError:
    audit.record(
        "factor.refused",
        "user",
        user_id or "-",
        actor=actor,
        now=now,
        factor="passkey",
        reason=reason,
        **facts,
    )
    message = {
        "rewound": _(
            "Passkey ini ditolak: hitungannya mundur, jadi mungkin pernah disalin. Pakai cara lain dan hapus "
            "passkey ini dari akun Anda."
        )
    }.get(reason, _("Passkey ini tidak dikenal di sini. Pakai cara lain, atau coba sekali lagi."))
    return DomainError(f"passkey_{reason}", message)
