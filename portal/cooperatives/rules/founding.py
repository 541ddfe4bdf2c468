"""How a cooperative comes into being: its steps, what each still lacks, dates that contradict. Pure rules."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

#: At least so many founders (primary cooperatives; Law 6/2023).
FOUNDERS_LEAST = 9
STEPS = ("founders", "meeting", "name", "deed", "legal", "number")
#: The number of the register may come after the cooperative stands.
OPTIONAL = frozenset({"number"})
OLDEST_YEARS = 30


@dataclass(frozen=True)
class FoundingFacts:
    """What is recorded of a founding; empty texts and None for what is not."""

    founders: int = 0
    meeting_on: date | None = None
    meeting_place: str = ""
    has_minutes: bool = False
    name_approved_on: date | None = None
    deed_number: str = ""
    deed_on: date | None = None
    notary: str = ""
    legal_number: str = ""
    legal_on: date | None = None
    cooperative_number: str = ""


@dataclass(frozen=True)
class FoundingStep:
    """One step. state: done, now (the first that lacks something) or next; `on` its day; `lacks` codes of
    what is missing."""

    code: str
    state: str
    on: date | None
    lacks: tuple[str, ...]


def founding_steps(facts: FoundingFacts) -> list[FoundingStep]:
    """The six steps in their order, each with what it lacks."""
    days = {
        "meeting": facts.meeting_on,
        "name": facts.name_approved_on,
        "deed": facts.deed_on,
        "legal": facts.legal_on,
    }
    found, is_now = [], True
    for code in STEPS:
        lacks = tuple(_lacks(code, facts))
        state = "done" if not lacks else "now" if is_now else "next"
        is_now = is_now and not lacks
        found.append(FoundingStep(code, state, days.get(code), lacks))
    return found


def _lacks(code: str, facts: FoundingFacts) -> Iterable[str]:
    wanted: dict[str, dict[str, object]] = {
        "founders": {"founders": facts.founders >= FOUNDERS_LEAST},
        "meeting": {
            "meeting_on": facts.meeting_on,
            "meeting_place": facts.meeting_place,
            "minutes": facts.has_minutes,
        },
        "name": {"name_approved_on": facts.name_approved_on},
        "deed": {"deed_number": facts.deed_number, "deed_on": facts.deed_on, "notary": facts.notary},
        "legal": {"legal_number": facts.legal_number, "legal_on": facts.legal_on},
        "number": {"cooperative_number": facts.cooperative_number},
    }
    return [what for what, value in wanted[code].items() if not value]


def founding_blockers(facts: FoundingFacts) -> list[str]:
    """Codes of the steps without which the cooperative does not stand yet."""
    return [step.code for step in founding_steps(facts) if step.lacks and step.code not in OPTIONAL]


def founding_contradictions(facts: FoundingFacts, today: date) -> list[tuple[str, str]]:
    """(field, code) of dates that cannot be: future, too_old, before_meeting, before_name, before_deed.

    A name may be reserved before the meeting; the deed comes after both, the approval after the deed.
    """
    days = {
        "meeting_on": facts.meeting_on,
        "name_approved_on": facts.name_approved_on,
        "deed_on": facts.deed_on,
        "legal_on": facts.legal_on,
    }
    found = [(field, "future") for field, day in days.items() if day and day > today]
    found += [(f, "too_old") for f, day in days.items() if day and day.year < today.year - OLDEST_YEARS]
    order = (
        ("deed_on", "meeting_on", "before_meeting"),
        ("deed_on", "name_approved_on", "before_name"),
        ("legal_on", "deed_on", "before_deed"),
        ("legal_on", "meeting_on", "before_meeting"),
    )
    for later, earlier, code in order:
        first, second = days[earlier], days[later]
        if first and second and second < first and later not in dict(found):
            found.append((later, code))
    return found
