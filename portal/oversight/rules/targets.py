"""What a region is to reach, and when a denominator differs from what somebody else published."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from portal.oversight.rules.figures import chain_of

DIFFERS_PERCENT = 10
LOW_PERCENT = 15


class Target(NamedTuple):
    """A target of a region by a year: people for each cooperative, or a number of people."""

    region_code: str
    year: int
    per_cooperative: int | None
    people: int | None
    source: str
    source_status: str


class Goal(NamedTuple):
    """What a region is to reach: people, and the target that says so."""

    people: int
    target: Target


def goal_of(
    code: str, cooperatives: int, targets: Sequence[Target], year: int, *, is_part: bool = False
) -> Goal | None:
    """The goal of a region in a year; None when no target reaches it.

    Its own target counts first, then the nearest region above that has one by cooperative. is_part: the
    cooperatives are only some of the region's, so that a number of people for all of them does not apply.
    """
    for step in reversed(chain_of(code)):
        found = _in_year([one for one in targets if one.region_code == step], year)
        if found is None:
            continue
        if found.per_cooperative is not None:
            return Goal(found.per_cooperative * cooperatives, found)
        if step == code and not is_part and found.people is not None:
            return Goal(found.people, found)
    return None


def _in_year(targets: Sequence[Target], year: int) -> Target | None:
    """The target of the nearest year to come, else of the latest year past."""
    to_come = [one for one in targets if one.year >= year]
    if to_come:
        return min(to_come, key=lambda one: one.year)
    return max(targets, key=lambda one: one.year, default=None)


def share(part: int, whole: int) -> float | None:
    """Per cent, also above 100; None without a whole."""
    return 100 * part / whole if whole else None


def differs(own: int, outside: int) -> int | None:
    """By how many whole per cent the portal's figure is off an outside one, when it is 10 or more; else None.
    An outside 0 differs from anything else by 100."""
    if own == outside:
        return None
    if not outside:
        return 100
    off = abs(own - outside) * 100
    return off // outside if off >= DIFFERS_PERCENT * outside else None


def shade(percent: float | None) -> int:
    """The class of a tile: 1 below 10 per cent, 2 to 4 by tens, 5 from 40 on, 0 for none."""
    if percent is None:
        return 0
    return min(5, 1 + int(percent // 10))
