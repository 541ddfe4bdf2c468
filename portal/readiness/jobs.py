"""Long work on the summaries, in one transaction a chunk: what is done stays, and nobody waits long."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from time import monotonic

from portal.core.db import db, transaction
from portal.readiness.queries import service_lines
from portal.readiness.queries.inclusion import inclusion_by_region
from portal.readiness.queries.standing import CHUNK, pieces_of_country
from portal.readiness.rules_coverage import coverage_day
from portal.readiness.services.inclusion import save_inclusion
from portal.readiness.services.rebuild import mend_country, mend_province, provinces_of_standings
from portal.readiness.services.refresh import drop_changes, hold_current, refresh_standings, save_standings

ROUND = 200


def refresh_all(now: datetime, seconds: float = 20.0) -> int:
    """Bring what waits up to date, in small transactions, for about so many seconds; how many cooperatives
    were looked at."""
    done, end = 0, monotonic() + seconds
    while True:
        with transaction():
            count = refresh_standings(limit=ROUND, now=now)
        done += count
        if count < ROUND or monotonic() > end:
            return done


def rebuild_all(*, now: datetime, told: Callable[[int], object] | None = None) -> int:
    """Work every cooperative out anew and mend the cells above them; how many there were. What waited in the
    queue is in it.

    told: called with the number of cooperatives done since the last call. Killed half-way, the figures are
    right for what was done and old for the rest.
    """
    on, done = coverage_day(now), 0
    lines = service_lines()
    for ids in pieces_of_country(CHUNK):
        with transaction():
            edition = hold_current(now)
            drop_changes(ids)
            save_standings(edition.id, ids, on=on, now=now, lines=lines)
            edition.on = on
        done += len(ids)
        if told is not None:
            told(len(ids))
    mend(now)
    recount_inclusion(now)
    return done


def mend(now: datetime, *, is_dry: bool = False) -> int:
    """Hold the cells against the saved standings, a province at a time; how many differed, and are mended
    unless is_dry."""
    off = 0
    for province in provinces_of_standings():
        with transaction():
            off += mend_province(hold_current(now).id, province, is_dry=is_dry)
    with transaction():
        return off + mend_country(hold_current(now).id, is_dry=is_dry)


def recount_inclusion(now: datetime) -> int:
    """Count anew what people said about disability and help, by region; how many regions have answers.

    Nothing about it is kept by cooperative, so there are no differences to apply: it is counted as a whole.
    """
    sums = inclusion_by_region(coverage_day(now))
    db.session.rollback()
    with transaction():
        save_inclusion(hold_current(now).id, sums)
    return len(sums)
