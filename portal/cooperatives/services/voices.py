"""Who speaks for a cooperative with which account: given with a claim, ended with a post or a refusal, and
no longer than the term of the chair behind it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import sqlalchemy as sa

from portal.accounts.models import RoleGrant, User
from portal.accounts.queries import AFTER_DAYS
from portal.accounts.services.roles import end_role, grant_role
from portal.cooperatives.models import ChairClaim, Cooperative, Post, PostTerm
from portal.cooperatives.queries.posts import in_force
from portal.core import audit
from portal.core.clock import local_date
from portal.core.db import db
from portal.core.permissions import SYSTEM, Actor, Role

ZONE = "Asia/Jakarta"


def give_voice(*, user_id: int, cooperative_id: int, reason: str, now: datetime) -> None:
    """Let an account speak for a cooperative from today on; to the end of its term where one is recorded."""
    grant_role(
        user_id=user_id, role=Role.CHAIR, scope_kind="cooperative", scope_id=cooperative_id,
        starts_on=local_date(now, ZONE), reason=reason, actor=SYSTEM, now=now,
    )  # fmt: skip
    keep_to_terms(cooperative_ids=[cooperative_id], actor=SYSTEM, now=now)


def end_voice(*, person_id: int, cooperative_id: int, actor: Actor, now: datetime) -> None:
    """End what lets a person's account speak for a cooperative: the grant, and the claim behind it."""
    user_id = db.session.scalar(sa.select(User.id).where(User.person_id == person_id))
    if user_id is None:
        return
    end_grants(user_id=user_id, cooperative_id=cooperative_id, reason="board", actor=actor, now=now)
    open_claims = sa.select(ChairClaim).where(
        ChairClaim.cooperative_id == cooperative_id,
        ChairClaim.user_id == user_id,
        ChairClaim.state.in_(("pending", "verified")),
    )
    for claim in db.session.scalars(open_claims):
        claim.state = "ended"


def end_grants(*, user_id: int, cooperative_id: int, reason: str, actor: Actor, now: datetime) -> None:
    """End the chair grants of an account for a cooperative."""
    statement = sa.select(RoleGrant.id).where(
        RoleGrant.user_id == user_id,
        RoleGrant.role == Role.CHAIR,
        RoleGrant.scope_kind == "cooperative",
        RoleGrant.scope_id == str(cooperative_id),
        RoleGrant.ended_at.is_(None),
    )
    for grant_id in db.session.scalars(statement).all():
        end_role(grant_id=grant_id, reason=reason, actor=actor, now=now)


# ---- no longer than the term ----


@dataclass(frozen=True)
class _Bound:
    """A grant, and the last day of the newest term behind it (None: open)."""

    grant_id: int
    user_id: int
    cooperative_id: int
    person_id: int
    ends_on: date | None
    term_end: date | None

    @property
    def is_too_long(self) -> bool:
        """The grant lasts longer than the term."""
        return self.term_end is not None and (self.ends_on is None or self.term_end < self.ends_on)

    @property
    def as_dated(self) -> tuple[int, str, date | None]:
        """As `_dated` tells of it."""
        return self.user_id, f"cooperative:{self.cooperative_id}", self.ends_on


def keep_to_terms(*, cooperative_ids: Collection[int] | None = None, actor: Actor, now: datetime) -> int:
    """Let chairs speak as long as their recorded terms last: a grant gets the last day of its term, a term
    that is renewed lets it go on, and what could only be read with ends for good once somebody else is chair
    or AFTER_DAYS have passed. Answers how many grants changed; None looks at all and holds the cooperatives
    concerned, which else the caller does. Two statements where nothing changes.

    A grant that was given after a term had ended rests on a newer paper, and one of somebody without a term
    on the office's word: both are left alone.
    """
    today, changed = local_date(now, ZONE), 0
    bounds = _bounds(cooperative_ids)
    if cooperative_ids is None:
        bounds = _held(bounds, today)
    longer = [one for one in bounds if one.term_end != one.ends_on and not one.is_too_long]
    # A last day that somebody gave by hand is never put off.
    by_term = _dated([one.user_id for one in longer])
    for one in bounds:
        if one.is_too_long or (one in longer and one.as_dated in by_term):
            changed += _date(one, actor, now)
    over = [one for one in bounds if one.term_end is not None and one.term_end < today]
    chairs = _chairs_of([one.cooperative_id for one in over], today)
    for one in over:
        is_followed = bool(chairs.get(one.cooperative_id, set()) - {one.person_id})
        if is_followed or (one.term_end or today) < today - timedelta(days=AFTER_DAYS):
            reason = "successor" if is_followed else "term_over"
            end_role(grant_id=one.grant_id, reason=reason, actor=actor, now=now)
            changed += 1
    return changed


