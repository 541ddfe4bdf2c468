"""Signing in through an office's provider: the way there and back, and which account it opens.

An account at the provider is connected by its owner, signed in here and with the password once more. Nothing
is ever matched by an e-mail address.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from portal.accounts.models import LinkedIdentity, OneTime
from portal.accounts.queries.oidc import find_identity
from portal.core import audit
from portal.core.crypto import cipher, token_hash
from portal.core.db import db
from portal.core.errors import Conflict, DomainError, NotFound
from portal.core.permissions import Actor
from portal.core.words import gettext as _

KIND = "oidc"
LIFE = timedelta(minutes=10)
SIGN_IN, ALLOWED, CONNECT = "sign_in", "allowed", "connect"


@dataclass(frozen=True)
class Flow:
    """A way to the provider and back. `handle` stays in the browser's session, `state` and `nonce` travel."""

    handle: str
    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True)
class Ended:
    """A way that came back. intent: sign_in or connect; user_id: who connects."""

    intent: str
    nonce: str
    verifier: str
    target: str
    user_id: int | None


def allow_connect(*, actor: Actor, now: datetime) -> str:
    """Note that the actor just gave the password again; returns the handle that `begin_oidc` takes."""
    if actor.user_id is None:
        raise NotFound()
    handle = secrets.token_urlsafe(32)
    _add(handle, "", actor.user_id, {"intent": ALLOWED}, now)
    return handle


def begin_oidc(*, target: str, now: datetime, connect: str | None = None, actor: Actor | None = None) -> Flow:
    """Start a way to the provider. connect: the handle of `allow_connect`, to connect instead of signing in.

    Raises DomainError `oidc_state` when that permission is not the actor's, was used or is too old.
    """
    user_id, intent = None, SIGN_IN
    if connect is not None:
        allowed = _spend(connect, "", now)
        if actor is None or allowed.data.get("intent") != ALLOWED or allowed.user_id != actor.user_id:
            raise _stale()
        user_id, intent = allowed.user_id, CONNECT
    flow = Flow(
        secrets.token_urlsafe(32),
        secrets.token_urlsafe(32),
        secrets.token_urlsafe(32),
        secrets.token_urlsafe(48),
    )
    data = {"intent": intent, "nonce": flow.nonce, "verifier": flow.verifier, "target": target[:500]}
    _add(flow.handle, flow.state, user_id, data, now)
    db.session.execute(sa.delete(OneTime).where(OneTime.kind == KIND, OneTime.expires_at < now - LIFE))
    return flow


def end_oidc(*, handle: str | None, state: str, actor: Actor, now: datetime) -> Ended:
    """Spend a way that came back, once. Raises DomainError `oidc_state` for one that this browser did not
    begin, that was used before or took longer than ten minutes, or was begun by somebody else."""
    if not handle or not state:
        raise _stale()
    row = _spend(handle, state, now)
    data = row.data
    if data.get("intent") not in (SIGN_IN, CONNECT):
        raise _stale()
    if data["intent"] == CONNECT and row.user_id != actor.user_id:
        raise _stale()
    return Ended(data["intent"], data["nonce"], data["verifier"], data["target"], row.user_id)


def link_identity(*, issuer: str, subject: str, actor: Actor, now: datetime) -> None:
    """Connect an account at the provider with the actor's. Raises Conflict when either has another."""
    if actor.user_id is None:
        raise NotFound()
    found = find_identity(issuer, subject)
    if found is not None and found.user_id == actor.user_id:
        return
    held = sa.select(LinkedIdentity.id).where(
        LinkedIdentity.user_id == actor.user_id,
        LinkedIdentity.issuer == issuer,
        LinkedIdentity.ended_at.is_(None),
    )
    if found is not None or db.session.scalar(held) is not None:
        raise Conflict(
            "oidc_taken",
            _("Akun kantor itu, atau akun portal ini, sudah terhubung dengan yang lain. Putuskan dulu."),
        )
    db.session.add(LinkedIdentity(user_id=actor.user_id, issuer=issuer, subject=subject, created_at=now))
    db.session.flush()
    audit.record("identity.connected", "user", actor.user_id, actor=actor, now=now, issuer=issuer)


def unlink_identity(*, issuer: str, actor: Actor, now: datetime) -> None:
    """Disconnect the actor's account from the provider. Raises NotFound when it is not connected."""
    statement = sa.select(LinkedIdentity).where(
        LinkedIdentity.user_id == actor.user_id,
        LinkedIdentity.issuer == issuer,
        LinkedIdentity.ended_at.is_(None),
    )
    row = db.session.scalar(statement.with_for_update())
    if row is None or actor.user_id is None:
        raise NotFound()
    row.ended_at = now
    audit.record("identity.disconnected", "user", actor.user_id, actor=actor, now=now, issuer=issuer)


def end_identities(*, user_id: int, actor: Actor, now: datetime) -> int:
    """Disconnect an account that is given back in person: what others could still open must not stay.
    Returns how many connections ended."""
    statement = sa.select(LinkedIdentity).where(
        LinkedIdentity.user_id == user_id, LinkedIdentity.ended_at.is_(None)
    )
    rows = list(db.session.scalars(statement.with_for_update()))
    for row in rows:
        row.ended_at = now
        audit.record("identity.disconnected", "user", user_id, actor=actor, now=now, issuer=row.issuer)
    return len(rows)


def note_identity_use(*, issuer: str, subject: str, now: datetime) -> None:
    """Keep when a connection was last used. The session that opens has its own audit event."""
    db.session.execute(
        sa.update(LinkedIdentity)
        .where(
            LinkedIdentity.issuer == issuer,
            LinkedIdentity.subject == subject,
            LinkedIdentity.ended_at.is_(None),
        )
        .values(used_at=now)
    )


def _add(handle: str, state: str, user_id: int | None, data: dict[str, str], now: datetime) -> None:
    row = OneTime(
        kind=KIND,
        token_hash=token_hash(handle),
        code_hash=_code_hash(handle, state),
        user_id=user_id,
        data=data,
        created_at=now,
        expires_at=now + LIFE,
    )
    db.session.add(row)
    db.session.flush()


def _code_hash(handle: str, state: str) -> str:
    return cipher().blind_index(f"{handle}:{state}", "one_time")


def _spend(handle: str, state: str, now: datetime) -> OneTime:
    """The open row of this handle and state, spent by one conditional UPDATE: of two only one has it."""
    statement = sa.select(OneTime).where(OneTime.kind == KIND, OneTime.token_hash == token_hash(handle))
    row = db.session.scalar(statement)
    if row is None or not cipher().is_index_of(row.code_hash or "", f"{handle}:{state}", "one_time"):
        raise _stale()
    taken = db.session.execute(
        sa.update(OneTime)
        .where(OneTime.id == row.id, OneTime.used_at.is_(None), OneTime.expires_at > now)
        .values(used_at=now)
        .execution_options(synchronize_session=False)
    )
    if taken.rowcount != 1:  # type: ignore[attr-defined]
        raise _stale()
    return row


def _stale() -> DomainError:
    return DomainError(
        "oidc_state",
        _("Permintaan masuk ini sudah dipakai, terlalu lama, atau bukan dari peramban ini. Mulai lagi."),
    )
