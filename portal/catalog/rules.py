"""Rules of programs, as pure functions: which rule is in force, and what one must hold to take part."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Protocol, TypeVar

from portal.core.blockers import Blocker
from portal.core.formatting import long_date

Say = Callable[..., str]
#: A rule begins at midnight in the capital, wherever a center lies.
RULE_ZONE = "Asia/Jakarta"
FRESH = frozenset({"valid", "expired"})


class Level(StrEnum):
    """How good a certificate is on a day; a better one serves wherever a lesser is asked for."""

    VALID = "valid"
    RENEWABLE = "renewable"
    EXPIRED = "expired"


_RANK = {Level.EXPIRED: 1, Level.RENEWABLE: 2, Level.VALID: 3}


@dataclass(frozen=True)
class Need:
    """One term of a prerequisite: a certificate of a program, at least this good on the first day."""

    program_id: int
    at_least: Level = Level.VALID


Groups = Sequence[Sequence[Need]]


class Held(Protocol):
    """A certificate of a person. `expires` is its last day with every extension, None for no end; `state`
    what its events say (suspended, revoked, replaced), or valid or expired, which are told apart here."""

    @property
    def program_id(self) -> int: ...
    @property
    def state(self) -> str: ...
    @property
    def expires(self) -> date | None: ...


class Versioned(Protocol):
    """A version of a rule."""

    @property
    def version(self) -> int: ...
    @property
    def in_force_from(self) -> date: ...


Rule = TypeVar("Rule", bound=Versioned)


def plain(text: str, **values: object) -> str:
    """The sentence as written, its `%(name)s` filled."""
    return text % values if values else text


def add_months(day: date, months: int) -> date:
    """The same day so many months later (or earlier, when negative); the month's last day when too short."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def in_force(versions: Iterable[Rule], day: date) -> Rule | None:
    """The version in force on a day: the latest that has begun; None before the first."""
    begun = [one for one in versions if one.in_force_from <= day]
    return max(begun, key=lambda one: (one.in_force_from, one.version), default=None)


def read_groups(stored: Iterable[Iterable[Mapping[str, Any]]]) -> list[list[Need]]:
    """Groups as stored: [[{"program": id, "at_least": "valid"}, ...], ...]."""
    return [[Need(int(need["program"]), Level(need["at_least"])) for need in group] for group in stored]


def level_on(held: Held, on: date, grace_months: int | None) -> Level | None:
    """How good a certificate is on a day; None for one that is suspended, revoked or replaced.

    Renewable until `grace_months` after the last day (None: never).
    """
    if held.state not in FRESH:
        return None
    if held.expires is None or on <= held.expires:
        return Level.VALID
    if grace_months is not None and on <= add_months(held.expires, grace_months):
        return Level.RENEWABLE
    return Level.EXPIRED


def prerequisite_blockers(
    groups: Groups,
    held: Iterable[Held],
    *,
    on: date,
    names: Mapping[int, str],
    graces: Mapping[int, int | None],
    _: Say = plain,
) -> list[Blocker]:
    """What a person lacks on a batch's first day; [] when one group is held whole, or there is none.

    With several groups, what is missing in the one that is nearest. `names` and `graces`: by program.
    """
    best: dict[int, Level] = {}
    lost: set[int] = set()
    last: dict[int, date] = {}
    for one in held:
        level = level_on(one, on, graces.get(one.program_id))
        if level is None:
            lost.add(one.program_id)
            continue
        best[one.program_id] = max(best.get(one.program_id, level), level, key=_RANK.__getitem__)
        if one.expires is not None:
            last[one.program_id] = max(last.get(one.program_id, one.expires), one.expires)
    missing = [[need for need in group if not _is_met(need, best)] for group in groups]
    if not missing or not all(missing):
        return []
    nearest = min(missing, key=len)
    others = [group for group, lacks in zip(groups, missing, strict=True) if lacks is not nearest]
    found = []
    for need in nearest:
        name, day = names.get(need.program_id, ""), long_date(on, weekday=False)
        if need.program_id in best:
            code = "prerequisite_expired"
            message = _(
                "Syarat angkatan ini: sertifikat “%(program)s” yang %(level)s pada hari pertama, %(day)s. "
                "Sertifikatnya habis pada %(last)s.",
                program=name,
                level=level_words(need.at_least, _),
                day=day,
                last=long_date(last[need.program_id], weekday=False),
            )
            remedy = _("Perpanjang sertifikat itu dahulu, atau pilih angkatan yang mulai lebih awal.")
        elif need.program_id in lost:
            code = "prerequisite_lost"
            message = _(
                "Syarat angkatan ini: sertifikat “%(program)s”. Sertifikatnya ditangguhkan, dicabut, atau "
                "diganti.",
                program=name,
            )
            remedy = _("Tanyakan kepada balai yang menerbitkannya.")
        else:
            code = "prerequisite_missing"
            message = _(
                "Syarat angkatan ini: sertifikat “%(program)s” yang %(level)s pada hari pertama, %(day)s. "
                "Sertifikat itu belum ada.",
                program=name,
                level=level_words(need.at_least, _),
                day=day,
            )
            remedy = _("Ikuti pelatihan “%(program)s” dahulu.", program=name)
        if others:
            choices = "; ".join(group_words(group, names, _) for group in others)
            remedy += " " + _("Atau penuhi syarat yang lain: %(choices)s.", choices=choices)
        found.append(Blocker(code, message, remedy))
    return found


def _is_met(need: Need, best: Mapping[int, Level]) -> bool:
    level = best.get(need.program_id)
    return level is not None and _RANK[level] >= _RANK[need.at_least]


def level_words(level: Level, _: Say = plain) -> str:
    """How a level reads after "sertifikat yang"."""
    return {
        Level.VALID: _("masih berlaku"),
        Level.RENEWABLE: _("berlaku atau masih bisa diperpanjang"),
        Level.EXPIRED: _("pernah diperoleh, juga bila sudah kedaluwarsa"),
    }[level]


def group_words(group: Sequence[Need], names: Mapping[int, str], _: Say = plain) -> str:
    """A group in one line: "A (masih berlaku) dan B (masih berlaku)"."""
    parts = [f"{names.get(need.program_id, '')} ({level_words(need.at_least, _)})" for need in group]
    return f" {_('dan')} ".join(parts)
