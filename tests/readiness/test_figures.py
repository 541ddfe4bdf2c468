"""Targets, figures of others and remote regions: kept with their source, all or nothing, by their keeper."""

from datetime import date

import pytest

from portal.core.db import db, transaction
from portal.core.errors import DomainError, Forbidden, NotFound
from portal.core.permissions import SYSTEM, Grant, GrantedActor, Role
from portal.readiness.models import CoverageTarget, OutsideFigure, RemoteRegion
from portal.readiness.services import figures

WATCHER = GrantedActor(1, None, "Wati Contoh", (Grant(Role.REGULATOR, "region", ""),))


def aim(now, **changes):
    values = {
        "region_code": "61", "year": 2026, "per_cooperative": 3, "people": None, "source": "Keputusan contoh",
        "source_status": "unconfirmed", "actor": SYSTEM, "now": now,
    }  # fmt: skip
    with transaction():
        return figures.set_target(**(values | changes)).id


def note(now, **changes):
    values = {
        "region_code": "", "subject": "trained", "value": 17_558, "as_of": date(2025, 11, 30),
        "source": "Terbitan contoh", "actor": SYSTEM, "now": now,
    }  # fmt: skip
    with transaction():
        return figures.keep_figure(**(values | changes)).id


def paste(now, codes, source="Peraturan contoh", actor=SYSTEM):
    with transaction():
        return figures.set_remote_regions(codes=codes, source=source, actor=actor, now=now)


def test_a_target_of_the_same_year_is_replaced(db_session, now):
    first = aim(now)
    assert aim(now, per_cooperative=None, people=500) == first
    found = db.session.get(CoverageTarget, first)
    assert (found.per_cooperative, found.people) == (None, 500)
    with transaction():
        figures.remove_target(target_id=first, actor=SYSTEM, now=now)
    with pytest.raises(NotFound), transaction():
        figures.remove_target(target_id=first, actor=SYSTEM, now=now)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"region_code": "99"}, "region_unknown"),
        ({"region_code": "61.05.01.2001"}, "region_unknown"),
        ({"people": 5}, "measure_unclear"),
        ({"per_cooperative": None}, "measure_unclear"),
    ],
)
def test_a_bad_target_is_refused(db_session, now, changes, code):
    with pytest.raises(DomainError, match=code):
        aim(now, **changes)
    assert db.session.query(CoverageTarget).count() == 0


def test_a_figure_of_the_same_day_is_replaced_and_none_is_of_tomorrow(db_session, now):
    assert note(now) == note(now, value=18_000)
    assert db.session.query(OutsideFigure).one().value == 18_000
    with pytest.raises(DomainError, match="as_of_future"):
        note(now, as_of=date(2031, 1, 1))
    with pytest.raises(DomainError, match="region_unknown"):
        note(now, region_code="xx")


def test_a_pasted_list_replaces_the_old_one_or_nothing_happens(db_session, now):
    assert paste(now, "61.05\n61.01; 61.05,") == 2
    with pytest.raises(DomainError, match="codes_unknown") as refused:
        paste(now, "61.05 61.99 61 11.01.01")
    assert "61.99, 61, 11.01.01" in refused.value.message
    assert {row.region_code for row in db.session.query(RemoteRegion)} == {"61.05", "61.01"}
    assert paste(now, "") == 0
    assert db.session.query(RemoteRegion).count() == 0


def test_who_only_watches_changes_nothing(db_session, now):
    with pytest.raises(Forbidden):
        paste(now, "61.05", actor=WATCHER)
    with pytest.raises(Forbidden):
        aim(now, actor=WATCHER)
    with pytest.raises(Forbidden):
        note(now, actor=WATCHER)


def test_the_shipped_figures_come_once(db_session, now):
    db.session.query(CoverageTarget).delete()
    db.session.commit()
    with transaction():
        assert figures.load_figures(actor=SYSTEM, now=now) == 4
    with transaction():
        assert figures.load_figures(actor=SYSTEM, now=now) == 0
    assert db.session.query(CoverageTarget).one().per_cooperative == 2
