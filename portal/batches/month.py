"""The month of a center drawn as rooms by days, with what does not go together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import ngettext

from portal.batches.messages import day_text
from portal.batches.queries import BoardSession
from portal.core.formatting import clock_range, current_locale, date_range, long_date
from portal.core.words import gettext as _

SUNDAY = 6
_WEEKDAYS = ("Sn", "Sl", "Rb", "Km", "Jm", "Sb", "Mg")


@dataclass(frozen=True)
class Bar:
    """Something that lies on days from `first` to `last` in one row. `title` is short; `name` says the same
    in full, for a phone and for whoever points at it."""

    first: date
    last: date
    kind: str
    href: str
    title: str
    text: str
    when: str
    name: str


@dataclass
class MonthView:
    """What `ui.month_grid` draws, and the problems above it: (sentence, address)."""

    days: list[dict[str, Any]]
    rows: list[dict[str, Any]]
    problems: list[tuple[str, str]] = field(default_factory=list)


def month_days(first: date) -> list[date]:
    """All days of the month of `first`."""
    day, found = first.replace(day=1), []
    while day.month == first.month:
        found.append(day)
        day += timedelta(days=1)
    return found


def build_month(
    *,
    first: date,
    today: date,
    zone: str,
    sessions: Sequence[BoardSession],
    rooms: Sequence[Any],
    holidays: Mapping[date, str],
    leaves: Sequence[tuple[Any, Any]],
    batch_prefix: str,
    leave_url: str,
) -> MonthView:
    """The view of a month. rooms have id, name, capacity, is_offsite; leaves are (leave, staff);
    `batch_prefix` + batch id is the address of a workspace."""
    days = month_days(first)
    away: dict[int, list[Any]] = {}
    for leave, person in leaves:
        away.setdefault(person.id, []).append(leave)
    problems: list[tuple[str, str]] = []
    by_room: dict[int | None, dict[int, list[BoardSession]]] = {}
    for session in sessions:
        by_room.setdefault(session.room_id, {}).setdefault(session.batch_id, []).append(session)
        if session.state in ("draft", "published"):
            problems += _problems(session, zone, holidays, away, batch_prefix)
    rows: list[dict[str, Any]] = []
    for room in rooms:
        bars = _bars(by_room.pop(room.id, {}), zone, holidays, away, batch_prefix)
        note = ngettext("%(num)d orang", "%(num)d orang", room.capacity)
        rows += _lanes(room.name, _("di luar balai") if room.is_offsite else note, bars, days, holidays)
    online = _bars(by_room.pop(None, {}), zone, holidays, away, batch_prefix)
    if online:
        rows += _lanes(_("Daring"), _("tanpa ruang"), online, days, holidays)
    if leaves:
        bars = [
            Bar(
                max(leave.starts_on, days[0]),
                min(leave.ends_on, days[-1]),
                "warn",
                leave_url,
                person.name,
                leave.reason or _("cuti"),
                date_range(leave.starts_on, leave.ends_on, weekday=False),
                person.name,
            )
            for leave, person in leaves
        ]
        rows += _lanes(_("Cuti"), "", bars, days, holidays)
    return MonthView([_head(day, today, holidays) for day in days], rows, problems)


def _short_weekday(day: date) -> str:
    """Two letters, as wall calendars have them."""
    return (
        "Mo Tu We Th Fr Sa Su".split()[day.weekday()]
        if current_locale() == "en"
        else _WEEKDAYS[day.weekday()]
    )


def _head(day: date, today: date, holidays: Mapping[date, str]) -> dict[str, Any]:
    return {
        "label": day.day,
        "weekday": _short_weekday(day),
        "off": day.weekday() == SUNDAY or day in holidays,
        "today": day == today,
    }


def _day(session: BoardSession, zone: str) -> date:
    return session.starts_at.astimezone(ZoneInfo(zone)).date()


def _problems(
    session: BoardSession,
    zone: str,
    holidays: Mapping[date, str],
    away: Mapping[int, Sequence[Any]],
    prefix: str,
) -> list[tuple[str, str]]:
    """Sentences about a session on a holiday or with somebody on leave."""
    day = _day(session, zone)
    about = {"number": session.number, "program": session.program, "day": day_text(day)}
    found = []
    if day in holidays:
        text = _(
            "Angkatan %(number)s (%(program)s): %(day)s hari libur, %(name)s.", name=holidays[day], **about
        )
        found.append((text, f"{prefix}{session.batch_id}"))
    for staff_id, name in session.staff:
        if any(leave.starts_on <= day <= leave.ends_on for leave in away.get(staff_id, ())):
            text = _("Angkatan %(number)s (%(program)s): %(name)s cuti pada %(day)s.", name=name, **about)
            found.append((text, f"{prefix}{session.batch_id}"))
    return found


def _bars(
    batches: Mapping[int, Sequence[BoardSession]],
    zone: str,
    holidays: Mapping[date, str],
    away: Mapping[int, Sequence[Any]],
    prefix: str,
) -> list[Bar]:
    """One bar for each run of consecutive days of a batch in a room."""
    found = []
    for batch_id, sessions in batches.items():
        runs: list[list[BoardSession]] = []
        for session in sessions:
            if runs and (_day(session, zone) - _day(runs[-1][-1], zone)).days <= 1:
                runs[-1].append(session)
            else:
                runs.append([session])
        for run in runs:
            one = run[0]
            clash = any(
                _problems(session, zone, holidays, away, prefix)
                for session in run
                if one.state in ("draft", "published")
            )
            kind = {"draft": "mute", "postponed": "warn", "finalized": "ok"}.get(one.state, "info")
            words = {"draft": _("draf"), "postponed": _("ditunda")}
            seats = words.get(one.state) or _("%(taken)d/%(quota)d", taken=one.seats_taken, quota=one.quota)
            found.append(
                Bar(
                    _day(run[0], zone),
                    _day(run[-1], zone),
                    "err" if clash else kind,
                    f"{prefix}{batch_id}",
                    f"{one.code.rsplit('-', 1)[-1]} {one.number}",
                    _("bentrok") if clash else seats,
                    _when(run, zone),
                    _("%(program)s, angkatan %(number)s", program=one.program, number=one.number),
                )
            )
    return sorted(found, key=lambda bar: (bar.first, bar.last, bar.title))


def _when(run: Sequence[BoardSession], zone: str) -> str:
    days = date_range(_day(run[0], zone), _day(run[-1], zone), weekday=False)
    spans = {clock_range(session.starts_at, session.ends_at, zone) for session in run}
    return f"{days}, {spans.pop()}" if len(spans) == 1 else days


def _lanes(
    name: str, note: str, bars: Iterable[Bar], days: Sequence[date], holidays: Mapping[date, str]
) -> list[dict[str, Any]]:
    """Rows for one room: bars that share a day lie in further rows."""
    lanes: list[list[Bar]] = []
    for bar in bars:
        for lane in lanes:
            if lane[-1].last < bar.first:
                lane.append(bar)
                break
        else:
            lanes.append([bar])
    return [
        {
            "name": name if number == 0 else _("%(name)s, lanjutan", name=name),
            "note": note if number == 0 else "",
            "cells": _cells(lane, days, holidays),
        }
        for number, lane in enumerate(lanes or [[]])
    ]


def _cells(lane: Sequence[Bar], days: Sequence[date], holidays: Mapping[date, str]) -> list[dict[str, Any]]:
    starts = {max(bar.first, days[0]): bar for bar in lane}
    cells: list[dict[str, Any]] = []
    day, end = days[0], days[-1]
    while day <= end:
        bar = starts.get(day)
        if bar is None:
            cells.append({"off": day.weekday() == SUNDAY or day in holidays})
            day += timedelta(days=1)
            continue
        last = min(bar.last, end)
        cells.append(
            {
                "span": (last - day).days + 1,
                "kind": bar.kind,
                "href": bar.href,
                "title": bar.title,
                "text": bar.text,
                "when": bar.when,
                "name": bar.name,
            }
        )
        day = last + timedelta(days=1)
    return cells


def holiday_lines(holidays: Mapping[date, str]) -> list[str]:
    """ "Jumat, 25 Desember 2026: Natal", in order."""
    return [f"{long_date(day)}: {holidays[day]}" for day in sorted(holidays)]
