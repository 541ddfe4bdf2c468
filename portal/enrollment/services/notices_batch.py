"""Telling everybody in a batch what happened to the batch: moved, cancelled, changed, soon, judged."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from portal.batches.queries.occasions import Occasion, occasion
from portal.core.mail.content import link
from portal.core.ports import ports
from portal.core.words import gettext as _
from portal.enrollment.models import Enrollment, State
from portal.enrollment.services.notices import Notice, message_of, own_page, tell


def postponed(
    people: Sequence[Enrollment], *, was: date, began: datetime | None, reason: str, now: datetime
) -> int:
    """New dates, or none yet: whoever has a seat chooses. `was` is the old first day, `began` the moment of
    the old first class."""
    if not people:
        return 0
    about = occasion(people[0].batch_id)
    has_dates = about.batch.state == "published"

    def notice(calendar: str) -> Notice:
        return Notice(
            "batch.postponed",
            lambda e: own_page(e, _("Jawab sekarang")),
            lambda: {"reason": reason, "has_dates": has_dates},
            calendar,
            key=str(about.batch.version),
            rows={"was": was, "has_dates": has_dates},
            starts_at=began,
        )

    return _by_seat(people, about, notice, "on" if has_dates else "off", now)


def cancelled(people: Sequence[Enrollment], *, reason: str, has_choice: bool, now: datetime) -> int:
    """The batch does not take place. `has_choice`: those with a seat may move to another one."""
    if not people:
        return 0
    about = occasion(people[0].batch_id)

    def notice(calendar: str) -> Notice:
        label = _("Pilih angkatan lain") if has_choice else ""
        return Notice(
            "batch.cancelled",
            lambda e: own_page(e, label and _("Pilih angkatan lain")),
            lambda: {"reason": reason, "has_choice": has_choice},
            calendar,
            key=str(about.batch.version),
            starts_at=about.starts_at,
        )

    return _by_seat(people, about, notice, "off", now)


def changed(people: Sequence[Enrollment], *, now: datetime) -> int:
    """The days stay; place, room or link changed, or a postponed batch takes place after all."""
    if not people:
        return 0
    about = occasion(people[0].batch_id)

    def notice(calendar: str) -> Notice:
        return Notice(
            "batch.changed",
            own_page,
            calendar=calendar,
            key=str(about.batch.version),
            starts_at=about.starts_at,
            expires_at=about.starts_at if about.starts_at and about.starts_at > now else None,
        )

    return _by_seat(people, about, notice, "on", now)


def reminders(people: Sequence[Enrollment], *, days: int, now: datetime) -> int:
    """The class begins in `days` days. Once for each first day."""
    if not people:
        return 0
    about = occasion(people[0].batch_id)
    notice = Notice(
        "class.reminder",
        lambda e: (_("Buka kartu peserta"), link("enrollment.card", enrollment_id=e.id)),
        lambda: {"days": days},
        key=f"{days}:{about.batch.starts_on:%Y%m%d}",
        expires_at=about.starts_at,
    )
    return tell(notice, people, now=now, about=about)


def results(people: Sequence[Enrollment], *, now: datetime) -> int:
    """The results are signed. That they are there is all that is said."""
    notice = Notice("result.published", lambda e: own_page(e, _("Lihat hasil")), key="1")
    return tell(notice, people, now=now)


def _by_seat(people: Sequence[Enrollment], about: Occasion, notice: Any, calendar: str, now: datetime) -> int:
    """Whoever had confirmed has the dates in the calendar; the others are only told."""
    messages = [
        message_of(notice(calendar if one.state == State.CONFIRMED else ""), one, about, now)
        for one in people
    ]
    return ports().notify_many(messages=messages, now=now)
