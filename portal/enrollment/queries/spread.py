"""Reads for spreading nominated people over classes: who waits, and which classes have room for them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa

from portal.batches.models import Batch
from portal.catalog.rules import RULE_ZONE
from portal.centers.models import TrainingCenter
from portal.cooperatives.models import Cooperative
from portal.core.blockers import Blocker
from portal.core.clock import local_date
from portal.core.db import db
from portal.core.permissions import Actor, Permission, Scope
from portal.enrollment.models import Enrollment, Nomination, State
from portal.enrollment.queries.counts import Holding, holdings, room_for
from portal.enrollment.queries.prerequisites import lacking
from portal.enrollment.queries.roster import OPEN_STATES, answered
from portal.enrollment.rules import BUSY_STATES
from portal.enrollment.rules_spread import ClassOption, Nominee
from portal.people.models import Person

MOST_CLASSES = 300
_RESERVES = (
    sa.select(sa.func.count())
    .where(Enrollment.batch_id == Batch.id, Enrollment.state == State.RESERVE)
    .correlate(Batch)
    .scalar_subquery()
)


@dataclass(frozen=True)
class ClassRow:
    """A class that people may be spread over. `is_near`: named for the regency, or of its province."""

    option: ClassOption
    number: int
    center: str
    city: str
    quota: int
    taken: int
    is_near: bool
    made_on: date

    @property
    def batch_id(self) -> int:
        """The batch's id."""
        return self.option.batch_id

    @property
    def starts_on(self) -> date:
        """The first day."""
        return self.option.starts_on


def _waiting(program_id: int, regency: str) -> list[sa.ColumnElement[bool]]:
    return [
        Nomination.program_id == program_id,
        Nomination.state.in_(OPEN_STATES),
        answered(),
        Cooperative.region_code.startswith(f"{regency}.", autoescape=True),
    ]


def nominees_of(program_id: int, regency: str, classes: Collection[ClassRow]) -> list[Nominee]:
    """Everybody of a regency who waits for a class of the program and has none, with what they lack for these
    classes. Three statements; where the program asks for certificates as many more as `lacking` takes."""
    busy, known, enrolled = _engagements(program_id, regency)
    statement = (
        sa.select(
            Nomination.id, Nomination.person_id, Person.name, Nomination.post, Cooperative.id,
            Cooperative.name, Cooperative.kind, Cooperative.region_code, Cooperative.is_pilot,
        )
        .join(Person, Person.id == Nomination.person_id)
        .join(Cooperative, Cooperative.id == Nomination.cooperative_id)
        .where(*_waiting(program_id, regency))
        .order_by(Nomination.id)
    )  # fmt: skip
    rows = [row for row in db.session.execute(statement) if row[1] not in enrolled]
    days = {row.batch_id: (row.made_on, row.starts_on) for row in classes}
    lacks = _lacks(lacking(program_id, days, [row[1] for row in rows]))
    return [
        Nominee(
            *row,
            busy=tuple(busy.get(row[1], ())),
            known_in=frozenset(known.get(row[1], ())),
            unprepared_for=frozenset(lacks.get(row[1], {})),
            lacks=next(iter(lacks.get(row[1], {}).values()), ""),
        )
        for row in rows
    ]


def _lacks(found: Mapping[int, Mapping[int, Sequence[Blocker]]]) -> dict[int, dict[int, str]]:
    """Person id -> class -> the first reason."""
    turned: dict[int, dict[int, str]] = {}
    for batch_id, people in found.items():
        for person_id, blockers in people.items():
            turned.setdefault(person_id, {})[batch_id] = blockers[0].message
    return turned


