"""Goals, differences from outside figures, shades and the order of rows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.oversight.rules.figures import chain_of, level_of, parent_of
from portal.oversight.rules.tables import Row, ordered, parents_of
from portal.oversight.rules.targets import Target, differs, goal_of, shade

AIMS = [
    Target("", 2025, 1, None, "lama", "confirmed"),
    Target("", 2027, 2, None, "nasional", "confirmed"),
    Target("61", 2026, None, 500, "provinsi", "portal"),
    Target("61.05", 2026, 3, None, "kabupaten", "portal"),
]


@pytest.mark.parametrize(
    ("code", "year", "is_part", "people"),
    [
        ("", 2026, False, 20),
        ("", 2025, False, 10),
        ("", 2030, False, 20),
        ("61", 2026, False, 500),
        ("61", 2026, True, 20),
        ("61.01", 2026, False, 20),
        ("61.05", 2026, False, 30),
        ("61.05.01", 2026, True, 30),
    ],
)
def test_the_goal_of_ten_cooperatives(code, year, is_part, people):
    assert goal_of(code, 10, AIMS, year, is_part=is_part).people == people


def test_without_a_target_there_is_no_goal():
    assert goal_of("61", 10, [], 2026) is None


@pytest.mark.parametrize(
    ("own", "outside", "off"),
    [
        (100, 100, None),
        (91, 100, None),
        (90, 100, 10),
        (110, 100, 10),
        (250, 100, 150),
        (1, 0, 100),
        (0, 0, None),
    ],
)
def test_a_difference_is_told_from_ten_per_cent_on(own, outside, off):
    assert differs(own, outside) == off


@pytest.mark.parametrize(
    ("percent", "tile"), [(None, 0), (0, 1), (9.9, 1), (10, 2), (29.9, 3), (39.9, 4), (40, 5), (300, 5)]
)
def test_shades_go_by_tens(percent, tile):
    assert shade(percent) == tile


@pytest.mark.parametrize(
    ("code", "level", "parent", "chain"),
    [
        ("", "country", "", [""]),
        ("61", "province", "", ["", "61"]),
        ("61.05", "regency", "61", ["", "61", "61.05"]),
        ("61.05.-", "district", "61.05", ["", "61", "61.05", "61.05.-"]),
    ],
)
def test_codes_say_where_a_region_lies(code, level, parent, chain):
    assert (level_of(code), parent_of(code), chain_of(code)) == (level, parent, chain)


def test_the_ways_down_to_several_regions_come_top_down_once():
    assert parents_of(["61.05", "61.01"]) == ["", "61", "61.01", "61.05"]


@given(
    st.lists(st.tuples(st.integers(0, 3), st.one_of(st.none(), st.integers(5, 50))), max_size=8),
    st.booleans(),
)
def test_closed_counts_tell_no_order_and_empty_regions_stand_last(cells, is_down):
    rows = [
        Row(f"{i:02}", f"R{i:02}", cooperatives, 0, certified, 0, None, None, True, certified is None)
        for i, (cooperatives, certified) in enumerate(cells)
    ]
    found = ordered(rows, "sertifikat", is_down=is_down)
    filled = [row for row in found if row.cooperatives]
    assert found == filled + [row for row in found if not row.cooperatives]
    closed = [row for row in filled if row.certified is None]
    assert filled[: len(closed)] == closed
    assert [row.name for row in closed] == sorted(row.name for row in closed)
    shown = [row.certified for row in filled[len(closed) :]]
    assert shown == sorted(shown, reverse=is_down)
