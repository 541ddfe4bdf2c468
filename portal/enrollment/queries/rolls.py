"""Lists of the people of a batch: the roll of the classroom and the tabs of the center."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from portal.batches.models import Batch
from portal.batches.queries import get_batch, get_batch_for_center
from portal.cooperatives.models import Cooperative
from portal.core.db import db
from portal.core.errors import NotFound
from portal.core.paging import Page, cut
from portal.core.permissions import Actor, Permission
from portal.enrollment.models import SEAT_STATES, Enrollment, State
from portal.enrollment.queries.waitlist import posts_kept_now, queue_class_of
from portal.people.models import Consent, Person
from portal.people.queries import refused
from portal.people.services import CONSENT_CONTACT, CONSENT_COOPERATIVE

PAGE = 50

#: Tab slug -> states on it, in the order of the page.
TABS: dict[str, tuple[State, ...]] = {
    "pelamar": (State.APPLIED,),
    "ditawari": (State.OFFERED,),
    "terkonfirmasi": (State.CONFIRMED, State.COMPLETED, State.NOT_COMPLETED, State.NO_SHOW),
    "daftar-tunggu": (State.WAITLISTED,),
    "cadangan": (State.RESERVE,),
    "keluar": (State.REJECTED, State.EXPIRED, State.WITHDRAWN),
}


@dataclass(frozen=True)
class RollRow:
    """One person who holds a seat."""

    enrollment_id: int
    person_id: int
    name: str
    post: str
    cooperative_id: int | None
    cooperative_name: str
    state: str
    reference: str
    card_token: str


@dataclass(frozen=True)
class CenterRow:
    """One person on a tab of the center's list. `rank` is the place on the waitlist, from 1."""

    enrollment_id: int
    person_id: int
    name: str
    post: str
    cooperative_name: str
    state: str
    state_reason: str
    reference: str
    priority: int
    applied_at: datetime
    contact_at: datetime | None
    offer_until: datetime | None
    phone: str | None
    helped: bool
    rank: int | None = None
    group_id: int | None = None


_COOPERATIVE_NAME = sa.func.coalesce(Cooperative.name, Enrollment.stated_cooperative)
# The first columns of a CenterRow.
_ROW_START = (
    Enrollment.id,
    Enrollment.person_id,
    Person.name,
    Enrollment.post,
    _COOPERATIVE_NAME,
    Enrollment.state,
    Enrollment.state_reason,
    Enrollment.reference,
    Enrollment.priority,
    Enrollment.applied_at,
    Enrollment.contact_at,
    Enrollment.offer_until,
)
_ROLL = (
    sa.select(
        Enrollment.id,
        Enrollment.person_id,
        Person.name,
        Enrollment.post,
        Enrollment.cooperative_id,
        _COOPERATIVE_NAME,
        Enrollment.state,
        Enrollment.reference,
        Enrollment.card_token,
    )
    .join(Person, Person.id == Enrollment.person_id)
    .outerjoin(Cooperative, Cooperative.id == Enrollment.cooperative_id)
    .where(
        Enrollment.batch_id == sa.bindparam("batch_id"),
        Enrollment.state.in_(sa.bindparam("states", expanding=True)),
    )
    .order_by(Person.name, Enrollment.id)
)


def callable_phone() -> Any:
    """SQL: the number of a person on a list of people to call; none for who took that consent back."""
    return sa.case((refused(CONSENT_CONTACT, Person.id), sa.null()), else_=Person.phone)


def roll(batch_id: int) -> list[RollRow]:
    """Everybody who holds a seat, by name. One statement."""
    rows = db.session.execute(_ROLL, {"batch_id": batch_id, "states": sorted(SEAT_STATES)})
    return [RollRow(*row) for row in rows]


def cards_of(batch_id: int) -> list[RollRow]:
    """Everybody who gets a card: seats and reserves, by name."""
    states = sorted(SEAT_STATES | {State.RESERVE})
    return [RollRow(*row) for row in db.session.execute(_ROLL, {"batch_id": batch_id, "states": states})]