def _engagements(
    program_id: int, regency: str
) -> tuple[dict[int, list[tuple[date, date]]], dict[int, set[int]], set[int]]:
    """Days taken by other classes, classes that know the person (both by person id), and who has a class of
    the program already."""
    columns = (
        *(Enrollment.person_id, Enrollment.state, Batch.id, Batch.state, Batch.program_id),
        *(Batch.starts_on, Batch.ends_on),
    )
    statement = (
        sa.select(*columns)
        .join(Batch, Batch.id == Enrollment.batch_id)
        .join(Nomination, Nomination.person_id == Enrollment.person_id)
        .join(Cooperative, Cooperative.id == Nomination.cooperative_id)
        .where(*_waiting(program_id, regency))
    )
    busy: dict[int, list[tuple[date, date]]] = {}
    known: dict[int, set[int]] = {}
    enrolled: set[int] = set()
    for person_id, state, batch_id, batch_state, program, first, last in db.session.execute(statement):
        known.setdefault(person_id, set()).add(batch_id)
        if batch_state in ("published", "postponed") and state in BUSY_STATES:
            busy.setdefault(person_id, []).append((first, last))
            if program == program_id:
                enrolled.add(person_id)
    return busy, known, enrolled


def _reached(scope: Scope, regency: str) -> sa.ColumnElement[bool]:
    """Classes an actor may fill: of the own centers; a regency's officer those that admit the regency."""
    if scope.covers_region(regency):
        return sa.true()
    return Batch.center_id.in_(sorted(scope.centers))


def class_rows(
    *, program_id: int, regency: str, actor: Actor, now: datetime, only: Collection[int] | None = None
) -> list[ClassRow]:
    """Published classes of the program that have not begun and admit the regency, the earliest first.

    `only`: these batch ids alone. Two statements.
    """
    scope = actor.scope(Permission.ROSTER_SPREAD)
    statement = (
        sa.select(
            Batch, TrainingCenter.short_name, TrainingCenter.city, TrainingCenter.region_code, _RESERVES
        )
        .join(TrainingCenter, TrainingCenter.id == Batch.center_id)
        .where(
            Batch.program_id == program_id,
            Batch.state == "published",
            Batch.starts_on > local_date(now, "Asia/Jakarta"),
            _reached(scope, regency),
        )
        .order_by(Batch.starts_on, Batch.number, Batch.id)
        .limit(MOST_CLASSES)
        # The confirmation reads again what it has locked: never the rows of before the lock.
        .execution_options(populate_existing=True)
    )
    if only is not None:
        statement = statement.where(Batch.id.in_(sorted(only)))
    found = [row for row in db.session.execute(statement) if _admits(row[0], regency)]
    held = holdings([row[0].id for row in found]) if found else {}
    return [
        _row(batch, center, city, region, reserves, regency, scope, held[batch.id], now)
        for batch, center, city, region, reserves in found
    ]


def _admits(batch: Batch, regency: str) -> bool:
    """A class for a part of the regency (a district) counts as well."""
    return not batch.regions or any(
        regency == code or regency.startswith(f"{code}.") or code.startswith(f"{regency}.")
        for code in batch.regions
    )


def _row(
    batch: Batch, center: str, city: str, region: str, reserves: int, regency: str, scope: Scope,
    holding: Holding, now: datetime,
) -> ClassRow:  # fmt: skip
    room = room_for(batch, holding, now)
    option = ClassOption(
        batch_id=batch.id,
        starts_on=batch.starts_on,
        ends_on=batch.ends_on,
        free=room.left,
        reserves=max(batch.reserve_seats - reserves, 0),
        kept=room.kept_pilots,
        kinds=tuple(batch.kinds),
        posts=tuple(batch.posts),
        regions=tuple(batch.regions),
        post_seats={post: count for post, count in room.posts.items() if count},
        cap=room.cap,
        cooperatives=dict(room.cooperatives) if room.cap is not None else {},
    )
    near = bool(batch.regions) or region[:2] == regency[:2] or batch.center_id in scope.centers
    made_on = local_date(batch.created_at, RULE_ZONE)
    return ClassRow(option, batch.number, center, city, batch.quota, batch.seats_taken, near, made_on)
