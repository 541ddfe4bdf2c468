"""Coverage equals a naive recomputation: live, by differences after any sequence of changes, and rebuilt."""

from collections import Counter
from datetime import timedelta
from random import Random

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.core import clock
from portal.core.db import db
from portal.readiness.jobs import mend, rebuild_all, refresh_all
from portal.readiness.models import CoverageCell, CoverageEdition, CoverageLine
from portal.readiness.queries.history import coverage_live
from portal.readiness.rules_coverage import CELL_NAMES, LINE_NAMES
from portal.readiness.services import refresh
from tests.readiness import histories
from tests.readiness.naive import naive, rows_of_everything

EXAMPLES = 25


def kept(edition_id=None):
    """(cells, lines) of an edition, today's by default, without those all zero."""
    edition_id = edition_id or db.session.scalar(
        sa.select(CoverageEdition.id).where(CoverageEdition.state == "current")
    )
    found = []
    for table, third, names in ((CoverageCell, "post", CELL_NAMES), (CoverageLine, "line_id", LINE_NAMES)):
        rows = db.session.scalars(sa.select(table).where(table.edition_id == edition_id)).all()
        numbers = {
            (row.region_code, row.kind, getattr(row, third)): tuple(getattr(row, name) for name in names)
            for row in rows
        }
        found.append({key: value for key, value in numbers.items() if any(value)})
    db.session.rollback()
    return tuple(found)


def live(on, region=""):
    tally = coverage_live(region, on)
    db.session.rollback()
    return tally.cells, {key: value for key, value in tally.lines.items() if any(value)}


@pytest.fixture
def patient(monkeypatch):
    """Nothing is looked at anew because a day has passed: only what was said, or what was foreseen."""
    monkeypatch.setattr(refresh, "FRESH", timedelta(days=100_000))


@pytest.mark.usefixtures("patient")
@settings(
    max_examples=EXAMPLES, deadline=None, derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
@given(seed=st.integers(0, 10**6), plan=st.lists(st.integers(-3, 45), min_size=1, max_size=25))
def test_coverage_when_anything_happens_equals_the_naive_count(app, database, seed, plan):
    """In the plan a negative number is a refresh; another is how many days go by before the next change."""
    database.reset()
    with app.app_context(), clock.freeze(histories.NOW):
        history = histories.begin(Random(seed))
        refresh_all(history.now)
        for days in plan:
            if days < 0:
                refresh_all(history.now)
                continue
            history.today += timedelta(days=days)
            clock._frozen = history.now
            histories.step(history)
        refresh_all(history.now)
        rows, today = rows_of_everything(), history.today
        db.session.rollback()
        expected = naive(rows, today)
        assert kept() == expected
        assert live(today) == expected
        assert mend(history.now, is_dry=True) == 0
        rebuild_all(now=history.now)
        assert kept() == expected
        assert_sums_of_regions(kept()[0])
        for past in (histories.DAY - timedelta(days=40), today - timedelta(days=3)):
            assert live(past) == naive(rows, past)
        db.session.remove()


def assert_sums_of_regions(cells):
    """The country is the sum of its provinces, of its regencies and of its districts, for every cell."""
    for level in (1, 2, 3):
        sums = Counter()
        for (region, kind, post), numbers in cells.items():
            if region and region.count(".") == level - 1:
                sums.update({(kind, post, name): n for name, n in zip(CELL_NAMES, numbers, strict=True)})
        for (region, kind, post), numbers in cells.items():
            if not region:
                assert numbers == tuple(sums[kind, post, name] for name in CELL_NAMES)
