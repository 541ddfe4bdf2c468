"""What the operator's list of accounts shows: no person, no contact, no name."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from portal.accounts.models import (
    LinkedIdentity,
    Passkey,
    RecoveryCode,
    RoleGrant,
    TotpFactor,
    User,
    UserSession,
)
from portal.accounts.queries import today
from portal.core.db import db


def list_accounts(now: datetime, *, staff_only: bool = False) -> list[dict[str, Any]]:
    """Every account by sign-in name: login, roles ("role scope:id" in force), active, factors, last_sign_in
    (ISO, or None). staff_only: those with a role. Seven statements however many accounts."""
    roles, factors = _roles(now), _factors()
    newest = sa.select(UserSession.user_id, sa.func.max(UserSession.created_at)).group_by(UserSession.user_id)
    last: dict[int, datetime] = {row[0]: row[1] for row in db.session.execute(newest)}
    users = db.session.execute(sa.select(User.id, User.login, User.is_active).order_by(User.login)).all()
    return [
        {
            "login": login,
            "roles": roles.get(user_id, []),
            "active": is_active,
            "factors": factors.get(user_id, []),
            "last_sign_in": last[user_id].isoformat(timespec="seconds") if user_id in last else None,
        }
        for user_id, login, is_active in users
        if roles.get(user_id) or not staff_only
    ]


def _roles(now: datetime) -> dict[int, list[str]]:
    day, found = today(now), defaultdict(list)
    statement = (
        sa.select(RoleGrant.user_id, RoleGrant.role, RoleGrant.scope_kind, RoleGrant.scope_id)
        .where(
            RoleGrant.ended_at.is_(None),
            RoleGrant.scope_kind != "self",
            RoleGrant.starts_on <= day,
            sa.or_(RoleGrant.ends_on.is_(None), RoleGrant.ends_on >= day),
        )
        .order_by(RoleGrant.id)
    )
    for user_id, role, kind, scope in db.session.execute(statement):
        found[user_id].append(f"{role} {kind}:{scope}" if scope else f"{role} {kind}")
    return found


def _factors() -> dict[int, list[str]]:
    """The factors of all accounts: totp, passkey, recovery_codes, oidc."""
    statements = {
        "totp": sa.select(TotpFactor.user_id).where(
            TotpFactor.ended_at.is_(None), TotpFactor.confirmed_at.is_not(None)
        ),
        "passkey": sa.select(Passkey.user_id).where(Passkey.ended_at.is_(None)),
        "recovery_codes": sa.select(RecoveryCode.user_id).where(
            RecoveryCode.ended_at.is_(None), RecoveryCode.used_at.is_(None)
        ),
        "oidc": sa.select(LinkedIdentity.user_id).where(LinkedIdentity.ended_at.is_(None)),
    }
    found: dict[int, list[str]] = defaultdict(list)
    for name, statement in statements.items():
        for user_id in db.session.scalars(statement.distinct()):
            found[user_id].append(name)
    return found
