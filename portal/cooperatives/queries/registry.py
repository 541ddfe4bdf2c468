"""The registry as its keepers see it: the list, one region's share of it, registers on their way in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from portal.accounts.models import User
from portal.cooperatives.models import Cooperative, RegistryImport, RegistryRow
from portal.core.db import db
from portal.core.errors import NotFound
from portal.core.jobs import Job
from portal.core.paging import Page, cut
from portal.core.permissions import Actor, Permission
from portal.regions.models import Region

PAGE_SIZE, IMPORTS_A_PAGE, BAD_A_PAGE = 30, 20, 40
WORDS_MOST = 6


@dataclass(frozen=True)
class Filters:
    """What the list is narrowed to. `missing`: only those without a cooperative number."""

    text: str = ""
    kind: str = ""
    region: str = ""
    is_pilot: bool = False
    is_missing: bool = False

    @property
    def is_any(self) -> bool:
        """Whether anything is narrowed."""
        return bool(self.text or self.kind or self.region or self.is_pilot or self.is_missing)


def within(actor: Actor) -> sa.ColumnElement[bool]:
    """The cooperatives whose registry is in the actor's hands."""
    scope = actor.scope(Permission.REGISTRY_EDIT)
    if scope.everything or "" in scope.regions:
        return sa.true()
    return sa.or_(sa.false(), *(_inside(code) for code in sorted(scope.regions)))


def _inside(code: str) -> sa.ColumnElement[bool]:
    # A range, not LIKE: both engines read it from the index whatever their collation of LIKE.
    return sa.or_(
        Cooperative.region_code == code,
        sa.and_(Cooperative.region_code >= f"{code}.", Cooperative.region_code < f"{code}/"),
    )


def narrowed(actor: Actor, filters: Filters) -> list[sa.ColumnElement[bool]]:
    """The conditions of a list: the actor's reach and the filters."""
    found = [within(actor)]
    for word in filters.text.split()[:WORDS_MOST]:
        like = "%" + word.lower().replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_") + "%"
        found.append(
            sa.or_(
                sa.func.lower(Cooperative.name).like(like, escape="\\"),
                Cooperative.cooperative_number == word,
                Cooperative.simkopdes_id == word,
            )
        )
    if filters.kind:
        found.append(Cooperative.kind == filters.kind)
    if filters.region:
        found.append(_inside(filters.region))
    if filters.is_pilot:
        found.append(Cooperative.is_pilot.is_(True))
    if filters.is_missing:
        found.append(Cooperative.cooperative_number.is_(None))
    return found


_SEAT, _DISTRICT = sa.orm.aliased(Region), sa.orm.aliased(Region)


def list_registry(actor: Actor, filters: Filters, number: int = 1) -> Page:
    """A page of (cooperative, name of its village or district, name of its district), by name, with the
    total. Two statements."""
    conditions = narrowed(actor, filters)
    statement = (
        sa.select(Cooperative, _SEAT.name, _DISTRICT.name)
        .outerjoin(_SEAT, _SEAT.code == Cooperative.region_code)
        .outerjoin(_DISTRICT, _DISTRICT.code == sa.func.substr(Cooperative.region_code, 1, 8))
        .where(*conditions)
        .order_by(Cooperative.name, Cooperative.id)
        .offset((number - 1) * PAGE_SIZE)
        .limit(PAGE_SIZE + 1)
    )
    total = db.session.scalar(sa.select(sa.func.count()).select_from(Cooperative).where(*conditions))
    return cut(db.session.execute(statement).all(), number, PAGE_SIZE, int(total or 0))


def region_choices(actor: Actor) -> Sequence[Any]:
    """(code, name) of the regions to narrow to: the districts of an officer's regency, else the provinces or
    regencies below what they reach. One statement."""
    scope = actor.scope(Permission.REGISTRY_EDIT)
    if scope.everything or "" in scope.regions:
        below = Region.parent_code.is_(None)
    else:
        below = Region.parent_code.in_(sorted(scope.regions))
    return db.session.execute(sa.select(Region.code, Region.name).where(below).order_by(Region.name)).all()


def sees_import(actor: Actor, found: RegistryImport) -> bool:
    """Whether an import is the actor's own, or the actor keeps the whole country's registry."""
    if not actor.may(Permission.REGISTRY_EDIT):
        return False
    if actor.scope(Permission.REGISTRY_EDIT).everything:
        return True
    return actor.user_id is not None and found.created_by == actor.user_id


def list_registry_imports(actor: Actor, number: int = 1) -> Page:
    """(import, state of its job, who sent it), the newest first, without thrown-away ones. One statement."""
    statement = (
        sa.select(RegistryImport, Job.state, User.name)
        .outerjoin(Job, Job.id == RegistryImport.job_id)
        .outerjoin(User, User.id == RegistryImport.created_by)
        .where(RegistryImport.state != "discarded")
        .order_by(RegistryImport.id.desc())
        .offset((number - 1) * IMPORTS_A_PAGE)
        .limit(IMPORTS_A_PAGE + 1)
    )
    if not actor.scope(Permission.REGISTRY_EDIT).everything:
        statement = statement.where(RegistryImport.created_by == (actor.user_id or -1))
    return cut(db.session.execute(statement).all(), number, IMPORTS_A_PAGE)


@dataclass(frozen=True)
class RegistryImportView:
    """One import as its page shows it. bad: a page of (row, reason, name or first cells)."""

    found: RegistryImport
    job: Job | None
    bad: Page


def registry_import_view(actor: Actor, import_id: int, number: int = 1) -> RegistryImportView:
    """One import with a page of its bad rows. Raises NotFound. Three statements."""
    found = db.session.get(RegistryImport, import_id)
    if found is None or not sees_import(actor, found):
        raise NotFound()
    rows: Sequence[Any] = ()
    if found.state in ("preview", "imported"):
        statement = (
            sa.select(RegistryRow.row, RegistryRow.reason, RegistryRow.data)
            .where(RegistryRow.import_id == found.id, RegistryRow.outcome == "bad")
            .order_by(RegistryRow.row)
            .offset((number - 1) * BAD_A_PAGE)
            .limit(BAD_A_PAGE + 1)
        )
        rows = db.session.execute(statement).all()
    return RegistryImportView(
        found, db.session.get(Job, found.job_id) if found.job_id else None, cut(rows, number, BAD_A_PAGE)
    )


def bad_rows(import_id: int, limit: int) -> Sequence[Any]:
    """The first bad rows of an import: (row, reason, data). For whoever may see the import."""
    statement = (
        sa.select(RegistryRow.row, RegistryRow.reason, RegistryRow.data)
        .where(RegistryRow.import_id == import_id, RegistryRow.outcome == "bad")
        .order_by(RegistryRow.row)
        .limit(limit)
    )
    return db.session.execute(statement).all()
