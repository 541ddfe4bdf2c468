"""A batch as messages tell of it: what it is, when, where, and its calendar file for one participant."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from urllib.parse import urlsplit

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.orm import joinedload, selectinload

from portal.batches.calendar_file import batch_calendar, place_of_meeting
from portal.batches.models import Batch, ClassSession
from portal.core.db import db
from portal.core.formatting import clock_range, current_locale, date_range, long_date
from portal.core.mail.content import Attachment, link
from portal.core.words import gettext as _

_TOLD = sa.select(Batch).options(
    joinedload(Batch.program, innerjoin=True),
    joinedload(Batch.center, innerjoin=True),
    selectinload(Batch.sessions).joinedload(ClassSession.room),
)
# More rooms than this are on the page; a message names the first ones.
PLACES = 2


@dataclass(frozen=True)
class Occasion:
    """A batch with its program, center, sessions and rooms. Its words are in the language being written."""

    batch: Batch
    _files: dict[Any, Attachment] = field(default_factory=dict, compare=False, repr=False)

    @property
    def zone(self) -> str:
        """IANA zone of the center."""
        return self.batch.center.zone

    @property
    def starts_at(self) -> datetime | None:
        """When the first class begins; None without sessions."""
        return self.batch.sessions[0].starts_at if self.batch.sessions else None

    @property
    def course(self) -> str:
        """The short name of the program."""
        return self.batch.program.short_name

    def facts(self) -> dict[str, Any]:
        """What every template of a batch may name."""
        batch = self.batch
        return {
            "course": self.course,
            "dates": date_range(batch.starts_on, batch.ends_on),
            "first_day": long_date(batch.starts_on),
            "center": batch.center.short_name,
            "phone": batch.center.phone,
        }

    def rows(self, *, was: date | None = None, has_dates: bool = True) -> list[tuple[str, str]]:
        """Program, class, dates, first meeting and place, as (label, value). `was` is the old first day;
        without `has_dates` only what does not change when the days do."""
        batch = self.batch
        program = batch.program
        name = program.name_en if current_locale() == "en" and program.name_en else program.name
        rows = [(_("Program"), name), (_("Angkatan"), f"{batch.number}/{batch.year}")]
        if was is not None:
            rows.append((_("Tanggal lama"), long_date(was)))
        if has_dates:
            rows.append((_("Tanggal"), date_range(batch.starts_on, batch.ends_on)))
            rows += self._first_class()
        rows.append((_("Balai"), batch.center.name))
        return rows

    def _first_class(self) -> list[tuple[str, str]]:
        if not self.batch.sessions:
            return []
        first = self.batch.sessions[0]
        places = list(dict.fromkeys(place_of_meeting(one, self.batch) for one in self.batch.sessions))
        return [
            (_("Pertemuan pertama"), clock_range(first.starts_at, first.ends_at, self.zone)),
            (_("Tempat"), "; ".join(places[:PLACES])),
        ]

    def calendar(self, *, sequence: int, is_off: bool, now: datetime) -> Attachment:
        """The sessions for a participant's calendar, online links included; `is_off` takes them out again.

        The ids of the events stay, and `sequence` grows with every change of the batch or the seat, so that
        a later file replaces an earlier one. Made once for all who get the same.
        """
        wanted = (sequence, is_off, now, current_locale())
        if wanted not in self._files:
            text = self._calendar(sequence, "CANCEL" if is_off else "PUBLISH", now)
            self._files[wanted] = Attachment("pelatihan.ics", "text/calendar", text)
        return self._files[wanted]

    def _calendar(self, sequence: int, method: str, now: datetime) -> str:
        settings = current_app.extensions["portal_settings"]
        host = urlsplit(settings.base_url).hostname or "balai"
        return batch_calendar(
            self.batch,
            url=link("desks.me"),
            host=host,
            now=now,
            show_links=method == "PUBLISH",
            method=method,
            sequence=sequence,
            organizer=settings.mail_from or f"balai@{host}",
        ).decode()


def occasion(batch_id: int) -> Occasion:
    """A batch to tell of, as it is now. Three statements."""
    return occasions([batch_id])[batch_id]


def occasions(batch_ids: Collection[int]) -> dict[int, Occasion]:
    """`occasion` of several, in the same three statements."""
    statement = _TOLD.where(Batch.id.in_(batch_ids)).execution_options(populate_existing=True)
    return {batch.id: Occasion(batch) for batch in db.session.scalars(statement).unique()}
