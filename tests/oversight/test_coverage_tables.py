"""Tables of coverage: sums, goals, what is closed, scopes, statements."""

from dataclasses import replace
from datetime import date

import pytest

from portal.core.errors import NotFound
from portal.core.permissions import Scope
from portal.oversight.forms import read_ask
from portal.oversight.pages.reading import EVERYWHERE, find_reading
from tests.support.coverage import DAY, fill, some, target
from tests.support.queries import count_statements

SINTANG = ("61.05.01", "61.05.02", "61.05.03")


def read(scope=EVERYWHERE, day=DAY, **args):
    return find_reading(read_ask(args, day), scope, day)


def inside(*codes):
    return Scope(regions=frozenset(codes))


def test_without_figures_there_is_no_reading(db_session):
    assert read() is None


def test_the_nation_is_the_sum_of_its_provinces_regencies_and_districts(db_session, now):
    fill(
        now,
        some("61.05.01", 7, certified=3, external=2),
        some("61.05.02", 5, certified=6),
        some("61.01.01", 4, certified=5, external=5),
        some("11.01.01", 3, certified=8, external=2),
        some("61.05.03", 2, certified=6, external=3),
    )
    nation = read().table
    names = ("cooperatives", "ready", "certified", "external")
    for name in names:
        assert sum(getattr(row, name) for row in nation.rows) == getattr(nation.total, name)
    province = read(wilayah="61").table
    assert province.total == next(row for row in nation.rows if row.code == "61")
    regency = read(wilayah="61.05").table
    assert regency.total == next(row for row in province.rows if row.code == "61.05")
    assert {row.code: row.certified for row in regency.rows if row.certified} == {
        "61.05.01": 21, "61.05.02": 30, "61.05.03": 12,
    }  # fmt: skip
    assert nation.total.certified == 21 + 30 + 12 + 20 + 24


def test_a_cooperative_without_a_district_is_in_a_row_of_its_own(db_session, now):
    fill(now, some("61.05.01", 2, certified=6), some("61.05", 1, certified=7))
    rows = {row.code: row for row in read(wilayah="61.05").table.rows}
    assert rows["61.05.-"].certified == 7
    assert rows["61.05.-"].name == ""
    assert read(wilayah="61.05").table.total.certified == 19


def test_coverage_counts_certificates_against_the_goal_and_outside_records_apart(db_session, now):
    fill(now, some("61.05.01", 10, certified=1, external=3))
    total = read(wilayah="61.05").table.total
    assert (total.certified, total.external, total.goal.people, total.percent) == (10, 30, 20, 50.0)


def test_the_nearest_target_counts_and_one_of_the_region_itself_first(db_session, now):
    fill(now, some("61.05.01", 10, certified=1), some("61.01.01", 10, certified=1))
    target(now, "61", 2026, each=4)
    target(now, "61.05", 2026, people=100)
    target(now, "61.05", 2027, people=999)
    rows = {row.code: row.goal for row in read(wilayah="61").table.rows if row.cooperatives}
    assert rows["61.05"].people == 100
    assert rows["61.01"].people == 40
    assert read().table.total.goal.people == 40
    assert read(wilayah="61.05").table.rows[0].goal.target.per_cooperative == 4


def test_a_post_is_measured_against_its_holders(db_session, now):
    fill(now, some("61.05.01", 10, certified=1), some("61.05.02", 10))
    total = read(wilayah="61.05", jabatan="chair").table.total
    assert (total.certified, total.percent, total.goal) == (10, 50.0, None)


def test_small_counts_are_closed_with_a_second_one(db_session, now):
    fill(
        now,
        some("61.05.01", 3, certified=1),
        some("61.05.02", 3, certified=3),
        some("61.05.03", 3, certified=9),
    )
    rows = {row.code: row.certified for row in read(wilayah="61.05").table.rows if row.cooperatives}
    assert rows == {"61.05.01": None, "61.05.02": None, "61.05.03": 27}


def test_what_a_parents_table_closes_stays_closed_as_the_total_of_its_own(db_session, now):
    fill(
        now,
        some("61.05.01", 1, certified=3),
        some("61.01.01", 1, certified=7),
        some("61.02.01", 1, certified=40),
    )
    province = {row.code: row.certified for row in read(wilayah="61").table.rows if row.cooperatives}
    assert province == {"61.05": None, "61.01": None, "61.02": 40}
    closed_along = read(wilayah="61.01").table
    assert closed_along.total.certified is None
    assert [row.certified for row in closed_along.rows if row.cooperatives] == [None]


def test_a_kind_cannot_be_computed_from_the_other_kinds(db_session, now):
    fill(
        now,
        some("61.05.01", 2, certified=9),
        some("61.05.01", 1, certified=3, kind="worker"),
        some("61.05.02", 2, certified=9),
    )
    kinds = {kind: read(wilayah="61.05", jenis=kind).table for kind in ("village", "worker")}
    shown = {
        kind: {row.code: row.certified for row in table.rows if row.cooperatives}
        for kind, table in kinds.items()
    }
    assert read(wilayah="61.05").table.total.certified == 39
    assert shown["worker"]["61.05.01"] is None
    assert shown["village"]["61.05.01"] is None
    assert kinds["worker"].total.certified is None


def test_kind_and_post_together_count_no_people(db_session, now):
    fill(now, some("61.05.01", 9, certified=3))
    total = read(wilayah="61.05", jenis="village", jabatan="chair").table.total
    assert (total.certified, total.external, total.percent, total.cooperatives) == (None, None, None, 9)


def test_several_regions_of_a_scope_stand_beside_each_other(db_session, now):
    fill(now, some("61.05.01", 5, certified=3), some("61.01.01", 5, certified=4))
    found = read(inside("61.05", "61.01", "61.05.01"))
    assert found.code is None
    assert {row.code for row in found.table.rows} == {"61.05", "61.01"}
    assert found.table.total.certified == 35


@pytest.mark.parametrize(
    "code", ["62", "62.01", "61.06", "61", "61.06.01", "61.05.01.2001", "99", "%", "6", ""]
)
def test_a_foreign_or_unknown_region_is_the_same_404(db_session, now, code):
    fill(now, some("61.05.01"))
    if code:
        with pytest.raises(NotFound):
            read(inside("61.05"), wilayah=code)
    assert read(inside("61.05")).code == "61.05"
    assert read(inside("61.05"), wilayah="61.05.01").level == "district"


@pytest.mark.parametrize("code", ["61.05.99", "61.99", "98", "61.05.xx", "61-05"])
def test_a_region_that_does_not_exist_is_404_for_all(db_session, now, code):
    fill(now, some("61.05.01"))
    with pytest.raises(NotFound):
        read(wilayah=code)


def test_a_table_takes_four_statements_however_many_rows(db_session, now):
    fill(now, *(some(f"{code}.01.01", 2, certified=9) for code in ("11", "12", "13", "61", "62", "91")))
    for args in ({}, {"wilayah": "61"}, {"jenis": "village"}, {"jabatan": "chair", "layanan": "tidak-ada"}):
        with count_statements(at_most=4):
            assert read(**args).table.rows


def test_an_earlier_day_has_figures_of_its_own_or_none(db_session, now):
    fill(now, some("61.05.01"))
    ask = replace(read_ask({}, DAY), on=date(2026, 11, 1))
    assert find_reading(ask, EVERYWHERE, DAY) is None
