"""Keeping the summaries of today: the standing of cooperatives, and the differences in the cells above them.

Whoever refreshes holds the row of the current edition, so that no difference is applied twice. A change and
its entry in the queue are committed together: what is read from the queue is deleted by its ids, so an entry
that is committed later stays for the next round.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from portal.cooperatives.models import Cooperative, PostTerm
from portal.core.db import UtcDateTime, db, upsert_ignore
from portal.readiness.models import (
    CooperativeStanding,
    CoverageCell,
    CoverageEdition,
    CoverageLine,
    LineStanding,
    StandingChange,
)
from portal.readiness.queries import service_lines
from portal.readiness.queries.cells import saved_shares
from portal.readiness.queries.standing import Standing, live_standing
from portal.readiness.rules import Line
from portal.readiness.rules_coverage import (
    CELL_NAMES,
    LINE_NAMES,
    Cells,
    Lines,
    Tally,
    coverage_day,
    region_path,
)
from portal.readiness.services.adding import add_numbers, put_rows

#: A cooperative is looked at anew at least so often, whoever forgot to say that something changed.
FRESH = timedelta(days=1)


def standing_touched(
    *, cooperative_ids: Sequence[int] = (), person_ids: Sequence[int] | sa.Select[Any] = (), now: datetime
) -> None:
    """Note that what these cooperatives' standing depends on has changed, and that of those where these
    people hold or held a post (core.ports). Two statements at most; nothing is locked."""
    session = db.session()
    if isinstance(person_ids, sa.Select) or person_ids:
        theirs = (
            sa.select(PostTerm.cooperative_id, sa.literal(now, UtcDateTime()))
            .where(PostTerm.person_id.in_(person_ids))
            .distinct()
        )
        session.execute(sa.insert(StandingChange).from_select(["cooperative_id", "at"], theirs))
    if cooperative_ids:
        rows = [{"cooperative_id": number, "at": now} for number in dict.fromkeys(cooperative_ids)]
        session.execute(sa.insert(StandingChange.__table__), rows)


def all_standings_touched(*, now: datetime) -> None:
    """What all cooperatives are judged by has changed (a service line, a checklist item): each is looked at
    anew by the next rounds. One statement."""
    session = db.session()
    session.flush()
    statement = sa.update(CooperativeStanding).values(next_change_on=coverage_day(now))
    session.execute(statement.execution_options(synchronize_session=False))


def hold_current(now: datetime) -> CoverageEdition:
    """The edition of today's figures, locked: one refresh at a time."""
    session = db.session()
    current = (
        sa.select(CoverageEdition)
        .where(CoverageEdition.state == "current")
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    found = session.scalar(current)
    if found is None:
        values = {"on_date": coverage_day(now), "state": "current", "made_at": now}
        upsert_ignore(session, CoverageEdition.__table__, values)
        found = session.scalars(current).one()
    return found


def refresh_standings(*, limit: int = 200, now: datetime) -> int:
    """Bring up to `limit` cooperatives up to date; answers how many were looked at, 0 when none waits.

    First those in the queue, then those of which a day has come on which they change by themselves, those
    never looked at, and those not looked at for a day. `made_at` of the current edition says until when every
    change is in it.
    """
    edition, on = hold_current(now), coverage_day(now)
    ids = _waiting(limit, on, now)
    save_standings(edition.id, ids, on=on, now=now)
    edition.on = on
    if len(ids) < limit:
        edition.made_at = now
    return len(ids)


def _waiting(limit: int, on: date, now: datetime) -> list[int]:
    session = db.session()
    queue = (
        sa.select(StandingChange.id, StandingChange.cooperative_id).order_by(StandingChange.id).limit(limit)
    )
    taken = session.execute(queue).all()
    if taken:
        gone = sa.delete(StandingChange).where(StandingChange.id.in_([row.id for row in taken]))
        session.execute(gone.execution_options(synchronize_session=False))
    ids = dict.fromkeys(row.cooperative_id for row in taken)
    table = CooperativeStanding
    for rest in (
        sa.select(table.cooperative_id)
        .where(table.next_change_on <= on)
        .order_by(table.next_change_on, table.cooperative_id),
        sa.select(Cooperative.id)
        .outerjoin(table, table.cooperative_id == Cooperative.id)
        .where(table.cooperative_id.is_(None))
        .order_by(Cooperative.id),
        sa.select(table.cooperative_id)
        .where(table.made_at < now - FRESH)
        .order_by(table.made_at, table.cooperative_id),
    ):
        if len(ids) < limit:
            ids |= dict.fromkeys(session.scalars(rest.limit(limit - len(ids))))
    return list(ids)


def drop_changes(ids: Sequence[int]) -> None:
    """Take these cooperatives out of the queue before they are looked at; what is committed later stays."""
    statement = sa.delete(StandingChange).where(StandingChange.cooperative_id.in_(ids))
    db.session.execute(statement.execution_options(synchronize_session=False))


def save_standings(
    edition_id: int, ids: Sequence[int], *, on: date, now: datetime, lines: Sequence[Line] | None = None
) -> None:
    """Work these cooperatives out anew, and move the cells of the held edition by the differences. About a
    dozen statements for each 500."""
    if not ids:
        return
    before = saved_shares(ids)
    fresh = live_standing(ids, on, service_lines() if lines is None else lines)
    tally = Tally()
    for number in ids:
        there = fresh.get(number)
        tally.change(before.get(number), there.share() if there else None)
    _save_rows(fresh.values(), now)
    _save_lines(fresh, {number: share.lines for number, share in before.items()})
    add_cells(edition_id, tally.cells, tally.lines)


def add_cells(edition_id: int, cells: Cells, lines: Lines) -> None:
    """Add sums to the cells of an edition, in the order of their keys. Two statements."""
    keys = ("edition_id", "region_code", "kind", "post")
    add_numbers(CoverageCell.__table__, keys, CELL_NAMES, edition_id, cells)
    keys = ("edition_id", "region_code", "kind", "line_id")
    add_numbers(CoverageLine.__table__, keys, LINE_NAMES, edition_id, lines)


def _save_rows(standings: Iterable[Standing], now: datetime) -> None:
    rows = [_row(one, now) for one in sorted(standings, key=lambda one: one.cooperative_id)]
    put_rows(CooperativeStanding.__table__, ("cooperative_id",), rows)


def _row(one: Standing, now: datetime) -> dict[str, Any]:
    people = one.posts[""]
    return {
        "cooperative_id": one.cooperative_id,
        "region_code": one.region_code,
        "district_code": region_path(one.region_code)[-1],
        "kind": one.kind,
        "is_pilot": one.is_pilot,
        "holders": people.holders,
        "certified": people.certified,
        "external": people.external,
        "reported": people.reported,
        "ready_lines": one.share().ready_lines,
        "facts": [[post, *counts] for post, counts in sorted(one.posts.items())],
        "next_change_on": one.next_change_on,
        "made_at": now,
    }


def _save_lines(fresh: dict[int, Standing], before: dict[int, Any]) -> None:
    """Every line that is for the cooperative's kind; those that are not any more go."""
    rows = [
        {
            "cooperative_id": number,
            "line_id": line_id,
            "state": str(verdict.state),
            "missing": verdict.wanted - verdict.met,
            "ready_until": verdict.ready_until,
        }
        for number, one in sorted(fresh.items())
        for line_id, verdict in sorted(one.lines.items())
    ]
    put_rows(LineStanding.__table__, ("cooperative_id", "line_id"), rows)
    gone = [
        {"old_cooperative": number, "old_line": line_id}
        for number, states in sorted(before.items())
        for line_id in sorted(states.keys() - fresh[number].lines.keys() if number in fresh else states)
    ]
    if gone:
        table = LineStanding.__table__
        statement = sa.delete(table).where(
            table.c.cooperative_id == sa.bindparam("old_cooperative"),
            table.c.line_id == sa.bindparam("old_line"),
        )
        db.session().connection().execute(statement, gone)
