"""What has to be known to propose people: a bounded number of statements, however many they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from portal.batches.models import Batch
from portal.catalog.models import Program, ProgramRule
from portal.centers.models import TrainingCenter
from portal.cooperatives.models import ChairClaim, Cooperative, PostTerm
from portal.core import audit
from portal.core.db import db
from portal.core.formatting import date_range
from portal.core.permissions import Actor
from portal.enrollment import rules
from portal.enrollment.models import Enrollment, Nomination, NominationGroup, State
from portal.enrollment.queries.counts import Holding
from portal.people.models import Person
from portal.people.queries import refused
from portal.people.services import CONSENT_COOPERATIVE, CONSENT_TRAINING


@dataclass(frozen=True)
class Ground:
    """Where people are proposed to: rows that were loaded, and locked when something is to change."""

    cooperative: Cooperative
    program: Program
    batch: Batch | None
    zone: str


@dataclass(frozen=True)
class Proposed:
    """One person to propose: on record (`person_id`), or new by name, with a post and perhaps a phone."""

    key: str
    name: str
    post: str
    phone: str | None = None
    person_id: int | None = None


@dataclass(frozen=True)
class Known:
    """Somebody on record as seen from one cooperative. `post`: held here today, else of an earlier
    nomination of this cooperative; empty for a stranger. `overlaps` are labels of other classes."""

    person_id: int
    name: str
    post: str
    is_holder: bool
    is_own_nominee: bool
    is_erased: bool
    is_refusing: bool
    nomination_id: int | None
    nomination_state: str | None
    state_here: str | None
    overlaps: tuple[str, ...] = ()


@dataclass(frozen=True)
class Line:
    """People of a batch, or waiting in its pool, who are alike."""

    batch_id: int
    state: str
    priority: int
    post: str
    cooperative_id: int | None
    moved_class: int | None
    people: int


@dataclass(frozen=True)
class Act:
    """What is known beside the people: the group that this form made already, the unverified claim of the
    actor, the seats of the batch, whether the program may ask for certificates, how many people the actor
    proposed since a moment."""

    group_id: int | None = None
    claim_id: int | None = None
    claim_method: str = ""
    asks: bool = False
    lines: tuple[Line, ...] = ()
    proposed: int = 0

    @property
    def sees_names(self) -> bool:
        """A claim by decree alone shows no names of others before it is verified."""
        return self.claim_method != "decree"

    def holding(self, batch_id: int) -> Holding:
        """Who waits in a batch, and who holds a seat of it or is screened for one."""
        applied = pilots = waiting = 0
        posts: Counter[str] = Counter()
        cooperatives: Counter[int] = Counter()
        for line in self.lines:
            if line.batch_id != batch_id or line.state not in rules.PLACE_STATES:
                waiting += line.people if line.state == State.WAITLISTED else 0
                continue
            applied += line.people if line.state == State.APPLIED else 0
            pilots += line.people if line.priority == 0 else 0
            posts[line.post] += line.people
            if line.cooperative_id is not None:
                cooperatives[line.cooperative_id] += line.people
        return Holding(waiting, rules.Holdings(applied, pilots, posts, cooperatives))

    def of_state(self, state: State) -> list[Line]:
        """Those in a state; who waits in another batch of the pool is among them."""
        return [line for line in self.lines if line.state == state]


def load_ground(
    cooperative_id: int, program_id: int, batch_id: int | None, person_ids: Sequence[int] = (), *, lock: bool
) -> Ground | None:
    """The rows in one statement; None when one of them is not there. `lock`: cooperative, batch, then the
    people in the order of their ids are held until the transaction ends."""
    columns: list[Any] = [Cooperative, Program]
    held: list[Any] = [Cooperative]
    source: Any = sa.join(Cooperative.__table__, Program.__table__, Program.id == program_id)
    if batch_id is not None:
        columns += [Batch, TrainingCenter.zone]
        source = source.join(Batch, sa.and_(Batch.id == batch_id, Batch.state != "draft"))
        source = source.join(TrainingCenter, TrainingCenter.id == Batch.center_id)
        held.append(Batch)
    if lock and person_ids:
        source = source.join(Person, Person.id.in_(sorted(set(person_ids))))
        held.append(Person)
    statement = sa.select(*columns).select_from(source).where(Cooperative.id == cooperative_id)
    if lock and person_ids:
        statement = statement.order_by(Person.id)
    if lock:
        statement = statement.with_for_update(of=held, key_share=True)
    rows = db.session.execute(statement, execution_options={"populate_existing": True}).all()
    if not rows:
        return None
    cooperative, program, *more = rows[0]
    batch, zone = more if more else (None, "Asia/Jakarta")
    return Ground(cooperative, program, batch, zone)


def load_act(ground: Ground, actor: Actor, form_key: str = "", since: datetime | None = None) -> Act:
    """See Act; `proposed` counts from `since`. One statement; the end of the audit chain comes along where
    that spares the commit a read."""
    claim = (
        sa.select(ChairClaim)
        .where(
            ChairClaim.cooperative_id == ground.cooperative.id,
            ChairClaim.user_id == actor.user_id,
            ChairClaim.state == "pending",
        )
        .limit(1)
        .subquery()
    )
    made = sa.select(NominationGroup.id).where(NominationGroup.form_key == form_key).scalar_subquery()
    asks = sa.exists().where(ProgramRule.program_id == ground.program.id, ProgramRule.groups != [])
    alike = (
        Enrollment.batch_id,
        Enrollment.state,
        Enrollment.priority,
        Enrollment.post,
        Enrollment.cooperative_id,
        Enrollment.moved_class,
    )
    seats = (
        sa.select(*alike, sa.func.count().label("people"))
        .where(_of_batch(ground.batch))
        .group_by(*alike)
        .subquery()
    )
    base = sa.select(
        made.label("group_id"), asks.label("asks"), _proposed(actor, since).label("proposed"),
        *audit.head_columns(),
    ).subquery()  # fmt: skip
    statement = (
        sa.select(base, claim.c.id.label("claim_id"), claim.c.method, seats)
        .select_from(base)
        .outerjoin(claim, sa.true())
        .outerjoin(seats, sa.true())
    )
    rows = db.session.execute(statement).all()
    first = rows[0]
    audit.note_head(first.audit_seq, first.audit_hash)
    names = [column.name for column in seats.c]
    lines = tuple(Line(*(getattr(row, name) for name in names)) for row in rows if row.state is not None)
    return Act(first.group_id, first.claim_id, first.method or "", bool(first.asks), lines, first.proposed)


def _proposed(actor: Actor, since: datetime | None) -> Any:
    """How many people the account proposed since a moment."""
    if since is None or actor.user_id is None:
        return sa.literal(0)
    return (
        sa.select(sa.func.count(Nomination.id))
        .join(NominationGroup, NominationGroup.id == Nomination.group_id)
        .where(NominationGroup.made_by == actor.user_id, Nomination.created_at > since)
        .scalar_subquery()
    )


def _of_batch(batch: Batch | None) -> sa.ColumnElement[bool]:
    """Enrollments of a batch, and those who wait in a batch that shares its waitlist."""
    if batch is None:
        return sa.false()
    here = Enrollment.batch_id == batch.id
    if not batch.waitlist_pool:
        return here
    pool = sa.select(Batch.id).where(
        Batch.program_id == batch.program_id,
        Batch.waitlist_pool == batch.waitlist_pool,
        Batch.state == "published",
    )
    return sa.or_(here, sa.and_(Enrollment.state == State.WAITLISTED, Enrollment.batch_id.in_(pool)))


_BUSY, _BUSY_BATCH, _BUSY_PROGRAM = aliased(Enrollment), aliased(Batch), aliased(Program)
_EARLIER, _GROUP = aliased(Nomination), aliased(NominationGroup)


def load_known(ground: Ground, actor: Actor, person_ids: Sequence[int], on: date) -> dict[int, Known]:
    """Those of these people who are on record, by id. One statement."""
    if not person_ids:
        return {}
    batch = ground.batch
    ours = (
        sa.select(_EARLIER.post)
        .join(_GROUP, _GROUP.id == _EARLIER.group_id)
        .where(_EARLIER.person_id == Person.id, _EARLIER.cooperative_id == ground.cooperative.id)
    )
    own = ours.where(_GROUP.made_by == actor.user_id)
    statement: Any = (
        sa.select(
            Person.id,
            Person.name,
            Person.erased_at,
            PostTerm.post,
            sa.or_(refused(CONSENT_TRAINING, Person.id), refused(CONSENT_COOPERATIVE, Person.id)).label(
                "refuses"
            ),
            Nomination.id.label("nomination_id"),
            Nomination.state.label("nomination_state"),
            ours.order_by(_EARLIER.id.desc()).limit(1).scalar_subquery().label("nominated_as"),
            own.order_by(_EARLIER.id.desc()).limit(1).scalar_subquery().label("own_nominee_as"),
        )
        .outerjoin(
            PostTerm,
            sa.and_(
                PostTerm.person_id == Person.id,
                PostTerm.cooperative_id == ground.cooperative.id,
                PostTerm.starts_on <= on,
                sa.or_(PostTerm.ends_on.is_(None), PostTerm.ends_on >= on),
            ),
        )
        .outerjoin(
            Nomination,
            sa.and_(Nomination.person_id == Person.id, Nomination.program_id == ground.program.id),
        )
        .where(Person.id.in_(sorted(set(person_ids))))
        .order_by(Person.id, PostTerm.starts_on.desc(), PostTerm.id)
    )
    if batch is not None:
        here = sa.select(Enrollment.state).where(
            Enrollment.person_id == Person.id, Enrollment.batch_id == batch.id
        )
        others = (
            sa.select(_BUSY.person_id, _BUSY_PROGRAM.short_name, _BUSY_BATCH.starts_on, _BUSY_BATCH.ends_on)
            .join(_BUSY_BATCH, _BUSY_BATCH.id == _BUSY.batch_id)
            .join(_BUSY_PROGRAM, _BUSY_PROGRAM.id == _BUSY_BATCH.program_id)
            .where(_BUSY.person_id.in_(sorted(set(person_ids))), *_same_days(batch, _BUSY, _BUSY_BATCH))
            .subquery()
        )
        statement = statement.add_columns(
            here.scalar_subquery().label("here"), others.c.short_name, others.c.starts_on, others.c.ends_on
        ).outerjoin(others, others.c.person_id == Person.id)
    found: dict[int, Known] = {}
    for row in db.session.execute(statement).mappings():
        overlap: tuple[str, ...] = ()
        if row.get("short_name"):
            overlap = (f"{row['short_name']}, {date_range(row['starts_on'], row['ends_on'])}",)
        earlier = found.get(row["id"])
        if earlier is not None:
            labels = tuple(dict.fromkeys(earlier.overlaps + overlap))
            found[row["id"]] = Known(**{**vars(earlier), "overlaps": labels})
            continue
        found[row["id"]] = Known(
            person_id=row["id"],
            name=row["name"],
            post=row["post"] or row["nominated_as"] or "",
            is_holder=row["post"] is not None,
            is_own_nominee=row["own_nominee_as"] is not None,
            is_erased=row["erased_at"] is not None,
            is_refusing=bool(row["refuses"]),
            nomination_id=row["nomination_id"],
            nomination_state=row["nomination_state"],
            state_here=row.get("here"),
            overlaps=overlap,
        )
    return found


def _same_days(batch: Batch, busy: Any, there: Any) -> list[Any]:
    """Another class on the days of this one that the person holds a place in."""
    return [
        there.id != batch.id,
        there.starts_on <= batch.ends_on,
        there.ends_on >= batch.starts_on,
        there.state.in_(("published", "postponed")),
        busy.state.in_(sorted(rules.BUSY_STATES)),
    ]
