"""Where things stand in the drawings of item statistics; templates/assessment/bank/charts.html draws them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from portal.assessment.rules.statistics import EASY, FLAT, HARD, Interval, Statistics
from portal.core.formatting import number

WIDTH, HEIGHT, LEFT, TOP = 290.0, 190.0, 36.0, 10.0
LOWEST = -0.6


@dataclass(frozen=True)
class Dot:
    """A question in the scatter: its number in the table beside it, its name, its place."""

    number: int
    name: str
    x: float
    y: float
    is_doubtful: bool


@dataclass(frozen=True)
class Scatter:
    """Facility to the right, discrimination upward. `good`: x, y, width and height of where questions should
    be; `columns` and `rows`: lines with what they are called."""

    dots: tuple[Dot, ...]
    good: tuple[float, float, float, float]
    columns: tuple[tuple[float, str], ...]
    rows: tuple[tuple[float, str], ...]


def scatter(rows: Sequence[tuple[str, Statistics]]) -> Scatter:
    """Each question that has both figures, numbered by its place in `rows`."""
    dots = tuple(
        Dot(number, name, _x(figure.facility.value), _y(figure.correlation.value), bool(figure.flags))
        for number, (name, figure) in enumerate(rows, 1)
        if figure.facility and figure.correlation
    )
    good = (_x(HARD), _y(1), _x(EASY) - _x(HARD), _y(FLAT) - _y(1))
    columns = tuple((_x(share), f"{share:.0%}") for share in (0.0, 0.25, 0.5, 0.75, 1.0))
    lines = tuple((_y(r), _told(r)) for r in (-0.5, 0.0, 0.5, 1.0))
    return Scatter(dots, good, columns, lines)


def _x(share: float) -> float:
    return round(LEFT + WIDTH * share, 1)


def _y(r: float) -> float:
    return round(TOP + HEIGHT * (1 - r) / (1 - LOWEST) if r > LOWEST else TOP + HEIGHT, 1)


def _told(r: float) -> str:
    return number(r, 0 if r == int(r) else 1).replace("-", "\u2212")


@dataclass(frozen=True)
class Span:
    """An estimate with its interval on a scale of 100; `zero` is where 0 stands, None at the left end."""

    low: float
    value: float
    high: float
    zero: float | None


def span(interval: Interval, low: float, high: float) -> Span:
    """Places on a scale from `low` to `high`."""

    def place(value: float) -> float:
        return round(100 * (min(max(value, low), high) - low) / (high - low), 1)

    zero = place(0) if low < 0 else None
    return Span(place(interval.low), place(interval.value), place(interval.high), zero)
