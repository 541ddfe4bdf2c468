"""The projector's QR and code, and what a phone gets for the QR it scanned: a ticket. Nothing is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from portal.attendance import queries
from portal.attendance.queries import Hall
from portal.attendance.rules import checkpoints, tokens
from portal.attendance.rules.checkpoints import Part
from portal.attendance.rules.tokens import Place, Ticket
from portal.attendance.services.keys import projector_key
from portal.core.errors import Conflict, DomainError, NotFound
from portal.core.words import gettext as _


class Stale(DomainError):
    """What was good a moment ago: 410."""

    status = 410


@dataclass(frozen=True)
class Screen:
    """What the projector shows now; `left` and `code_left` are seconds until QR and code change."""

    part: Part
    token: str
    code: str
    left: int
    code_left: int


@dataclass(frozen=True)
class Scan:
    """A scan that is good: the session, and the ticket in writing."""

    hall: Hall
    position: int
    scanned_at: datetime
    ticket: str


def screen(hall: Hall, parts: Sequence[Part], now: datetime) -> Screen:
    """QR token and typed code of the checkpoint that is open."""
    part, key, at = checkpoints.open_part(parts, now), projector_key(), int(now.timestamp())
    place = Place(hall.session_id, hall.room_id, part.position)
    return Screen(
        part,
        tokens.make_token(key, place, at),
        tokens.make_code(key, place, at),
        tokens.seconds_left(at),
        tokens.seconds_left(at, tokens.CODE_STEP),
    )


def exchange(*, token: str, device: str, ticket: str = "", now: datetime) -> Scan:
    """A ticket for the QR that was scanned, good for ten minutes on this device.

    ticket: one that this device got earlier; while it lives, the same address works though its token is
    stale. Raises NotFound `token_unknown` (not made here, or of another room), Stale `token_stale`,
    Conflict (`session_over` and the other reasons why nobody can check in).
    """
    read, key, at = tokens.read_token(token), projector_key(), int(now.timestamp())
    hall = queries.find_hall(read.session_id) if read else None
    if read is None or hall is None or not tokens.is_genuine(key, read, hall.room_id):
        raise NotFound(
            "token_unknown", _("Kode ini bukan dari layar kelas kami. Pindai lagi yang ada di layar.")
        )
    check_open(hall, now)
    kept = tokens.read_ticket(key, ticket, device)
    is_same = kept and (kept.session_id, kept.position) == (read.session_id, read.position)
    if kept and is_same and tokens.is_ticket_alive(kept, at):
        return _scan(hall, kept, ticket)
    moments = (now, datetime.fromtimestamp(read.window * tokens.WINDOW, UTC))
    parts = queries.parts_of_hall(hall)
    if not tokens.is_fresh(read, at) or read.position not in {
        checkpoints.open_part(parts, moment).position for moment in moments
    }:
        raise Stale("token_stale", _("Kode ini sudah berganti. Pindai lagi yang ada di layar."))
    made = Ticket(read.session_id, read.position, at)
    return _scan(hall, made, tokens.make_ticket(key, made, device))


def open_ticket(*, ticket: str, device: str, now: datetime) -> Ticket:
    """The scan behind a ticket. Raises Stale when it is over ten minutes old, not of this device or not
    ours."""
    read = tokens.read_ticket(projector_key(), ticket, device)
    if read is None or not tokens.is_ticket_alive(read, int(now.timestamp())):
        raise Stale("ticket_stale", _("Waktu untuk menyimpan sudah habis. Pindai lagi yang ada di layar."))
    return read


def check_open(hall: Hall, at: datetime) -> None:
    """Raises Conflict when nobody can check in to the session at that moment."""
    for blocker in checkpoints.arrival_blockers(
        batch_state=hall.batch_state, starts_at=hall.starts_at, ends_at=hall.ends_at, at=at, _=_
    ):
        raise Conflict(blocker.code, f"{blocker.message} {blocker.remedy}".strip())


def _scan(hall: Hall, ticket: Ticket, text: str) -> Scan:
    return Scan(hall, ticket.position, datetime.fromtimestamp(ticket.scanned_at, UTC), text)
