"""Granting and ending roles. A change counts from the next request on: grants are read on each."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa

from portal.accounts.models import RoleGrant, User
from portal.accounts.queries import today
from portal.core import audit
from portal.core.db import db
from portal.core.errors import Conflict, DomainError, NotFound
from portal.core.permissions import Actor, Role
from portal.core.words import gettext as _
from portal.regions.models import Region

SCOPE_OF_ROLE: dict[Role, str] = {
    Role.TRAINEE: "self",
    Role.CHAIR: "cooperative",
    Role.COMPANION: "cooperative",
    Role.INSTRUCTOR: "center",
    Role.ASSESSOR: "center",
    Role.CENTER_ADMIN: "center",
    Role.CENTER_HEAD: "center",
    Role.REGENCY_OFFICER: "region",
    Role.REGULATOR: "region",
    Role.FACILITATOR: "region",
    Role.PARTNER: "organization",
    Role.PLATFORM_ADMIN: "all",
}


def grant_role(
    *,
    user_id: int,
    role: str,
    scope_kind: str,
    scope_id: str | int = "",
    starts_on: date,
    ends_on: date | None = None,
    reason: str = "",
    actor: Actor,
    now: datetime,
) -> RoleGrant:
    """Give a role in a scope from a day, optionally to a day. The same open grant again is returned as it is.

    scope_id: a center, cooperative or organization id, a Kemendagri code, or "" (for "self" and "all"; for a
    region "" is the whole country). Raises NotFound, DomainError on role, scope_id, login or ends_on.
    """
    scope = _checked_scope(role, scope_kind, str(scope_id))
    user = db.session.get(User, user_id)
    if user is None or not user.is_active:
        raise NotFound("account_missing", _("Akun ini tidak ada atau sudah ditutup."))
    if actor.user_id == user_id:
        raise DomainError("own_role", _("Anda tidak dapat memberi peran kepada diri sendiri."), "login")
    if ends_on is not None and ends_on < starts_on:
        raise DomainError("dates_order", _("Hari terakhir ada sebelum hari pertama."), "ends_on")
    same = sa.select(RoleGrant).where(
        RoleGrant.user_id == user_id,
        RoleGrant.role == role,
        RoleGrant.scope_kind == scope_kind,
        RoleGrant.scope_id == scope,
        RoleGrant.ended_at.is_(None),
        sa.or_(RoleGrant.ends_on.is_(None), RoleGrant.ends_on >= starts_on),
    )
    found: RoleGrant | None = db.session.scalar(same)
    if found is not None:
        return found
    grant = RoleGrant(
        user_id=user_id,
        role=role,
        scope_kind=scope_kind,
        scope_id=scope,
        starts_on=starts_on,
        ends_on=ends_on,
        granted_by=actor.user_id,
        reason=reason[:200],
    )
    db.session.add(grant)
    db.session.flush()
    audit.record(
        "role.granted",
        "user",
        user_id,
        actor=actor,
        now=now,
        scope=f"{scope_kind}:{scope}",
        role=role,
        reason=reason,
    )
    return grant


def _checked_scope(role: str, kind: str, scope: str) -> str:
    try:
        wanted = SCOPE_OF_ROLE[Role(role)]
    except ValueError:
        raise DomainError("role_unknown", _("Pilih peran dari daftar."), "role") from None
    if kind != wanted:
        raise DomainError("scope_kind", _("Peran ini berlaku untuk lingkup lain."), "scope_id")
    if kind in ("self", "all"):
        return ""
    if kind == "region":
        if scope and db.session.get(Region, scope) is None:
            raise DomainError("scope_missing", _("Kode wilayah ini tidak ada."), "scope_id")
        return scope
    if not (scope.isascii() and scope.isdigit() and len(scope) <= 18):
        raise DomainError("scope_missing", _("Pilih tempat peran ini berlaku."), "scope_id")
    return scope


def end_role(*, grant_id: int, reason: str = "", actor: Actor, now: datetime) -> RoleGrant:
    """End a grant; it stays for the record. Raises NotFound, Conflict `last_admin`."""
    grant = db.session.get(RoleGrant, grant_id, with_for_update=True)
    if grant is None:
        raise NotFound()
    if grant.ended_at is not None:
        return grant
    if grant.role == Role.PLATFORM_ADMIN:
        guard_last_admin(without_grant_id=grant_id, now=now)
    grant.ended_at = now
    scope = f"{grant.scope_kind}:{grant.scope_id}"
    audit.record(
        "role.ended",
        "user",
        grant.user_id,
        actor=actor,
        now=now,
        scope=scope,
        role=grant.role,
        reason=reason[:200],
    )
    return grant


def guard_last_admin(*, without_grant_id: int = 0, without_user_id: int = 0, now: datetime) -> None:
    """Refuse what would leave no lasting platform administrator. Raises Conflict `last_admin`.

    All administrator grants are locked, so that two cannot end each other's at the same moment.
    """
    statement = (
        sa.select(RoleGrant.id, RoleGrant.user_id, RoleGrant.starts_on, RoleGrant.ends_on)
        .join(User, User.id == RoleGrant.user_id)
        .where(RoleGrant.role == Role.PLATFORM_ADMIN, RoleGrant.ended_at.is_(None), User.is_active)
        .with_for_update(of=RoleGrant)
    )
    day = today(now)
    holders = [row for row in db.session.execute(statement) if row.starts_on <= day]
    lasting = [row for row in holders if row.ends_on is None]
    concerned = [r for r in holders if without_grant_id == r.id or without_user_id == r.user_id]
    rest = [r for r in lasting if r not in concerned]
    if concerned and not rest:
        raise Conflict(
            "last_admin",
            _("Ini pengelola portal yang terakhir. Beri peran itu kepada orang lain lebih dahulu."),
        )
