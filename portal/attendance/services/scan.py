"""A participant's card before the instructor's camera, or its code typed: seen at the open checkpoint, and
the mark that follows from it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from portal.attendance import queries, rules
from portal.attendance.models import CheckIn, Evidence
from portal.attendance.queries import ArrivalRow, SheetHead
from portal.attendance.rules import checkpoints
from portal.attendance.services import guard
from portal.attendance.services.storing import Stamp, Wish, store
from portal.cooperatives.queries import own_cooperatives
from portal.core import audit
from portal.core.db import db, upsert_ignore
from portal.core.errors import Conflict, DomainError, Forbidden
from portal.core.permissions import Actor
from portal.core.words import gettext as _

#: Marks that an arrival may go on from: made by an earlier one, not by an instructor's decision.
FROM_ARRIVALS = frozenset({Evidence.QR, Evidence.CODE, Evidence.CARD})


@dataclass(frozen=True)
class Scanned:
    """What stands after a scan. is_new: the person was not seen at this checkpoint before; `at`: when they
    were first."""

    enrollment_id: int
    name: str
    is_new: bool
    at: datetime
    mark: str
    minutes: int


def scan_card(*, session_id: int, text: str, actor: Actor, now: datetime) -> Scanned:
    """Record the person whose card was read (`text`: what its QR holds, or the code typed) at the checkpoint
    that is open now; a second scan changes nothing, and a mark that an instructor made stands.

    Raises NotFound, DomainError (field "code": `card_shape`, `card_unknown`, `card_elsewhere`, `no_seat`),
    Forbidden (own), Conflict (`too_early`, `session_over`, `sheet_final`, `batch_not_running`).
    """
    head = guard.begin(actor, session_id, now)
    _check_time(head, now)
    card = rules.card_of(text)
    if not card:
        raise DomainError(
            "card_shape", _("Ini bukan kartu peserta. Kodenya 16 huruf dan angka di bawah QR."), "code"
        )
    position = checkpoints.open_part(queries.parts_of_hall(head), now).position
    found = queries.find_arrival(session_id, position, None, card)
    if found is None:
        raise _stranger(card, head)
    guard.check_own(actor, [found.row], own_cooperatives(actor, now))
    if found.teaches:
        raise Forbidden(
            "own_class", _("Orang ini mengajar di kelas ini, jadi tidak dicatat sebagai peserta.")
        )
    if found.seen_at is not None:
        return _scanned(found, found.seen_at, is_new=False)
    return _arrive(head, found, position, actor, now)


def _arrive(head: SheetHead, found: ArrivalRow, position: int, actor: Actor, now: datetime) -> Scanned:
    row = found.row
    values = {
        "session_id": head.session_id, "position": position, "enrollment_id": row.enrollment_id,
        "evidence": str(Evidence.CARD), "device": "", "recorded_by": actor.user_id, "at": now,
    }  # fmt: skip
    if not upsert_ignore(db.session(), CheckIn.__table__, values):
        return _scanned(found, now, is_new=False)
    if row.is_open or row.evidence in FROM_ARRIVALS:
        parts, seen = queries.parts_of_person(head, row.enrollment_id)
        became = checkpoints.arrival(parts, seen, position, now)
        wish = Wish(row, became.mark, became.missed, became.minutes, row.remark)
        if wish.is_change:
            store(head, [wish], Stamp(Evidence.CARD, actor, now))
            return Scanned(row.enrollment_id, row.name, True, now, wish.mark, wish.minutes)
    audit.record(
        "attendance.checked_in", "enrollment", row.enrollment_id, actor=actor, now=now,
        scope=f"center:{head.center_id}", session=head.session_id, position=position, evidence="card",
    )  # fmt: skip
    return _scanned(found, now, is_new=True)


def _check_time(head: SheetHead, now: datetime) -> None:
    for blocker in checkpoints.arrival_blockers(
        batch_state=head.batch_state, starts_at=head.starts_at, ends_at=head.ends_at, at=now, _=_
    ):
        raise Conflict(blocker.code, f"{blocker.message} {_('Catat di daftar presensi.')}")


def _stranger(card: str, head: SheetHead) -> DomainError:
    """Why a card is not of this class; of another class no more than that."""
    standing = queries.card_standing(card, head.batch_id)
    if standing == "other":
        return DomainError("card_elsewhere", _("Kartu ini milik peserta kelas lain."), "code")
    if standing == "no_seat":
        message = _("Pemilik kartu ini belum punya kursi di kelas ini. Catat sebagai tamu.")
        return DomainError("no_seat", message, "code")
    return DomainError(
        "card_unknown", _("Kartu ini tidak dikenal. Periksa kodenya, lalu ketik lagi."), "code"
    )


def _scanned(found: ArrivalRow, at: datetime, *, is_new: bool) -> Scanned:
    row = found.row
    return Scanned(row.enrollment_id, row.name, is_new, at, row.mark, row.minutes)
