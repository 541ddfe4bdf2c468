"""A change of a board as a plan: which terms end, which begin, and why it cannot be so. Pure rules.

Every reason names the row of the form that it belongs to, so that the sentence can stand beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from portal.cooperatives.rules.board import SOLE_POSTS

#: Terms that end by themselves when their holder takes a post of the hall.
GIVES_WAY = frozenset({"member", "founder"})
DAY = timedelta(days=1)
OLDEST_YEARS = 30
FIELD_OF_DATE = "effective_on"


@dataclass(frozen=True)
class Term:
    """A term as stored; `ends_on` is its last day, None for an open one."""

    id: int
    person_id: int
    post: str
    starts_on: date
    ends_on: date | None = None


@dataclass(frozen=True)
class Beginning:
    """A post that somebody takes on the day of the change. `key` names the row of the form; a person who is
    not yet recorded has a negative id of their own."""

    key: str
    post: str
    person_id: int
    ends_on: date | None = None
    is_ex_officio: bool = False


@dataclass(frozen=True)
class Problem:
    """Why a change cannot be so. `key`: the row, or `effective_on`; `part`: act, who or until.

    `other_post`, `day`: what the sentence names.
    """

    code: str
    key: str
    part: str = ""
    other_post: str = ""
    day: date | None = None


@dataclass(frozen=True)
class Plan:
    """What a change does: (term id, new last day) of terms that end, terms that begin, how many stay."""

    ended: tuple[tuple[int, date], ...]
    begun: tuple[Beginning, ...]
    kept: int
    problems: tuple[Problem, ...]


def plan_change(
    terms: Sequence[Term],
    *,
    endings: Mapping[int, str],
    beginnings: Sequence[Beginning],
    effective_on: date,
    today: date,
    last_change: date | None = None,
    is_correction: bool = False,
) -> Plan:
    """The plan of a change, with every reason against it.

    terms: all terms of the cooperative, past ones too. endings: term id -> key of its row. last_change: the
    day from which the last change counts; an older day is only taken as a correction.
    """
    problems = list(_date_problems(effective_on, today, last_change, is_correction))
    last_day = effective_on - DAY
    by_id = {term.id: term for term in terms}
    ended = {term_id: last_day for term_id in endings if term_id in by_id}
    for term_id, key in endings.items():
        term = by_id.get(term_id)
        if term is None or (term.ends_on is not None and term.ends_on < last_day):
            problems.append(Problem("ended_already", key, "act", day=term.ends_on if term else None))
        elif term.starts_on > last_day:
            problems.append(Problem("began_later", key, "act", day=term.starts_on))
    for key, term in _giving_way(terms, beginnings, effective_on, ended):
        if term.starts_on > last_day:
            problems.append(Problem("began_later", key, "who", day=term.starts_on))
        ended[term.id] = last_day
    problems += _beginning_problems(beginnings, effective_on)
    after = [replace(t, ends_on=ended[t.id]) if t.id in ended else t for t in terms]
    problems += _clashes(after, beginnings, effective_on)
    kept = sum(t.id not in ended and is_in_force(t, effective_on) for t in terms)
    return Plan(tuple(ended.items()), tuple(beginnings), kept, tuple(dict.fromkeys(problems)))


def is_in_force(term: Term, on: date) -> bool:
    """Whether a term counts on a day, its first and last day included."""
    return term.starts_on <= on and (term.ends_on is None or term.ends_on >= on)


def _date_problems(
    day: date, today: date, last_change: date | None, is_correction: bool
) -> Iterable[Problem]:
    if day > today:
        yield Problem("future", FIELD_OF_DATE)
    if day.year < today.year - OLDEST_YEARS:
        yield Problem("too_old", FIELD_OF_DATE)
    elif last_change is not None and day < last_change and not is_correction:
        yield Problem("before_last", FIELD_OF_DATE, day=last_change)


def _giving_way(
    terms: Sequence[Term], beginnings: Sequence[Beginning], on: date, ended: Mapping[int, date]
) -> list[tuple[str, Term]]:
    """Memberships of those who take a post: (row, term)."""
    takers = {one.person_id: one.key for one in beginnings}
    return [
        (takers[term.person_id], term)
        for term in terms
        if term.post in GIVES_WAY and term.person_id in takers and term.id not in ended
        and (term.ends_on is None or term.ends_on >= on)
    ]  # fmt: skip


def _beginning_problems(beginnings: Sequence[Beginning], on: date) -> Iterable[Problem]:
    seen: dict[int, str] = {}
    for one in beginnings:
        if one.ends_on is not None and one.ends_on < on:
            yield Problem("end_before_start", one.key, "until")
        if one.person_id in seen:
            yield Problem("person_twice", one.key, "who", seen[one.person_id])
        seen.setdefault(one.person_id, one.post)


def _clashes(after: Sequence[Term], beginnings: Sequence[Beginning], on: date) -> Iterable[Problem]:
    """Overlaps that the change would leave: of one person, and of two holders of a post that has one."""
    fresh = [Term(0, one.person_id, one.post, on, one.ends_on) for one in beginnings]
    for one, term in zip(beginnings, fresh, strict=True):
        for old in after:
            if old.person_id == one.person_id and _meet(old, term, on):
                yield Problem("person_overlaps", one.key, "who", old.post, old.starts_on)
    rows = [(f"t{term.id}", term) for term in after] + [
        (one.key, term) for one, term in zip(beginnings, fresh, strict=True)
    ]
    sole = [(key, term) for key, term in rows if term.post in SOLE_POSTS]
    for index, (_key, first) in enumerate(sole):
        for key, second in sole[index + 1 :]:
            if first.post == second.post and _meet(first, second, on):
                yield Problem("two_holders", key, "who" if second.id == 0 else "act", second.post)


def _meet(one: Term, two: Term, since: date) -> bool:
    """Whether two terms share a day from `since` on."""
    begins = max(one.starts_on, two.starts_on, since)
    return all(term.ends_on is None or term.ends_on >= begins for term in (one, two))