def printable_cards(actor: Actor, batch_id: int) -> tuple[Batch, list[RollRow]]:
    """The batch and whose cards the actor may print: all of a center's own batch; for a companion the people
    of the accompanied cooperatives who consented to that help. Raises NotFound."""
    scope = actor.scope(Permission.PAPERS_PRINT)
    if scope.everything or scope.centers or not scope.cooperatives:
        return get_batch_for_center(actor, batch_id, Permission.PAPERS_PRINT), cards_of(batch_id)
    rows = [row for row in cards_of(batch_id) if row.cooperative_id in scope.cooperatives]
    agreed = set(
        db.session.scalars(
            sa.select(Consent.person_id).where(
                Consent.person_id.in_([row.person_id for row in rows]),
                Consent.purpose == CONSENT_COOPERATIVE,
                Consent.withdrawn_at.is_(None),
            )
        )
    )
    return get_batch(batch_id), [row for row in rows if row.person_id in agreed]


def tab_counts(batch_id: int) -> dict[str, int]:
    """How many people stand on each tab. One statement."""
    statement = (
        sa.select(Enrollment.state, sa.func.count())
        .where(Enrollment.batch_id == batch_id)
        .group_by(Enrollment.state)
    )
    counts = {State(state): count for state, count in db.session.execute(statement)}
    return {tab: sum(counts.get(state, 0) for state in states) for tab, states in TABS.items()}


def center_roll(batch_id: int, tab: str, number: int = 1) -> Page:
    """A page of CenterRow: the queues in their order, the others by name. One statement however many
    people, three more where seats are kept for posts."""
    rows = list(db.session.execute(_center_statement(batch_id, tab, number, ())))
    if rows and rows[0].quotas:
        kept = posts_kept_now(batch_id)
        rows = list(db.session.execute(_center_statement(batch_id, tab, number, kept))) if kept else rows
    return cut([CenterRow(*tuple(row)[:-1]) for row in rows], number, PAGE)


def _center_statement(batch_id: int, tab: str, number: int, posts: Collection[str]) -> Any:
    line = (queue_class_of(posts), Enrollment.queued_at, Enrollment.id)
    rank = sa.func.row_number().over(order_by=line)
    statement = (
        sa.select(
            *_ROW_START,
            callable_phone(),
            Enrollment.helped_by.is_not(None),
            rank,
            Enrollment.group_id,
            sa.select(Batch.post_quotas).where(Batch.id == batch_id).scalar_subquery().label("quotas"),
        )
        .join(Person, Person.id == Enrollment.person_id)
        .outerjoin(Cooperative, Cooperative.id == Enrollment.cooperative_id)
        .where(Enrollment.batch_id == batch_id, Enrollment.state.in_(TABS[tab]))
        .limit(PAGE + 1)
        .offset((number - 1) * PAGE)
    )
    if tab in ("pelamar", "daftar-tunggu", "cadangan"):
        return statement.order_by(*line)
    return statement.order_by(Person.name, Enrollment.id)


def enrollments_of_cooperative(actor: Actor, cooperative_id: int) -> list[CenterRow]:
    """Who of a cooperative is enrolled where, for its chair and companion: states, never results.

    Raises NotFound for a cooperative outside the actor's scope.
    """
    scopes = [actor.scope(p) for p in (Permission.ENROLL_ASSIST, Permission.NOMINATE)]
    if not any(scope.everything or cooperative_id in scope.cooperatives for scope in scopes):
        raise NotFound()
    statement = (
        sa.select(
            *_ROW_START,
            sa.null(),
            Enrollment.helped_by.is_not(None),
        )
        .join(Person, Person.id == Enrollment.person_id)
        .outerjoin(Cooperative, Cooperative.id == Enrollment.cooperative_id)
        .where(Enrollment.cooperative_id == cooperative_id)
        .order_by(Enrollment.applied_at.desc(), Enrollment.id.desc())
        .limit(200)
    )
    return [CenterRow(*tuple(row)) for row in db.session.execute(statement)]
