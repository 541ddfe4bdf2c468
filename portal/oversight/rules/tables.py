"""Tables of coverage made from counts: what is closed in them, goals and shares, their order. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from portal.oversight.rules.figures import Figures, chain_of, parent_of
from portal.oversight.rules.hiding import closed_grid, closed_line, is_small
from portal.oversight.rules.targets import Goal, Target, goal_of, share

Key = tuple[str, str]
Count = Callable[[Figures], int]


class Pick(NamedTuple):
    """What a table is about: a kind of cooperatives, a post, a service line; "" and None for all."""

    kind: str = ""
    post: str = ""
    line_id: int | None = None

    @property
    def by(self) -> str:
        """The dimension that must be read beside the totals."""
        return "kind" if self.kind else "post" if self.post else ""

    @property
    def value(self) -> str:
        """The value of that dimension."""
        return self.kind or self.post

    @property
    def is_crossed(self) -> bool:
        """Two dimensions at once: people are not counted."""
        return bool(self.kind and self.post)


@dataclass(frozen=True, slots=True)
class Row:
    """A region as shown; None for a closed count. goal: None where no target reaches it or it makes no sense.
    percent: of the goal, for a post of its holders."""

    code: str
    name: str
    cooperatives: int
    ready: int
    certified: int | None
    external: int | None
    goal: Goal | None
    percent: float | None
    is_reported: bool
    is_closed: bool

    @property
    def has_children(self) -> bool:
        """False for what names no lower level."""
        return not self.code.endswith("-")


@dataclass(frozen=True, slots=True)
class Table:
    """The regions below one, and their sum: `total` is the region itself."""

    total: Row
    rows: list[Row]

    @property
    def has_closed(self) -> bool:
        """True when something is hidden."""
        return self.total.is_closed or any(row.is_closed for row in self.rows)


def closings(
    found: Iterable[Figures],
    parents: Sequence[str],
    count: Count,
    *,
    must_close: Callable[[Figures], bool] | None = None,
) -> dict[Key, bool]:
    """Which counts of the regions below `parents` (top down, the country first) are closed, by (code, value).

    must_close: closes a region's count for a reason of its own.
    """
    cells = {(one.code, one.value): one for one in found}
    values = sorted({value for _code, value in cells if value})
    below = _children(cells)

    def number(code: str, value: str = "") -> int:
        one = cells.get((code, value))
        return count(one) if one else 0

    def shut(code: str) -> bool:
        one = cells.get((code, ""))
        return bool(must_close and one and must_close(one))

    closed = {("", ""): is_small(number("")) or shut("")}
    across = closed_line([number("", value) for value in values], total_closed=closed["", ""])
    closed |= {("", value): one for value, one in zip(values, across, strict=True)}
    for parent in parents:
        codes = below.get(parent, [])
        line = closed_line(
            [number(code) for code in codes],
            total_closed=closed.get((parent, ""), False),
            closed=[shut(code) for code in codes],
        )
        closed |= {(code, ""): one for code, one in zip(codes, line, strict=True)}
        if values:
            grid = closed_grid(
                [{value: number(code, value) for value in values} for code in codes],
                values,
                row_totals_closed=line,
                column_totals_closed={value: closed.get((parent, value), False) for value in values},
            )
            closed |= {
                (code, v): one for code, row in zip(codes, grid, strict=True) for v, one in row.items()
            }
    return closed


def _children(cells: Iterable[Key]) -> dict[str, list[str]]:
    """Region -> the regions right below it, each once, in the order of the cells."""
    below: dict[str, list[str]] = {}
    for code in dict.fromkeys(code for code, _value in cells):
        if code:
            below.setdefault(parent_of(code), []).append(code)
    return below


class Maker:
    """Rows of one day and pick, with what is closed in all tables on the way to them."""

    def __init__(
        self,
        found: Sequence[Figures],
        parents: Sequence[str],
        pick: Pick,
        targets: Sequence[Target],
        year: int,
    ) -> None:
        self._cells = {(one.code, one.value): one for one in found}
        self._pick, self._targets, self._year = pick, targets, year
        self._below = _children(self._cells)
        self._certified = closings(found, parents, lambda one: one.certified)
        self._external = closings(found, parents, lambda one: one.external)

    def table(self, code: str) -> Table:
        """The regions below one of the parents."""
        rows = [self.row(one) for one in self._below.get(code, ())]
        kept = [row for row in rows if row.has_children or row.cooperatives]
        return Table(self.row(code), kept)

    def chosen(self, codes: Collection[str]) -> Table:
        """Regions that lie beside each other; their sum is closed as soon as one of them is."""
        rows = [self.row(code) for code in codes]
        return Table(_sum_of(rows), rows)

    def row(self, code: str) -> Row:
        """One region as shown."""
        pick = self._pick
        whole = self._cells.get((code, "")) or Figures(code, "", "", "")
        kind = self._cells.get((code, pick.kind)) or Figures(code, whole.name, "", pick.kind)
        one = self._cells.get((code, pick.value)) or Figures(code, whole.name, "", pick.value)
        key = (code, pick.value)
        certified = None if pick.is_crossed or self._certified.get(key) else one.certified
        external = None if pick.is_crossed or self._external.get(key) else one.external
        goal = None
        if not pick.post:
            goal = goal_of(code, kind.cooperatives, self._targets, self._year, is_part=bool(pick.kind))
        whole_count = goal.people if goal else one.holders if pick.post else 0
        return Row(
            code=code,
            name=whole.name,
            cooperatives=kind.cooperatives,
            ready=kind.ready if pick.line_id else kind.any_ready,
            certified=certified,
            external=external,
            goal=goal,
            percent=None if certified is None else share(certified, whole_count),
            is_reported=one.holders > 0,
            is_closed=certified is None or external is None,
        )


def _sum_of(rows: Sequence[Row]) -> Row:
    certified = (
        None if any(row.certified is None for row in rows) else sum(row.certified or 0 for row in rows)
    )
    external = None if any(row.external is None for row in rows) else sum(row.external or 0 for row in rows)
    goals = [row.goal for row in rows if row.goal]
    goal = (
        Goal(sum(one.people for one in goals), goals[0].target) if len(goals) == len(rows) and goals else None
    )
    return Row(
        code="",
        name="",
        cooperatives=sum(row.cooperatives for row in rows),
        ready=sum(row.ready for row in rows),
        certified=certified,
        external=external,
        goal=goal,
        percent=share(certified, goal.people) if goal and certified is not None else None,
        is_reported=any(row.is_reported for row in rows),
        is_closed=certified is None or external is None,
    )


#: Columns that a table may be ordered by, with what the address calls them.
ORDERS: dict[str, Callable[[Row], object | None]] = {
    "cakupan": lambda row: row.percent,
    "nama": lambda row: row.name,
    "sertifikat": lambda row: row.certified,
    "luar": lambda row: row.external,
    "koperasi": lambda row: row.cooperatives,
    "siap": lambda row: row.ready,
}


def ordered(rows: Sequence[Row], column: str, *, is_down: bool) -> list[Row]:
    """Rows by one column. Those that show nothing there stand first, by name, and tell no order; regions
    without cooperatives stand last."""
    value = ORDERS[column]
    named = sorted(rows, key=lambda row: (row.name == "", row.name, row.code))
    filled = [row for row in named if row.cooperatives]
    shown = [row for row in filled if value(row) is not None]
    told = sorted(shown, key=value, reverse=is_down)  # type: ignore[arg-type]
    return (
        [row for row in filled if value(row) is None] + told + [row for row in named if not row.cooperatives]
    )


def parents_of(codes: Iterable[str]) -> list[str]:
    """The regions whose tables lead down to these codes, the country first, each once."""
    steps = {step for code in codes for step in chain_of(code)}
    return sorted(steps, key=lambda step: (len(step), step))
