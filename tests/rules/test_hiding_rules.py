"""Closed counts: none from 1 to 4 is shown, and none can be computed from what is."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.oversight.rules.hiding import closed_grid, closed_line, is_small

COUNTS = st.lists(st.integers(0, 30), min_size=1, max_size=12)
SMALL = st.lists(st.integers(0, 6), min_size=1, max_size=5)


@pytest.mark.parametrize(
    ("counts", "total_closed", "closed"),
    [
        ([9, 12, 40], False, []),
        ([0, 0, 40], False, []),
        ([3, 12, 40], False, [0, 1]),
        ([3, 0, 40], False, [0, 2]),
        ([1, 1, 40, 9], False, [0, 1, 3]),
        ([4, 4, 40], False, [0, 1]),
        ([3], True, [0]),
        ([0, 7], True, [1]),
        ([7, 8], True, [0]),
        ([2, 0], True, [0]),
    ],
)
def test_a_line_closes_the_small_and_as_many_more_as_it_takes(counts, total_closed, closed):
    shut = closed_line(counts, total_closed=total_closed)
    assert [i for i, one in enumerate(shut) if one] == closed


@given(COUNTS, st.booleans())
def test_no_small_count_is_open(counts, total_closed):
    shut = closed_line(counts, total_closed=total_closed)
    assert all(one for one, n in zip(shut, counts, strict=True) if is_small(n))


@given(SMALL)
def test_no_closed_count_follows_from_the_open_ones_and_the_total(counts):
    total = sum(counts)
    total_closed = is_small(total)
    shut = closed_line(counts, total_closed=total_closed)
    hidden = [i for i, one in enumerate(shut) if one]
    if total_closed:
        assert hidden
        return
    rest = sum(counts[i] for i in hidden)
    told = [c for c in product(range(rest + 1), repeat=len(hidden)) if sum(c) == rest] if hidden else []
    for place in range(len(hidden)):
        assert len({one[place] for one in told}) > 1


@given(st.lists(st.lists(st.integers(0, 12), min_size=3, max_size=3), min_size=1, max_size=5))
def test_in_a_grid_no_closed_count_follows_from_all_sums_together(table):
    columns = ("a", "b", "c")
    rows = [dict(zip(columns, line, strict=True)) for line in table]
    sums = [sum(line) for line in table]
    total = sum(sums)
    row_ends = closed_line(sums, total_closed=is_small(total))
    down = {column: sum(row[column] for row in rows) for column in columns}
    across = closed_line(list(down.values()), total_closed=is_small(total))
    column_ends = dict(zip(columns, across, strict=True))
    shut = closed_grid(rows, columns, row_totals_closed=row_ends, column_totals_closed=column_ends)
    assert all(shut[i][c] for i, row in enumerate(rows) for c, n in row.items() if is_small(n))
    unknown = [(i, c) for i, row in enumerate(rows) for c in columns if shut[i][c]]
    equations = [[(i, c) for c in columns if shut[i][c]] for i in range(len(rows)) if not row_ends[i]]
    equations += [[(i, c) for i in range(len(rows)) if shut[i][c]] for c in columns if not column_ends[c]]
    matrix = [[1 if cell in line else 0 for cell in unknown] for line in equations if line]
    everything = [n for row in rows for n in row.values()]
    for place, cell in enumerate(unknown):
        unit = [1 if k == place else 0 for k in range(len(unknown))]
        assert rank([*matrix, unit]) > rank(matrix) or all(shut[i][c] for i, c in all_cells(rows)), (
            cell,
            everything,
        )


def all_cells(rows):
    return [(i, c) for i, row in enumerate(rows) for c in row]


def rank(matrix):
    """Of a 0/1 matrix, by elimination with exact fractions."""
    from fractions import Fraction

    rows = [[Fraction(n) for n in line] for line in matrix]
    found = 0
    for column in range(len(rows[0]) if rows else 0):
        pivot = next((i for i in range(found, len(rows)) if rows[i][column]), None)
        if pivot is None:
            continue
        rows[found], rows[pivot] = rows[pivot], rows[found]
        for i in range(found + 1, len(rows)):
            factor = rows[i][column] / rows[found][column]
            rows[i] = [a - factor * b for a, b in zip(rows[i], rows[found], strict=True)]
        found += 1
    return found
