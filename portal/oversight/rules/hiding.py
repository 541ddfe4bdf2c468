"""Which counts of people are closed, so that no count from 1 to 4 can be read or computed.

What is protected, counting on nothing but what is shown anywhere for the same day:
- a table with its total: a line with a closed count has a second one, or a closed total;
- parents and children: a closed count stays closed as the total of its own table, which then closes more;
- the tables of one dimension (kinds, or posts): a region's counts over it are a line whose total is the
  unfiltered count; no closed count follows from all the rows and columns of such a table taken together.
Two dimensions at once are not counted at all. Not protected: the difference between two days.

The smallest open counts are closed along, so a closed one may be larger than 4, and all look the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

SMALLEST_SHOWN = 5


def is_small(count: int) -> bool:
    """A count of people that is never shown."""
    return 0 < count < SMALLEST_SHOWN


def closed_line(
    counts: Sequence[int], *, total_closed: bool, closed: Sequence[bool] | None = None
) -> list[bool]:
    """Which counts of a line with its total are closed. `closed`: those that already are.

    With an open total at least two are closed, together more than they are many (else each would be 1) as
    far as there is something left to close; with a closed total at least one.
    """
    shut = [is_small(n) or bool(closed and closed[i]) for i, n in enumerate(counts)]
    order = sorted((i for i, one in enumerate(shut) if not one), key=lambda i: (counts[i] == 0, counts[i], i))
    if total_closed and not any(shut) and order:
        shut[order.pop(0)] = True
    if not total_closed and any(shut):
        while order and not _is_uncertain([n for n, one in zip(counts, shut, strict=True) if one]):
            shut[order.pop(0)] = True
    return shut


def _is_uncertain(hidden: Sequence[int]) -> bool:
    """More than one way to make up the sum of these, even for a reader who takes none for zero."""
    return len(hidden) >= 2 and sum(hidden) > len(hidden)


Cell = tuple[int, int]


def closed_grid(
    rows: Sequence[Mapping[str, int]],
    columns: Sequence[str],
    *,
    row_totals_closed: Sequence[bool],
    column_totals_closed: Mapping[str, bool],
) -> list[dict[str, bool]]:
    """`closed_line` along every row and column of a table, until no closed count follows from the others.

    rows: column -> count, absent for 0. The totals are fixed: they are what another table shows.
    """
    counts = [[row.get(column, 0) for column in columns] for row in rows]
    shut = [[is_small(n) for n in line] for line in counts]
    ends = [column_totals_closed.get(column, False) for column in columns]
    while True:
        _settle_lines(counts, shut, row_totals_closed, ends)
        more = next(
            filter(None, (_partner(counts, shut, at) for at in _certain(shut, row_totals_closed, ends))), None
        )
        if more is None:
            return [dict(zip(columns, line, strict=True)) for line in shut]
        shut[more[0]][more[1]] = True


def _settle_lines(
    counts: list[list[int]], shut: list[list[bool]], row_ends: Sequence[bool], column_ends: Sequence[bool]
) -> None:
    before = None
    while before != shut:
        before = [line[:] for line in shut]
        for i, line in enumerate(counts):
            shut[i] = closed_line(line, total_closed=row_ends[i], closed=shut[i])
        for j, is_closed in enumerate(column_ends):
            column = [line[j] for line in counts]
            made = closed_line(column, total_closed=is_closed, closed=[line[j] for line in shut])
            for i, one in enumerate(made):
                shut[i][j] = one


def _certain(shut: list[list[bool]], row_ends: Sequence[bool], column_ends: Sequence[bool]) -> list[Cell]:
    """The closed cells that the sums determine. Rows and columns are places, a closed count is a road between
    its row and its column (a closed total one to the sums): certain is a road that lies on no round trip."""
    roads = [(i, j) for i, line in enumerate(shut) for j, one in enumerate(line) if one]
    ends = [(i, -1) for i, one in enumerate(row_ends) if one] + [
        (-1, j) for j, one in enumerate(column_ends) if one
    ]
    if ends:  # the closed totals meet where nothing is told about their own sum
        ends.append((-1, -1))
    return [road for road in roads if not _is_round(road, roads + ends)]


def _is_round(road: Cell, roads: list[Cell]) -> bool:
    links: dict[tuple[str, int], list[tuple[str, int]]] = {}
    for i, j in roads:
        if (i, j) != road:
            links.setdefault(("row", i), []).append(("column", j))
            links.setdefault(("column", j), []).append(("row", i))
    seen, open_ends = {("row", road[0])}, [("row", road[0])]
    while open_ends:
        for place in links.get(open_ends.pop(), ()):
            if place not in seen:
                seen.add(place)
                open_ends.append(place)
    return ("column", road[1]) in seen


def _partner(counts: list[list[int]], shut: list[list[bool]], at: Cell) -> Cell | None:
    """The smallest open count beside a cell, in its row or else its column."""
    i, j = at
    beside = [(i, k) for k in range(len(counts[i]))] + [(k, j) for k in range(len(counts))]
    free = [(counts[a][b] == 0, counts[a][b], a, b) for a, b in beside if not shut[a][b]]
    return min(free)[2:] if free else None
