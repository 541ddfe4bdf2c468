"""Accounts as the administrator sees them: sign-in name, last use, roles; nothing of the person's data."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from portal.accounts.models import RoleGrant, User, UserSession
from portal.accounts.queries import today
from portal.core.db import db
from portal.core.paging import Page, cut

PAGE = 30
STATES = ("", "aktif", "tutup")


def list_accounts(text: str, state: str, number: int) -> Page:
    """Accounts, the newest first: rows (id, login, name, is_active, seen_at). `state`: "" all, "aktif" or
    "tutup". One statement."""
    seen = sa.select(sa.func.max(UserSession.seen_at)).where(UserSession.user_id == User.id).scalar_subquery()
    statement = (
        sa.select(User.id, User.login, User.name, User.is_active, seen.label("seen_at"))
        .order_by(User.id.desc())
        .offset((number - 1) * PAGE)
        .limit(PAGE + 1)
    )
    words = text.strip().lower().replace("\\", "").replace("%", r"\%").replace("_", r"\_")
    if words:
        like = f"%{words}%"
        statement = statement.where(
            sa.or_(User.login.like(like, escape="\\"), sa.func.lower(User.name).like(like, escape="\\"))
        )
    if state:
        statement = statement.where(User.is_active if state == "aktif" else ~User.is_active)
    return cut(db.session.execute(statement).all(), number, PAGE)


def grants_of(user_ids: Sequence[int], now: datetime) -> dict[int, list[RoleGrant]]:
    """The grants in force or still to come of these accounts. One statement."""
    statement = (
        sa.select(RoleGrant)
        .where(
            RoleGrant.user_id.in_(user_ids),
            RoleGrant.ended_at.is_(None),
            RoleGrant.scope_kind != "self",
            sa.or_(RoleGrant.ends_on.is_(None), RoleGrant.ends_on >= today(now)),
        )
        .order_by(RoleGrant.id)
    )
    found: dict[int, list[RoleGrant]] = {}
    for grant in db.session.scalars(statement):
        found.setdefault(grant.user_id, []).append(grant)
    return found


def last_sign_in(user_id: int) -> datetime | None:
    """When a session of the account last began."""
    found: datetime | None = db.session.scalar(
        sa.select(sa.func.max(UserSession.created_at)).where(UserSession.user_id == user_id)
    )
    return found
