"""A cooperative as its chair and companion see it: posts, certificates and training, never scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa

from portal.batches.models import Batch
from portal.catalog.models import Program
from portal.certificates.queries import HolderRow, certificates_of_people
from portal.cooperatives import queries as cooperatives
from portal.cooperatives.rules import Seat, count_states, hall_seats
from portal.core.clock import local_date
from portal.core.db import db
from portal.core.permissions import Actor
from portal.enrollment.models import Enrollment, Nomination, State
from portal.regions.queries import path_of

_IN_TRAINING = (
    State.APPLIED,
    State.OFFERED,
    State.CONFIRMED,
    State.WAITLISTED,
    State.RESERVE,
    State.COMPLETED,
)


@dataclass(frozen=True)
class Training:
    """What a person is nominated for or enrolled in: state is an enrollment's or `proposed`."""

    person_id: int
    program: str
    state: str
    starts_on: date | None
    ends_on: date | None


@dataclass(frozen=True)
class SeatRow:
    """One pillar with the person behind it; name is empty for a post nobody holds."""

    seat: Seat
    name: str
    starts_on: date | None
    ends_on: date | None
    certificate: HolderRow | None
    training: Training | None


@dataclass(frozen=True)
class CooperativePage:
    """Everything the page shows."""

    id: int
    name: str
    kind: str
    number: str | None
    is_pilot: bool
    place: str
    seats: list[SeatRow]
    members: list[SeatRow]
    counts: tuple[int, int, int]


def cooperative_page(actor: Actor, cooperative_id: int, now: datetime) -> CooperativePage:
    """The page of a cooperative in the actor's scope. Raises NotFound. Six statements."""
    cooperative = cooperatives.get_cooperative(actor, cooperative_id)
    on = local_date(now, "Asia/Jakarta")
    path = path_of(cooperative.region_code)
    posts = cooperatives.posts_of_cooperative(cooperative_id, on)
    people = [row.person_id for row in posts]
    held = certificates_of_people(people, on) if people else {}
    certificates = {p: rows[-1] for p, all_rows in held.items() if (rows := _valid(all_rows))}
    training = _training(cooperative_id)
    seats = hall_seats(
        cooperative.kind, [(row.post, row.person_id) for row in posts], set(certificates), set(training)
    )
    terms = {(row.post, row.person_id): row for row in posts}

    def seat_row(seat: Seat) -> SeatRow:
        term = terms.get((seat.post, seat.person_id or 0))
        person = seat.person_id or 0
        if term is None:
            return SeatRow(seat, "", None, None, None, None)
        return SeatRow(
            seat, term.name, term.starts_on, term.ends_on, certificates.get(person), training.get(person)
        )

    ordinary = [Seat("member", row.person_id, "") for row in posts if row.post == "member"]
    return CooperativePage(
        id=cooperative.id,
        name=cooperative.name,
        kind=cooperative.kind,
        number=cooperative.cooperative_number,
        is_pilot=cooperative.is_pilot,
        place=", ".join(reversed(path)),
        seats=[seat_row(seat) for seat in seats],
        members=[seat_row(seat) for seat in ordinary],
        counts=count_states(seats),
    )


def _valid(rows: Sequence[HolderRow]) -> list[HolderRow]:
    return [row for row in rows if row.state == "valid"]


def _training(cooperative_id: int) -> dict[int, Training]:
    """The latest training of each person for this cooperative: enrollments before bare nominations."""
    enrolled = (
        sa.select(
            Enrollment.person_id,
            Program.short_name,
            Enrollment.state,
            Batch.starts_on,
            Batch.ends_on,
            sa.literal(1).label("rank"),
        )
        .join(Batch, Batch.id == Enrollment.batch_id)
        .join(Program, Program.id == Batch.program_id)
        .where(
            Enrollment.cooperative_id == cooperative_id,
            Enrollment.state.in_([state.value for state in _IN_TRAINING]),
        )
    )
    proposed = (
        sa.select(
            Nomination.person_id,
            Program.short_name,
            sa.literal("proposed"),
            sa.null(),
            sa.null(),
            sa.literal(0).label("rank"),
        )
        .join(Program, Program.id == Nomination.program_id)
        .where(
            Nomination.cooperative_id == cooperative_id,
            Nomination.state.in_(("proposed", "consented")),
        )
    )
    both = sa.union_all(enrolled, proposed).subquery()
    statement = sa.select(*both.c[:5]).order_by(both.c.rank, both.c.starts_on)
    return {row[0]: Training(*row) for row in db.session.execute(statement)}
