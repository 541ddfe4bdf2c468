"""When a certificate may be renewed, as pure functions: its last day, hours that count, what is missing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from portal.catalog.rules import Say, add_months, plain
from portal.core.blockers import Blocker
from portal.core.formatting import long_date

#: Days before the last day on which holders are told, the earliest first.
REMINDER_DAYS = (90, 30, 7)
#: A reminder that could not be written on its day is made up for during so many days.
CATCH_UP_DAYS = 7


class RenewalRule(Protocol):
    """What renews certificates of a program: all None where it is not settled or not possible. `counted` are
    program ids, `window_months` how far back their hours are summed from the day of renewal."""

    @property
    def grace_months(self) -> int | None: ...
    @property
    def renewal_hours(self) -> int | None: ...
    @property
    def window_months(self) -> int | None: ...
    @property
    def counted(self) -> Sequence[int]: ...


@dataclass(frozen=True)
class Course:
    """A finished course, by its certificate. `is_spent`: it counted toward an earlier renewal of the same
    program."""

    certificate_id: int
    program_id: int
    hours: int
    started_on: date
    ended_on: date
    state: str = "valid"
    is_spent: bool = False
    code: str = ""
    title: str = ""


@dataclass(frozen=True)
class Renewable:
    """The certificate in question. `state` by its events and the day, `last_day` with every extension."""

    state: str
    last_day: date | None
    is_renewed: bool = False
    is_asked: bool = False
    is_erased: bool = False


def effective_day(printed: date | None, extensions: Iterable[date | None]) -> date | None:
    """The last valid day: the later of the signed one and every extension in force; None for no end."""
    if printed is None:
        return None
    return max([printed, *(day for day in extensions if day is not None)])


def last_renewal_day(last_day: date | None, rule: RenewalRule | None) -> date | None:
    """Until when (inclusive) a renewal is possible; None where it never is, or there is nothing to renew."""
    if rule is None or rule.grace_months is None or last_day is None:
        return None
    return add_months(last_day, rule.grace_months)


def window_start(rule: RenewalRule, on: date) -> date:
    """The first day on which a course may end to count toward a renewal on a day."""
    return add_months(on, -(rule.window_months or 0))


def counted_courses(courses: Iterable[Course], rule: RenewalRule, on: date) -> list[Course]:
    """The courses that count on a day, the latest first: of a counted program, ended within the window."""
    first, wanted = window_start(rule, on), set(rule.counted)
    found = [
        one
        for one in courses
        if one.program_id in wanted
        and first <= one.ended_on <= on
        and one.state in ("valid", "expired")
        and not one.is_spent
    ]
    return sorted(found, key=lambda one: (one.ended_on, one.certificate_id), reverse=True)


def counted_hours(courses: Iterable[Course], rule: RenewalRule, on: date) -> int:
    """Lesson hours that count toward a renewal on a day, summed backwards over the window."""
    return sum(one.hours for one in counted_courses(courses, rule, on))


_ENDED = frozenset({"suspended", "revoked", "replaced"})


def renewal_blockers(
    certificate: Renewable, rule: RenewalRule | None, courses: Iterable[Course], on: date, *, _: Say = plain
) -> list[Blocker]:
    """What stands between a certificate and its renewal on a day; empty when it may be renewed."""
    if certificate.is_erased:
        return [Blocker("person_erased", _("data orang ini sudah dihapus"))]
    if certificate.state in _ENDED:
        return [Blocker(f"state_{certificate.state}", _state_words(certificate.state, _))]
    if certificate.is_renewed:
        return [Blocker("already_renewed", _("sertifikat ini sudah diperpanjang"))]
    if certificate.last_day is None:
        return [Blocker("no_end", _("sertifikat ini berlaku tanpa batas waktu"))]
    until = last_renewal_day(certificate.last_day, rule)
    if rule is None or until is None or rule.renewal_hours is None:
        message = _("aturan perpanjangan program ini belum ditetapkan")
        return [Blocker("no_rule", message, _("pengelola portal menetapkannya dahulu"))]
    if on > until:
        message = _("masa perpanjangan habis pada %(day)s", day=long_date(until, weekday=False))
        return [Blocker("too_late", message, _("ikuti lagi pelatihannya"))]
    found = []
    if certificate.is_asked:
        found.append(Blocker("asked", _("permintaan perpanjangan sedang menunggu keputusan")))
    hours = counted_hours(courses, rule, on)
    if hours < rule.renewal_hours:
        message = _(
            "baru %(hours)s JP dari %(needed)s JP sejak %(day)s",
            hours=hours,
            needed=rule.renewal_hours,
            day=long_date(window_start(rule, on), weekday=False),
        )
        remedy = _("ikuti pelatihan yang dihitung, %(left)s JP lagi", left=rule.renewal_hours - hours)
        found.append(Blocker("hours_missing", message, remedy))
    return found


def _state_words(state: str, _: Say) -> str:
    return {
        "suspended": _("sertifikat sedang ditangguhkan"),
        "revoked": _("sertifikat sudah dicabut"),
        "replaced": _("sertifikat sudah diganti"),
    }[state]


def reminder_stage(last_day: date, today: date) -> int | None:
    """90, 30 or 7 when a reminder of that stage is due today (or was within the catch-up), else None."""
    left = (last_day - today).days
    return next((stage for stage in REMINDER_DAYS if stage - CATCH_UP_DAYS < left <= stage), None)
