"""Whom and where a cooperative may propose: its people with their state in a program, programs, batches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa

from portal.batches.models import Batch
from portal.batches.queries import nearest_batches
from portal.batches.queries.public import BatchRow
from portal.batches.rules import audience_fits
from portal.catalog.models import Program
from portal.catalog.queries import list_programs
from portal.cooperatives.models import Cooperative, PostTerm
from portal.core.db import db
from portal.core.permissions import Actor
from portal.core.ports import HeldCertificate, ports
from portal.enrollment import rules
from portal.enrollment import rules_nominating as rules_n
from portal.enrollment.models import Enrollment, Nomination, NominationGroup
from portal.people.models import Person

#: People of one cooperative that a page offers.
MOST = 60
BATCHES = 12


@dataclass(frozen=True)
class Choice:
    """Somebody who may be chosen. `training`: the state of a place in a batch of the program, "" for none;
    `until`: the last valid day of a certificate of it, `is_certified` where there is one."""

    person_id: int
    name: str
    post: str
    is_nominated: bool
    training: str
    is_certified: bool
    until: date | None


def people_to_choose(
    cooperative_id: int, program_id: int, *, actor: Actor, sees_names: bool, on: date
) -> list[Choice]:
    """Who holds a post on a day or was proposed from here, by post and name; without `sees_names` only whom
    the actor proposed. Three statements."""
    held = (
        sa.select(PostTerm.person_id, sa.func.min(PostTerm.post).label("post"))
        .where(
            PostTerm.cooperative_id == cooperative_id,
            PostTerm.starts_on <= on,
            sa.or_(PostTerm.ends_on.is_(None), PostTerm.ends_on >= on),
        )
        .group_by(PostTerm.person_id)
        .subquery()
    )
    ours = (
        sa.select(Nomination.person_id, sa.func.max(Nomination.post).label("post"))
        .join(NominationGroup, NominationGroup.id == Nomination.group_id)
        .where(
            Nomination.cooperative_id == cooperative_id,
            sa.true() if sees_names else NominationGroup.made_by == actor.user_id,
        )
        .group_by(Nomination.person_id)
        .subquery()
    )
    is_open = sa.exists().where(
        Nomination.person_id == Person.id,
        Nomination.program_id == program_id,
        Nomination.state.in_(sorted(rules_n.OPEN_NOMINATIONS)),
    )
    place = (
        sa.select(Enrollment.state)
        .join(Batch, Batch.id == Enrollment.batch_id)
        .where(
            Enrollment.person_id == Person.id,
            Batch.program_id == program_id,
            Enrollment.state.in_(sorted(rules.OPEN_STATES)),
        )
        .order_by(Enrollment.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    post = sa.func.coalesce(held.c.post, ours.c.post)
    reach = [ours.c.person_id.is_not(None)] + ([held.c.person_id.is_not(None)] if sees_names else [])
    statement = (
        sa.select(Person.id, Person.name, post, is_open, place)
        .outerjoin(held, held.c.person_id == Person.id)
        .outerjoin(ours, ours.c.person_id == Person.id)
        .where(
            sa.or_(
                Person.id.in_(sa.select(held.c.person_id)) if sees_names else sa.false(),
                Person.id.in_(sa.select(ours.c.person_id)),
            ),
            sa.or_(*reach),
            Person.erased_at.is_(None),
        )
        .order_by(Person.name, Person.id)
        .limit(MOST)
    )
    rows = db.session.execute(statement).all()
    certified = ports().held_by_people([row[0] for row in rows], on) if rows else {}
    found = []
    for number, name, held_post, nominated, training in rows:
        papers = [c for c in certified.get(number, ()) if c.program_id == program_id and c.state == "valid"]
        found.append(
            Choice(number, name, held_post, bool(nominated), training or "", bool(papers), _last(papers))
        )
    order = list(_ORDER)
    return sorted(found, key=lambda one: order.index(one.post) if one.post in order else len(order))


_ORDER = (
    "chair", "vice_chair_business", "vice_chair_membership", "secretary", "treasurer", "supervisor_chair",
    "supervisor_member", "manager", "founder", "member",
)  # fmt: skip


def _last(papers: Sequence[HeldCertificate]) -> date | None:
    days = [paper.expires for paper in papers]
    return None if not days or None in days else max(day for day in days if day is not None)


def programs_for(cooperative: Cooperative) -> list[Program]:
    """Programs that are meant for cooperatives of this kind, by name. One statement."""
    return [
        program
        for program in list_programs()
        if not audience_fits(kinds=program.kinds, posts=(), regions=(), kind=cooperative.kind)
    ]


def batches_for(program_id: int, region_code: str, now: datetime) -> list[BatchRow]:
    """Upcoming batches of a program, those of the own province first. Two statements."""
    return nearest_batches(now=now, program_id=program_id, province=region_code[:2], limit=BATCHES)


def find_cooperative(cooperative_id: int) -> Cooperative | None:
    """A cooperative, for those whose scope was checked."""
    return db.session.get(Cooperative, cooperative_id)
