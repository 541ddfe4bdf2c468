"""Asking for the password once more before something grave. Outside any transaction: hashing takes time."""

from __future__ import annotations

from datetime import datetime, timedelta

from flask import request
from flask_login import current_user

from portal.accounts import queries, services
from portal.core.crypto import token_hash
from portal.core.db import transaction
from portal.core.errors import DomainError
from portal.core.permissions import Actor
from portal.core.words import gettext as _

#: An account without a password (it signs in by code or through an outside provider) confirms by having
#: signed in this recently.
FRESH = timedelta(minutes=15)


def needs_password(actor: Actor) -> bool:
    """Whether the account has a password to ask for."""
    return actor.user_id is not None and queries.get_user(actor.user_id).password_hash != ""


def confirm(password: str | None, *, actor: Actor, now: datetime) -> None:
    """Raises DomainError unless it is the actor's, TooMany after too many tries."""
    assert actor.user_id is not None
    user = queries.get_user(actor.user_id)
    if not user.password_hash:
        _refuse_stale(actor.user_id, now)
        return
    login, address = user.login, request.remote_addr
    with transaction():
        services.begin_sign_in(login=login, address=address, now=now)
    try:
        services.verify_password(login=login, password=password or "")
    except DomainError as error:
        raise DomainError("password_wrong", _("Kata sandi tidak cocok."), "password") from error
    with transaction():
        services.forgive_sign_in(login=login, address=address)


def _refuse_stale(user_id: int, now: datetime) -> None:
    here = token_hash(current_user.get_id())
    opened = [one.created_at for one in queries.list_sessions(user_id, now) if one.token_hash == here]
    if not opened or now - opened[0] > FRESH:
        message = _("Keluar, masuk lagi, lalu ulangi dalam 15 menit: akun ini tidak punya kata sandi.")
        raise DomainError("sign_in_stale", message)
