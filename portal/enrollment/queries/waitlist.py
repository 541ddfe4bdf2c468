"""The waitlist of a batch, perhaps shared with other batches of its program: who waits in which order, and
who could come."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa

from portal.accounts.models import User
from portal.batches.models import Batch
from portal.batches.rules import audience_fits
from portal.centers.models import TrainingCenter
from portal.cooperatives.models import Cooperative
from portal.core import clock
from portal.core.db import db
from portal.enrollment import rules
from portal.enrollment.models import Enrollment, NominationGroup, QueueChange, State
from portal.enrollment.queries.counts import Holding, holding_of, room_for
from portal.enrollment.queries.nominations import not_consented
from portal.enrollment.queries.prerequisites import unmet
from portal.enrollment.rules import queue
from portal.people.models import Person

CHUNK = 500
#: States of another batch of the pool that make somebody no longer need a place there.
_SERVED = (State.APPLIED, State.OFFERED, State.CONFIRMED)


@dataclass(frozen=True)
class Waiting:
    """A row of the queue as stored, with what judging it takes. group_id: only of a group that stays
    together; any_group_id: of any group."""

    id: int
    person_id: int
    batch_id: int
    state: str
    priority: int
    moved_class: int | None
    queued_at: datetime
    cooperative_id: int | None
    post: str
    region_code: str | None
    kind: str | None
    group_id: int | None
    center_id: int
    any_group_id: int | None

    def waiter(self, open_posts: Collection[str], hindrance: str = "") -> rules.Waiter:
        """As the rules see them, in the class that a batch with these open posts makes of them."""
        return rules.Waiter(
            id=self.id,
            person_id=self.person_id,
            batch_id=self.batch_id,
            priority=rules.queue_class(self.priority, self.post, open_posts, self.moved_class),
            queued_at=self.queued_at,
            cooperative_id=self.cooperative_id,
            post=self.post,
            is_pilot=self.priority == 0,
            group_id=self.group_id,
            is_reserve=self.state == State.RESERVE,
            hindrance=hindrance,
        )


@dataclass(frozen=True)
class Line:
    """Who could be offered a seat of a batch. `room`: what is free now; `pool`: the batches that share the
    waitlist, itself among them."""

    waiters: Sequence[rules.Waiter]
    room: rules.Room
    pool: Sequence[int]

    def turn(self) -> rules.Turn:
        """Whose turn it is."""
        return rules.next_in_line(self.waiters, self.room)


def pool_of(batch: Batch) -> list[int]:
    """The ids of the batches that share the waitlist of a batch, itself among them, in order: published ones
    of the program with the same name of the pool. No statement without a pool, else one."""
    if not batch.waitlist_pool:
        return [batch.id]
    statement = sa.select(Batch.id).where(
        Batch.program_id == batch.program_id,
        Batch.waitlist_pool == batch.waitlist_pool,
        Batch.state == "published",
    )
    return sorted({batch.id, *db.session.scalars(statement)})


def waiting_rows(pool: Sequence[int], *, reserves_of: int | None = None) -> list[Waiting]:
    """Everybody who waits in these batches, and the reserves of one of them. One statement."""
    together = sa.case((NominationGroup.keep_together.is_(True), Enrollment.group_id), else_=None)
    wanted = sa.and_(Enrollment.batch_id.in_(pool), Enrollment.state == State.WAITLISTED)
    if reserves_of is not None:
        reserve = sa.and_(Enrollment.batch_id == reserves_of, Enrollment.state == State.RESERVE)
        wanted = sa.or_(wanted, reserve)
    statement = (
        sa.select(
            Enrollment.id,
            Enrollment.person_id,
            Enrollment.batch_id,
            Enrollment.state,
            Enrollment.priority,
            Enrollment.moved_class,
            Enrollment.queued_at,
            Enrollment.cooperative_id,
            Enrollment.post,
            Enrollment.region_code,
            Cooperative.kind,
            together,
            Batch.center_id,
            Enrollment.group_id,
        )
        .join(Batch, Batch.id == Enrollment.batch_id)
        .outerjoin(Cooperative, Cooperative.id == Enrollment.cooperative_id)
        .outerjoin(NominationGroup, NominationGroup.id == Enrollment.group_id)
        .where(wanted)
        .order_by(Enrollment.id)
    )
    return [Waiting(*tuple(row)) for row in db.session.execute(statement)]


def open_posts(room: rules.Room) -> set[str]:
    """Posts for whose holders a batch still keeps a seat."""
    return {post for post, count in room.posts.items() if count}


def queue_of(batch: Batch, now: datetime, holding: Holding | None = None) -> list[rules.Waiter]:
    """Those who wait, of the whole pool, in the order in which this batch takes them. At most three
    statements."""
    rows = waiting_rows(pool_of(batch))
    if not rows:
        return []
    posts: set[str] = set()
    if batch.post_quotas:
        posts = open_posts(room_for(batch, holding or holding_of(batch.id), now))
    return sorted((row.waiter(posts) for row in rows), key=rules.queue_key)


def queue_class_of(posts: Collection[str] = ()) -> sa.ColumnElement[int]:
    """SQL: the class in the queue of a batch (rules.queue_class), for lists that the database cuts. `posts`:
    those for whose holders the batch still keeps a seat."""
    return sa.func.coalesce(
        Enrollment.moved_class,
        sa.case(
            (Enrollment.priority == 0, 0),
            (Enrollment.post.in_(sorted(posts)), 1),
            else_=Enrollment.priority + 1,
        ),
    )


def posts_kept_now(batch_id: int) -> set[str]:
    """Posts for whose holders a batch still keeps a seat today. Two statements."""
    batch = db.session.get_one(Batch, batch_id)
    return open_posts(room_for(batch, holding_of(batch_id), clock.now()))


def natural_classes(batch: Batch, people: Sequence[Enrollment], now: datetime) -> dict[int, int]:
    """Enrollment id -> the class a batch would make of them had nobody moved them by hand."""
    posts = open_posts(room_for(batch, holding_of(batch.id), now)) if batch.post_quotas else set()
    return {one.id: rules.queue_class(one.priority, one.post, posts) for one in people}


@dataclass(frozen=True)
class Place:
    """Somebody's place on the waitlist: from 1, of how many, over how many batches; `moved_at`: when staff
    last changed it by hand."""

    rank: int
    waiting: int
    batches: int
    moved_at: datetime | None


def place_of(enrollment: Enrollment, now: datetime) -> Place | None:
    """The place on the waitlist, over the whole pool, or None when the person does not wait. At most six
    statements."""
    batch = db.session.get(Batch, enrollment.batch_id)
    if enrollment.state != State.WAITLISTED or batch is None:
        return None
    line = queue_of(batch, now)
    moved = sa.select(sa.func.max(QueueChange.moved_at)).where(QueueChange.enrollment_id == enrollment.id)
    return Place(
        rules.waitlist_rank(line, enrollment.id) or len(line),
        len(line),
        len(pool_of(batch)),
        db.session.scalar(moved),
    )


def rank_of(enrollment: Enrollment, now: datetime | None = None) -> int | None:
    """The place alone (from 1), or None when the person does not wait."""
    found = place_of(enrollment, now or clock.now())
    return found.rank if found else None


def line_of(batch: Batch, *, actor_person_id: int | None, now: datetime) -> Line:
    """Who could be offered a seat of this batch now, each with what keeps them from coming.

    A bounded number of statements (about seven) for each 500 who wait.
    """
    pool = pool_of(batch)
    rows = waiting_rows(pool, reserves_of=batch.id)
    room = room_for(batch, holding_of(batch.id), now, with_screening=False)
    posts = open_posts(room)
    hindrances = _hindrances(batch, pool, rows, actor_person_id)
    return Line([row.waiter(posts, hindrances.get(row.id, "")) for row in rows], room, pool)


def _hindrances(
    batch: Batch, pool: Sequence[int], rows: Sequence[Waiting], actor_person_id: int | None
) -> dict[int, str]:
    """Enrollment id -> why the person cannot come to this batch; absent when they can."""
    from portal.enrollment.queries.standing import people_busy  # a sister that needs this module's queue

    if not rows:
        return {}
    people = sorted({row.person_id for row in rows})
    busy = people_busy(batch, people)
    lacking = unmet(batch, people)
    unanswered = not_consented([row.id for row in rows])
    known = _known(batch.id, pool, people) if len(pool) > 1 else set()
    center_region = db.session.scalar(
        sa.select(TrainingCenter.region_code).where(TrainingCenter.id == batch.center_id)
    )
    found: dict[int, str] = {}
    for row in rows:
        if row.person_id == actor_person_id:
            found[row.id] = queue.OWN_CASE
        elif row.person_id in known:
            found[row.id] = queue.KNOWN_HERE
        elif row.batch_id != batch.id and not _reaches(batch, row, center_region or ""):
            found[row.id] = queue.OUT_OF_REACH
        elif row.batch_id != batch.id and not _is_meant(batch, row):
            found[row.id] = queue.NOT_MEANT
        elif row.person_id in busy:
            found[row.id] = queue.BUSY
        elif row.person_id in lacking:
            found[row.id] = queue.UNPREPARED
        elif row.id in unanswered:
            found[row.id] = queue.UNANSWERED
    return found


def _known(batch_id: int, pool: Sequence[int], people: Sequence[int]) -> set[int]:
    """Those who hold or ask for a place somewhere in the pool, or whom this batch knows in a way that no
    offer follows from."""
    here = sa.and_(
        Enrollment.batch_id == batch_id,
        Enrollment.state.not_in((State.WAITLISTED, State.RESERVE, State.WITHDRAWN, State.EXPIRED)),
    )
    there = sa.and_(Enrollment.batch_id.in_(pool), Enrollment.state.in_(_SERVED))
    found: set[int] = set()
    for start in range(0, len(people), CHUNK):
        statement = sa.select(Enrollment.person_id).where(
            Enrollment.person_id.in_(people[start : start + CHUNK]), sa.or_(here, there)
        )
        found |= set(db.session.scalars(statement))
    return found


def _reaches(batch: Batch, row: Waiting, center_region: str) -> bool:
    return rules.reaches(
        same_center=row.center_id == batch.center_id,
        regions=batch.regions,
        center_region=center_region,
        region_code=row.region_code,
    )


def _is_meant(batch: Batch, row: Waiting) -> bool:
    kind = row.kind or ("prospective" if row.post == "founder" else None)
    return not audience_fits(
        kinds=batch.kinds, posts=batch.posts, regions=batch.regions, kind=kind, post=row.post,
        region_code=row.region_code,
    )  # fmt: skip


def whole_line(line: Line) -> list[tuple[rules.Waiter, str]]:
    """Everybody of the pool in order with why they would be passed over now, or ""; the reserves first."""
    found = []
    for unit in rules.units(line.waiters):
        reason = rules.why_not(unit, line.room)
        found += [(replace(one), reason) for one in unit]
    return found


@dataclass(frozen=True)
class Known:
    """What a row of the page says of somebody who waits. was_moved: their class was given by hand."""

    name: str
    cooperative: str
    batch_number: int
    center: str
    center_id: int
    was_moved: bool


def known_of(enrollment_ids: Collection[int]) -> dict[int, Known]:
    """Names to enrollments of the waitlist. One statement; for a page of people, not for a whole waitlist."""
    statement = (
        sa.select(
            Enrollment.id,
            Person.name,
            sa.func.coalesce(Cooperative.name, Enrollment.stated_cooperative),
            Batch.number,
            TrainingCenter.short_name,
            Batch.center_id,
            Enrollment.moved_class.is_not(None),
        )
        .join(Person, Person.id == Enrollment.person_id)
        .join(Batch, Batch.id == Enrollment.batch_id)
        .join(TrainingCenter, TrainingCenter.id == Batch.center_id)
        .outerjoin(Cooperative, Cooperative.id == Enrollment.cooperative_id)
        .where(Enrollment.id.in_(sorted(enrollment_ids)))
    )
    found: dict[int, Known] = {}
    for row in db.session.execute(statement):
        found[row[0]] = Known(*row[1:])
    return found


@dataclass(frozen=True)
class Change:
    """One change of the order by hand."""

    enrollment_id: int
    old_class: int
    new_class: int
    reason: str
    moved_at: datetime
    moved_by: str


def changes_of(batch_id: int, limit: int) -> list[Change]:
    """The last changes of the order of those who wait(ed) in a batch, newest first. One statement."""
    statement = (
        sa.select(
            QueueChange.enrollment_id,
            QueueChange.old_priority,
            QueueChange.new_priority,
            QueueChange.reason,
            QueueChange.moved_at,
            sa.func.coalesce(User.name, ""),
        )
        .outerjoin(User, User.id == QueueChange.moved_by)
        .where(QueueChange.batch_id == batch_id)
        .order_by(QueueChange.id.desc())
        .limit(limit)
    )
    return [Change(*row) for row in db.session.execute(statement)]
