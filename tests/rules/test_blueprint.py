"""What a written test asks, whether the bank can give it, and the draw itself."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from portal.assessment.rules.blueprint import (
    Need,
    blueprint_problems,
    needs_of,
    publish_blockers,
    supply_blockers,
)
from portal.assessment.rules.drawing import Stock, draw, units_for

UNITS = {1: "Buku kas", 2: "Neraca"}
NOW = datetime(2026, 11, 30, 2, 0, tzinfo=UTC)
PROBLEMS = [
    ([Need(1, 10, 70), Need(2, 5, 60)], []),
    ([], [("", "blueprint_empty")]),
    ([Need(9, 1, 70)], [("", "unit_foreign")]),
    ([Need(1, 0, 70)], [("count-1", "count_range")]),
    ([Need(1, -1, 70)], [("count-1", "count_range")]),
    ([Need(1, 41, 70)], [("count-1", "count_range")]),
    ([Need(1, 40, 0)], [("pct-1", "percent_range")]),
    ([Need(1, 40, 101)], [("pct-1", "percent_range")]),
    ([Need(1, 1, 70), Need(1, 2, 70)], [("", "unit_twice")]),
    ([Need(1, 40, 70), Need(1, 40, 70), Need(2, 40, 70), Need(2, 1, 70)],
     [("", "unit_twice"), ("", "test_long")]),
]  # fmt: skip


@pytest.mark.parametrize(("needs", "expected"), PROBLEMS, ids=range(len(PROBLEMS)))
def test_a_blueprint_says_all_that_is_wrong_with_it(needs, expected):
    assert [(field, one.code) for field, one in blueprint_problems(needs, UNITS)] == expected


def test_each_unit_that_lacks_questions_has_a_sentence():
    needs = [Need(1, 5, 70), Need(2, 3, 70)]
    assert supply_blockers(needs, {1: 5, 2: 3}, UNITS) == []
    found = supply_blockers(needs, {1: 4}, UNITS)
    assert [one.message for one in found] == [
        "Buku kas perlu 5 soal aktif, di bank soal baru ada 4.",
        "Neraca perlu 3 soal aktif, di bank soal baru ada 0.",
    ]


PUBLISH = [
    ({}, []),
    ({"state": "cancelled"}, ["test_cancelled"]),
    ({"batch_state": "cancelled"}, ["batch_not_running"]),
    ({"batch_state": "draft"}, ["batch_not_running"]),
    ({"batch_state": "finalized"}, []),
    ({"closes_at": NOW}, ["window_over"]),
    ({"needs": []}, ["blueprint_empty"]),
    ({"supply": {}, "closes_at": NOW - timedelta(days=1)}, ["window_over", "questions_missing"]),
]


@pytest.mark.parametrize(("changes", "expected"), PUBLISH, ids=[str(row[0]) for row in PUBLISH])
def test_what_keeps_a_test_from_being_published(changes, expected):
    facts = {
        "state": "draft", "batch_state": "published", "closes_at": NOW + timedelta(hours=1), "now": NOW,
        "needs": [Need(1, 2, 70)], "supply": {1: 2}, "units": UNITS,
    } | changes  # fmt: skip
    assert [one.code for one in publish_blockers(**facts)] == expected


def test_a_stored_blueprint_comes_back():
    needs = [Need(2, 3, 60), Need(1, 5, 70)]
    assert needs_of([one.stored() for one in needs]) == needs


def _pool(count, unit=1):
    options = [{"id": letter, "text": letter} for letter in "abcd"]
    content = {"stem": "?", "options": options, "key": "a"}
    return {unit: [Stock(100 * unit + n, 1000 * unit + n, "single", content) for n in range(count)]}


def test_the_same_seed_draws_the_same_and_another_seed_another():
    pool = {**_pool(20), **_pool(20, 2)}
    needs = [Need(1, 5, 70), Need(2, 4, 70)]
    first = draw(needs, pool, "seed a")
    assert draw(needs, {unit: list(reversed(stock)) for unit, stock in pool.items()}, "seed a") == first
    assert draw(needs, pool, "seed b") != first
    assert [one.position for one in first] == list(range(1, 10))
    assert [one.unit_id for one in first] == [1] * 5 + [2] * 4
    assert len({one.question_id for one in first}) == 9
    assert all(one.version_id - one.question_id == 900 * one.unit_id for one in first)
    assert all(sorted(one.options) == list("abcd") for one in first)


def test_every_question_and_every_order_has_its_chance():
    seen, firsts = Counter(), Counter()
    for number in range(400):
        for one in draw([Need(1, 2, 70)], _pool(8), f"{number}"):
            seen[one.question_id] += 1
            firsts[one.options[0]] += 1
    assert len(seen) == 8
    assert min(seen.values()) > 60
    assert len(firsts) == 4
    assert min(firsts.values()) > 140


def test_too_small_a_pool_is_no_draw():
    with pytest.raises(ValueError, match="ample"):
        draw([Need(1, 3, 70)], _pool(2), "x")


@pytest.mark.parametrize(
    ("open_units", "expected"), [(None, [1, 2]), (frozenset({2}), [2]), (frozenset(), []), ({9}, [])]
)
def test_a_retest_asks_only_what_is_open(open_units, expected):
    needs = [Need(1, 5, 70), Need(2, 3, 70)]
    assert [one.unit_id for one in units_for(needs, open_units)] == expected
