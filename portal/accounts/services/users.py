"""Accounts themselves: make one, link it to its person, close and reopen it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from portal.accounts.models import RoleGrant, User
from portal.accounts.passwords import HashedPassword, protect
from portal.accounts.queries import find_user, today
from portal.accounts.rules import login_problem, normal_login
from portal.accounts.services.access import end_sessions
from portal.accounts.services.roles import guard_last_admin
from portal.core import audit
from portal.core.db import db
from portal.core.errors import Conflict, DomainError, NotFound
from portal.core.permissions import Actor, Role
from portal.core.words import gettext as _
from portal.people.models import Person


def check_login(login: str, keep_user_id: int | None = None) -> str:
    """The stored form of a sign-in name that may be taken. Raises DomainError on field `login`."""
    name = normal_login(login)
    if login_problem(name):
        raise DomainError(
            "login_shape",
            _("Nama masuk 3 sampai 40 huruf kecil, angka, titik, atau garis; awali dengan huruf."),
            "login",
        )
    taken = find_user(name)
    if taken is not None and taken.id != keep_user_id:
        raise Conflict(
            "login_taken", _("Nama masuk ini sudah dipakai. Tambahkan angka atau kata lain."), "login"
        )
    return name


def create_user(
    *,
    login: str,
    name: str,
    password: str | HashedPassword,
    person_id: int | None = None,
    actor: Actor,
    now: datetime,
    consent: tuple[str, int] | None = None,
) -> User:
    """Make an account. One made for oneself is given the trainee role; one with a person has
    it by itself.

    password: plain (checked and hashed here) or already protected. consent: (purpose, version) agreed to
    while there is no person yet to hang a Consent on; kept in the audit trail. Raises DomainError on login or
    password.
    """
    stored = check_login(login)
    hashed = password if isinstance(password, HashedPassword) else protect(password, (stored, name))
    if person_id is not None and db.session.scalar(sa.select(User.id).where(User.person_id == person_id)):
        raise Conflict("person_has_account", _("Orang ini sudah punya akun."))
    user = User(login=stored, name=name, password_hash=str(hashed), person_id=person_id, created_at=now)
    db.session.add(user)
    db.session.flush()
    if person_id is None and not actor.is_authenticated:
        db.session.add(RoleGrant(user_id=user.id, role=Role.TRAINEE, scope_kind="self", starts_on=today(now)))
    facts: dict[str, Any] = {"consent": list(consent)} if consent else {}
    audit.record("account.created", "user", user.id, actor=actor, now=now, person_id=person_id, **facts)
    return user


def link_person(*, user_id: int, person_id: int, actor: Actor, now: datetime) -> None:
    """Say which person an account belongs to, once (enrollment learns it). Raises Conflict, NotFound."""
    user = db.session.get(User, user_id, with_for_update=True)
    if user is None or db.session.get(Person, person_id) is None:
        raise NotFound()
    if user.person_id == person_id:
        return
    owner = db.session.scalar(sa.select(User.id).where(User.person_id == person_id))
    if user.person_id is not None or owner is not None:
        raise Conflict("person_has_account", _("Orang ini sudah punya akun lain."))
    user.person_id = person_id
    audit.record("account.linked", "user", user_id, actor=actor, now=now, person_id=person_id)


def set_account_active(*, user_id: int, is_active: bool, reason: str, actor: Actor, now: datetime) -> User:
    """Close or reopen an account; closing ends its sessions. Raises Conflict for the last administrator,
    DomainError `own_account` for one's own, NotFound."""
    user = db.session.get(User, user_id, with_for_update=True)
    if user is None:
        raise NotFound()
    if actor.user_id == user_id:
        raise DomainError("own_account", _("Akun Anda sendiri ditutup oleh pengelola portal yang lain."))
    if user.is_active == is_active:
        return user
    if not is_active:
        guard_last_admin(without_user_id=user_id, now=now)
        end_sessions(user_id=user_id, actor=actor, now=now)
    user.is_active = is_active
    action = "account.reopened" if is_active else "account.closed"
    audit.record(action, "user", user_id, actor=actor, now=now, reason=reason[:200])
    return user


def sign_out_account(*, user_id: int, reason: str, actor: Actor, now: datetime) -> int:
    """End every session of somebody's account, for a lost phone; returns how many ended. Raises NotFound."""
    if db.session.get(User, user_id) is None:
        raise NotFound()
    audit.record("account.signed_out", "user", user_id, actor=actor, now=now, reason=reason[:200])
    return end_sessions(user_id=user_id, actor=actor, now=now)
