"""Renewals: who may renew what and what is missing, with the courses that count. Bounded statements."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from portal.catalog.models import ProgramRule
from portal.catalog.queries import rules_on
from portal.catalog.rules import RULE_ZONE, add_months
from portal.certificates.models import (
    Certificate,
    CertificateRequest,
    Renewal,
    RenewalCourse,
    ValidityExtension,
)
from portal.certificates.queries.holding import HolderRow, rows_where
from portal.certificates.queries.validity import extended_until, is_ended, is_renewed
from portal.certificates.renewal_rules import (
    CATCH_UP_DAYS,
    REMINDER_DAYS,
    Course,
    Renewable,
    counted_courses,
    last_renewal_day,
    renewal_blockers,
)
from portal.core.blockers import Blocker
from portal.core.clock import local_date
from portal.core.db import db
from portal.core.paging import Page, cut
from portal.core.permissions import Actor, Permission
from portal.core.words import gettext
from portal.people.models import Person
from portal.people.rules import ERASED_NAME

A_PAGE = 25


@dataclass(frozen=True)
class Outlook:
    """One certificate and its renewal: `courses` count (the latest first), `hours` of them of `needed` (None:
    not settled), `until` the last day for it, `blockers` what stands in the way, `renewed_by` the new."""

    row: HolderRow
    courses: tuple[Course, ...]
    hours: int
    needed: int | None
    until: date | None
    blockers: tuple[Blocker, ...]
    renewed_by: str | None

    @property
    def is_ready(self) -> bool:
        """Whether it may be renewed now."""
        return not self.blockers


@dataclass(frozen=True)
class _Ties:
    """How certificates of some people hang together. `parent`: what each replaces or renews."""

    parent: Mapping[int, int]
    replaced: Mapping[int, int]
    renewals: Mapping[int, int]
    spent: Mapping[int, set[int]]
    asked: frozenset[int]
    erased: frozenset[int]

    def origin(self, certificate_id: int) -> int:
        """The first certificate of a line of corrections and renewals."""
        return _first(certificate_id, self.parent)

    def original(self, certificate_id: int) -> int:
        """The first certificate of a line of corrections alone."""
        return _first(certificate_id, self.replaced)


def _first(certificate_id: int, parent: Mapping[int, int]) -> int:
    while certificate_id in parent:
        certificate_id = parent[certificate_id]
    return certificate_id


def is_of_concern(outlook: Outlook) -> bool:
    """Whether a holder should read of the renewal: it ends some day, was not renewed, and still could be."""
    past = {"already_renewed", "too_late", "person_erased", "state_revoked", "state_replaced"}
    return outlook.row.expires_on is not None and not past & {one.code for one in outlook.blockers}


def outlooks(person_ids: Sequence[int], now: datetime) -> dict[int, Outlook]:
    """The renewal of every certificate of some people, by certificate id. Six statements."""
    if not person_ids:
        return {}
    rows = rows_where(Certificate.person_id.in_(person_ids), local_date(now, RULE_ZONE))
    ties = _ties(rows)
    rules = rules_on(local_date(now, RULE_ZONE))
    by_person: dict[int, list[HolderRow]] = {}
    for row in rows:
        by_person.setdefault(row.person_id, []).append(row)
    codes = {row.id: row.code for row in rows}
    new_of = {old: codes[new] for new, old in ties.renewals.items() if new in codes}
    return {
        row.id: _outlook(row, by_person[row.person_id], ties, rules.get(row.program_id), new_of, now)
        for row in rows
    }


def _ties(rows: Sequence[HolderRow]) -> _Ties:
    ids = [row.id for row in rows]
    tied = sa.select(Renewal.certificate_id, Renewal.renews_id).where(Renewal.renews_id.in_(ids))
    renewals = {new: old for new, old in db.session.execute(tied)}  # noqa: C416
    spent: dict[int, set[int]] = {}
    courses = sa.select(RenewalCourse.certificate_id, RenewalCourse.course_certificate_id).where(
        RenewalCourse.course_certificate_id.in_(ids)
    )
    for renewal, course in db.session.execute(courses):
        spent.setdefault(renewal, set()).add(course)
    # Two questions in one statement: whose renewal is prepared, and who was erased.
    asked = sa.select(sa.literal(0), CertificateRequest.certificate_id).where(
        CertificateRequest.certificate_id.in_(ids),
        CertificateRequest.action == "renew",
        CertificateRequest.state == "prepared",
    )
    erased = sa.select(sa.literal(1), Person.id).where(
        Person.id.in_({r.person_id for r in rows}), Person.name == ERASED_NAME
    )
    found: tuple[set[int], set[int]] = (set(), set())
    for which, number in db.session.execute(asked.union_all(erased)):
        found[which].add(number or 0)
    replaced = {row.id: row.replaces_id for row in rows if row.replaces_id is not None}
    return _Ties(
        {**replaced, **renewals},
        replaced,
        renewals,
        spent,
        frozenset(found[0]),
        frozenset(found[1]),
    )


def _outlook(
    row: HolderRow,
    held: Iterable[HolderRow],
    ties: _Ties,
    rule: ProgramRule | None,
    new_of: Mapping[int, str],
    now: datetime,
) -> Outlook:
    on = local_date(now, row.facts.center.zone)
    held = list(held)
    line = ties.origin(row.id)
    made_by_renewal = {ties.original(number) for number in ties.renewals}
    used = _used(row.program_id, held, ties)
    courses = [
        Course(
            certificate_id=one.id,
            program_id=one.program_id,
            hours=one.facts.hours,
            started_on=one.facts.start,
            ended_on=one.facts.end,
            state=one.state,
            is_spent=ties.original(one.id) in used,
            code=one.code,
            title=one.facts.program.name,
        )
        for one in held
        if ties.origin(one.id) != line and ties.original(one.id) not in made_by_renewal
    ]
    mine = ties.original(row.id)
    renewed = [old for old in new_of if ties.original(old) == mine]
    certificate = Renewable(
        row.state,
        row.expires_on,
        is_renewed=bool(renewed),
        is_asked=row.id in ties.asked,
        is_erased=row.person_id in ties.erased,
    )
    is_settled = rule is not None and rule.window_months is not None
    counted = counted_courses(courses, rule, on) if rule is not None and is_settled else []
    return Outlook(
        row,
        tuple(counted),
        sum(one.hours for one in counted),
        rule.renewal_hours if rule else None,
        last_renewal_day(row.expires_on, rule),
        tuple(renewal_blockers(certificate, rule, courses, on, _=gettext)),
        new_of[renewed[0]] if renewed else None,
    )


def _used(program_id: int, held: Iterable[HolderRow], ties: _Ties) -> set[int]:
    """Courses, by the first certificate of each, that counted toward an earlier renewal of the program."""
    renewals = [one.id for one in held if one.program_id == program_id and one.id in ties.spent]
    return {ties.original(course) for number in renewals for course in ties.spent[number]}


def outlook_of(certificate: Certificate, now: datetime) -> Outlook:
    """The renewal of one certificate. Seven statements."""
    return outlooks([certificate.person_id], now)[certificate.id]


def list_renewals(actor: Actor, number: int, now: datetime) -> Page:
    """Certificates of the actor's centers that end within 90 days or may still be renewed, the earliest last
    day first, each with its Outlook; who was revoked, replaced or renewed is left out. Nine statements."""
    today = local_date(now, RULE_ZONE)
    graces = {key: rule.grace_months for key, rule in rules_on(today).items() if rule.grace_months}
    last_day = sa.func.coalesce(extended_until(), Certificate.expires_on)
    horizon = today + timedelta(days=REMINDER_DAYS[0])
    statement = (
        sa.select(Certificate.id, Certificate.person_id)
        .where(
            Certificate.expires_on <= horizon,
            last_day <= horizon,
            _still_open(graces, today),
            sa.not_(is_ended()),
            sa.not_(is_renewed()),
        )
        .order_by(last_day, Certificate.id)
        .offset((number - 1) * A_PAGE)
        .limit(A_PAGE + 1)
    )
    scope = actor.scope(Permission.CERTIFICATE_VIEW)
    if not scope.everything:
        statement = statement.where(Certificate.center_id.in_(scope.centers))
    found = db.session.execute(statement).all()
    known = outlooks(sorted({row.person_id for row in found}), now)
    return cut([known[row.id] for row in found], number, A_PAGE)


def _still_open(graces: Mapping[int, int | None], today: date) -> Any:
    """Not past the last day for a renewal: of each program by its own grace, extensions included."""

    def lasts(day: date) -> Any:
        extended = sa.select(ValidityExtension.certificate_id).where(ValidityExtension.extended_until >= day)
        return sa.or_(Certificate.expires_on >= day, Certificate.id.in_(extended))

    parts = [
        sa.and_(Certificate.program_id == key, lasts(add_months(today, -(months or 0))))
        for key, months in graces.items()
    ]
    return sa.or_(lasts(today), *parts)


def ending_soon(now: datetime, *, after: int, limit: int) -> Sequence[Any]:
    """(id, person_id) of certificates whose last day, extensions included, may call for a reminder, in the
    order of ids beyond `after`. One statement; who is told is decided one by one."""
    today = local_date(now, RULE_ZONE)
    spans = [
        (today + timedelta(days=stage - CATCH_UP_DAYS), today + timedelta(days=stage + 1))
        for stage in REMINDER_DAYS
    ]
    printed = sa.or_(*(Certificate.expires_on.between(*span) for span in spans))
    granted = sa.or_(*(ValidityExtension.extended_until.between(*span) for span in spans))
    extended = sa.select(ValidityExtension.certificate_id).where(granted)
    statement = (
        sa.select(Certificate.id, Certificate.person_id)
        .where(
            Certificate.id > after,
            sa.or_(printed, Certificate.id.in_(extended)),
            sa.not_(is_ended()),
            sa.not_(is_renewed()),
        )
        .order_by(Certificate.id)
        .limit(limit)
    )
    return db.session.execute(statement).all()
