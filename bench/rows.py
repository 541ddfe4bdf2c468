"""One line of the result: a floor and the portal, measured in the same minutes, held to one goal."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

_HOLDS = {"<=": operator.le, ">=": operator.ge}


@dataclass(frozen=True)
class Goal:
    """A bound such as `<= 1.3` on the ratio or on the portal's own figure; SPEED.md's, never a softer one."""

    sign: str
    bound: float
    of: str = "ratio"

    def text(self) -> str:
        """Such as "ratio <= 1.3" or "portal <= 2"."""
        return f"{self.of} {self.sign} {self.bound:g}"


@dataclass(frozen=True)
class Row:
    """`floor` and `portal` are in `unit`; None where nothing was measured, and `note` says why.

    The ratio is portal / floor, so for costs it should be small and for rates (`unit` ends in "/s") large.
    `more` holds what stands beside: requests a second, the engine, the number of rows.
    """

    case: str
    unit: str
    floor: float | None
    portal: float | None
    goal: Goal | None = None
    note: str = ""
    more: dict[str, Any] = field(default_factory=dict)

    @property
    def ratio(self) -> float | None:
        """portal / floor; None without both."""
        return self.portal / self.floor if self.floor and self.portal is not None else None

    @property
    def met(self) -> bool | None:
        """Whether the goal is kept; None where there is no goal or no figure."""
        if self.goal is None:
            return None
        figure = self.ratio if self.goal.of == "ratio" else self.portal
        return None if figure is None else bool(_HOLDS[self.goal.sign](figure, self.goal.bound))

    def as_json(self) -> dict[str, Any]:
        """{case, floor, portal, ratio, goal, met, unit, note, ...more}, figures to four digits."""
        figures = {"floor": self.floor, "portal": self.portal, "ratio": self.ratio}
        return {
            "case": self.case,
            **{name: None if value is None else _rounded(value) for name, value in figures.items()},
            "goal": self.goal.text() if self.goal else None,
            "met": self.met,
            "unit": self.unit,
            "note": self.note,
            **{name: _rounded(value) for name, value in self.more.items()},
        }


def not_measured(case: str, unit: str, why: str, goal: Goal | None = None) -> Row:
    """A row that says why there is no figure."""
    return Row(case, unit, None, None, goal, note=f"not measured: {why}")


def table(rows: Sequence[Row]) -> str:
    """The rows for a terminal, columns aligned."""
    cells = [("case", "floor", "portal", "ratio", "goal", "met", "unit", "")]
    for row in rows:
        met = {True: "yes", False: "NO", None: "–"}[row.met]
        more = ", ".join(f"{name} {_shown(value)}" for name, value in row.more.items())
        tail = "; ".join(part for part in (row.note, more) if part)
        figures = [_shown(value) for value in (row.floor, row.portal, row.ratio)]
        cells.append((row.case, *figures, row.goal.text() if row.goal else "–", met, row.unit, tail))
    widths = [max(len(line[column]) for line in cells) for column in range(7)]
    return "\n".join(
        "  ".join([*(text.ljust(width) for text, width in zip(line, widths, strict=False)), line[7]]).rstrip()
        for line in cells
    )


def _rounded(value: Any) -> Any:
    return float(f"{value:.4g}") if isinstance(value, float) else value


def _shown(value: Any) -> str:
    if value is None:
        return "–"
    return f"{value:,.0f}" if isinstance(value, float) and value >= 1000 else f"{_rounded(value)}"
