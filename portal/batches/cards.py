"""Batches as people read them: prepared values for lists and pages, in the language of the page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import url_for
from flask_babel import ngettext
from markupsafe import Markup, escape

from portal.batches.queries import BatchRow
from portal.batches.rules import Phase, phase_of, seats_left
from portal.core.formatting import clock_time, current_locale, long_date, month_name
from portal.core.ports import ports
from portal.core.words import gettext as _


@dataclass(frozen=True)
class Card:
    """A ticket in a list: what `ui.batch_card` shows."""

    id: int
    href: str
    first_day: date
    title: str
    place: str
    length: str
    note: str
    phase: Phase
    taken: int
    quota: int
    reserve: int
    seats_text: str
    number: int


def day_month(day: date) -> str:
    """ "30 November", which never breaks over two lines."""
    return f"{day.day}\u00a0{month_name(day)}"


def cards_of(rows: Sequence[BatchRow], now: datetime) -> list[Card]:
    """Rows as tickets. One statement more when a batch on the page has a waitlist."""
    phases = {row.id: phase_of(row, now, row.zone) for row in rows}
    full = [number for number, phase in phases.items() if phase is Phase.WAITLIST]
    waiting = ports().waitlist_sizes(full) if full else {}
    prefix = batch_url(0, "-").removesuffix("0--")
    return [
        Card(
            id=row.id,
            href=f"{prefix}{row.id}-{row.slug}",
            first_day=row.starts_on,
            title=program_name(row),
            place=place_of(row),
            length=length_of(row),
            note=note_of(row, now),
            phase=phases[row.id],
            taken=row.seats_taken,
            quota=row.quota,
            reserve=row.reserve_seats,
            seats_text=seats_text(row, phases[row.id], waiting.get(row.id, 0), row.zone),
            number=row.number,
        )
        for row in rows
    ]


def batch_url(batch_id: int, slug: str) -> str:
    """The public address of a batch."""
    return url_for("batches.show", batch_id=batch_id, slug=slug)


def program_name(row: BatchRow) -> str:
    """The program in the language of the page."""
    return row.program_name_en if current_locale() == "en" and row.program_name_en else row.program_name


def place_of(row: BatchRow) -> str:
    """ "BPVP Surakarta, Kota Surakarta, Jawa Tengah"."""
    return f"{row.center}, {row.city}, {row.province}"


def note_of(row: BatchRow, now: datetime) -> str:
    """That pilot cooperatives go first, as long as they do."""
    kept = row.pilot_seats and (row.pilot_until is None or now < row.pilot_until)
    return _("Koperasi percontohan didahulukan") if kept else ""


def length_of(row: Any) -> str:
    """ "3 hari, 24 JP, tatap muka"; "2 hari daring + 4 hari tatap muka, 48 JP" when mixed. An online batch
    says at what time it begins, because its people may sit in another zone."""
    place = ZoneInfo(row.zone)
    online: set[date] = set()
    present: set[date] = set()
    for meeting in row.meetings:
        day = meeting.starts_at.astimezone(place).date()
        (online if meeting.mode == "online" else present).add(day)
    present -= online
    hours = _("%(num)d JP", num=sum(meeting.hours for meeting in row.meetings) or row.curriculum_hours)
    if online and present:
        parts = [(min(online), _days(online, _("daring"))), (min(present), _days(present, _("tatap muka")))]
        return " + ".join(text for _day, text in sorted(parts)) + f", {hours}"
    if online:
        start = clock_time(min(meeting.starts_at for meeting in row.meetings), row.zone)
        return _(
            "%(days)s, %(hours)s, mulai %(time)s", days=_days(online, _("daring")), hours=hours, time=start
        )
    if not present:
        return hours
    place_word = _("di luar balai") if row.mode == "offsite" else _("tatap muka")
    return f"{_days(present, '')}, {hours}, {place_word}"


def _days(days: set[date], how: str) -> str:
    text = ngettext("%(num)d hari", "%(num)d hari", len(days))
    return f"{text} {how}" if how else text


def seats_text(row: Any, phase: Phase, waiting: int = 0, zone: str = "Asia/Jakarta") -> str:
    """The sentence beside the drawn seats; Markup with the figure in <strong>."""
    left = seats_left(row.quota, row.seats_taken)
    place = ZoneInfo(zone)
    if phase in (Phase.OPEN, Phase.FEW_LEFT):
        day = day_month(row.closes_at.astimezone(place).date())
        return _strong(
            ngettext("%(num)d kursi", "%(num)d kursi", left),
            _(
                "%(strong)s tersisa dari %(quota)d, ditutup %(day)s",
                quota=row.quota,
                day=day,
                strong="%(strong)s",
            ),
        )
    if phase is Phase.WAITLIST and waiting:
        people = ngettext("%(num)d orang", "%(num)d orang", waiting)
        return _strong(people, _("Kursi penuh, %(strong)s di daftar tunggu", strong="%(strong)s"))
    if phase is Phase.NOT_OPEN:
        day = long_date(row.opens_at.astimezone(place).date())
        return _strong(day, _("Dibuka %(strong)s", strong="%(strong)s"))
    return {
        Phase.WAITLIST: _("Kursi penuh, daftar tunggu masih dibuka"),
        Phase.POSTPONED: _("Jadwal baru menyusul"),
        Phase.CANCELLED: _("Tidak jadi dilaksanakan"),
        Phase.DRAFT: _("Belum diumumkan"),
    }.get(phase, _("%(taken)d dari %(quota)d kursi terisi", taken=row.seats_taken, quota=row.quota))


def _strong(figure: str, sentence: str) -> str:
    """The sentence, escaped, with its `%(strong)s` replaced by the figure in <strong>."""
    return escape(sentence).replace("%(strong)s", Markup("<strong>{}</strong>").format(figure))
