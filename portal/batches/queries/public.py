"""What everybody may read: the list of upcoming batches and one batch."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from portal.batches.models import Batch, ClassSession
from portal.batches.queries.loading import WHOLE, batch_missing
from portal.catalog.labels import tracks_like
from portal.catalog.models import Curriculum, Program
from portal.centers.models import TrainingCenter
from portal.centers.queries import province_code
from portal.core.clock import local_date
from portal.core.db import db
from portal.core.paging import Page, cut
from portal.regions.models import Region

PAGE_SIZE = 20
#: The zone in which "today" is judged for lists that reach over all zones.
LIST_ZONE = "Asia/Jakarta"
_LONGEST_QUERY = 80
_MOST_WORDS = 6


@dataclass(frozen=True)
class BatchFilter:
    """What people search by; empty values do not filter. province: code; center and program: slugs."""

    text: str = ""
    province: str = ""
    center: str = ""
    program: str = ""
    since: date | None = None
    until: date | None = None
    with_seats: bool = False


@dataclass(frozen=True)
class Meeting:
    """A session as lists need it."""

    mode: str
    starts_at: datetime
    ends_at: datetime
    hours: int


@dataclass
class BatchRow:
    """A batch in a list. Has the attributes that `rules.phase_of` reads."""

    id: int
    slug: str
    number: int
    year: int
    series: str
    state: str
    state_reason: str
    mode: str
    quota: int
    reserve_seats: int
    seats_taken: int
    opens_at: datetime
    closes_at: datetime
    starts_on: date
    ends_on: date
    pilot_seats: int
    pilot_until: datetime | None
    program_name: str
    program_name_en: str
    program_short: str
    program_code: str
    center_id: int
    center_slug: str
    center: str
    city: str
    zone: str
    province: str
    curriculum_hours: int
    meetings: list[Meeting] = field(default_factory=list)


_COLUMNS = (
    Batch.id,
    Batch.slug,
    Batch.number,
    Batch.year,
    Batch.series,
    Batch.state,
    Batch.state_reason,
    Batch.mode,
    Batch.quota,
    Batch.reserve_seats,
    Batch.seats_taken,
    Batch.opens_at,
    Batch.closes_at,
    Batch.starts_on,
    Batch.ends_on,
    Batch.pilot_seats,
    Batch.pilot_until,
    Program.name,
    Program.name_en,
    Program.short_name,
    Program.code,
    TrainingCenter.id,
    TrainingCenter.slug,
    TrainingCenter.short_name,
    TrainingCenter.city,
    TrainingCenter.zone,
    Region.name,
    Curriculum.hours,
)
_JOINED: Any = (
    sa.select(*_COLUMNS)
    .select_from(Batch)
    .join(Program, Program.id == Batch.program_id)
    .join(Curriculum, Curriculum.id == Batch.curriculum_id)
    .join(TrainingCenter, TrainingCenter.id == Batch.center_id)
    .join(Region, Region.code == province_code())
)
_MEETINGS = (
    sa.select(
        ClassSession.batch_id,
        ClassSession.mode,
        ClassSession.starts_at,
        ClassSession.ends_at,
        ClassSession.hours,
    )
    .where(ClassSession.batch_id.in_(sa.bindparam("ids", expanding=True)))
    .order_by(ClassSession.batch_id, ClassSession.starts_at)
)


def rows_of(statement: sa.Select[Any]) -> list[BatchRow]:
    """Run a statement made from `_JOINED` and add the meetings. Two statements however many rows."""
    rows = [BatchRow(*values) for values in db.session().execute(statement)]
    add_meetings(rows)
    return rows


def add_meetings(rows: Sequence[BatchRow]) -> None:
    """Fill in `meetings` in one statement."""
    if not rows:
        return
    by_id = {row.id: row for row in rows}
    for row in db.session().execute(_MEETINGS, {"ids": list(by_id)}):
        by_id[row[0]].meetings.append(Meeting(*row[1:]))


def joined() -> sa.Select[Any]:
    """The select of batch rows, for queries of this room."""
    return _JOINED


def search_batches(wanted: BatchFilter, number: int, now: datetime, size: int = PAGE_SIZE) -> Page:
    """Published and postponed batches that have not begun, those that can still be joined first and the
    soonest before the later: a Page of BatchRow with the total. Two statements whatever the rows, one more
    for a page after the last."""
    conditions = _conditions(wanted, now)
    total = sa.func.count().over()
    statement = (
        _JOINED.add_columns(total)
        .where(*conditions)
        .order_by(_too_late(now), Batch.starts_on, Batch.id)
        .limit(size + 1)
        .offset((number - 1) * size)
    )
    found = db.session().execute(statement).all()
    count = found[0][-1] if found else 0
    if not found and number > 1:
        count = db.session().scalar(_JOINED.with_only_columns(sa.func.count()).where(*conditions)) or 0
    rows = [BatchRow(*values[:-1]) for values in found]
    add_meetings(rows[:size])
    return cut(rows, number, size, count)


def _too_late(now: datetime) -> sa.ColumnElement[int]:
    """1 for a batch that nobody can join any more or yet again (closed, postponed), else 0: they sink."""
    return sa.case((sa.and_(Batch.state == "published", Batch.closes_at > now), 0), else_=1)


def _conditions(wanted: BatchFilter, now: datetime) -> list[sa.ColumnElement[bool]]:
    since = local_date(now, LIST_ZONE) + timedelta(days=1)
    if wanted.since and wanted.since > since:
        since = wanted.since
    conditions: list[sa.ColumnElement[bool]] = [
        Batch.state.in_(("published", "postponed")),
        Batch.starts_on >= since,
    ]
    if wanted.until:
        conditions.append(Batch.starts_on <= wanted.until)
    if wanted.province:
        conditions.append(province_code() == wanted.province)
    if wanted.center:
        conditions.append(TrainingCenter.slug == wanted.center)
    if wanted.program:
        conditions.append(Program.slug == wanted.program)
    if wanted.with_seats:
        conditions += [
            Batch.seats_taken < Batch.quota,
            Batch.state == "published",
            Batch.closes_at > now,
        ]
    conditions += [_matches(word) for word in wanted.text[:_LONGEST_QUERY].split()[:_MOST_WORDS]]
    return conditions


def _matches(word: str) -> sa.ColumnElement[bool]:
    """One typed word found in the program, its track, the center, its city or province."""
    text = word.lower()
    columns = (
        Program.name,
        Program.name_en,
        Program.summary,
        TrainingCenter.name,
        TrainingCenter.short_name,
        TrainingCenter.city,
        Region.name,
    )
    found = [sa.func.lower(column).contains(text, autoescape=True) for column in columns]
    tracks = tracks_like(word)
    if tracks:
        found.append(Program.track.in_(tracks))
    return sa.or_(*found)


def filter_options() -> dict[str, list[tuple[str, str]]]:
    """What the search offers: provinces (code, name), centers and programs (slug, name). One statement."""
    centers = sa.select(
        sa.literal("center").label("kind"),
        TrainingCenter.slug.label("key"),
        TrainingCenter.short_name.label("name"),
    ).where(TrainingCenter.is_active)
    programs = sa.select(sa.literal("program"), Program.slug, Program.short_name).where(Program.is_active)
    provinces = sa.select(sa.literal("province"), Region.code, Region.name).where(
        Region.parent_code.is_(None)
    )
    found: dict[str, list[tuple[str, str]]] = {"center": [], "program": [], "province": []}
    for group, value, text in db.session().execute(sa.union_all(centers, programs, provinces)):
        found[group].append((value, text))
    return {group: sorted(options, key=lambda option: option[1]) for group, options in found.items()}


def nearest_batches(
    *,
    now: datetime,
    program_id: int | None = None,
    center_id: int | None = None,
    province: str = "",
    but: Collection[int] = (),
    with_seats: bool = False,
    limit: int = 6,
) -> list[BatchRow]:
    """Upcoming batches of a program, a center or a province, the soonest that can be joined first. Two
    statements."""
    conditions = _conditions(BatchFilter(with_seats=with_seats), now)
    if program_id is not None:
        conditions.append(Batch.program_id == program_id)
    if center_id is not None:
        conditions.append(Batch.center_id == center_id)
    near: list[Any] = []
    if province:
        near.append(sa.case((province_code() == province, 0), else_=1))
    if but:
        conditions.append(Batch.id.not_in(but))
    order = (*near, _too_late(now), Batch.starts_on, Batch.id)
    return rows_of(_JOINED.where(*conditions).order_by(*order).limit(limit))


def batches_by_ids(batch_ids: Collection[int]) -> dict[int, BatchRow]:
    """Rows of known batches in any state, for pages of other rooms. Two statements."""
    if not batch_ids:
        return {}
    return {row.id: row for row in rows_of(_JOINED.where(Batch.id.in_(batch_ids)))}


_ONE = WHOLE.where(Batch.id == sa.bindparam("id"), Batch.state != "draft")


def get_batch(batch_id: int) -> Batch:
    """A batch that is or was public, with everything on its page. Raises NotFound for a draft too."""
    batch = db.session().scalars(_ONE, {"id": batch_id}).unique().one_or_none()
    if batch is None:
        raise batch_missing()
    return batch
