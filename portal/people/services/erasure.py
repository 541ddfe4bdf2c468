"""The right to be forgotten: asked by the person, carried out by another, all rooms in one transaction."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa

from portal.core import audit
from portal.core.db import db
from portal.core.errors import Conflict, DomainError, Forbidden, NotFound
from portal.core.permissions import Actor
from portal.core.ports import Erasure, ports
from portal.core.words import gettext as _
from portal.people.models import ErasureRequest, Person


def preview_erasure(*, person_id: int, actor: Actor, now: datetime) -> Erasure:
    """What would go, what would stay and why, and what stands in the way now. Changes nothing."""
    return _all_rooms(person_id, actor, now, is_dry=True)


def ask_erasure(*, reason: str, actor: Actor, now: datetime) -> ErasureRequest:
    """Ask for one's own data to be erased. Raises NotFound without a person, Conflict while one waits or when
    something stands in the way (details["blockers"])."""
    person = db.session.get(Person, actor.person_id, with_for_update=True) if actor.person_id else None
    if person is None or person.erased_at is not None:
        raise NotFound()
    if open_request(person.id) is not None:
        raise Conflict("erasure_open", _("Permintaan penghapusan Anda sudah menunggu."))
    _refuse_blocked(preview_erasure(person_id=person.id, actor=actor, now=now))
    row = ErasureRequest(
        person_id=person.id,
        reason=" ".join(reason.split())[:300],
        state="asked",
        asked_by=actor.user_id,
        asked_at=now,
        kept=[],
    )
    db.session.add(row)
    db.session.flush()
    audit.record("erasure.asked", "person", person.id, actor=actor, now=now, erasure=row.id)
    return row


def open_request(person_id: int) -> ErasureRequest | None:
    """The request of a person that waits, or None."""
    found: ErasureRequest | None = db.session.scalar(
        sa.select(ErasureRequest).where(
            ErasureRequest.person_id == person_id, ErasureRequest.state == "asked"
        )
    )
    return found


def withdraw_erasure(*, actor: Actor, now: datetime) -> ErasureRequest:
    """The person thinks better of it. Raises NotFound without an open request."""
    found = open_request(actor.person_id) if actor.person_id else None
    if found is None:
        raise NotFound()
    row = _waiting(found.id)
    row.state, row.decided_by, row.decided_at = "withdrawn", actor.user_id, now
    audit.record("erasure.withdrawn", "person", row.person_id, actor=actor, now=now, erasure=row.id)
    return row


def _waiting(request_id: int) -> ErasureRequest:
    row = db.session.get(ErasureRequest, request_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise NotFound()
    if row.state != "asked":
        raise Conflict("erasure_over", _("Permintaan ini sudah diputuskan atau ditarik."))
    return row


def _refuse_own(row: ErasureRequest, actor: Actor) -> None:
    if actor.person_id == row.person_id or (actor.user_id is not None and actor.user_id == row.asked_by):
        raise Forbidden(
            "own_case", _("Permintaan ini diputuskan oleh orang lain, bukan oleh yang mengajukannya.")
        )


def refuse_erasure(*, request_id: int, note: str, actor: Actor, now: datetime) -> ErasureRequest:
    """Say no, with a reason that the person reads. Raises DomainError on `note`, Forbidden, Conflict."""
    row = _waiting(request_id)
    _refuse_own(row, actor)
    note = " ".join(note.split())[:300]
    if len(note) < 5:
        raise DomainError("reason_missing", _("Tulis alasannya; orangnya akan membacanya."), "note")
    row.state, row.decided_by, row.decided_at, row.decision_note = "refused", actor.user_id, now, note
    audit.record("erasure.refused", "person", row.person_id, actor=actor, now=now, erasure=row.id)
    return row


def carry_out_erasure(*, request_id: int, actor: Actor, now: datetime) -> ErasureRequest:
    """Erase the person of a waiting request, in every room. Raises Conflict with details["blockers"] when
    something stands in the way; nothing is changed then. Forbidden for one's own request."""
    row = _waiting(request_id)
    _refuse_own(row, actor)
    kept = anonymize(person_id=row.person_id, actor=actor, now=now).stays
    row.state, row.decided_by, row.decided_at = "done", actor.user_id, now
    row.reason, row.kept = "", list(kept)
    db.session.flush()
    return row


def anonymize(*, person_id: int, actor: Actor, now: datetime) -> Erasure:
    """Erase what may go of a person. The higher rooms first: they still find what the lower ones forget.

    Raises Conflict `erasure_blocked`, NotFound for a person who is not there or gone already.
    """
    person = db.session.get(Person, person_id, with_for_update=True, populate_existing=True)
    if person is None or person.erased_at is not None:
        raise NotFound()
    _refuse_blocked(preview_erasure(person_id=person_id, actor=actor, now=now))
    done = _all_rooms(person_id, actor, now, is_dry=False)
    audit.record("person.erased", "person", person_id, actor=actor, now=now)
    return done


def _refuse_blocked(found: Erasure) -> None:
    if found.blockers:
        raise Conflict("erasure_blocked", " ".join(found.blockers), blockers=list(found.blockers))


def _all_rooms(person_id: int, actor: Actor, now: datetime, *, is_dry: bool) -> Erasure:
    rooms = list(ports().erase_person.values())
    parts = [
        room(person_id=person_id, actor=actor, now=now, is_dry=is_dry)
        for room in (rooms if is_dry else rooms[::-1])
    ]
    return Erasure(
        goes=_once(line for part in parts for line in part.goes),
        stays=_once(line for part in parts for line in part.stays),
        blockers=_once(line for part in parts for line in part.blockers),
    )


def _once(lines: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(lines))