def _bounds(cooperative_ids: Collection[int] | None) -> list[_Bound]:
    """The chair grants with a term behind them where either has a last day."""
    newest = sa.func.max(PostTerm.ends_on)
    is_open = sa.func.max(sa.case((PostTerm.ends_on.is_(None), 1), else_=0))
    key = (RoleGrant.id, RoleGrant.user_id, PostTerm.cooperative_id, PostTerm.person_id, RoleGrant.ends_on)
    statement = (
        sa.select(*key, newest, is_open)
        .join(User, User.id == RoleGrant.user_id)
        .join(
            PostTerm,
            sa.and_(
                PostTerm.person_id == User.person_id,
                sa.cast(PostTerm.cooperative_id, sa.String) == RoleGrant.scope_id,
                PostTerm.post == Post.CHAIR,
                sa.or_(PostTerm.ends_on.is_(None), PostTerm.ends_on >= RoleGrant.starts_on),
            ),
        )
        .where(
            RoleGrant.role == Role.CHAIR,
            RoleGrant.scope_kind == "cooperative",
            RoleGrant.ended_at.is_(None),
        )
        .group_by(*key)
        .having(sa.or_(RoleGrant.ends_on.is_not(None), is_open == 0))
        .order_by(RoleGrant.id)
    )
    if cooperative_ids is not None:
        statement = statement.where(RoleGrant.scope_id.in_([str(number) for number in cooperative_ids]))
    return [
        _Bound(grant_id, user_id, cooperative_id, person_id, ends_on, None if open_terms else last)
        for grant_id, user_id, cooperative_id, person_id, ends_on, last, open_terms in db.session.execute(
            statement
        )
    ]


def _held(bounds: Collection[_Bound], today: date) -> list[_Bound]:
    """Those of them with something to do, as they are once their cooperatives are held: whoever changes a
    board holds it too, so no term is renewed while the role behind it is ended."""
    due = {
        one.cooperative_id
        for one in bounds
        if one.term_end != one.ends_on or (one.term_end is not None and one.term_end < today)
    }
    wanted = sorted(due)
    for start in range(0, len(wanted), 500):
        some = sa.select(Cooperative.id).where(Cooperative.id.in_(wanted[start : start + 500]))
        db.session.execute(some.order_by(Cooperative.id).with_for_update(key_share=True)).all()
    return [one for one in _bounds(None) if one.cooperative_id in due] if due else []


def _dated(user_ids: Collection[int]) -> set[tuple[int, str, date | None]]:
    """(user id, scope, last day) that terms gave to grants of these accounts; a statement for each 500."""
    wanted, found = sorted(set(user_ids)), set[tuple[int, str, date | None]]()
    for start in range(0, len(wanted), 500):
        event = audit.AuditEvent
        statement = sa.select(event.object_id, event.scope, event.data).where(
            event.object_kind == "user",
            event.object_id.in_([str(number) for number in wanted[start : start + 500]]),
            event.action == "role.dated",
        )
        for user_id, scope, data in db.session.execute(statement):
            if data.get("ends_on"):
                found.add((int(user_id), scope, date.fromisoformat(data["ends_on"])))
    return found


def _date(one: _Bound, actor: Actor, now: datetime) -> int:
    """Give a grant the last day of its term; 0 when somebody else ended it meanwhile."""
    grant = db.session.get(RoleGrant, one.grant_id, with_for_update=True, populate_existing=True)
    if grant is None or grant.ended_at is not None:
        return 0
    grant.ends_on = one.term_end
    audit.record(
        "role.dated", "user", grant.user_id, actor=actor, now=now,
        scope=f"{grant.scope_kind}:{grant.scope_id}", role=grant.role,
        ends_on=one.term_end.isoformat() if one.term_end else "",
    )  # fmt: skip
    return 1


def _chairs_of(cooperative_ids: Collection[int], on: date) -> dict[int, set[int]]:
    """cooperative id -> who is chair there on a day; a statement for each 500."""
    wanted, found = sorted(set(cooperative_ids)), dict[int, set[int]]()
    for start in range(0, len(wanted), 500):
        statement = sa.select(PostTerm.cooperative_id, PostTerm.person_id).where(
            PostTerm.cooperative_id.in_(wanted[start : start + 500]), PostTerm.post == Post.CHAIR,
            in_force(on),
        )  # fmt: skip
        for cooperative_id, person_id in db.session.execute(statement):
            found.setdefault(cooperative_id, set()).add(person_id)
    return found


def may_speak(user_id: int, cooperative_id: int, on: date) -> bool:
    """Whether an account speaks for a cooperative on a day, and does not only read on."""
    statement = sa.select(RoleGrant.id).where(
        RoleGrant.user_id == user_id,
        RoleGrant.role == Role.CHAIR,
        RoleGrant.scope_kind == "cooperative",
        RoleGrant.scope_id == str(cooperative_id),
        RoleGrant.ended_at.is_(None),
        sa.or_(RoleGrant.ends_on.is_(None), RoleGrant.ends_on >= on),
    )
    return db.session.scalar(statement.limit(1)) is not None
