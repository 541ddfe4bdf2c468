"""Reads of outside records: whose they are to see, their list, what counts for a person."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from portal.accounts.models import User
from portal.batches.models import Batch
from portal.catalog.models import Program
from portal.centers.models import TrainingCenter
from portal.certificates.external_rules import ExternalRow
from portal.certificates.models import ExternalRecord
from portal.cooperatives.models import Cooperative, PostTerm
from portal.core.db import db
from portal.core.errors import NotFound
from portal.core.paging import Page, cut
from portal.core.permissions import Actor, Permission, Scope
from portal.enrollment.models import Enrollment, Nomination
from portal.people.models import Person

PAGE = 20
CHUNK = 500
READERS = (Permission.EXTERNAL_RECORD, Permission.EXTERNAL_VERIFY)


def _in_regions(person: Any, codes: Collection[str], on: date) -> sa.ColumnElement[bool]:
    """The person holds a post on the day in a cooperative of one of the regions."""
    place = Cooperative.region_code
    inside = [sa.or_(place == code, place.startswith(f"{code}.", autoescape=True)) for code in sorted(codes)]
    return (
        sa.exists()
        .where(
            PostTerm.person_id == person, PostTerm.starts_on <= on,
            sa.or_(PostTerm.ends_on.is_(None), PostTerm.ends_on >= on), sa.or_(*inside),
        )
        .select_from(sa.join(PostTerm, Cooperative, Cooperative.id == PostTerm.cooperative_id))
    )  # fmt: skip


def _known_to_centers(person: Any, centers: Collection[int]) -> sa.ColumnElement[bool]:
    """The person applied for, or was nominated to, a class of one of the centers, or was recorded there."""
    wanted = sorted(centers)
    classes = sa.select(Batch.id).where(Batch.center_id.in_(wanted))
    noted = aliased(ExternalRecord)
    return sa.or_(
        sa.exists().where(Enrollment.person_id == person, Enrollment.batch_id.in_(classes)),
        sa.exists().where(Nomination.person_id == person, Nomination.batch_id.in_(classes)),
        sa.exists().where(noted.person_id == person, noted.center_id.in_(wanted)),
    )


def people_within(scope: Scope, person: Any, on: date) -> sa.ColumnElement[bool]:
    """SQL: the person of this column is one for whom the scope may record: of a cooperative of the region,
    or known to the center."""
    if scope.everything or "" in scope.regions:
        return sa.true()
    parts: list[sa.ColumnElement[bool]] = [sa.false()]
    if scope.regions:
        parts.append(_in_regions(person, scope.regions, on))
    if scope.centers:
        parts.append(_known_to_centers(person, scope.centers))
    return sa.or_(*parts)


def _provinces(centers: Collection[int]) -> list[str]:
    code = sa.func.substr(TrainingCenter.region_code, 1, 2)
    return list(db.session.scalars(sa.select(code).where(TrainingCenter.id.in_(sorted(centers))).distinct()))


def _within(actor: Actor, on: date, permissions: Sequence[Permission] = READERS) -> sa.ColumnElement[bool]:
    """Records in the actor's reach by one of the permissions: of people for whom they may record, and for a
    center that checks also what the regency offices of its province brought in."""
    parts: list[sa.ColumnElement[bool]] = [sa.false()]
    for permission in permissions:
        if not actor.may(permission):
            continue
        scope = actor.scope(permission)
        parts.append(people_within(scope, ExternalRecord.person_id, on))
        if permission == Permission.EXTERNAL_VERIFY and scope.centers:
            provinces = _provinces(scope.centers)
            parts.append(
                sa.and_(
                    ExternalRecord.center_id.is_(None), _in_regions(ExternalRecord.person_id, provinces, on)
                )
            )
    return sa.or_(*parts)


@dataclass(frozen=True)
class RecordView:
    """An outside record with the names it is shown with. `posts`: [(post, cooperative)] of today."""

    record: ExternalRecord
    name: str
    program: str | None
    recorder: str
    decider: str
    posts: tuple[tuple[str, str], ...] = ()


def _views(where: Sequence[Any], on: date, *, start: int = 0, limit: int | None = None) -> list[RecordView]:
    """Records with their names, those that wait first and then the newest. Two statements."""
    recorder, decider = aliased(User), aliased(User)
    statement = (
        sa.select(ExternalRecord, Person.name, Program.name, recorder.name, decider.name)
        .join(Person, Person.id == ExternalRecord.person_id)
        .outerjoin(Program, Program.id == ExternalRecord.program_id)
        .outerjoin(recorder, recorder.id == ExternalRecord.recorded_by)
        .outerjoin(decider, decider.id == ExternalRecord.decided_by)
        .where(*where)
        .order_by(
            sa.case((ExternalRecord.dispute != "", 0), (ExternalRecord.state == "unverified", 1), else_=2),
            ExternalRecord.id.desc(),
        )
        .offset(start)
        .limit(limit)
    )
    found = db.session.execute(statement).all()
    posts = posts_of([row[0].person_id for row in found], on)
    return [
        RecordView(record, name, program, noted or "", decided or "", posts.get(record.person_id, ()))
        for record, name, program, noted, decided in found
    ]


def posts_of(person_ids: Collection[int], on: date) -> dict[int, tuple[tuple[str, str], ...]]:
    """person id -> ((post, cooperative), ...) on a day. One statement."""
    statement = (
        sa.select(PostTerm.person_id, PostTerm.post, Cooperative.name)
        .join(Cooperative, Cooperative.id == PostTerm.cooperative_id)
        .where(
            PostTerm.person_id.in_(sorted(set(person_ids))), PostTerm.starts_on <= on,
            sa.or_(PostTerm.ends_on.is_(None), PostTerm.ends_on >= on),
        )
        .order_by(PostTerm.id)
    )  # fmt: skip
    found: dict[int, tuple[tuple[str, str], ...]] = {}
    for person_id, post, cooperative in db.session.execute(statement):
        found[person_id] = (*found.get(person_id, ()), (post, cooperative))
    return found


def list_external(actor: Actor, number: int, *, kind: str = "", state: str = "", on: date) -> Page:
    """The records in the actor's reach, disputed and waiting ones first; `state` may also be "disputed".
    Three statements."""
    where: list[Any] = [_within(actor, on)]
    if kind:
        where.append(ExternalRecord.kind == kind)
    if state == "disputed":
        where.append(ExternalRecord.dispute != "")
    elif state:
        where.append(ExternalRecord.state == state)
    return cut(_views(where, on, start=(number - 1) * PAGE, limit=PAGE + 1), number, PAGE)


def external_counts(actor: Actor, on: date) -> dict[str, int]:
    """How many records in the actor's reach are in each state, and `disputed`. One statement."""
    statement = (
        sa.select(
            ExternalRecord.state,
            sa.func.count(),
            sa.func.sum(sa.case((ExternalRecord.dispute != "", 1), else_=0)),
        )
        .where(_within(actor, on))
        .group_by(ExternalRecord.state)
    )
    found = {"unverified": 0, "verified": 0, "rejected": 0, "disputed": 0}
    for state, count, disputed in db.session.execute(statement):
        found[state] = count
        found["disputed"] += int(disputed or 0)
    return found


