"""The papers of a batch, filled from its rows: rolls, cards, claim letters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from flask import url_for

from portal.batches.models import Batch
from portal.cooperatives.labels import POST_LABELS
from portal.core.formatting import clock_range, date_range, long_date, month_name, weekday_name
from portal.enrollment import queries
from portal.enrollment.pages import base_url, card_address
from portal.enrollment.papers import Card, ClaimLetter, Roll, RollPerson, RollSession

NOT_FOUNDED = "Koperasi belum berdiri"


def _detail(row: queries.RollRow) -> str:
    post = str(POST_LABELS.get(row.post, row.post))
    return f"{post}, {row.cooperative_name or NOT_FOUNDED}"


def _batch_name(batch: Batch) -> str:
    return f"Angkatan {batch.number}/{batch.year}"


def _place(batch: Batch) -> str:
    rooms = list(dict.fromkeys(session.room.name for session in batch.sessions if session.room))
    return ", ".join(rooms[:3]) or ("Daring" if batch.mode == "online" else batch.center.city)


def roll_of(batch: Batch, rows: Sequence[queries.RollRow]) -> Roll:
    """The attendance roll; the places of a batch are its rooms."""
    zone = batch.center.zone
    sessions = []
    for session in batch.sessions:
        day = session.starts_at.astimezone(ZoneInfo(zone))
        short = f"{weekday_name(day, 'id')[:3]} {day.day} {month_name(day, 'id', short=True)}"
        hours = (
            clock_range(session.starts_at, session.ends_at, zone, "id").removeprefix("pukul ").split(" ")[0]
        )
        sessions.append(RollSession(short, hours))
    return Roll(
        center=batch.center.name,
        batch=_batch_name(batch),
        program=batch.program.name,
        dates=date_range(batch.starts_on, batch.ends_on, locale="id"),
        place=_place(batch),
        sessions=tuple(sessions),
        people=tuple(RollPerson(row.name, _detail(row)) for row in rows),
        zone=zone,
    )


def cards_of(batch: Batch, rows: Sequence[queries.RollRow]) -> list[Card]:
    """A card for everybody who holds a seat or is a reserve."""
    dates, place = (
        date_range(batch.starts_on, batch.ends_on, locale="id"),
        f"{batch.center.name}, {_place(batch)}",
    )
    return [
        Card(
            name=row.name,
            detail=_detail(row),
            batch=f"{batch.program.short_name}, {_batch_name(batch)}",
            dates=dates,
            place=place,
            address=card_address(row.card_token),
            code="-".join(row.card_token[i : i + 4] for i in range(0, 16, 4)),
        )
        for row in rows
    ]


def letters_of(
    batch: Batch, rows: Sequence[queries.RollRow], codes: Mapping[int, str], now: datetime, life_days: int
) -> list[ClaimLetter]:
    """A letter for each person with a fresh code."""
    until = long_date(
        (now + timedelta(days=life_days)).astimezone(ZoneInfo(batch.center.zone)).date(), False, "id"
    )
    return [
        ClaimLetter(
            name=row.name,
            detail=_detail(row),
            place=f"{batch.center.name}, {date_range(batch.starts_on, batch.ends_on, locale='id')}",
            program=batch.program.name,
            login="pilihan Anda",  # chosen at the claim
            code=codes[row.person_id],
            expires=until,
        )
        for row in rows
        if row.person_id in codes
    ]


def claim_urls() -> tuple[str, str]:
    """(where a code is claimed, where one signs in), as whole addresses."""
    base = base_url()
    return base + url_for("accounts.claim_record"), base + url_for("accounts.sign_in")


def help_line(batch: Batch) -> str:
    """Whom to ask, as one sentence."""
    phone = f", telepon {batch.center.phone}" if batch.center.phone else ""
    return f"Ada pertanyaan? Hubungi {batch.center.name}{phone}."
