"""What a center's people read: their batches in any state, their waves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa

from portal.batches.models import Batch
from portal.batches.queries.loading import WHOLE, batch_missing
from portal.batches.queries.public import BatchRow, add_meetings, joined
from portal.catalog.models import Program
from portal.core.clock import local_date
from portal.core.db import db
from portal.core.paging import Page, cut
from portal.core.permissions import Actor, Permission

PAGE_SIZE = 20

#: What the list of a center can be narrowed to: upcoming, running, to be judged, drafts, over, all.
WHEN = ("upcoming", "running", "judging", "draft", "over", "all")


@dataclass(frozen=True)
class CenterFilter:
    """Filters of a center's own list. `when` is one of WHEN; text finds a number or a series."""

    when: str = "upcoming"
    program: str = ""
    series: str = ""
    text: str = ""


def get_batch_for_center(actor: Actor, batch_id: int, permission: Permission) -> Batch:
    """A batch in any state of a center that the permission reaches, whole. Raises NotFound."""
    batch = db.session().scalars(WHOLE.where(Batch.id == batch_id)).unique().one_or_none()
    if batch is None or not (
        actor.may(permission) and actor.scope(permission).covers_center(batch.center_id)
    ):
        raise batch_missing()
    return batch


def list_center_batches(center_id: int, wanted: CenterFilter, number: int, now: datetime, zone: str) -> Page:
    """A center's batches: a Page of BatchRow with the total. Two statements whatever the rows."""
    today = local_date(now, zone)
    conditions: list[sa.ColumnElement[bool]] = [Batch.center_id == center_id]
    shown = Batch.state.in_(("published", "postponed"))
    narrowed: dict[str, list[sa.ColumnElement[bool]]] = {
        "upcoming": [shown, sa.or_(Batch.starts_on > today, Batch.state == "postponed")],
        "running": [Batch.state == "published", Batch.starts_on <= today, Batch.ends_on >= today],
        "judging": [Batch.state == "published", Batch.ends_on < today],
        "draft": [Batch.state == "draft"],
        "over": [Batch.state.in_(("finalized", "cancelled"))],
    }
    conditions += narrowed.get(wanted.when, [])
    if wanted.program:
        conditions.append(Program.slug == wanted.program)
    if wanted.series:
        conditions.append(Batch.series == wanted.series)
    text = wanted.text.strip()
    if text:
        digits = text.lower().removeprefix("angkatan").strip()
        if digits.isascii() and digits.isdigit() and len(digits) < 6:
            conditions.append(Batch.number == int(digits))
        else:
            found = [
                sa.func.lower(c).contains(text.lower(), autoescape=True) for c in (Batch.series, Program.name)
            ]
            conditions.append(sa.or_(*found))
    backwards = wanted.when in ("over", "judging")
    order = (Batch.starts_on.desc(), Batch.id.desc()) if backwards else (Batch.starts_on, Batch.id)
    statement = (
        joined()
        .add_columns(sa.func.count().over())
        .where(*conditions)
        .order_by(*order)
        .limit(PAGE_SIZE + 1)
        .offset((number - 1) * PAGE_SIZE)
    )
    found_rows = db.session().execute(statement).all()
    rows = [BatchRow(*values[:-1]) for values in found_rows]
    add_meetings(rows[:PAGE_SIZE])
    return cut(rows, number, PAGE_SIZE, found_rows[0][-1] if found_rows else 0)


def list_series(actor: Actor, center_id: int) -> list[tuple[str, int, date]]:
    """(series, batches, first day) of a center, the latest first; cancelled batches do not count."""
    if not actor.scope(Permission.BATCH_VIEW).covers_center(center_id):
        return []
    first = sa.func.min(Batch.starts_on)
    statement = (
        sa.select(Batch.series, sa.func.count(), first)
        .where(Batch.center_id == center_id, Batch.series != "", Batch.state != "cancelled")
        .group_by(Batch.series)
        .order_by(first.desc(), Batch.series)
        .limit(100)
    )
    return [(name, count, day) for name, count, day in db.session().execute(statement)]


def upcoming_count(center_id: int, now: datetime, zone: str) -> int:
    """How many published batches of a center have not begun."""
    statement = sa.select(sa.func.count()).where(
        Batch.center_id == center_id, Batch.state == "published", Batch.starts_on > local_date(now, zone)
    )
    return int(db.session().scalar(statement) or 0)
