"""Decrees and the certificates they reach: bounded statements, whatever the number of certificates."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa

from portal.accounts.models import User
from portal.catalog.models import Program
from portal.catalog.queries import program_names
from portal.catalog.rules import add_months
from portal.centers.models import TrainingCenter
from portal.certificates import rules
from portal.certificates.models import Certificate, Decree, ValidityExtension
from portal.certificates.queries.validity import is_ended
from portal.cooperatives.models import Cooperative
from portal.core.db import db
from portal.core.errors import DomainError, NotFound
from portal.core.paging import Page, cut
from portal.core.permissions import Actor, Permission, require
from portal.core.words import gettext
from portal.enrollment.models import Enrollment
from portal.regions.models import Region
from portal.regions.queries import paths_of

FIRST = 50
A_PAGE = 50


@dataclass(frozen=True)
class Reached:
    """One certificate that a decree reaches: its signed last day and the one that the decree grants."""

    code: str
    number: str
    name: str
    program: str
    center: str
    printed: date
    until: date


@dataclass(frozen=True)
class Preview:
    """How many certificates a decree reaches now, the first of them, and a mark that changes with it."""

    count: int
    first: list[Reached]
    mark: str


def get_decree(actor: Actor, decree_id: int) -> Decree:
    """One decree. Raises Forbidden, NotFound."""
    require(actor, Permission.DECREE_EDIT)
    found: Decree | None = db.session.get(Decree, decree_id)
    if found is None:
        raise NotFound()
    return found


def list_decrees(actor: Actor, number: int) -> Page:
    """Decrees, the newest first. One statement."""
    require(actor, Permission.DECREE_EDIT)
    size = 20
    rows = db.session.scalars(
        sa.select(Decree).order_by(Decree.id.desc()).offset((number - 1) * size).limit(size + 1)
    ).all()
    return cut(rows, number, size)


def granted_day(decree: Decree, printed: date) -> date:
    """The last day that a decree gives a certificate of a signed last day."""
    return decree.extend_to or add_months(printed, decree.extend_months or 0)


def reached(decree: Decree) -> list[Any]:
    """The conditions on Certificate for the scope of a decree; who was revoked or replaced is not in it."""
    found = [
        Certificate.expires_on.between(decree.last_day_from, decree.last_day_to),
        sa.not_(is_ended()),
    ]
    if decree.programs:
        found.append(Certificate.program_id.in_(decree.programs))
    if decree.centers:
        found.append(Certificate.center_id.in_(decree.centers))
    if decree.regions:
        found.append(sa.or_(_center_in(decree.regions), _cooperative_in(decree.regions)))
    return found


def _within(column: Any, regions: list[str]) -> Any:
    parts = [sa.or_(column == code, column.startswith(f"{code}.", autoescape=True)) for code in regions]
    return sa.or_(*parts)


def _center_in(regions: list[str]) -> Any:
    """The center lies in one of the regions."""
    centers = sa.select(TrainingCenter.id).where(_within(TrainingCenter.region_code, regions))
    return Certificate.center_id.in_(centers)


def _cooperative_in(regions: list[str]) -> Any:
    """The cooperative does, or the place that a person without one gave."""
    place = sa.func.coalesce(Cooperative.region_code, Enrollment.region_code)
    return (
        sa.exists()
        .where(Enrollment.id == Certificate.enrollment_id, _within(place, regions))
        .select_from(sa.outerjoin(Enrollment, Cooperative, Cooperative.id == Enrollment.cooperative_id))
    )


def preview(decree: Decree) -> Preview:
    """Whom a decree would reach if it were adopted now. Two statements."""
    count, newest = db.session.execute(
        sa.select(sa.func.count(), sa.func.max(Certificate.id)).where(*reached(decree))
    ).one()
    first = [_line(row, granted_day(decree, row[0].expires_on)) for row in _rows(reached(decree), FIRST, 0)]
    scope = (
        decree.number, decree.title, decree.legal_basis, decree.signed_on, decree.programs, decree.centers,
        decree.regions, decree.last_day_from, decree.last_day_to, decree.extend_to, decree.extend_months,
        count, newest,
    )  # fmt: skip
    return Preview(count, first, hashlib.sha256(repr(scope).encode()).hexdigest()[:16])


def page_of_reached(decree: Decree, number: int) -> Page:
    """The certificates of a decree, page by page: those in its scope while it is a draft, then those that it
    extended. Two statements."""
    start = (number - 1) * A_PAGE
    if decree.state == "draft":
        where = reached(decree)
        total = db.session.scalar(sa.select(sa.func.count()).select_from(Certificate).where(*where))
        rows = [_line(row, granted_day(decree, row[0].expires_on)) for row in _rows(where, A_PAGE + 1, start)]
        return cut(rows, number, A_PAGE, total)
    total = extended_count(decree.id)
    made = (
        sa.select(ValidityExtension.certificate_id, ValidityExtension.extended_until)
        .where(ValidityExtension.decree_id == decree.id)
        .order_by(ValidityExtension.certificate_id)
        .offset(start)
        .limit(A_PAGE + 1)
    )
    days = {certificate_id: until for certificate_id, until in db.session.execute(made)}  # noqa: C416
    rows = [_line(row, days[row[0].id]) for row in _rows([Certificate.id.in_(days)], A_PAGE + 1, 0)]
    return cut(rows, number, A_PAGE, total)


def extended_count(decree_id: int) -> int:
    """How many certificates a decree has extended so far."""
    statement = sa.select(sa.func.count()).where(ValidityExtension.decree_id == decree_id)
    return db.session.scalar(statement) or 0


def extended_people(decree_id: int) -> sa.Select[Any]:
    """A SELECT of the ids of those whose certificates a decree has extended so far."""
    granted = ValidityExtension.certificate_id == Certificate.id
    return (
        sa.select(Certificate.person_id)
        .join(ValidityExtension, granted)
        .where(ValidityExtension.decree_id == decree_id)
    )


def _rows(where: list[Any], limit: int, start: int) -> Any:
    return db.session.execute(
        sa.select(Certificate, Program.short_name, TrainingCenter.short_name)
        .join(Program, Program.id == Certificate.program_id)
        .join(TrainingCenter, TrainingCenter.id == Certificate.center_id)
        .where(*where)
        .order_by(Certificate.id)
        .offset(start)
        .limit(limit)
    )


def _line(row: Any, until: date) -> Reached:
    certificate, program, center = row
    name = rules.facts_from_bytes(certificate.signed_bytes).name
    return Reached(certificate.code, certificate.number, name, program, center, certificate.expires_on, until)


def find_centers(text: str) -> tuple[int, ...]:
    """The centers of codes separated by commas. One statement. Raises DomainError on `centers`."""
    typed = [part.strip() for part in text.split(",") if part.strip()]
    if not typed:
        return ()
    code = sa.func.lower(TrainingCenter.code)
    statement = sa.select(TrainingCenter.id, code).where(code.in_([part.lower() for part in typed[:100]]))
    known = {key: number for number, key in db.session.execute(statement)}
    for part in typed[:100]:
        if part.lower() not in known:
            message = gettext("Kode balai “%(code)s” tidak dikenal.", code=part)
            raise DomainError("center_unknown", message, "centers")
    return tuple(dict.fromkeys(known[part.lower()] for part in typed[:100]))


def find_regions(text: str) -> tuple[str, ...]:
    """The codes of provinces, regencies and cities, typed as codes or names. One statement.

    Raises DomainError on `regions`.
    """
    typed = [part.strip() for part in text.split(",") if part.strip()]
    if not typed:
        return ()
    wide = sa.select(Region.code, Region.name).where(sa.func.length(Region.code) <= 5)
    known: dict[str, str] = {}
    for code, name in db.session.execute(wide):
        known[code] = known[name.lower()] = code
    for part in typed[:50]:
        if part.lower() not in known:
            message = gettext("Wilayah “%(name)s” tidak dikenal.", name=part)
            raise DomainError("region_unknown", message, "regions")
    return tuple(dict.fromkeys(known[part.lower()] for part in typed[:50]))


@dataclass(frozen=True)
class ScopeWords:
    """The scope of a decree by name; empty lists mean all. `codes` are the codes of the centers."""

    programs: list[str]
    centers: list[str]
    codes: list[str]
    regions: list[str]


def scope_words(decree: Decree) -> ScopeWords:
    """A decree's scope in words. Three statements at most."""
    names = program_names(decree.programs) if decree.programs else {}
    centers = (
        db.session.execute(
            sa.select(TrainingCenter.short_name, TrainingCenter.code)
            .where(TrainingCenter.id.in_(decree.centers))
            .order_by(TrainingCenter.short_name)
        ).all()
        if decree.centers
        else []
    )
    places = paths_of(decree.regions) if decree.regions else {}
    return ScopeWords(
        list(names.values()),
        [name for name, _code in centers],
        [code for _name, code in centers],
        [places[code][-1] if places.get(code) else code for code in decree.regions],
    )


def names_of(user_ids: Collection[int | None]) -> dict[int, str]:
    """Account id -> name. One statement."""
    wanted = sorted({number for number in user_ids if number is not None})
    rows = db.session.execute(sa.select(User.id, User.name).where(User.id.in_(wanted)))
    return {number: name for number, name in rows}  # noqa: C416
