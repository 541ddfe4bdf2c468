"""When a cooperative is ready to run a service: pure rules on plain values."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

FAR = date.max
PROSPECTIVE = "prospective"


class LineState(StrEnum):
    """How a cooperative stands toward a service line."""

    READY = "ready"
    NEARLY = "nearly"
    NOT_READY = "not_ready"


class GapReason(StrEnum):
    """Why one of the wanted people or papers is not there."""

    VACANT = "vacant"
    UNTRAINED = "untrained"
    IN_TRAINING = "in_training"
    ITEM_MISSING = "item_missing"
    ITEM_OLD = "item_old"


class Proof(StrEnum):
    """What proves a competence: a certificate of this portal, a verified outside record, a reported one."""

    PORTAL = "portal"
    VERIFIED = "verified"
    REPORTED = "reported"


@dataclass(frozen=True, slots=True)
class Need:
    """`count` different people, each on one of `posts` and holding one of `programs`."""

    posts: tuple[str, ...]
    programs: frozenset[int]
    count: int = 1
    takes_external: bool = True


@dataclass(frozen=True, slots=True)
class Line:
    """A service line as it is judged. Empty `kinds` admit every kind of cooperative that exists already."""

    line_id: int
    code: str
    needs: tuple[Need, ...]
    items: tuple[str, ...] = ()
    kinds: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Holding:
    """A post held by a person from a day to a day; None for no end."""

    person_id: int
    post: str
    starts_on: date
    ends_on: date | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """A competence of a person: it counts from `since` to `until` (the last valid day), None for no end."""

    program_id: int
    since: date
    until: date | None
    proof: Proof = Proof.PORTAL


@dataclass(frozen=True, slots=True)
class Gap:
    """One wanted person or paper that is not there. `person_id`: who could close it by training; None for a
    vacant post or a paper. `until`: when an old paper ended."""

    reason: GapReason
    posts: tuple[str, ...] = ()
    programs: frozenset[int] = frozenset()
    person_id: int | None = None
    post: str = ""
    item: str = ""
    until: date | None = None


@dataclass(frozen=True, slots=True)
class LineVerdict:
    """`met` of `wanted` people and papers are there. `ready_until`: the last day on which the line stays
    ready when nothing is renewed; None when it is not ready, or ready without an end."""

    state: LineState
    met: int
    wanted: int
    gaps: tuple[Gap, ...] = ()
    ready_until: date | None = None


def judge_line(
    line: Line,
    *,
    kind: str,
    holdings: Sequence[Holding],
    held: Mapping[int, Sequence[Held]],
    items: Mapping[str, date | None],
    training: Mapping[int, Collection[int]],
    on: date,
) -> LineVerdict | None:
    """How a cooperative of this kind stands toward a line on a day; None when the line is not for its kind.

    held: person id -> competences. items: checklist code -> the last day on which its newest entry counts
    (None for good); codes never done are absent. training: person id -> programs that the person is in class
    for. A person on two posts, or in two needs, counts for each; within one need only once.

    Ready: nothing is missing. Nearly: one thing is missing, or everybody missing is already in training; and
    something stands. Not ready: all else.
    """
    if not is_for_kind(line, kind):
        return None
    gaps: list[Gap] = []
    met = wanted = 0
    last = FAR
    standing = [h for h in holdings if h.starts_on <= on and (h.ends_on is None or h.ends_on >= on)]
    for need in line.needs:
        there, missing = _judge_need(need, standing, held, training, on)
        wanted += need.count
        met += min(need.count, len(there))
        gaps += missing
        if len(there) >= need.count:
            last = min(last, there[need.count - 1])
    for code in line.items:
        wanted += 1
        gap = _judge_item(code, items, on)
        if gap is None:
            met += 1
            last = min(last, items[code] or FAR)
        else:
            gaps.append(gap)
    if not gaps:
        return LineVerdict(LineState.READY, met, wanted, (), None if last == FAR else last)
    return LineVerdict(_short_of(gaps, met), met, wanted, tuple(gaps))


def is_for_kind(line: Line, kind: str) -> bool:
    """Whether a line is judged for a kind. One that is still being founded runs no service, unless a line
    names that kind."""
    return kind in line.kinds if line.kinds else kind != PROSPECTIVE


def _short_of(gaps: Sequence[Gap], met: int) -> LineState:
    in_class = all(gap.reason == GapReason.IN_TRAINING for gap in gaps)
    return LineState.NEARLY if in_class or (len(gaps) == 1 and met) else LineState.NOT_READY


def _judge_need(
    need: Need,
    standing: Sequence[Holding],
    held: Mapping[int, Sequence[Held]],
    training: Mapping[int, Collection[int]],
    on: date,
) -> tuple[list[date], list[Gap]]:
    """(the last day of each who fulfills the need, the longest first; a gap for each who is missing)."""
    lasting: dict[int, date] = {}
    lacking: dict[int, str] = {}
    for post in need.posts:
        for holding in standing:
            if holding.post != post:
                continue
            until = competent_until(need, held.get(holding.person_id, ()), on)
            if until is None:
                lacking.setdefault(holding.person_id, post)
            else:
                end = min(until, holding.ends_on or FAR)
                lasting[holding.person_id] = max(lasting.get(holding.person_id, end), end)
    missing = need.count - len(lasting)
    candidates = sorted(
        (person for person in lacking if person not in lasting),
        key=lambda person: not need.programs.intersection(training.get(person, ())),
    )
    gaps = []
    for place in range(max(missing, 0)):
        if place >= len(candidates):
            gaps.append(Gap(GapReason.VACANT, need.posts, need.programs))
            continue
        person = candidates[place]
        in_class = bool(need.programs.intersection(training.get(person, ())))
        reason = GapReason.IN_TRAINING if in_class else GapReason.UNTRAINED
        gaps.append(Gap(reason, need.posts, need.programs, person, lacking[person]))
    return sorted(lasting.values(), reverse=True), gaps


def competent_until(need: Need, held: Sequence[Held], on: date) -> date | None:
    """The last day on which these competences fulfill the need; date.max for no end, None when they do not on
    the day."""
    ends = [
        one.until or FAR
        for one in held
        if one.program_id in need.programs
        and one.since <= on
        and (one.until is None or one.until >= on)
        and (one.proof == Proof.PORTAL or (need.takes_external and one.proof == Proof.VERIFIED))
    ]
    return max(ends, default=None)


def _judge_item(code: str, items: Mapping[str, date | None], on: date) -> Gap | None:
    if code not in items:
        return Gap(GapReason.ITEM_MISSING, item=code)
    until = items[code]
    if until is not None and until < on:
        return Gap(GapReason.ITEM_OLD, item=code, until=until)
    return None
