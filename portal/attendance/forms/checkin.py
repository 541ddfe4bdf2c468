"""What checking in, checkpoints and the review of devices send."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import request
from wtforms import HiddenField, IntegerField, StringField
from wtforms.validators import Optional

from portal.attendance.queries import SheetHead
from portal.attendance.rules.checkpoints import MOST_PARTS, Part
from portal.core.blockers import Blocker
from portal.core.forms import BaseForm, row_number
from portal.core.words import gettext as _
from portal.core.words import lazy_gettext as _l


class ArriveForm(BaseForm):
    """ "Saya hadir": by the ticket of a scan, or by the typed code; the card says who without an account."""

    ticket = HiddenField()
    token = HiddenField()
    code = StringField(_l("Kode di layar kelas"))
    card = StringField(_l("Kode kartu peserta"))


class ReviewForm(BaseForm):
    """An instructor has looked at a device."""

    device = HiddenField()
    people = IntegerField(validators=[Optional()])
    note = StringField(_l("Yang Anda lihat"))


def picked_people() -> dict[int, int]:
    """enrollment id -> version seen, of the ticked ones; an id that is no number becomes -1."""
    found = {}
    for text in request.form.getlist("who"):
        try:
            number = row_number(text)
        except ValueError:
            number = -1
        found[number] = request.form.get(f"v-{number}", -1, type=row_number)
    return found


@dataclass
class PartRow:
    """One line of the form of checkpoints, as typed."""

    number: int
    label: str = ""
    time: str = ""
    hours: str = ""
    errors: dict[str, str] = field(default_factory=dict)


_TIME = re.compile(r"([01]?\d|2[0-3])[.:]([0-5]\d)")


class PartsForm:
    """The checkpoints of a session, up to six lines. `error_list` as forms have it."""

    def __init__(self, head: SheetHead, parts: list[Part] | None = None) -> None:
        self.head = head
        self._zone = ZoneInfo(head.zone)
        self._line_of: dict[int, int] = {}
        self._general: list[str] = []
        self.rows = [self._sent(n) for n in range(1, MOST_PARTS + 1)] if parts is None else self._shown(parts)

    def parts(self) -> list[Part] | None:
        """The checkpoints as typed, positions from 1; None when a line cannot be read."""
        found: list[Part] = []
        for row in self.rows:
            if row.number > 1 and not row.time and not row.hours:
                continue
            starts_at, hours = self._time_of(row), self._hours_of(row)
            if starts_at and hours is not None:
                found.append(Part(len(found) + 1, starts_at, hours, row.label))
                self._line_of[len(found)] = row.number
        if any(row.errors for row in self.rows):
            return None
        return found

    def refuse(self, blockers: list[Blocker]) -> None:
        """Put each reason beside its line (see `parts_problems`)."""
        for blocker in blockers:
            code, _mark, position = blocker.code.partition("-")
            line = self._line_of.get(int(position)) if position else None
            if line is None:
                self._general.append(blocker.message)
            else:
                name = {"part_hours": "hours", "part_label": "label"}.get(code, "time")
                self.rows[line - 1].errors[name if line > 1 or name != "time" else "hours"] = blocker.message

    @property
    def shown_rows(self) -> list[PartRow]:
        """The lines to draw: those with something in them and one more, three at least."""
        filled = [row.number for row in self.rows if row.time or row.hours or row.label]
        return self.rows[: max(3, max(filled, default=0) + 1)]

    @property
    def error_list(self) -> list[tuple[str, str]]:
        """(input id or '', message) for the summary."""
        found = [("", message) for message in self._general]
        for row in self.rows:
            found += [
                (f"{name}-{row.number}", f"{_('Titik %(n)s', n=row.number)}: {message}")
                for name, message in row.errors.items()
            ]
        return found

    def _shown(self, parts: list[Part]) -> list[PartRow]:
        rows = [
            PartRow(
                part.position, part.label, f"{part.starts_at.astimezone(self._zone):%H:%M}", str(part.hours)
            )
            for part in parts
        ]
        return rows + [PartRow(n) for n in range(len(rows) + 1, MOST_PARTS + 1)]

    def _sent(self, number: int) -> PartRow:
        typed: Any = {
            name: request.form.get(f"{name}-{number}", "").strip()[:80] for name in ("label", "time", "hours")
        }
        return PartRow(number, **typed)

    def _time_of(self, row: PartRow) -> datetime | None:
        if row.number == 1:
            return self.head.starts_at
        match = _TIME.fullmatch(row.time)
        if match is None:
            row.errors["time"] = _("Isi jamnya, misalnya 13:00.")
            return None
        local = self.head.starts_at.astimezone(self._zone)
        moment = local.replace(hour=int(match[1]), minute=int(match[2]), second=0, microsecond=0)
        if moment < local and moment.date() != self.head.ends_at.astimezone(self._zone).date():
            moment += timedelta(days=1)  # a session that goes on past midnight
        return moment.astimezone(self.head.starts_at.tzinfo)

    def _hours_of(self, row: PartRow) -> int | None:
        if row.number == 1 and not row.hours and not any(one.time or one.hours for one in self.rows[1:]):
            return self.head.hours
        if not (row.hours.isascii() and row.hours.isdigit() and len(row.hours) <= 3):
            row.errors["hours"] = _("Isi jumlah JP dengan angka.")
            return None
        return int(row.hours)
