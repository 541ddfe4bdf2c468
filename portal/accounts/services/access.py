"""Signing in and out. Sessions live in the database; the cookie holds only a random token."""

from __future__ import annotations

import secrets
from datetime import datetime

import sqlalchemy as sa

from portal.accounts.labels import device_label
from portal.accounts.models import User, UserSession
from portal.accounts.passwords import HashedPassword, is_right, protect
from portal.accounts.queries import find_user
from portal.accounts.rules import ABSOLUTE_LIMIT, SIGN_IN_LIMITS, device_name, network_of, normal_login
from portal.accounts.services.messages import tell_user
from portal.accounts.services.one_time import end_codes
from portal.accounts.services.throttle import count_try, forget_try
from portal.accounts.services.totp import end_draft
from portal.core import audit
from portal.core.crypto import token_hash
from portal.core.db import db
from portal.core.errors import DomainError, NotFound
from portal.core.permissions import Actor, GrantedActor
from portal.core.words import gettext as _


def _subjects(login: str, address: str | None) -> dict[str, str]:
    name, network = normal_login(login)[:200], network_of(address)
    return {"pair": f"{name}\n{network}", "login": name, "address": network, "all": ""}


def begin_sign_in(*, login: str, address: str | None, now: datetime) -> None:
    """Count a try before the password is looked at. Raises TooMany with `retry_after`."""
    for kind, subject in _subjects(login, address).items():
        count_try(SIGN_IN_LIMITS[kind], subject, now=now)


def verify_password(*, login: str, password: str) -> int:
    """The account's id. Not for inside a transaction: hashing takes 45 ms, for unknown names too.

    Raises DomainError `sign_in_refused`, the same for an unknown name, a wrong password and a closed account.
    """
    user = find_user(login)
    is_known = user is not None and user.is_active
    matches = is_right(user.password_hash if user and is_known else None, password)
    if user is None or not matches:
        raise DomainError("sign_in_refused", _("Nama masuk atau kata sandi tidak cocok."))
    return user.id


def forgive_sign_in(*, login: str, address: str | None) -> None:
    """Take back the counted tries of somebody who turned out to be right."""
    for kind, subject in _subjects(login, address).items():
        forget_try(SIGN_IN_LIMITS[kind], subject, clear=kind == "pair")


def open_session(
    user_id: int,
    *,
    now: datetime,
    agent: str = "",
    login: str = "",
    address: str | None = None,
    factor: str = "password",
) -> str:
    """Open a session for somebody who proved who they are; returns the token for the cookie.

    factor: the strongest proof given (see `UserSession.factor`). login, address: the counted tries to take
    back. Sessions that are over are cleared away on the occasion.
    """
    user = db.session.get(User, user_id)
    if user is None or not user.is_active:
        raise NotFound()
    _tell_of_new_device(user_id, agent, now)
    token = secrets.token_urlsafe(32)
    row = UserSession(
        token_hash=token_hash(token),
        user_id=user_id,
        created_at=now,
        seen_at=now,
        expires_at=now + ABSOLUTE_LIMIT,
        agent=agent[:200],
        factor=factor,
    )
    db.session.add(row)
    db.session.flush()
    if login:
        forgive_sign_in(login=login, address=address)
    over = sa.delete(UserSession).where(
        UserSession.user_id == user_id, UserSession.expires_at < now - ABSOLUTE_LIMIT
    )
    db.session.execute(over)
    audit.record(
        "session.started", "user", user_id, actor=_as_actor(user), now=now, session=row.id, factor=factor
    )
    return token


def _tell_of_new_device(user_id: int, agent: str, now: datetime) -> None:
    """A browser that the account was not open in before is told of; the very first one is not."""
    agents = db.session.scalars(sa.select(UserSession.agent).where(UserSession.user_id == user_id)).all()
    if agents and device_name(agent) not in {device_name(known) for known in agents}:
        tell_user(
            user_id=user_id,
            kind="security.signed_in_new",
            facts=lambda: {"device": device_label(agent)},
            key=f"security.signed_in_new:{user_id}:{now.timestamp():.6f}",
            now=now,
        )


def sign_in(*, login: str, password: str, agent: str, address: str | None, now: datetime) -> str:
    """Check and open a session in one go, for commands and tests; returns the token.

    The page calls `begin_sign_in`, `verify_password` and `open_session` instead: hashing must not hold
    SQLite's write lock, and a counted failure must outlive the refusal.
    """
    begin_sign_in(login=login, address=address, now=now)
    user_id = verify_password(login=login, password=password)
    return open_session(user_id, agent=agent, login=login, address=address, now=now)


def sign_out(*, token: str, actor: Actor, now: datetime) -> None:
    """End the session of this token; a session that is over already stays as it is."""
    statement = sa.select(UserSession).where(UserSession.token_hash == token_hash(token))
    row = db.session.scalar(statement.where(UserSession.ended_at.is_(None)))
    if row is not None:
        row.ended_at = now
        audit.record("session.ended", "user", row.user_id, actor=actor, now=now, session=row.id)


def touch_session(*, session_id: int, now: datetime) -> None:
    """Note that a session is in use. No audit event: it says nothing new about anybody."""
    db.session.execute(sa.update(UserSession).where(UserSession.id == session_id).values(seen_at=now))


def end_sessions(*, user_id: int, actor: Actor, now: datetime, except_id: int | None = None) -> int:
    """End all sessions of an account but `except_id`; returns how many ended."""
    statement = sa.select(UserSession).where(UserSession.user_id == user_id, UserSession.ended_at.is_(None))
    rows = [row for row in db.session.scalars(statement) if row.id != except_id]
    for row in rows:
        row.ended_at = now
        audit.record("session.ended", "user", user_id, actor=actor, now=now, session=row.id)
    return len(rows)


def end_other_sessions(*, actor: Actor, session_id: int | None, now: datetime) -> int:
    """Sign the actor out everywhere but here (`session_id`; None: here too). Returns how many ended."""
    if actor.user_id is None:
        raise NotFound()
    return end_sessions(user_id=actor.user_id, actor=actor, now=now, except_id=session_id)


def change_password(
    *,
    user_id: int,
    password: str | HashedPassword,
    actor: Actor,
    now: datetime,
    keep_session: int | None = None,
) -> User:
    """Set a new password and end every other session. The old one was checked before. Raises DomainError."""
    user = db.session.get(User, user_id, with_for_update=True)
    if user is None:
        raise NotFound()
    hashed = password if isinstance(password, HashedPassword) else protect(password, (user.login, user.name))
    user.password_hash = str(hashed)
    user.must_change_password = False
    audit.record("password.changed", "user", user_id, actor=actor, now=now)
    end_sessions(user_id=user_id, actor=actor, now=now, except_id=keep_session)
    end_pending(user_id=user_id, now=now)
    return user


def end_pending(*, user_id: int, now: datetime) -> None:
    """End what somebody began with the old password: codes, second steps, the set-up of a generator."""
    end_codes(user_id=user_id, now=now)
    end_draft(user_id=user_id, now=now)


def _as_actor(user: User) -> Actor:
    return GrantedActor(user.id, user.person_id, user.name)
