"""What coverage counts, how regions hold each other, and the published definitions. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from operator import add, neg, sub
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


@lru_cache(maxsize=20_000)
def region_path(code: str) -> tuple[str, str, str, str]:
    """The country "", province, regency and district that a dotted code lies in: ("", "61", "61.05",
    "61.05.01"). Levels that the code does not name end in "-", so that each cooperative is in one region of
    each level."""
    parts = [part for part in code.split(".") if part][:3]
    parts += [UNTOLD] * (3 - len(parts))
    return "", parts[0], ".".join(parts[:2]), ".".join(parts)


def cell_numbers(share: Share, counts: Counts) -> tuple[int, ...]:
    """What a cooperative adds to a cell of its regions for a post with these counts."""
    return (
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
        int(share.ready_lines > 0),
    )


class Tally:
    """A sum of shares: add and take away, then read what is left.

    Shares are summed by district and kind; what lies above is the sum of that, made when it is read.
    """

    def __init__(self) -> None:
        self._cells: Cells = {}
        self._lines: Lines = {}

    def add(self, share: Share, sign: int = 1) -> None:
        """Add a cooperative's share; with sign -1 take it away."""
        district = region_path(share.region_code)[-1]
        for post, counts in share.posts.items():
            _add(self._cells, (district, share.kind, post), cell_numbers(share, counts), sign)
        for line_id, state in share.lines.items():
            _add(self._lines, (district, share.kind, line_id), _STATE_NUMBERS[state], sign)

    def change(self, old: Share | None, new: Share | None) -> None:
        """From one share to another; None for none."""
        if old == new:
            return
        if old is not None:
            self.add(old, -1)
        if new is not None:
            self.add(new)

    @property
    def cells(self) -> Cells:
        """(region, kind, post) -> numbers (CELL_NAMES), for every region from the districts to the country,
        each kind and ""."""
        return _above(self._cells)

    @property
    def lines(self) -> Lines:
        """(region, kind, line id) -> numbers (LINE_NAMES), as `cells`."""
        return _above(self._lines)


_STATE_NUMBERS = {name: tuple(int(name == one) for one in LINE_NAMES) for name in LINE_NAMES}


def _add(sums: dict[Any, tuple[int, ...]], key: Any, numbers: tuple[int, ...], sign: int) -> None:
    there = sums.get(key)
    if there is None:
        sums[key] = numbers if sign == 1 else tuple(map(neg, numbers))
    else:
        sums[key] = tuple(map(add if sign == 1 else sub, there, numbers))


def _above(districts: Mapping[Any, tuple[int, ...]]) -> dict[Any, tuple[int, ...]]:
    sums: dict[Any, tuple[int, ...]] = {}
    for (district, kind, what), numbers in districts.items():
        if any(numbers):
            for region in region_path(district):
                _add(sums, (region, "", what), numbers, 1)
                _add(sums, (region, kind, what), numbers, 1)
    return sums


def soonest(days: Iterable[date | None], on: date) -> date | None:
    """The first of these days after `on`; None without one."""
    return min((day for day in days if day is not None and day > on), default=None)
