"""Reads for recovery in person: which accounts an actor may recover, and the requests about them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from portal.accounts.models import AccessRecovery, ContactPoint, RoleGrant, User
from portal.accounts.queries import today
from portal.core.db import db
from portal.core.errors import NotFound
from portal.core.permissions import Actor, Permission, Role

LIMIT = 20
# What these do reaches no further than the person or the cooperative; the counter gives them a letter.
_MODEST = (Role.TRAINEE, Role.CHAIR, Role.COMPANION)


def _in_reach(actor: Actor, now: datetime) -> sa.ColumnElement[bool]:
    """Active accounts that the actor may recover: a platform administrator any, a center those all of whose
    staff roles are of that center. Who can do more than the center's own is the platform's to recover."""
    scope = actor.scope(Permission.ACCESS_RECOVER)
    if scope.everything:
        return sa.and_(User.is_active)
    day = today(now)
    staff = sa.select(RoleGrant.id).where(
        RoleGrant.user_id == User.id,
        RoleGrant.role.not_in(_MODEST),
        RoleGrant.ended_at.is_(None),
        sa.or_(RoleGrant.ends_on.is_(None), RoleGrant.ends_on >= day),
    )
    is_own = sa.and_(
        RoleGrant.scope_kind == "center", RoleGrant.scope_id.in_([str(number) for number in scope.centers])
    )
    return sa.and_(User.is_active, staff.where(is_own).exists(), ~staff.where(~is_own).exists())


def search_recoverable(text: str, actor: Actor, now: datetime) -> Sequence[Any]:
    """Accounts in the actor's reach by sign-in name or name, without the actor's own: rows (id, login, name),
    at most LIMIT + 1, so that the caller sees whether there are more."""
    words = text.strip().lower().replace("\\", "").replace("%", r"\%").replace("_", r"\_")
    like = f"%{words}%"
    statement = (
        sa.select(User.id, User.login, User.name)
        .where(
            _in_reach(actor, now),
            User.id != (actor.user_id or 0),
            sa.or_(User.login.like(like, escape="\\"), sa.func.lower(User.name).like(like, escape="\\")),
        )
        .order_by(User.name, User.id)
        .limit(LIMIT + 1)
    )
    return db.session.execute(statement).all()


def get_recoverable(user_id: int, actor: Actor, now: datetime) -> User:
    """An account in the actor's reach. Raises NotFound, for one outside of it too."""
    user: User | None = db.session.scalar(sa.select(User).where(User.id == user_id, _in_reach(actor, now)))
    if user is None:
        raise NotFound()
    return user


def get_request(
    request_id: int, actor: Actor, now: datetime, *, for_update: bool = False
) -> tuple[AccessRecovery, User]:
    """A request about an account in the actor's reach, with the account. Raises NotFound."""
    statement = (
        sa.select(AccessRecovery, User)
        .join(User, User.id == AccessRecovery.user_id)
        .where(AccessRecovery.id == request_id, _in_reach(actor, now))
    )
    if for_update:
        statement = statement.with_for_update(of=AccessRecovery)
    row = db.session.execute(statement).first()
    if row is None:
        raise NotFound()
    return row[0], row[1]


@dataclass(frozen=True)
class Case:
    """A request as its page shows it. `may_approve` is False for the owner and for whoever asked."""

    row: AccessRecovery
    user: User
    asker: str
    state: str
    may_approve: bool


def get_case(request_id: int, actor: Actor, now: datetime) -> Case:
    """A request in the actor's reach, and what the actor may do with it. Raises NotFound."""
    row, user = get_request(request_id, actor, now)
    asker = db.session.get(User, row.asked_by) if row.asked_by else None
    is_over = row.state in ("asked", "approved") and row.expires_at <= now
    is_own = is_same_person(actor, user) or (asker is not None and is_same_person(actor, asker))
    state = "expired" if is_over else row.state
    return Case(row, user, asker.name if asker else "", state, not is_own)


def list_requests(actor: Actor, now: datetime) -> list[Any]:
    """Requests about accounts in the actor's reach, the newest first, at most 50: rows (AccessRecovery,
    login, name, asker, decider, state). What is over by time reads as expired. One statement."""
    asker, decider = aliased(User), aliased(User)
    is_over = sa.and_(AccessRecovery.state.in_(("asked", "approved")), AccessRecovery.expires_at <= now)
    statement = (
        sa.select(
            AccessRecovery,
            User.login,
            User.name,
            asker.name.label("asker"),
            decider.name.label("decider"),
            sa.case((is_over, "expired"), else_=AccessRecovery.state).label("state"),
        )
        .join(User, User.id == AccessRecovery.user_id)
        .outerjoin(asker, asker.id == AccessRecovery.asked_by)
        .outerjoin(decider, decider.id == AccessRecovery.decided_by)
        .where(_in_reach(actor, now))
        .order_by(AccessRecovery.id.desc())
        .limit(50)
    )
    return list(db.session.execute(statement).all())


_MINE, _THEIRS = aliased(ContactPoint), aliased(ContactPoint)


def is_same_person(actor: Actor, user: User) -> bool:
    """True when an actor and an account are one human being as far as the records say: the same account,
    person or name, or a phone or address that both proved to read.

    Accounts of staff mostly have no person. Two colleagues of one name or one phone need a third.
    """
    if actor.user_id is None:
        return False
    same_person = actor.person_id is not None and actor.person_id == user.person_id
    if actor.user_id == user.id or same_person or _plain(actor.name) == _plain(user.name):
        return True
    shared = (
        sa.select(_MINE.id)
        .join(_THEIRS, sa.and_(_THEIRS.kind == _MINE.kind, _THEIRS.value == _MINE.value))
        .where(
            _MINE.user_id == actor.user_id,
            _THEIRS.user_id == user.id,
            *(sa.and_(one.verified_at.is_not(None), one.ended_at.is_(None)) for one in (_MINE, _THEIRS)),
        )
    )
    return db.session.scalar(shared.limit(1)) is not None


def _plain(name: str) -> str:
    return " ".join(name.split()).casefold()
