"""What a lower room needs from a higher one: typed protocols, filled by `create_app`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Protocol

from flask import current_app
from sqlalchemy import Select

from portal.core.mail.content import Attachment
from portal.core.permissions import Actor


@dataclass(frozen=True)
class HeldCertificate:
    """A certificate as prerequisites see it, in its state on the day asked about.

    `expires` is the last valid day with what decrees grant, None for no end; `hours` lesson hours, `ended_on`
    the last class day.
    """

    program_id: int
    code: str
    state: str
    issued_on: date
    expires: date | None
    hours: int = 0
    ended_on: date | None = None


@dataclass(frozen=True)
class AttendanceReport:
    """One person's attendance as the signing of results needs it.

    `blank` are (session id, position) without a mark, `came` says whether the person was in any session,
    `is_enough` whether the threshold is reached.
    """

    is_enough: bool
    came: bool
    blank: tuple[tuple[int, int], ...] = ()


def no_files() -> Sequence[Attachment]:
    """Nothing goes along with a message."""
    return ()


@dataclass(frozen=True)
class Message:
    """One thing to tell one person.

    kind: names the template (core.mail.content). facts, attachments: called in the person's language, so that
    dates and words are made in it. key: what makes the message once ("seat.offered:12"). zone: IANA zone of
    the place, for quiet hours. expires_at: when telling it late would only confuse. starts_at: when the class
    that it is about begins, deadline: until when it must be answered; both may break quiet hours.
    """

    person_id: int
    kind: str
    facts: Callable[[], dict[str, Any]]
    key: str
    center_id: int | None = None
    zone: str = "Asia/Jakarta"
    attachments: Callable[[], Sequence[Attachment]] = no_files
    expires_at: datetime | None = None
    starts_at: datetime | None = None
    deadline: datetime | None = None


class Notify(Protocol):
    """Put a message (see Message) to a person into the running transaction; it leaves after the commit."""

    def __call__(
        self,
        *,
        person_id: int,
        kind: str,
        facts: Callable[[], dict[str, Any]],
        key: str,
        now: datetime,
        center_id: int | None = None,
        zone: str = "Asia/Jakarta",
        attachments: Callable[[], Sequence[Attachment]] = no_files,
        expires_at: datetime | None = None,
        starts_at: datetime | None = None,
        deadline: datetime | None = None,
    ) -> None: ...


class NotifyMany(Protocol):
    """`notify` for many people in a bounded number of statements; answers how many messages are new."""

    def __call__(self, *, messages: Sequence[Message], now: datetime) -> int: ...


class BatchChanged(Protocol):
    """Tell everybody with a seat that the place, the room or the link of their class changed. The days did
    not; `batches` calls it in the transaction of the change."""

    def __call__(self, *, batch_id: int, now: datetime) -> object: ...


class OutcomeChanged(Protocol):
    """Work out again how an enrollment of a signed batch ended (completed, not_completed, no_show), in the
    transaction that changed a mark or a verdict; nothing happens before the sheet is signed."""

    def __call__(self, *, enrollment_id: int, actor: Actor, now: datetime) -> object: ...


class StandingTouched(Protocol):
    """Something changed that the readiness of cooperatives depends on (a post, a certificate, a checklist),
    for these cooperatives and for those where these people hold or held a post (a SELECT of person ids
    where they may be many). Called in the transaction of the change; two statements at most."""

    def __call__(
        self,
        *,
        cooperative_ids: Sequence[int] = (),
        person_ids: Sequence[int] | Select[Any] = (),
        now: datetime,
    ) -> object: ...


class StandardsTouched(Protocol):
    """What all cooperatives are judged by has changed (the checklist). Called in the transaction of the
    change; one statement."""

    def __call__(self, *, now: datetime) -> object: ...


class ClaimRejected(Protocol):
    """A claim to speak for a cooperative was rejected: undo what was done under it and is still open. Called
    in the transaction of the decision; `note` is the reason, which the claimant reads."""

    def __call__(self, *, claim_id: int, note: str, actor: Actor, now: datetime) -> object: ...


class ClaimPanel(Protocol):
    """What was done under a claim to speak for a cooperative, for the page of the office that decides on it:
    (template, its values as `panel`). state: of the claim. region_code: where the cooperative is."""

    def __call__(
        self, *, claim_id: int, state: str, region_code: str, actor: Actor, now: datetime
    ) -> tuple[str, dict[str, Any]]: ...


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


def _none_held_by_people(person_ids: Sequence[int], on: date) -> Mapping[int, Sequence[HeldCertificate]]:
    return {}


def _none_touched(enrollment_ids: Sequence[int]) -> dict[int, str]:
    return {}


def _none_waiting(batch_ids: Sequence[int]) -> dict[int, int]:
    return {}


def _no_outcome(*, enrollment_id: int, actor: Actor, now: datetime) -> None:
    return None


def _no_report(batch_id: int) -> dict[int, AttendanceReport]:
    return {}


def _untouched(
    *, cooperative_ids: Sequence[int] = (), person_ids: Sequence[int] | Select[Any] = (), now: datetime
) -> None:
    return None


def _silent(**_message: Any) -> None:
    return None


def _silent_many(*, messages: Sequence[Message], now: datetime) -> int:
    return 0


class ConsentWithdrawn(Protocol):
    """Stop the processing that a withdrawn consent covered; answers sentences on what ended.

    With `is_dry` nothing is changed: the answer is what would end.
    """

    def __call__(
        self, *, person_id: int, purpose: str, actor: Actor, now: datetime, is_dry: bool
    ) -> Sequence[str]: ...


@dataclass(frozen=True)
class Erasure:
    """What a room does when a person is erased: sentences on what goes, what stays and why, and reasons for
    which it cannot be done now (`blockers`)."""

    goes: tuple[str, ...] = ()
    stays: tuple[str, ...] = ()
    blockers: tuple[str, ...] = ()


class ErasePerson(Protocol):
    """Anonymize a person's rows of one room. With `is_dry` only the answer is made."""

    def __call__(self, *, person_id: int, actor: Actor, now: datetime, is_dry: bool) -> Erasure: ...


