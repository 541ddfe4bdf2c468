"""A trainee checks in by the own phone: once a person and checkpoint, and the mark that follows from it.

It is the one way in which people mark themselves, so it only ever fills an empty cell or goes on from an
earlier check-in of their own; what an instructor marked stands. Four statements, the audit's apart: the
person's cell, the parts of the session, the check-in, the mark; on PostgreSQL the session's lock before them,
and one more for the history of a mark that goes on.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from portal.accounts.rules import Limit
from portal.accounts.services.throttle import count_try, locks_of, too_many
from portal.attendance import queries
from portal.attendance.models import CheckIn, Evidence
from portal.attendance.queries import ArrivalRow, Hall
from portal.attendance.rules import checkpoints, tokens
from portal.attendance.rules.checkpoints import Arrival
from portal.attendance.rules.tokens import Place
from portal.attendance.services import guard
from portal.attendance.services.keys import projector_key
from portal.attendance.services.storing import Stamp, Wish, store
from portal.core import audit
from portal.core.db import db, upsert_ignore
from portal.core.errors import Conflict, DomainError, Forbidden
from portal.core.permissions import Actor
from portal.core.words import gettext as _

#: Marks that a check-in may go on from: made by an earlier one.
SELF_MADE = frozenset({Evidence.QR, Evidence.CODE})
#: Wrong codes of one person; their QR goes on working, and so does everybody else.
CODE_MISSES = Limit("attendance.code", 10, timedelta(minutes=10))


@dataclass(frozen=True)
class CheckedIn:
    """What stands after a check-in. `at`: when the person was seen at the checkpoint first; `is_new`: by
    this one. `mark` is the mark in force, `is_own`: it came from checking in and not from an instructor."""

    session_id: int
    enrollment_id: int
    position: int
    at: datetime
    is_new: bool
    mark: str
    minutes: int
    hours_missed: int
    is_own: bool


def check_in(
    *,
    session_id: int,
    position: int,
    evidence: str,
    at: datetime,
    device: str = "",
    card: str = "",
    actor: Actor,
    now: datetime,
) -> CheckedIn:
    """Record that somebody is at a checkpoint; the second time changes nothing.

    The caller has proven that the person read what the projector showed `at` that moment (server's clock, at
    most ten minutes before `now`). card: the stored form of a card code (`tokens.plain_card`), which says who
    it is; without it the actor is. device: the browser's random mark, "" for none.
    Raises DomainError (`card_unknown`, `no_seat`, `other_class`), Forbidden `own_class` (who teaches here),
    Conflict (`too_early`, `session_over`, `sheet_final`, `batch_not_running`, `checkpoint_gone`).
    """
    guard.lock_session(session_id)
    found = queries.find_arrival(session_id, position, actor.person_id, card)
    if found is None:
        raise _not_here(actor, card)
    _check(found, at)
    head, row = found.head, found.row
    if found.seen_at is not None:
        return _standing(found, position, found.seen_at, is_new=False)
    parts, seen = queries.parts_of_person(head, row.enrollment_id)
    if position not in {part.position for part in parts}:
        raise Conflict("checkpoint_gone", _("Titik ini sudah diubah. Pindai lagi yang ada di layar."))
    values = {
        "session_id": session_id,
        "position": position,
        "enrollment_id": row.enrollment_id,
        "evidence": str(evidence),
        "device": tokens.device_mark(projector_key(), session_id, device),
        "recorded_by": actor.user_id,
        "at": at,
    }
    if not upsert_ignore(db.session(), CheckIn.__table__, values):
        return _standing(found, position, at, is_new=False)
    if row.is_open or row.evidence in SELF_MADE:
        became = checkpoints.arrival(parts, seen, position, at)
        wish = Wish(row, became.mark, became.missed, became.minutes, row.remark)
        if wish.is_change:
            store(head, [wish], Stamp(evidence, actor, now))
            return _standing(found, position, at, is_new=True, became=became)
    audit.record(
        "attendance.checked_in", "enrollment", row.enrollment_id, actor=actor, now=now,
        scope=f"center:{head.center_id}", session=session_id, position=position, evidence=str(evidence),
    )  # fmt: skip
    return _standing(found, position, at, is_new=True)


def check_in_by_code(
    *, typed: str, device: str = "", card: str = "", actor: Actor, now: datetime
) -> CheckedIn:
    """Check in by the typed code of the projector, looked up among the person's own classes of now.

    Raises as `check_in`, DomainError `code_unknown` (field "code", details: person_id; the caller counts it
    with `count_code_miss` once this transaction is over) and `nothing_open`, TooMany.
    """
    halls = queries.own_halls(actor.person_id, card, now)
    if not halls:
        raise _nothing_open(actor, card)
    person_id = halls[0][1]
    for lock in locks_of([(CODE_MISSES, f"person:{person_id}")], now=now):
        if lock.is_shut:
            raise too_many(lock.until, now)
    place = _place_of(typed, [hall for hall, _person in halls], now)
    if place is None:
        raise DomainError(
            "code_unknown",
            _("Kode ini tidak cocok dengan kelas Anda sekarang, atau sudah berganti. Lihat lagi layar."),
            "code",
            person_id=person_id,
        )
    return check_in(
        session_id=place.session_id, position=place.position, evidence=Evidence.CODE, at=now, device=device,
        card=card, actor=actor, now=now,
    )  # fmt: skip


def count_code_miss(*, person_id: int, now: datetime) -> None:
    """Count a wrong code of a person. Raises TooMany when they had too many."""
    count_try(CODE_MISSES, f"person:{person_id}", now=now)


def _place_of(typed: str, halls: list[Hall], now: datetime) -> Place | None:
    """The class whose code was typed: that of now, or of the minute before."""
    key, at, text = projector_key(), int(now.timestamp()), tokens.plain_code(typed)
    earlier = now - timedelta(seconds=tokens.CODE_STEP)
    parts = queries.parts_of_halls(halls)
    for hall in halls:
        for moment in (now, earlier):
            part = checkpoints.open_part(parts[hall.session_id], moment)
            place = Place(hall.session_id, hall.room_id, part.position)
            if tokens.is_code(key, place, text, at):
                return place
    return None


def _check(found: ArrivalRow, at: datetime) -> None:
    head = found.head
    for blocker in checkpoints.arrival_blockers(
        batch_state=head.batch_state, starts_at=head.starts_at, ends_at=head.ends_at, at=at, _=_
    ):
        raise Conflict(blocker.code, f"{blocker.message} {blocker.remedy}".strip())
    if found.teaches:
        raise Forbidden("own_class", _("Anda mengajar di kelas ini. Kehadiran Anda dicatat oleh rekan Anda."))


def _not_here(actor: Actor, card: str) -> DomainError:
    """Why somebody has no cell in this class: the card is none, theirs is another class, or there is none."""
    known = queries.class_of(actor.person_id, card)
    field = "card" if card else None
    if known:
        program, number, _person = known
        message = _(
            "Anda terdaftar di %(program)s Angkatan %(n)s, bukan di kelas ini.", program=program, n=number
        )
        return DomainError("other_class", message, field)
    if card:
        return DomainError(
            "card_unknown", _("Kode kartu ini tidak dikenal. Salin 16 huruf dan angka pada kartu."), "card"
        )
    return DomainError("no_seat", _("Akun ini tidak punya kursi di kelas ini."))


def _nothing_open(actor: Actor, card: str) -> DomainError:
    if card and queries.class_of(actor.person_id, card) is None:
        return _not_here(actor, card)
    return DomainError(
        "nothing_open",
        _("Tidak ada kelas Anda yang dibuka sekarang. Kehadiran dapat dicatat mulai 60 menit sebelum mulai."),
        "card" if card else None,
    )


def _standing(
    found: ArrivalRow, position: int, at: datetime, *, is_new: bool, became: Arrival | None = None
) -> CheckedIn:
    row = found.row
    mark, minutes, missed = (
        (became.mark, became.minutes, became.missed) if became else (row.mark, row.minutes, row.hours_missed)
    )
    return CheckedIn(
        found.head.session_id, row.enrollment_id, position, at, is_new, mark, minutes, missed,
        became is not None or row.evidence in SELF_MADE,
    )  # fmt: skip
