"""A lost password: a code to a verified contact, then a new password. All sessions end."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import current_app

from portal.accounts.models import User
from portal.accounts.passwords import HashedPassword
from portal.accounts.queries.contact import holders, reachable
from portal.accounts.rules.contact import Identifier, hint_of, read_identifier
from portal.accounts.services import one_time
from portal.accounts.services.access import change_password
from portal.accounts.services.messages import tell_user
from portal.core import audit
from portal.core.db import db
from portal.core.permissions import GrantedActor


def ask_reset_code(*, text: str, op: str, language: str, address: str | None, now: datetime) -> str:
    """Send a code to a contact that was typed, or to the best contact of a sign-in name; returns the handle.

    The same for what nobody has, and for an account without a contact. Raises TooMany.
    """
    asked = read_identifier(text)
    one_time.count_ask(asked=asked, address=address, now=now)
    to, users = _reached(asked)
    hint = hint_of(asked.kind, asked.value) if asked.is_contact else ""
    return one_time.start(
        "reset", to=to, op=op, user_ids=users, facts={"hint": hint}, language=language, now=now
    )


def _reached(asked: Identifier) -> tuple[Identifier | None, list[int]]:
    """Where the code goes and for which accounts. One statement either way."""
    if asked.is_contact:
        return asked, [row.id for row in holders(asked)]
    rows = [row for row in reachable(asked.value) if row.kind]
    if not rows:
        return None, []
    best = min(rows, key=lambda row: row.kind != _first_kind())
    return Identifier(best.kind, best.value), [best.id]


def _first_kind() -> str:
    """Phones are read sooner, but only a portal with a gateway reaches them."""
    settings: Any = current_app.extensions["portal_settings"]
    return "email" if settings.smtp_url and not settings.gateway_url else "phone"


def confirm_reset(*, handle: str, code: str, address: str | None, now: datetime) -> str:
    """Spend the code; returns the handle for choosing the person and the password. Raises DomainError."""
    row = one_time.spend("reset", handle=handle, code=code, address=address, now=now)
    return one_time.make("choose", data={"users": row.data["users"], "purpose": "reset"}, now=now)


def reset_password(*, handle: str, user_id: int, password: HashedPassword, now: datetime) -> User:
    """Set the new password of one of the accounts that the code stands for; all its sessions end.

    Raises DomainError `code_refused` for a handle that is spent, late or for other accounts.
    """
    row = one_time.spend("choose", handle=handle, now=now)
    user = db.session.get(User, user_id)
    is_theirs = row.data.get("purpose") == "reset" and user_id in row.data["users"]
    if not is_theirs or user is None or not user.is_active:
        raise one_time.code_refused()
    owner = GrantedActor(user.id, user.person_id, user.name)
    change_password(user_id=user_id, password=password, actor=owner, now=now)
    audit.record("password.reset", "user", user_id, actor=owner, now=now)
    key = f"security.password_changed:{user_id}:{int(now.timestamp())}"
    tell_user(user_id=user_id, kind="security.password_changed", key=key, now=now)
    return user
