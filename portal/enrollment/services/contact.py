"""Reaching people about a seat: every try is kept, and the one that reaches them starts the countdown."""

from __future__ import annotations

from datetime import datetime

from portal.core import audit
from portal.core.db import db
from portal.core.errors import DomainError
from portal.core.permissions import Actor
from portal.core.words import gettext as _
from portal.enrollment import rules
from portal.enrollment.labels import CHANNEL_LABELS, OUTCOME_LABELS
from portal.enrollment.models import Contact, State
from portal.enrollment.services.cases import lock_case, scope_of
from portal.enrollment.services.seats import confirm_seat, start_countdown, withdraw


def record_contact(
    *, enrollment_id: int, channel: str, outcome: str, note: str = "", actor: Actor, now: datetime
) -> Contact:
    """Note a call, message or visit. Reached starts the 48 hours; accepted confirms; declined gives the
    seat back.

    channel: call, whatsapp, visit, letter. outcome: reached, no_answer, wrong_number, accepted, declined.
    Raises DomainError, Conflict `offer_over`, Forbidden `own_case`.
    """
    if channel not in CHANNEL_LABELS or outcome not in OUTCOME_LABELS:
        raise DomainError("contact_unknown", _("Pilih cara menghubungi dan hasilnya."))
    batch, enrollment = lock_case(enrollment_id)
    rules.check_not_self(actor.person_id, enrollment.person_id)
    if outcome in ("accepted", "declined") and enrollment.state != State.OFFERED:
        raise DomainError("not_offered", _("Orang ini sedang tidak ditawari kursi."))
    contact = Contact(
        enrollment_id=enrollment_id,
        channel=channel,
        outcome=outcome,
        note=note.strip()[:300],
        made_by=actor.user_id,
        made_at=now,
    )
    db.session.add(contact)
    if enrollment.state == State.OFFERED and rules.is_contact(outcome):
        start_countdown(batch.id, enrollment, now)
    db.session.flush()
    audit.record(
        "contact.recorded",
        "enrollment",
        enrollment_id,
        actor=actor,
        now=now,
        scope=scope_of(batch),
        batch_id=batch.id,
        channel=channel,
        outcome=outcome,
    )
    if outcome == "accepted":
        confirm_seat(enrollment_id=enrollment_id, actor=actor, now=now)
    elif outcome == "declined":
        withdraw(enrollment_id=enrollment_id, reason=_("Menolak tawaran kursi."), actor=actor, now=now)
    return contact