@dataclass
class Ports:
    """The registry on the app: `app.extensions["ports"]`."""

    held_certificates: Callable[[int, date], Sequence[HeldCertificate]] = _none_held
    held_by_people: Callable[[Sequence[int], date], Mapping[int, Sequence[HeldCertificate]]] = (
        _none_held_by_people
    )
    certificates_touched: Callable[[Sequence[int]], dict[int, str]] = _none_touched
    waitlist_sizes: Callable[[Sequence[int]], dict[int, int]] = _none_waiting
    attendance_report: Callable[[int], dict[int, AttendanceReport]] = _no_report
    # A signed result of one person changed in a lower or neighboring room: its outcome is made anew.
    outcome_changed: OutcomeChanged = _no_outcome
    standing_touched: StandingTouched = _untouched
    standards_touched: StandardsTouched = _silent
    upcoming_batches: UpcomingBatches = _none_upcoming
    notify: Notify = _silent
    notify_many: NotifyMany = _silent_many
    batch_changed: BatchChanged = _silent
    # By room: what it holds of a person, for their own copy.
    personal_data: dict[str, Callable[[int], Any]] = field(default_factory=dict)
    # By room and purpose: called in the transaction in which a person withdraws a consent.
    consent_withdrawn: dict[str, ConsentWithdrawn] = field(default_factory=dict)
    # By room: called when the office rejects a claim to speak for a cooperative.
    claim_rejected: dict[str, ClaimRejected] = field(default_factory=dict)
    # By room: what was done under a claim, shown to the office that decides on it.
    claim_panels: dict[str, ClaimPanel] = field(default_factory=dict)
    # By room: erases what may go of a person and answers what stays and why.
    erase_person: dict[str, ErasePerson] = field(default_factory=dict)


def ports() -> Ports:
    """The running app's ports."""
    found: Ports = current_app.extensions["ports"]
    return found
