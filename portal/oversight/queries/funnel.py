"""From nomination to certificate, by region: distinct people, in one statement however deep the table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from portal.attendance.models import AttendanceMark, Mark
from portal.certificates.models import Certificate, CertificateEvent
from portal.cooperatives.models import Cooperative
from portal.core.db import db
from portal.core.errors import NotFound
from portal.core.permissions import Actor, Permission, Scope
from portal.enrollment.models import SEAT_STATES, Enrollment, Nomination
from portal.regions.models import Region

STEPS = ("nominated", "placed", "attended", "certified")
_LENGTHS = (2, 5, 8)  # a province, a regency and a district in a dotted code


@dataclass(frozen=True)
class Area:
    """One row: a region and its distinct people at each step."""

    code: str
    name: str
    cooperatives: int
    people: dict[str, int]
    is_leaf: bool

    @property
    def is_empty(self) -> bool:
        """True where nothing is known yet."""
        return not self.cooperatives and not any(self.people.values())


@dataclass(frozen=True)
class Coverage:
    """A table: the region it is about (None above all) with the way up to it, and its rows."""

    region: Region | None
    path: list[tuple[str, str]]
    areas: list[Area]


def coverage(actor: Actor, code: str | None) -> Coverage:
    """The table of a region in the actor's scope; without a code, of the scope itself.

    Raises the same NotFound for a region outside the scope, below a regency, and one that does not exist.
    Four statements.
    """
    scope = actor.scope(Permission.OVERSIGHT_READ)
    if code is None:
        regions = _roots(scope)
        return Coverage(None, [], _areas(regions))
    if len(code) not in _LENGTHS[:2] or not scope.covers_region(code):
        raise NotFound()
    region = db.session.get(Region, code)
    if region is None:
        raise NotFound()
    children = list(
        db.session.scalars(sa.select(Region).where(Region.parent_code == code).order_by(Region.name))
    )
    above = [code[:2], code] if len(code) == 5 else [code]
    pairs = db.session.execute(sa.select(Region.code, Region.name).where(Region.code.in_(above)))
    names: dict[str, str] = {row.code: row.name for row in pairs}
    path = [(c, names[c]) for c in above if c in names and scope.covers_region(c)]
    return Coverage(region, path, _areas(children))


def _roots(scope: Scope) -> list[Region]:
    statement = sa.select(Region).order_by(Region.name)
    if scope.everything or "" in scope.regions:
        statement = statement.where(Region.parent_code.is_(None))
    else:
        statement = statement.where(Region.code.in_(sorted(scope.regions)))
    return list(db.session.scalars(statement))


def _areas(regions: list[Region]) -> list[Area]:
    if not regions:
        return []
    figures: dict[tuple[str, str], int] = {}
    for length in sorted({len(region.code) for region in regions}):
        codes = [region.code for region in regions if len(region.code) == length]
        for step, area, count in db.session.execute(_statement(length, codes)):
            figures[step, area] = count
    return [
        Area(
            code=region.code,
            name=region.name,
            cooperatives=figures.get(("cooperatives", region.code), 0),
            people={step: figures.get((step, region.code), 0) for step in STEPS},
            is_leaf=len(region.code) >= 8,
        )
        for region in regions
    ]


def _statement(length: int, codes: list[str]) -> Any:
    where = sa.func.coalesce(Cooperative.region_code, Enrollment.region_code)
    area = sa.func.substr(where, 1, length)
    came = (
        sa.select(AttendanceMark.enrollment_id)
        .where(
            AttendanceMark.enrollment_id == Enrollment.id,
            AttendanceMark.mark.in_((Mark.PRESENT, Mark.LATE, Mark.LEFT_EARLY)),
        )
        .exists()
    )
    undone = (
        sa.select(CertificateEvent.id)
        .where(
            CertificateEvent.certificate_id == Certificate.id,
            CertificateEvent.type.in_(("revoke", "replace")),
        )
        .exists()
    )
    certified = sa.select(Certificate.id).where(Certificate.enrollment_id == Enrollment.id, ~undone).exists()
    has_seat = Enrollment.state.in_([state.value for state in SEAT_STATES])

    def people(step: str, *conditions: Any) -> Any:
        return (
            sa.select(sa.literal(step), area.label("area"), sa.func.count(sa.distinct(Enrollment.person_id)))
            .select_from(Enrollment)
            .outerjoin(Cooperative, Cooperative.id == Enrollment.cooperative_id)
            .where(*conditions, area.in_(codes))
            .group_by(area)
        )

    home = sa.func.substr(Cooperative.region_code, 1, length)
    registered = (
        sa.select(sa.literal("cooperatives"), home, sa.func.count()).where(home.in_(codes)).group_by(home)
    )
    return sa.union_all(
        registered,
        _known_people(length, codes),
        people("placed", has_seat),
        people("attended", has_seat, came),
        people("certified", has_seat, certified),
    )


def _known_people(length: int, codes: list[str]) -> Any:
    """People nominated or enrolled by themselves, each once in a region."""
    proposed = (
        sa.select(
            sa.func.substr(Cooperative.region_code, 1, length).label("area"),
            Nomination.person_id.label("person"),
        )
        .select_from(Nomination)
        .join(Cooperative, Cooperative.id == Nomination.cooperative_id)
    )
    applied = (
        sa.select(
            sa.func.substr(sa.func.coalesce(Cooperative.region_code, Enrollment.region_code), 1, length),
            Enrollment.person_id,
        )
        .select_from(Enrollment)
        .outerjoin(Cooperative, Cooperative.id == Enrollment.cooperative_id)
    )
    both = sa.union(proposed, applied).subquery()
    return (
        sa.select(sa.literal("nominated"), both.c.area, sa.func.count(sa.distinct(both.c.person)))
        .where(both.c.area.in_(codes))
        .group_by(both.c.area)
    )


def cooperatives_by_kind(actor: Actor, permission: Permission) -> list[tuple[str, int]]:
    """(kind, how many) within the actor's regions, the most first. One statement."""
    scope = actor.scope(permission)
    statement = sa.select(Cooperative.kind, sa.func.count()).group_by(Cooperative.kind)
    if not (scope.everything or "" in scope.regions):
        inside = [
            sa.or_(
                Cooperative.region_code == code,
                Cooperative.region_code.startswith(f"{code}.", autoescape=True),
            )
            for code in sorted(scope.regions)
        ]
        statement = statement.where(sa.or_(sa.false(), *inside))
    rows = [(kind, count) for kind, count in db.session.execute(statement)]
    return sorted(rows, key=lambda row: -row[1])


def region_names(codes: list[str]) -> list[str]:
    """Names of regions, by name."""
    statement = sa.select(Region.name).where(Region.code.in_(codes)).order_by(Region.name)
    return list(db.session.scalars(statement))
