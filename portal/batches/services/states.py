"""Publishing, postponing, cancelling, finalizing; and the seats, which enrollment alone changes."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from portal.batches.models import Batch
from portal.batches.rules import LEGAL_MOVES
from portal.batches.services import schedule
from portal.batches.services.making import (
    _reschedule,
    load_for_change,
    missing_batch,
    plans_of,
    refuse_begun,
)
from portal.core import audit
from portal.core.db import db
from portal.core.errors import Conflict, DomainError
from portal.core.permissions import Actor
from portal.core.ports import ports
from portal.core.words import gettext as _

#: States in which a batch may still give and take seats.
_SEATS_MOVE = ("draft", "published", "postponed")


def publish_batch(*, batch_id: int, actor: Actor, now: datetime) -> Batch:
    """Show a draft to everybody. Raises DomainError without sessions."""
    batch, _house = load_for_change(batch_id, actor)
    if not batch.sessions:
        raise DomainError("sessions_missing", _("Susun pertemuannya sebelum mengumumkan angkatan ini."))
    return set_batch_state(batch_id=batch_id, state="published", reason="", actor=actor, now=now)


def set_batch_state(
    *,
    batch_id: int,
    state: str,
    reason: str = "",
    keep_bookings: bool = False,
    actor: Actor,
    now: datetime,
) -> Batch:
    """Move a batch to another stored state. Raises Conflict for an illegal move.

    Postponing (unless `keep_bookings`) and cancelling give rooms and people free and need a reason;
    publishing a postponed batch books its sessions again. `finalized` is the judges' move: the
    caller has checked who they are. People of the batch are the caller's part.
    """
    if state == "finalized":
        batch = db.session().get(Batch, batch_id, with_for_update=True)
        if batch is None:
            raise missing_batch()
    else:
        batch, house = load_for_change(batch_id, actor)
    before = batch.state
    if before == state:
        return batch
    if state not in LEGAL_MOVES.get(before, frozenset()):
        raise Conflict("state_move", _("Angkatan ini sudah berubah. Muat ulang halaman, lalu coba lagi."))
    reason = " ".join(reason.split())
    if state == "postponed":
        refuse_begun(batch, now)
    if state in ("postponed", "cancelled") and before != "draft" and not reason:
        raise DomainError("reason_missing", _("Tulis alasannya; peserta akan membacanya."), "reason")
    if state == "cancelled" or (state == "postponed" and not keep_bookings):
        schedule.release(db.session(), batch.id)
    elif state == "published" and before == "postponed":
        _reschedule(batch, house, plans_of(batch, house.center.zone), now)
    batch.state, batch.state_reason = state, reason[:300]
    batch.version += 1
    audit.record(
        f"batch.{state}",
        "batch",
        batch.id,
        actor=actor,
        now=now,
        scope=f"center:{batch.center_id}",
        before=before,
    )
    db.session().flush()
    if before == "postponed" and state == "published" and batch.seats_taken:
        ports().batch_changed(batch_id=batch.id, now=now)
    return batch


def take_seat(*, batch_id: int) -> None:
    """Take one seat: one conditional UPDATE, so that the last seat goes to exactly one. Raises Conflict
    "batch_full", or "batch_closed" when the batch gives no seats any more."""
    take_seats(batch_id=batch_id, count=1)


def take_seats(*, batch_id: int, count: int) -> None:
    """Take `count` seats together or none. Raises as `take_seat`."""
    statement = (
        sa.update(Batch)
        .where(Batch.id == batch_id, Batch.state.in_(_SEATS_MOVE), Batch.seats_taken + count <= Batch.quota)
        .values(seats_taken=Batch.seats_taken + count)
        .execution_options(synchronize_session=False)
    )
    if not _changed(statement, batch_id):
        state = db.session().scalar(sa.select(Batch.state).where(Batch.id == batch_id))
        if state is None:
            raise missing_batch()
        if state not in _SEATS_MOVE:
            raise Conflict("batch_closed", _("Angkatan ini sudah tidak menerima peserta."))
        raise Conflict("batch_full", _("Kursi terakhir baru saja terisi."))


def release_seat(*, batch_id: int) -> None:
    """Give one seat back. Raises Conflict "no_seat_taken" rather than fall below zero."""
    release_seats(batch_id=batch_id, count=1)


def release_seats(*, batch_id: int, count: int) -> None:
    """Give `count` seats back together."""
    statement = (
        sa.update(Batch)
        .where(Batch.id == batch_id, Batch.seats_taken >= count)
        .values(seats_taken=Batch.seats_taken - count)
        .execution_options(synchronize_session=False)
    )
    if not _changed(statement, batch_id):
        raise Conflict("no_seat_taken", _("Kursi ini sudah dilepas."))


def _changed(statement: sa.Update, batch_id: int) -> bool:
    session = db.session()
    done = bool(session.execute(statement).rowcount)  # type: ignore[attr-defined]
    loaded = session.identity_map.get(sa.orm.util.identity_key(Batch, batch_id))
    if loaded is not None:
        session.expire(loaded, ["seats_taken"])
    return done
