"""The dated report: facts once written, one page, the same bytes, one a day, one a month by itself."""

from datetime import date

import pytest

from portal.core.db import db, transaction
from portal.core.errors import Conflict, DomainError, Forbidden
from portal.core.permissions import SYSTEM, Grant, GrantedActor, Role
from portal.oversight.papers import report_pdf, report_words
from portal.oversight.services import make_monthly_report, make_report
from portal.oversight.timers import monthly_report
from portal.readiness.models import CoverageReport, OutsideFigure, ServiceLine
from tests.support.coverage import DAY, fill, some

WATCHER = GrantedActor(1, None, "Wati Contoh", (Grant(Role.REGULATOR, "region", ""),))
KEEPER = GrantedActor(2, None, "Budi Contoh", (Grant(Role.PLATFORM_ADMIN, "all", ""),))


def write(now, actor=KEEPER):
    with transaction():
        return make_report(actor=actor, now=now).id


@pytest.fixture
def filled(db_session, now):
    fill(
        now,
        *(
            some(f"{code}.01.01", 9, certified=1 + i % 3)
            for i, code in enumerate(("11", "12", "13", "14", "15", "61"))
        ),
        some("62.01.01", 1, certified=3),
    )


def test_without_figures_there_is_no_report(db_session, now):
    with pytest.raises(DomainError, match="figures_missing"):
        write(now)
    with transaction():
        assert make_monthly_report(actor=SYSTEM, now=now) is None


def test_who_watches_does_not_write(filled, now):
    with pytest.raises(Forbidden):
        write(now, WATCHER)


def test_the_facts_are_those_of_the_page_with_small_counts_closed(filled, now):
    facts = db.session.get(CoverageReport, write(now)).facts
    assert facts["totals"]["certified"] == 111
    assert facts["regions"][""]["goal"] == 110
    assert facts["regions"]["62"]["certified"] is None
    assert sum(facts["regions"][code]["cooperatives"] for code in facts["names"]) == 55
    assert len(facts["lowest"]) == 5
    assert "62" not in facts["lowest"]
    assert facts["before"] is None


def test_a_day_has_one_report(filled, now):
    write(now)
    with pytest.raises(Conflict, match="report_exists"):
        write(now)


def test_the_next_report_says_what_changed(filled, now, clock):
    write(now)
    later = clock.move(days=9)
    fill(later, some("61.05.01", 5, certified=2), goal=None)
    with transaction() as session:
        from portal.readiness.services.refresh import hold_current

        hold_current(later).on = date(2026, 12, 1)
        session.flush()
    words = report_words(db.session.get(CoverageReport, write(later)))
    assert words["change"].startswith("Sejak laporan 22 November 2026: bersertifikat +10")


def test_it_is_one_page_and_always_the_same_bytes(filled, now):
    with transaction() as session:
        for number in range(12):
            name = f"Layanan dengan nama yang panjang sekali nomor {number} " + "panjang " * 8
            session.add(ServiceLine(code=f"l{number}", position=number, name=name[:120], updated_at=now))
        for subject in ("cooperatives", "holders", "trained", "certified"):
            session.add(
                OutsideFigure(
                    subject=subject, value=80_605, as_of=DAY, source="Sumber luar " + "panjang " * 20,
                    set_at=now,
                )
            )  # fmt: skip
    report = db.session.get(CoverageReport, write(now))
    pdf = report_pdf(report)
    assert pdf.startswith(b"%PDF-1.7")
    assert pdf.count(b"/Type /Page\n") + pdf.count(b"/Type /Page ") + pdf.count(b"/Type/Page/") == 1
    assert report_pdf(report) == pdf


def test_a_month_gets_one_report_by_itself(filled, now, clock):
    assert monthly_report(now) is True
    assert monthly_report(clock.move(days=3)) is False
    assert monthly_report(clock.move(days=9)) is True
    assert db.session.query(CoverageReport).count() == 2
