"""Who speaks for a cooperative with which account: given with a claim, ended with a post or a refusal."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from portal.accounts.models import RoleGrant, User
from portal.accounts.services.roles import end_role, grant_role
from portal.cooperatives.models import ChairClaim
from portal.core.clock import local_date
from portal.core.db import db
from portal.core.permissions import SYSTEM, Actor, Role

ZONE = "Asia/Jakarta"


def give_voice(*, user_id: int, cooperative_id: int, reason: str, now: datetime) -> None:
    """Let an account speak for a cooperative from today on."""
    grant_role(
        user_id=user_id, role=Role.CHAIR, scope_kind="cooperative", scope_id=cooperative_id,
        starts_on=local_date(now, ZONE), reason=reason, actor=SYSTEM, now=now,
    )  # fmt: skip


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
