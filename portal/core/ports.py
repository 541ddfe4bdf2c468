"""What a lower room needs from a higher one: typed protocols, filled by `create_app`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Protocol

from flask import current_app


@dataclass(frozen=True)
class HeldCertificate:
    """A certificate as prerequisites see it. `expires` is the last valid day, None for no end."""

    program_id: int
    code: str
    state: str
    issued_on: date
    expires: date | None


@dataclass(frozen=True)
class AttendanceReport:
    """One person's attendance as the signing of results needs it.

    `blank` are (session id, position) without a mark, `came` says whether the person was in any session,
    `is_enough` whether the threshold is reached.
    """

    is_enough: bool
    came: bool
    blank: tuple[tuple[int, int], ...] = ()


class Notify(Protocol):
    """Queue a message for people; delivery is a later capability, so the default only records nothing."""

    def __call__(self, *, person_id: int, kind: str, facts: dict[str, Any], now: datetime) -> None: ...


class UpcomingBatches(Protocol):
    """Upcoming batches of a program or a center as cards (see `ui.batch_card`), soonest first."""

    def __call__(
        self, *, now: datetime, program_id: int | None = None, center_id: int | None = None
    ) -> Sequence[Any]: ...


def _none_upcoming(
    *, now: datetime, program_id: int | None = None, center_id: int | None = None
) -> Sequence[Any]:
    return ()


def _none_held(person_id: int, on: date) -> Sequence[HeldCertificate]:
    return ()


def _none_touched(enrollment_ids: Sequence[int]) -> dict[int, str]:
    return {}


def _none_waiting(batch_ids: Sequence[int]) -> dict[int, int]:
    return {}


def _no_report(batch_id: int) -> dict[int, AttendanceReport]:
    return {}


def _silent(*, person_id: int, kind: str, facts: dict[str, Any], now: datetime) -> None:
    return None


@dataclass
class Ports:
    """The registry on the app: `app.extensions["ports"]`."""

    held_certificates: Callable[[int, date], Sequence[HeldCertificate]] = _none_held
    certificates_touched: Callable[[Sequence[int]], dict[int, str]] = _none_touched
    waitlist_sizes: Callable[[Sequence[int]], dict[int, int]] = _none_waiting
    attendance_report: Callable[[int], dict[int, AttendanceReport]] = _no_report
    upcoming_batches: UpcomingBatches = _none_upcoming
    notify: Notify = _silent
    personal_data: dict[str, Callable[[int], Any]] = field(default_factory=dict)


def ports() -> Ports:
    """The running app's ports."""
    found: Ports = current_app.extensions["ports"]
    return found