def get_external(
    actor: Actor, record_id: int, on: date, permissions: Sequence[Permission] = READERS
) -> RecordView:
    """One record in the actor's reach by one of the permissions. Raises NotFound for a foreign and a missing
    one alike."""
    found = _views([ExternalRecord.id == record_id, _within(actor, on, permissions)], on)
    if not found:
        raise NotFound()
    return found[0]


def people_in_reach(actor: Actor, person_ids: Collection[int], on: date) -> set[int]:
    """Those of these people for whom the actor may record. One statement for each 500."""
    wanted, found = sorted(set(person_ids)), set[int]()
    within = people_within(actor.scope(Permission.EXTERNAL_RECORD), Person.id, on)
    for start in range(0, len(wanted), CHUNK):
        statement = sa.select(Person.id).where(Person.id.in_(wanted[start : start + CHUNK]), within)
        found |= set(db.session.scalars(statement))
    return found


def external_of_people(person_ids: Sequence[int], on: date) -> dict[int, list[ExternalRow]]:
    """person id -> outside records that are in force on a day, verified ones first; rejected ones and people
    without any are absent. One statement for each 500."""
    found: dict[int, list[ExternalRow]] = {}
    wanted = list(dict.fromkeys(person_ids))
    columns = (
        ExternalRecord.person_id, ExternalRecord.program_id, ExternalRecord.issued_on,
        ExternalRecord.expires_on, ExternalRecord.state, ExternalRecord.kind, ExternalRecord.title,
        ExternalRecord.issuer,
    )  # fmt: skip
    for start in range(0, len(wanted), CHUNK):
        statement = (
            sa.select(*columns)
            .where(
                ExternalRecord.person_id.in_(wanted[start : start + CHUNK]),
                ExternalRecord.state != "rejected",
                ExternalRecord.issued_on <= on,
                sa.or_(ExternalRecord.expires_on.is_(None), ExternalRecord.expires_on >= on),
            )
            .order_by(ExternalRecord.state.desc(), ExternalRecord.id)
        )
        for row in db.session.execute(statement):
            found.setdefault(row[0], []).append(ExternalRow(*row[1:]))
    return found


