"""How people stand toward a batch: what blocks them, what places are left, their place in the queue."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa

from portal.batches.models import Batch, ClassSession
from portal.batches.queries import BatchRow, nearest_batches
from portal.batches.rules import phase_of
from portal.catalog.models import Program
from portal.centers.models import TrainingCenter
from portal.cooperatives.models import Cooperative
from portal.core.blockers import Blocker
from portal.core.clock import local_date
from portal.core.db import db
from portal.core.formatting import date_range
from portal.core.ports import HeldCertificate, ports
from portal.enrollment import rules
from portal.enrollment.models import Enrollment, Nomination, NominationState, State
from portal.enrollment.queries.counts import Holding, holding_of, room_for
from portal.enrollment.queries.prerequisites import unmet, unmet_by
from portal.enrollment.queries.waitlist import queue_of

CHUNK = 500
_STANDING_NOMINATIONS = (NominationState.PROPOSED, NominationState.CONSENTED, NominationState.PLACED)


@dataclass(frozen=True)
class Candidate:
    """Somebody to judge toward a batch. Without person_id a stranger; region_code counts only without a
    registered cooperative."""

    person_id: int | None = None
    cooperative_id: int | None = None
    post: str | None = None
    region_code: str | None = None


@dataclass(frozen=True)
class Standing:
    """How a person stands toward a batch. `free` counts the places this person can still get; `place` is
    the waitlist place they would have now, over all batches that share it; `who` is how places are counted
    (rules.seat_in_turn)."""

    blockers: list[Blocker]
    free: int
    waiting: int
    place: int
    is_pilot: bool
    region_code: str | None
    nomination_id: int | None
    who: rules.Somebody

    @property
    def hard(self) -> list[Blocker]:
        """What the waitlist does not answer either."""
        return rules.hard_blockers(self.blockers)


def standing(
    batch: Batch,
    *,
    person_id: int | None = None,
    cooperative_id: int | None = None,
    post: str | None = None,
    region_code: str | None = None,
    now: datetime,
) -> Standing:
    """Judge one person (or a stranger, without person_id) toward a batch: `standings` of one."""
    return standings(batch, people=[Candidate(person_id, cooperative_id, post, region_code)], now=now)[0]


def standings(batch: Batch, *, people: Sequence[Candidate], now: datetime) -> list[Standing]:
    """Judge each of these people toward a batch as if they came alone, in their order.

    At most nine statements however many people; a batch that asks for certificates takes four more, and
    every further 500 people three more.
    """
    center = db.session.get(TrainingCenter, batch.center_id)
    zone = center.zone if center else "Asia/Jakarta"
    cooperatives = _cooperatives({one.cooperative_id for one in people if one.cooperative_id is not None})
    ids = sorted({one.person_id for one in people if one.person_id is not None})
    holding = holding_of(batch.id)
    room = room_for(batch, holding, now)
    facts = _facts(batch, room, zone, now)
    told = _Told(
        nominations=_nominations(batch, ids),
        states=_states_here(batch, ids),
        overlapping=_overlapping(batch, ids),
        certified=_certified(batch, ids, now, zone),
        lacks=unmet(batch, ids) if ids else {},
        stranger=unmet_by(batch, None) if any(one.person_id is None for one in people) else [],
    )
    found = []
    for one in people:
        cooperative = cooperatives.get(one.cooperative_id or 0)
        found.append(_judge(one, cooperative, room, holding, facts, told))
    return _with_places(batch, found, holding, now)


@dataclass(frozen=True)
class _Told:
    """What the database says of people, by person id."""

    nominations: Mapping[int, int]
    states: Mapping[int, State]
    overlapping: Mapping[int, Sequence[str]]
    certified: Collection[int]
    lacks: Mapping[int, list[Blocker]]
    stranger: list[Blocker]


def _facts(batch: Batch, room: rules.Room, zone: str, now: datetime) -> rules.BatchFacts:
    return rules.BatchFacts(
        phase=phase_of(batch, now, zone),
        starts_on=batch.starts_on,
        free=room.left,
        kinds=batch.kinds,
        posts=batch.posts,
        regions=batch.regions,
        pilot_until=batch.pilot_until,
        kept_posts=[post for post, count in room.posts.items() if count],
        cap=room.cap,
        zone=zone,
    )


def _judge(
    one: Candidate,
    cooperative: Cooperative | None,
    room: rules.Room,
    holding: Holding,
    facts: rules.BatchFacts,
    told: _Told,
) -> Standing:
    """One person, without the place on the waitlist."""
    number = one.person_id or 0
    is_pilot = bool(cooperative and cooperative.is_pilot)
    who = rules.Somebody(one.cooperative_id, one.post or "", is_pilot)
    kind = cooperative.kind if cooperative else ("prospective" if one.post == "founder" else None)
    region_code = cooperative.region_code if cooperative else one.region_code
    under = room.under_cap(one.cooperative_id)
    person = rules.Applicant(
        kind=kind,
        post=one.post,
        region_code=region_code,
        is_pilot=is_pilot,
        state_here=told.states.get(number),
        overlapping=told.overlapping.get(number, ()),
        has_certificate=number in told.certified,
        lacks=told.stranger if one.person_id is None else told.lacks.get(number, ()),
        is_capped=under is not None and under <= 0,
    )
    return Standing(
        blockers=rules.eligibility(replace(facts, free_for_person=room.for_(who)), person),
        free=rules.places_for(room, who),
        waiting=holding.waiting,
        place=1,
        is_pilot=is_pilot,
        region_code=region_code,
        nomination_id=told.nominations.get(number),
        who=who,
    )


def _with_places(batch: Batch, found: Sequence[Standing], holding: Holding, now: datetime) -> list[Standing]:
    """The same with the place each would have at the end of their class of the queue."""
    line = queue_of(batch, now, holding) if holding.waiting or batch.waitlist_pool else []
    if not line:
        return list(found)
    posts = {post for post, count in room_for(batch, holding, now).posts.items() if count}
    placed = []
    for one in found:
        stored = rules.priority_class(is_pilot=one.is_pilot, is_nominated=one.nomination_id is not None)
        own = rules.queue_class(stored, one.who.post, posts)
        ahead = sum(1 for waiter in line if waiter.priority <= own)
        placed.append(replace(one, waiting=len(line), place=ahead + 1))
    return placed


def _cooperatives(ids: Collection[int]) -> dict[int, Cooperative]:
    wanted = sorted(ids)
    found: dict[int, Cooperative] = {}
    for start in range(0, len(wanted), CHUNK):
        statement = sa.select(Cooperative).where(Cooperative.id.in_(wanted[start : start + CHUNK]))
        found |= {row.id: row for row in db.session.scalars(statement)}
    return found


def _states_here(batch: Batch, ids: Sequence[int]) -> dict[int, State]:
    found: dict[int, State] = {}
    for start in range(0, len(ids), CHUNK):
        statement = sa.select(Enrollment.person_id, Enrollment.state).where(
            Enrollment.batch_id == batch.id, Enrollment.person_id.in_(ids[start : start + CHUNK])
        )
        found |= {number: State(state) for number, state in db.session.execute(statement)}
    return found


def _same_days(batch: Batch) -> list[sa.ColumnElement[bool]]:
    return [
        Batch.id != batch.id,
        Batch.starts_on <= batch.ends_on,
        Batch.ends_on >= batch.starts_on,
        Batch.state.in_(("published", "postponed")),
        Enrollment.state.in_(sorted(rules.BUSY_STATES)),
    ]


def _overlapping(batch: Batch, ids: Sequence[int]) -> dict[int, list[str]]:
    """Person id -> labels of other batches on the same days."""
    found: dict[int, list[str]] = defaultdict(list)
    for start in range(0, len(ids), CHUNK):
        statement = (
            sa.select(Enrollment.person_id, Program.short_name, Batch.starts_on, Batch.ends_on)
            .select_from(Enrollment)
            .join(Batch, Batch.id == Enrollment.batch_id)
            .join(Program, Program.id == Batch.program_id)
            .where(Enrollment.person_id.in_(ids[start : start + CHUNK]), *_same_days(batch))
            .order_by(Batch.starts_on, Batch.id)
        )
        for number, name, first, last in db.session.execute(statement):
            found[number].append(f"{name}, {date_range(first, last)}")
    return found


def people_busy(batch: Batch, person_ids: Collection[int]) -> set[int]:
    """Those of these people who are in another batch on the same days. One statement for each 500."""
    wanted = list(person_ids)
    found: set[int] = set()
    for start in range(0, len(wanted), CHUNK):
        statement = (
            sa.select(Enrollment.person_id)
            .join(Batch, Batch.id == Enrollment.batch_id)
            .where(Enrollment.person_id.in_(wanted[start : start + CHUNK]), *_same_days(batch))
        )
        found |= set(db.session.scalars(statement))
    return found


def _certified(batch: Batch, ids: Sequence[int], now: datetime, zone: str) -> set[int]:
    """Those with a valid certificate of the program that outlasts the first day of this batch."""
    if not ids:
        return set()
    held = ports().held_by_people(list(ids), local_date(now, zone))
    return {number for number, certificates in held.items() if any(map(_outlasts(batch), certificates))}


def _outlasts(batch: Batch) -> Callable[[HeldCertificate], bool]:
    def outlasts(held: HeldCertificate) -> bool:
        return (
            held.program_id == batch.program_id
            and held.state == "valid"
            and (held.expires is None or held.expires >= batch.starts_on)
        )

    return outlasts


def _nominations(batch: Batch, ids: Sequence[int]) -> dict[int, int]:
    """Person id -> the nomination for the program that stands."""
    found: dict[int, int] = {}
    for start in range(0, len(ids), CHUNK):
        statement = sa.select(Nomination.person_id, Nomination.id).where(
            Nomination.person_id.in_(ids[start : start + CHUNK]),
            Nomination.program_id == batch.program_id,
            Nomination.state.in_(_STANDING_NOMINATIONS),
        )
        found |= {number: nomination for number, nomination in db.session.execute(statement)}  # noqa: C416
    return found


def first_class(batch_id: int) -> datetime | None:
    """When the first class begins; None while there are no sessions."""
    return db.session.scalar(
        sa.select(sa.func.min(ClassSession.starts_at)).where(ClassSession.batch_id == batch_id)
    )


def next_choices(batch: Batch, now: datetime, limit: int = 3) -> list[BatchRow]:
    """Other batches of the same program with a seat, soonest first."""
    return nearest_batches(now=now, program_id=batch.program_id, but=[batch.id], with_seats=True, limit=limit)
