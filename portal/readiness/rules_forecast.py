"""What ends soon, and which service ends with it: pure rules on plain values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum

from portal.readiness.rules import FAR, Held, Holding, Line, LineVerdict, Need, Proof

#: So far the forecast looks ahead.
DAYS = 90


class EndKind(StrEnum):
    """What ends."""

    CERTIFICATE = "certificate"
    OUTSIDE = "outside"
    TERM = "term"
    ITEM = "item"


@dataclass(frozen=True, slots=True)
class Ending:
    """`day` is the last day that still counts. `lines`: ids of ready lines that end with it, when nothing is
    renewed before."""

    day: date
    kind: EndKind
    person_id: int = 0
    post: str = ""
    program_id: int = 0
    item: str = ""
    lines: tuple[int, ...] = ()


def joined(holdings: Iterable[Holding]) -> list[Holding]:
    """Terms of one person on one post that follow each other without a day between, as one."""
    runs: dict[tuple[int, str], list[Holding]] = {}
    for one in sorted(holdings, key=lambda h: (h.starts_on, h.ends_on or FAR)):
        known = runs.setdefault((one.person_id, one.post), [])
        if known and _reaches(known[-1], one):
            longer = (
                None
                if known[-1].ends_on is None or one.ends_on is None
                else max(known[-1].ends_on, one.ends_on)
            )
            known[-1] = replace(known[-1], ends_on=longer)
        else:
            known.append(one)
    return [one for run in runs.values() for one in run]


def _reaches(earlier: Holding, later: Holding) -> bool:
    return earlier.ends_on is None or later.starts_on <= earlier.ends_on + timedelta(days=1)


def pillars(line: Line, verdict: LineVerdict) -> list[list[str]]:
    """For each need of a line its pillars: "up" certified, "soon" in class, "down" missing."""
    left = list(verdict.gaps)
    found = []
    for need in line.needs:
        own = [gap for gap in left if gap.posts == need.posts and gap.programs == need.programs][: need.count]
        for gap in own:
            left.remove(gap)
        soon = sum(gap.reason == "in_training" for gap in own)
        up = need.count - len(own)
        found.append(["up"] * up + ["soon"] * soon + ["down"] * (len(own) - soon))
    return found


def endings(
    *,
    holdings: Sequence[Holding],
    held: Mapping[int, Sequence[Held]],
    items: Mapping[str, date | None],
    lines: Sequence[tuple[Line, LineVerdict]],
    on: date,
    days: int = DAYS,
) -> list[Ending]:
    """What ends from the day on within `days`, the soonest first.

    holdings: joined terms. Of certificates the longest of each person and program counts, and reported
    records do not. A term whose post somebody takes over on the next day is told only where a service ends
    with it.
    """
    last = on + timedelta(days=days)
    standing = [h for h in holdings if h.starts_on <= on and (h.ends_on is None or h.ends_on >= on)]
    found = [
        Ending(h.ends_on, EndKind.TERM, h.person_id, h.post)
        for h in standing
        if h.ends_on is not None and h.ends_on <= last
    ]
    posts: dict[int, str] = {}
    for h in standing:
        posts.setdefault(h.person_id, h.post)
    for person, post in posts.items():
        found += [
            Ending(day, kind, person, post, program)
            for (program, kind), day in _longest(held.get(person, ()), on).items()
            if day <= last
        ]
    found += [
        Ending(until, EndKind.ITEM, item=code)
        for code, until in items.items()
        if until is not None and on <= until <= last
    ]
    told = [replace(one, lines=_lines_of(one, lines, holdings)) for one in found]
    kept = [one for one in told if one.lines or not _is_followed(one, holdings)]
    return sorted(kept, key=lambda e: (e.day, e.kind, e.post, e.person_id, e.item))


def _is_followed(ending: Ending, holdings: Sequence[Holding]) -> bool:
    """Whether a term ends and somebody takes the post over on the next day."""
    next_day = ending.day + timedelta(days=1)
    return ending.kind == EndKind.TERM and any(
        h.post == ending.post and h.starts_on == next_day for h in holdings
    )


def _longest(held: Sequence[Held], on: date) -> dict[tuple[int, EndKind], date]:
    """(program id, kind) -> the last day of the competence that lasts longest."""
    found: dict[tuple[int, EndKind], date] = {}
    for one in held:
        if one.proof == Proof.REPORTED or one.since > on or (one.until is not None and one.until < on):
            continue
        key = one.program_id, EndKind.CERTIFICATE if one.proof == Proof.PORTAL else EndKind.OUTSIDE
        found[key] = max(found.get(key, one.until or FAR), one.until or FAR)
    return found


def _lines_of(
    ending: Ending, lines: Sequence[tuple[Line, LineVerdict]], holdings: Sequence[Holding]
) -> tuple[int, ...]:
    """The ready lines whose last day this is, and that use what ends."""
    posts = {h.post for h in holdings if h.person_id == ending.person_id}
    return tuple(
        line.line_id
        for line, verdict in lines
        if verdict.ready_until == ending.day
        and (
            ending.item in line.items
            if ending.kind == EndKind.ITEM
            else any(_uses(need, ending, posts) for need in line.needs)
        )
    )


def _uses(need: Need, ending: Ending, posts: set[str]) -> bool:
    if ending.kind == EndKind.TERM:
        return ending.post in need.posts
    return ending.program_id in need.programs and not posts.isdisjoint(need.posts)
