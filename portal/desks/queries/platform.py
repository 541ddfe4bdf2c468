"""Figures and events for the administrator, and public totals for partners and the help page."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from itertools import pairwise
from typing import Any

import sqlalchemy as sa

from portal.accounts.models import RoleGrant, User, UserSession
from portal.accounts.rules import IDLE_LIMIT
from portal.batches.models import Batch
from portal.centers.models import TrainingCenter
from portal.cooperatives.models import Cooperative
from portal.core.audit import AuditEvent, AuditHead, event_hash
from portal.core.db import db
from portal.core.paging import Page, cut
from portal.regions.models import Region

EVENTS = 40


def platform_counts(now: datetime, today: date) -> dict[str, int]:
    """Active accounts, live sessions, grants in force, centers, events. One statement."""
    in_force = sa.and_(
        RoleGrant.ended_at.is_(None), sa.or_(RoleGrant.ends_on.is_(None), RoleGrant.ends_on >= today)
    )
    live = sa.and_(
        UserSession.ended_at.is_(None), UserSession.expires_at > now, UserSession.seen_at > now - IDLE_LIMIT
    )
    parts = {
        "accounts": sa.select(sa.func.count()).select_from(User).where(User.is_active),
        "sessions": sa.select(sa.func.count()).select_from(UserSession).where(live),
        "grants": sa.select(sa.func.count())
        .select_from(RoleGrant)
        .where(in_force, RoleGrant.scope_kind != "self"),
        "centers": sa.select(sa.func.count()).select_from(TrainingCenter).where(TrainingCenter.is_active),
        "events": sa.select(sa.func.coalesce(sa.func.max(AuditHead.seq), 0)),
    }
    row = db.session.execute(sa.select(*(part.scalar_subquery().label(n) for n, part in parts.items()))).one()
    return dict(row._mapping)


def list_events(number: int, *, action: str = "", size: int = EVENTS) -> Page:
    """Audit events, the newest first; of one action (a prefix) if given. One statement."""
    columns = sa.select(*sa.inspect(AuditEvent).local_table.columns).order_by(AuditEvent.seq.desc())
    if action:
        columns = columns.where(AuditEvent.action.startswith(action, autoescape=True))
    rows = db.session.execute(columns.offset((number - 1) * size).limit(size + 1)).mappings().all()
    return cut(rows, number, size)


def broken_events(events: Iterable[Any]) -> list[int]:
    """The numbers of those events whose content or whose link to the next older one does not match."""
    rows = list(events)
    broken = {r["seq"] for r in rows if event_hash(dict(r), r["seq"], r["prev_hash"]) != r["hash"]}
    for newer, older in pairwise(rows):
        if newer["seq"] == older["seq"] + 1 and newer["prev_hash"] != older["hash"]:
            broken.add(newer["seq"])
    return sorted(broken)


def center_choices() -> list[tuple[int, str]]:
    """(id, name) of the active centers, by name."""
    statement = (
        sa.select(TrainingCenter.id, TrainingCenter.name)
        .where(TrainingCenter.is_active)
        .order_by(TrainingCenter.name)
    )
    return [(center_id, name) for center_id, name in db.session.execute(statement)]


def scope_names(grants: Iterable[Any]) -> dict[tuple[str, str], str]:
    """(scope kind, scope id) -> the name of the place, for a page of grants. At most three statements."""
    wanted: dict[str, set[str]] = {}
    for grant in grants:
        wanted.setdefault(grant.scope_kind, set()).add(grant.scope_id)
    found: dict[tuple[str, str], str] = {}
    tables: tuple[tuple[str, Any, Any, Any], ...] = (
        ("center", TrainingCenter.id, TrainingCenter.name, int),
        ("cooperative", Cooperative.id, Cooperative.name, int),
        ("region", Region.code, Region.name, str),
    )
    for kind, key, name, convert in tables:
        ids = [convert(i) for i in wanted.get(kind, ()) if i]
        if ids:
            rows = db.session.execute(sa.select(key, name).where(key.in_(ids)))
            found |= {(kind, str(i)): label for i, label in rows}
    return found


def center_contacts() -> list[Any]:
    """Active centers with how to reach them: rows (slug, name, city, address, phone), by city."""
    statement = (
        sa.select(
            TrainingCenter.slug,
            TrainingCenter.name,
            TrainingCenter.city,
            TrainingCenter.address,
            TrainingCenter.phone,
        )
        .where(TrainingCenter.is_active)
        .order_by(TrainingCenter.city, TrainingCenter.name)
    )
    return list(db.session.execute(statement))


def public_totals(today: date) -> dict[str, int]:
    """Coming published batches, their programs, centers, seats and free seats. One statement."""
    statement = sa.select(
        sa.func.count().label("batches"),
        sa.func.count(sa.distinct(Batch.program_id)).label("programs"),
        sa.func.count(sa.distinct(Batch.center_id)).label("centers"),
        sa.func.coalesce(sa.func.sum(Batch.quota), 0).label("seats"),
        sa.func.coalesce(sa.func.sum(Batch.quota - Batch.seats_taken), 0).label("free"),
    ).where(Batch.state == "published", Batch.starts_on > today)
    row = db.session.execute(statement).one()
    return {name: int(value) for name, value in row._mapping.items()}
