"""Holes of the dated report: a small count stays closed in every place of it."""

from portal.core.db import db, transaction
from portal.oversight.queries import reports
from portal.readiness.models import CoverageReport, OutsideFigure
from tests.oversight.test_coverage_report import write
from tests.support.coverage import fill, some


def test_a_small_count_is_not_told_beside_the_figure_of_others(db_session, now, monkeypatch):
    fill(now, some("61.05.01", 9, certified=6))
    with transaction() as session:
        session.add(
            OutsideFigure(
                region_code="",
                subject="trained",
                value=40,
                as_of=now.date(),
                source="Berita contoh",
                set_at=now,
            )
        )
    monkeypatch.setattr(reports, "count_trained", lambda: 3)
    facts = db.session.get(CoverageReport, write(now)).facts
    assert facts["totals"]["trained"] is None
    [mark] = [one for one in facts["outside"] if one["subject"] == "trained"]
    assert (mark["own"], mark["off"], mark["value"]) == (None, None, 40)
