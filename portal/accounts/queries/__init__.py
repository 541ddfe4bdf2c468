"""Reads of accounts: who a session belongs to, sessions, grants, people with or without an account."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from portal.accounts.models import ClaimCode, RoleGrant, User, UserSession
from portal.accounts.rules import IDLE_LIMIT, normal_login
from portal.core.clock import local_date
from portal.core.crypto import token_hash
from portal.core.db import db, read, reading
from portal.core.errors import NotFound
from portal.core.paging import Page, cut
from portal.core.permissions import AFTER_END, Grant, GrantedActor, Role

PAGE = 30


def today(now: datetime) -> date:
    """The day on which grants begin and end: the capital's."""
    return local_date(now, "Asia/Jakarta")


_IN_FORCE = sa.and_(
    RoleGrant.ended_at.is_(None),
    RoleGrant.starts_on <= sa.bindparam("today"),
    sa.or_(RoleGrant.ends_on.is_(None), RoleGrant.ends_on >= sa.bindparam("today")),
)
#: Days for which a role that AFTER_END names may still be read with, after its last day.
AFTER_DAYS = 90
_READABLE = sa.and_(
    RoleGrant.ended_at.is_(None),
    RoleGrant.starts_on <= sa.bindparam("today"),
    sa.or_(
        RoleGrant.ends_on.is_(None),
        RoleGrant.ends_on >= sa.bindparam("today"),
        sa.and_(RoleGrant.role.in_(sorted(AFTER_END)), RoleGrant.ends_on >= sa.bindparam("read_until")),
    ),
)
# One statement a request: the session, its account and the grants in force, one row a grant.
_LOAD = (
    sa.select(
        UserSession.id.label("session_id"),
        UserSession.seen_at,
        UserSession.created_at,
        UserSession.factor,
        User.id.label("user_id"),
        User.name,
        User.login,
        User.person_id,
        RoleGrant.role,
        RoleGrant.scope_kind,
        RoleGrant.scope_id,
        RoleGrant.ends_on,
    )
    .join(User, User.id == UserSession.user_id)
    .outerjoin(RoleGrant, sa.and_(RoleGrant.user_id == User.id, _READABLE))
    .where(
        UserSession.token_hash == sa.bindparam("token_hash"),
        UserSession.ended_at.is_(None),
        UserSession.expires_at > sa.bindparam("now"),
        UserSession.seen_at > sa.bindparam("idle_since"),
        User.is_active,
    )
)


def _days(now: datetime) -> dict[str, date]:
    """The values of _READABLE."""
    return {"today": today(now), "read_until": today(now) - timedelta(days=AFTER_DAYS)}


def grant_of(row: Any, now: datetime) -> Grant:
    """A row with role, scope and last day as a grant of today."""
    is_over = row.ends_on is not None and row.ends_on < today(now)
    return Grant(Role(row.role), row.scope_kind, row.scope_id, row.ends_on if is_over else None)


def load_session(token: str, now: datetime, *, alone: bool = False) -> Sequence[Any]:
    """The rows of a live session (one for each grant, at least one), or none.

    alone: outside the session's transaction, for a request that goes on to write and so begins another.
    """
    values = {
        "token_hash": token_hash(token),
        "now": now,
        "idle_since": now - IDLE_LIMIT,
    } | _days(now)
    if not alone:
        return read(_LOAD, values).all()
    with reading() as connection:
        return connection.execute(_LOAD, values).all()


def find_user(login: str) -> User | None:
    """The account with this sign-in name, in any case."""
    found: User | None = db.session.scalar(sa.select(User).where(User.login == normal_login(login)))
    return found


def get_user(user_id: int) -> User:
    """An account. Raises NotFound."""
    found = db.session.get(User, user_id)
    if found is None:
        raise NotFound()
    return found


def user_of_person(person_id: int) -> User | None:
    """The account of a person, when there is one."""
    found: User | None = db.session.scalar(sa.select(User).where(User.person_id == person_id))
    return found


def people_with_account(person_ids: Iterable[int]) -> set[int]:
    """Those of these people who have an account."""
    return set(db.session.scalars(sa.select(User.person_id).where(User.person_id.in_(list(person_ids)))))


def people_with_open_code(person_ids: Iterable[int], now: datetime) -> set[int]:
    """Those of these people who hold a claim code that still works."""
    statement = sa.select(ClaimCode.person_id).where(
        ClaimCode.person_id.in_(list(person_ids)),
        ClaimCode.used_at.is_(None),
        ClaimCode.ended_at.is_(None),
        ClaimCode.expires_at > now,
    )
    return set(db.session.scalars(statement))


def list_sessions(user_id: int, now: datetime) -> list[UserSession]:
    """The live sessions of an account, the most recently seen first."""
    statement = (
        sa.select(UserSession)
        .where(
            UserSession.user_id == user_id,
            UserSession.ended_at.is_(None),
            UserSession.expires_at > now,
            UserSession.seen_at > now - IDLE_LIMIT,
        )
        .order_by(UserSession.seen_at.desc(), UserSession.id.desc())
        .limit(50)
    )
    return list(db.session.scalars(statement))


def list_grants(text: str, role: str, number: int, now: datetime) -> Page:
    """Grants in force or still to come with their accounts: rows (RoleGrant, login, name), newest first."""
    statement = (
        sa.select(RoleGrant, User.login, User.name)
        .join(User, User.id == RoleGrant.user_id)
        .where(
            RoleGrant.ended_at.is_(None),
            RoleGrant.scope_kind != "self",
            sa.or_(RoleGrant.ends_on.is_(None), RoleGrant.ends_on >= today(now)),
        )
        .order_by(RoleGrant.id.desc())
        .offset((number - 1) * PAGE)
        .limit(PAGE + 1)
    )
    if text.strip():
        like = "%" + text.strip().lower().replace("%", r"\%").replace("_", r"\_") + "%"
        statement = statement.where(
            sa.or_(User.login.like(like, escape="\\"), sa.func.lower(User.name).like(like, escape="\\"))
        )
    if role:
        statement = statement.where(RoleGrant.role == role)
    return cut(db.session.execute(statement).all(), number, PAGE)


def has_admin(now: datetime) -> bool:
    """True when some active account is platform administrator today."""
    statement = (
        sa.select(RoleGrant.id)
        .join(User, User.id == RoleGrant.user_id)
        .where(RoleGrant.role == "platform_admin", User.is_active, _IN_FORCE)
    )
    return db.session.execute(statement, {"today": today(now)}).first() is not None


def actor_of(user_id: int | None, now: datetime) -> GrantedActor:
    """An account as an actor outside a request: commands, and jobs that act for whoever approved them.

    Raises NotFound.
    """
    user = get_user(user_id) if user_id is not None else None
    if user is None:
        raise NotFound()
    rows = db.session.execute(
        sa.select(RoleGrant).where(RoleGrant.user_id == user.id, _READABLE), _days(now)
    ).scalars()
    grants = [grant_of(row, now) for row in rows]
    if user.person_id is not None:
        grants.append(Grant(Role.TRAINEE, "self", ""))
    return GrantedActor(user.id, user.person_id, user.name, tuple(grants))


def get_grant(grant_id: int) -> tuple[RoleGrant, User]:
    """A grant that has not ended, with its account. Raises NotFound."""
    statement = (
        sa.select(RoleGrant, User)
        .join(User, User.id == RoleGrant.user_id)
        .where(RoleGrant.id == grant_id, RoleGrant.ended_at.is_(None), RoleGrant.scope_kind != "self")
    )
    row = db.session.execute(statement).first()
    if row is None:
        raise NotFound()
    return row[0], row[1]