def external_of_person(person_id: int) -> list[tuple[ExternalRecord, str | None]]:
    """A person's own records with the program they stand for, the newest first. One statement."""
    statement = (
        sa.select(ExternalRecord, Program.name)
        .outerjoin(Program, Program.id == ExternalRecord.program_id)
        .where(ExternalRecord.person_id == person_id)
        .order_by(ExternalRecord.issued_on.desc(), ExternalRecord.id.desc())
    )
    return [(record, program) for record, program in db.session.execute(statement)]


@dataclass(frozen=True)
class Unmapped:
    """A title with its scheme that stands for no program yet: `count` records of it wait to be checked."""

    kind: str
    title: str
    scheme: str
    count: int
    newest: datetime


def list_unmapped(actor: Actor, on: date, *, limit: int = 50) -> list[Unmapped]:
    """The titles in the actor's reach whose unchecked records stand for no program, the most frequent first.
    One statement."""
    count = sa.func.count()
    statement = (
        sa.select(
            ExternalRecord.kind, ExternalRecord.title, ExternalRecord.scheme, count,
            sa.func.max(ExternalRecord.recorded_at),
        )
        .where(
            _within(actor, on), ExternalRecord.program_id.is_(None), ExternalRecord.state == "unverified"
        )
        .group_by(ExternalRecord.kind, ExternalRecord.title, ExternalRecord.scheme)
        .order_by(count.desc(), ExternalRecord.title)
        .limit(limit)
    )  # fmt: skip
    return [Unmapped(*row) for row in db.session.execute(statement)]


def records_to_map(actor: Actor, kind: str, title: str, scheme: str, on: date) -> Sequence[ExternalRecord]:
    """The unchecked records of a title in the actor's reach that stand for no program, locked, by id."""
    statement = (
        sa.select(ExternalRecord)
        .where(
            _within(actor, on), ExternalRecord.program_id.is_(None), ExternalRecord.state == "unverified",
            ExternalRecord.kind == kind, ExternalRecord.title == title, ExternalRecord.scheme == scheme,
        )
        .order_by(ExternalRecord.id)
        .with_for_update()
    )  # fmt: skip
    return db.session.scalars(statement).all()
