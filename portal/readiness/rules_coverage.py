"""What coverage counts, how regions hold each other, and the published definitions. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

#: Coverage is told by the calendar day of this zone, for the whole country.
ZONE = "Asia/Jakarta"
#: Stands for a level that the code of a cooperative does not name, so that the sums still hold.
UNTOLD = "-"


def day_over(on: date) -> datetime:
    """The moment (UTC) at which a day is over: what happened before it counts on that day."""
    next_day = on + timedelta(days=1)
    midnight = datetime(next_day.year, next_day.month, next_day.day, tzinfo=ZoneInfo(ZONE))
    return midnight.astimezone(UTC)


def coverage_day(now: datetime) -> date:
    """The day that coverage tells as "today" at an aware moment."""
    return now.astimezone(ZoneInfo(ZONE)).date()


class Counts(NamedTuple):
    """People on posts, each once. External and reported have no certificate of this portal in force; training
    are those without one who sit in class or await its certificate."""

    holders: int = 0
    certified: int = 0
    external: int = 0
    reported: int = 0
    women: int = 0
    women_certified: int = 0
    training: int = 0


#: The numbers of a cell, in the order of its tuple (and of the columns of `coverage_cell`).
CELL_NAMES = (
    "cooperatives", "holders", "certified", "external", "reported", "training", "women", "women_certified",
    "pilots", "with_certified", "any_ready",
)  # fmt: skip
LINE_NAMES = ("ready", "nearly", "not_ready")

CellKey = tuple[str, str, str]
LineKey = tuple[str, str, int]
Cells = dict[CellKey, tuple[int, ...]]
Lines = dict[LineKey, tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Share:
    """What one cooperative adds to the cells of its regions. `posts`: counts by post, and "" for the people
    of the cooperative, each once; posts that nobody holds are absent, "" is always there. `lines`: line id ->
    state, for the lines that are for its kind; ready_lines is what was counted of them, also when a line is
    gone since."""

    region_code: str
    kind: str
    is_pilot: bool
    posts: Mapping[str, Counts]
    lines: Mapping[int, str]
    ready_lines: int


def region_path(code: str) -> tuple[str, str, str, str]:
    """The country "", province, regency and district that a dotted code lies in: ("", "61", "61.05",
    "61.05.01"). Levels that the code does not name end in "-", so that each cooperative is in one region of
    each level."""
    parts = [part for part in code.split(".") if part][:3]
    parts += [UNTOLD] * (3 - len(parts))
    return "", parts[0], ".".join(parts[:2]), ".".join(parts)


def share_cells(share: Share) -> Cells:
    """The numbers that a cooperative adds to each (region, kind, post)."""
    found: Cells = {}
    is_ready = int(share.ready_lines > 0)
    for post, counts in share.posts.items():
        numbers = (
            1,
            counts.holders,
            counts.certified,
            counts.external,
            counts.reported,
            counts.training,
            counts.women,
            counts.women_certified,
            int(share.is_pilot),
            int(counts.certified > 0),
            is_ready,
        )
        for region in region_path(share.region_code):
            found[region, "", post] = found[region, share.kind, post] = numbers
    return found


def share_lines(share: Share) -> Lines:
    """The numbers that a cooperative adds to each (region, kind, line)."""
    found: Lines = {}
    for line_id, state in share.lines.items():
        numbers = tuple(int(state == name) for name in LINE_NAMES)
        for region in region_path(share.region_code):
            found[region, "", line_id] = found[region, share.kind, line_id] = numbers
    return found


class Tally:
    """A sum of shares: add and take away, then read what is left."""

    def __init__(self) -> None:
        self.cells: Cells = {}
        self.lines: Lines = {}

    def add(self, share: Share, sign: int = 1) -> None:
        """Add a cooperative's share; with sign -1 take it away."""
        _add(self.cells, share_cells(share), sign)
        _add(self.lines, share_lines(share), sign)

    def change(self, old: Share | None, new: Share | None) -> None:
        """From one share to another; None for none."""
        if old == new:
            return
        if old is not None:
            self.add(old, -1)
        if new is not None:
            self.add(new)


def _add(sums: dict[Any, tuple[int, ...]], more: Mapping[Any, tuple[int, ...]], sign: int) -> None:
    for key, numbers in more.items():
        there = sums.get(key)
        if there is None:
            sums[key] = numbers if sign == 1 else tuple(-number for number in numbers)
        else:
            sums[key] = tuple(a + sign * b for a, b in zip(there, numbers, strict=True))


def soonest(days: Iterable[date | None], on: date) -> date | None:
    """The first of these days after `on`; None without one."""
    return min((day for day in days if day is not None and day > on), default=None)
