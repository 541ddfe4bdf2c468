"""Telling the people of one batch what happened to their place in it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from portal.batches.queries.occasions import Occasion, occasion, occasions
from portal.core.formatting import moment
from portal.core.mail.content import Attachment, link
from portal.core.ports import Message, no_files, ports
from portal.core.words import gettext as _
from portal.enrollment.models import Enrollment, State

Words = dict[str, Any]


@dataclass(frozen=True)
class Notice:
    """What is told about an enrollment.

    kind: see accounts.rules.messages.KINDS. action: called in the person's language, gives the words of the
    button and its address. more: further facts of the template. calendar: `on` attaches the dates, `off`
    takes them out of the person's calendar again. key: what makes it once, beside kind and enrollment.
    """

    kind: str
    action: Callable[[Enrollment], tuple[str, str]]
    more: Callable[[], Words] = dict
    calendar: str = ""
    key: str = ""
    rows: Words = field(default_factory=dict)
    also: Callable[[], Sequence[Attachment]] = no_files
    starts_at: datetime | None = None
    expires_at: datetime | None = None


def own_page(enrollment: Enrollment, label: str = "") -> tuple[str, str]:
    """The button to a person's own page of the enrollment."""
    return label or _("Buka halaman pendaftaran"), link("enrollment.mine", enrollment_id=enrollment.id)


def tell(
    notice: Notice, people: Sequence[Enrollment], *, now: datetime, about: Occasion | None = None
) -> int:
    """Tell people of one batch, in a bounded number of statements; returns how many messages are new."""
    if not people:
        return 0
    about = about or occasion(people[0].batch_id)
    return ports().notify_many(messages=[message_of(notice, one, about, now) for one in people], now=now)


def message_of(notice: Notice, enrollment: Enrollment, about: Occasion, now: datetime) -> Message:
    """One message about one enrollment."""

    def facts() -> Words:
        label, url = notice.action(enrollment)
        until = ""
        rows = about.rows(**notice.rows)
        if enrollment.state == State.OFFERED and enrollment.offer_until is not None:
            until = moment(enrollment.offer_until, about.zone)
            rows.append((_("Batas jawab"), until))
        usual = {"rows": rows, "action": (label, url), "url": url, "until": until}
        return about.facts() | usual | {"reference": _reference(enrollment)} | notice.more()

    return Message(
        person_id=enrollment.person_id,
        kind=notice.kind,
        facts=facts,
        key=f"{notice.kind}:{enrollment.id}:{notice.key or enrollment.version}",
        center_id=about.batch.center_id,
        zone=about.zone,
        attachments=_files(notice, enrollment, about, now),
        expires_at=notice.expires_at,
        starts_at=notice.starts_at,
        deadline=enrollment.offer_until if enrollment.state == State.OFFERED else None,
    )


def _reference(enrollment: Enrollment) -> str:
    return f"{enrollment.reference[:5]}-{enrollment.reference[5:]}"


def _files(
    notice: Notice, enrollment: Enrollment, about: Occasion, now: datetime
) -> Callable[[], Sequence[Attachment]]:
    def files() -> Sequence[Attachment]:
        if not notice.calendar or not about.batch.sessions:
            return notice.also()
        return [_dates(about, enrollment, is_off=notice.calendar == "off", now=now), *notice.also()]

    return files


def _dates(about: Occasion, enrollment: Enrollment, *, is_off: bool, now: datetime) -> Attachment:
    """The calendar file of a seat; its sequence grows with each change of the batch and of the seat."""
    sequence = about.batch.version * 1000 + enrollment.version
    return about.calendar(sequence=sequence, is_off=is_off, now=now)


# ---- what happens to a place ----


def offered(people: Sequence[Enrollment], *, now: datetime, is_next: bool = False) -> int:
    """A seat is offered; `is_next` when the person moved up from the reserves or the waitlist."""
    kind = "seat.promoted" if is_next else "seat.offered"
    return tell(Notice(kind, lambda e: own_page(e, _("Jawab tawaran"))), people, now=now)


def confirmed(enrollment: Enrollment, *, now: datetime, left: Enrollment | None = None) -> int:
    """The seat is certain: the dates go along, and those of the batch that was `left` for it go away."""

    def old_dates() -> Sequence[Attachment]:
        if left is None:
            return ()
        old = _dates(occasion(left.batch_id), left, is_off=True, now=now)
        return [replace(old, name="jadwal-lama.ics")]

    notice = Notice("seat.confirmed", _card, calendar="on", also=old_dates)
    return tell(notice, [enrollment], now=now)


def _card(enrollment: Enrollment) -> tuple[str, str]:
    return _("Buka kartu peserta"), link("enrollment.card", enrollment_id=enrollment.id)


def received(enrollment: Enrollment, *, now: datetime) -> int:
    """An application came in; who was helped learns that somebody applied in their name."""
    facts = {"was_helped": enrollment.helped_by is not None, "waits": enrollment.state == State.WAITLISTED}
    return tell(Notice("enrollment.received", own_page, lambda: facts), [enrollment], now=now)


def waits(people: Sequence[Enrollment], *, now: datetime) -> int:
    """On the waitlist, or reserves; all the same."""
    is_reserve = any(one.state == State.RESERVE for one in people)
    return tell(Notice("seat.reserve" if is_reserve else "seat.waitlisted", own_page), people, now=now)


def placed(people: Sequence[Enrollment], state: State, *, now: datetime) -> int:
    """People whom a center or a regency placed, all into one state."""
    if state == State.OFFERED:
        return offered(people, now=now)
    return waits(people, now=now) if state in (State.RESERVE, State.WAITLISTED) else 0


def ended(enrollment: Enrollment, *, by_self: bool, had_seat: bool, now: datetime) -> int:
    """Rejected, or left; the dates leave the calendar of whoever had a confirmed seat."""
    kind = "enrollment.rejected" if enrollment.state == State.REJECTED else "enrollment.withdrawn"
    notice = Notice(kind, own_page, lambda: {"by_self": by_self}, "off" if had_seat else "")
    return tell(notice, [enrollment], now=now)


def ran_out(people: Sequence[Enrollment], *, now: datetime) -> int:
    """Offers that nobody answered in time."""
    return tell(Notice("offer.expired", lambda e: own_page(e, _("Lihat pilihan lain"))), people, now=now)


def ending(people: Sequence[Enrollment], *, now: datetime) -> int:
    """Offers that end soon; once for each deadline."""
    about = occasions({one.batch_id for one in people})
    messages = [message_of(_ending(one), one, about[one.batch_id], now) for one in people]
    return ports().notify_many(messages=messages, now=now)


def _ending(enrollment: Enrollment) -> Notice:
    return Notice(
        "offer.ending",
        lambda e: own_page(e, _("Jawab tawaran")),
        key=f"{enrollment.offer_until:%Y%m%d%H%M}",
        expires_at=enrollment.offer_until,
    )
