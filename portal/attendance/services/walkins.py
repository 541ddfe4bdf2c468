"""Walk-ins: an instructor notes who came without a seat; the center gives a seat with a mark from then, or
says no with a reason."""

from __future__ import annotations

from datetime import datetime

from portal.attendance import queries, rules
from portal.attendance.models import Evidence, WalkIn
from portal.attendance.rules import checkpoints
from portal.attendance.services import guard
from portal.attendance.services.storing import Stamp, Wish, store
from portal.cooperatives.queries import own_cooperatives
from portal.core import audit
from portal.core.db import db
from portal.core.errors import Conflict, DomainError
from portal.core.permissions import Actor, Permission, require
from portal.core.words import gettext as _
from portal.enrollment import services as enrollment
from portal.enrollment.models import SEAT_STATES, Enrollment
from portal.enrollment.services.cases import lock_batch


def note_walk_in(
    *, session_id: int, name: str, cooperative: str = "", note: str = "", actor: Actor, now: datetime
) -> WalkIn:
    """Note somebody who came without a seat. Raises NotFound, DomainError (fields name, cooperative, note),
    Conflict when the session takes no marks."""
    head = guard.begin(actor, session_id, now)
    wrong = rules.walk_in_problem(name, cooperative, note, _)
    if wrong:
        raise DomainError(wrong[0].code, wrong[0].message, wrong[1])
    guest = WalkIn(
        session_id=session_id, name=name.strip(), cooperative=cooperative.strip(), note=note.strip(),
        recorded_by=actor.user_id, recorded_at=now,
    )  # fmt: skip
    db.session.add(guest)
    db.session.flush()
    _audit("attendance.walk_in.noted", guest, head.center_id, actor, now)
    return guest


def admit_walk_in(*, walk_in_id: int, enrollment_id: int, actor: Actor, now: datetime) -> WalkIn:
    """Give the chosen enrollment a seat (unless it has one) and a mark from when the person came.

    Raises NotFound, Forbidden (own), DomainError (`illegal_move`, `prerequisite_...`), Conflict
    (`walk_in_handled`, `batch_full`, `sheet_final`).
    """
    require(actor, Permission.WALKIN_HANDLE)
    batch_id, session_id, _center = queries.walk_in_place(actor, walk_in_id)
    chosen = {one.enrollment_id: one for one in queries.walk_in_candidates(batch_id)}.get(enrollment_id)
    if chosen is None:
        raise DomainError("not_of_batch", _("Pilih pendaftaran dari angkatan ini."), "enrollment")
    # Seats lock the batch before anything else does: as signing and taps.
    _give_seat(enrollment_id, actor, now)
    guard.lock_session(session_id)
    guest = _open(walk_in_id)
    found = queries.find_cell(session_id, enrollment_id)
    assert found is not None
    head, row = found
    guard.check_open(head, now)
    guard.check_own(actor, [row], own_cooperatives(actor, now))
    if row.is_open:
        parts, seen = queries.parts_of_person(head, enrollment_id)
        position = checkpoints.open_part(parts, guest.recorded_at).position
        came = checkpoints.arrival(parts, seen, position, guest.recorded_at)
        wish = Wish(row, came.mark, came.missed, came.minutes, row.remark)
        store(head, [wish], Stamp(Evidence.TAP, actor, now, noted_at=guest.recorded_at))
    _close(guest, "admitted", actor, now, enrollment_id=enrollment_id)
    _audit("attendance.walk_in.admitted", guest, head.center_id, actor, now, enrollment=enrollment_id)
    return guest


def refuse_walk_in(*, walk_in_id: int, reason: str, actor: Actor, now: datetime) -> WalkIn:
    """Say no. Raises NotFound, DomainError (field reason), Conflict `walk_in_handled`."""
    require(actor, Permission.WALKIN_HANDLE)
    _batch_id, session_id, center_id = queries.walk_in_place(actor, walk_in_id)
    guard.lock_session(session_id)
    guest = _open(walk_in_id)
    problem = rules.refusal_problem(reason, _)
    if problem:
        raise DomainError(problem.code, problem.message, "reason")
    _close(guest, "refused", actor, now, reason=reason.strip())
    _audit("attendance.walk_in.refused", guest, center_id, actor, now)
    return guest


def _give_seat(enrollment_id: int, actor: Actor, now: datetime) -> None:
    found = db.session.get_one(Enrollment, enrollment_id)
    if found.state in SEAT_STATES:
        lock_batch(found.batch_id)
        return
    enrollment.offer_seat(enrollment_id=enrollment_id, actor=actor, now=now)
    enrollment.confirm_seat(enrollment_id=enrollment_id, actor=actor, now=now)


def _open(walk_in_id: int) -> WalkIn:
    guest = db.session.get_one(WalkIn, walk_in_id, populate_existing=True, with_for_update=True)
    if guest.state != "open":
        raise Conflict("walk_in_handled", _("Tamu ini sudah diputuskan."))
    return guest


def _close(
    guest: WalkIn, state: str, actor: Actor, now: datetime, *, enrollment_id: int | None = None,
    reason: str = "",
) -> None:  # fmt: skip
    guest.state, guest.enrollment_id, guest.reason = state, enrollment_id, reason
    guest.handled_by, guest.handled_at = actor.user_id, now
    db.session.flush()


def _audit(what: str, guest: WalkIn, center_id: int, actor: Actor, now: datetime, **more: int) -> None:
    """One event; the name of a stranger stays out of it."""
    audit.record(
        what, "walk_in", guest.id, actor=actor, now=now, scope=f"center:{center_id}",
        session=guest.session_id, **more,
    )  # fmt: skip
