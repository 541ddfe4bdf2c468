"""What enrollment does for the rights of a person: ends open enrollments, forgets free text."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from portal.accounts.queries import user_of_person
from portal.batches.models import Batch, ClassSession
from portal.catalog.models import Program
from portal.core import audit
from portal.core.db import db
from portal.core.permissions import Actor, GrantedActor
from portal.core.ports import Erasure
from portal.core.words import gettext as _
from portal.enrollment import rules
from portal.enrollment.models import (
    SEAT_STATES,
    Contact,
    Enrollment,
    EnrollmentDraft,
    Nomination,
    NominationState,
)
from portal.enrollment.queries.drafts import draft_key
from portal.enrollment.services.seats import withdraw
from portal.people.services import CONSENT_COOPERATIVE, CONSENT_TRAINING

_OPEN_NOMINATIONS = (NominationState.PROPOSED, NominationState.CONSENTED)


@dataclass(frozen=True)
class _Case:
    """An open enrollment. `is_running`: its seat is held and its first class has begun, so that what follows
    is record; `is_signed`: the results of its batch are signed."""

    id: int
    label: str
    is_running: bool
    is_signed: bool


def _cases(person_id: int, now: datetime) -> list[_Case]:
    """Enrollments that still count on a batch, the oldest first. One statement."""
    first = (
        sa.select(sa.func.min(ClassSession.starts_at))
        .where(ClassSession.batch_id == Batch.id)
        .correlate(Batch)
        .scalar_subquery()
    )
    statement: Any = (
        sa.select(
            Enrollment.id,
            Program.short_name,
            Batch.number,
            Enrollment.state,
            Batch.state,
            first,
            Batch.starts_on,
        )
        .join(Batch, Batch.id == Enrollment.batch_id)
        .join(Program, Program.id == Batch.program_id)
        .where(
            Enrollment.person_id == person_id,
            Enrollment.state.in_(sorted(rules.OPEN_STATES)),
        )
        .order_by(Enrollment.id)
    )
    found = []
    for number, program, batch_number, state, batch_state, begins, starts_on in db.session.execute(statement):
        label = _("%(program)s angkatan %(number)s", program=program, number=batch_number)
        has_begun = begins <= now if begins else starts_on <= now.date()
        is_running = has_begun and state in SEAT_STATES and batch_state != "cancelled"
        found.append(_Case(number, label, is_running, batch_state == "finalized"))
    return found


def _withdraw_all(cases: list[_Case], reason: str, actor: Actor, now: datetime) -> None:
    for case in cases:
        if not case.is_running:
            withdraw(enrollment_id=case.id, reason=reason, actor=actor, now=now)


def _decline_nominations(person_id: int, actor: Actor, now: datetime) -> int:
    rows = db.session.scalars(
        sa.select(Nomination).where(
            Nomination.person_id == person_id, Nomination.state.in_(_OPEN_NOMINATIONS)
        )
    ).all()
    for row in rows:
        row.state, row.updated_at = NominationState.DECLINED, now
        audit.record("nomination.declined", "nomination", row.id, actor=actor, now=now)
    return len(rows)


def stop_training(*, person_id: int, purpose: str, actor: Actor, now: datetime, is_dry: bool) -> list[str]:
    """Port `consent_withdrawn`. Training: open enrollments end, seats are free again, nominations are
    declined; a class that has begun goes on being recorded. Cooperative: helpers lose what they did."""
    if purpose == CONSENT_COOPERATIVE:
        return [
            _("Ketua dan pendamping koperasi tidak lagi dapat mendaftarkan Anda atau mencetak kartu Anda.")
        ]
    if purpose != CONSENT_TRAINING:
        return []
    cases = _cases(person_id, now)
    said = [
        _("Kelas %(batch)s sudah dimulai: kehadiran dan hasilnya tetap tercatat.", batch=case.label)
        if case.is_running
        else _("Pendaftaran %(batch)s berakhir dan kursinya dilepas.", batch=case.label)
        for case in cases
    ]
    if not is_dry:
        _withdraw_all(cases, _("Persetujuan pelatihan dicabut."), actor, now)
        _decline_nominations(person_id, actor, now)
    return [
        *said,
        _("Usulan koperasi atas nama Anda ditolak, dan Anda tidak didaftarkan lagi tanpa persetujuan baru."),
    ]


def erase_person(*, person_id: int, actor: Actor, now: datetime, is_dry: bool) -> Erasure:
    """Port `erase_person`: open enrollments end, free text and drafts go, the rows stay without a name."""
    cases = [case for case in _cases(person_id, now) if not case.is_signed]
    running = [case for case in cases if case.is_running]
    if not is_dry:
        _withdraw_all(cases, _("Data dihapus atas permintaan orangnya."), actor, now)
        _decline_nominations(person_id, actor, now)
        _forget(person_id)
    goes = [
        _("Pendaftaran %(batch)s berakhir dan kursinya dilepas.", batch=c.label)
        for c in cases
        if c not in running
    ]
    goes.append(
        _("Isian pendaftaran yang belum dikirim, dan catatan tentang Anda pada pendaftaran dan panggilan.")
    )
    return Erasure(
        goes=tuple(goes),
        stays=(
            _(
                "Pendaftaran, kehadiran, dan hasil tanpa nama: pelatihan dibiayai negara dan harus dapat "
                "diperiksa."
            ),
        ),
        blockers=tuple(
            _("Kelas %(batch)s masih berjalan. Tunggu sampai hasilnya ditandatangani.", batch=case.label)
            for case in running
        ),
    )


def _forget(person_id: int) -> None:
    own = sa.select(Enrollment.id).where(Enrollment.person_id == person_id)
    for statement in (
        sa.update(Enrollment).where(Enrollment.person_id == person_id).values(state_reason=""),
        sa.update(Nomination).where(Nomination.person_id == person_id).values(answer_note="", link_hash=None),
        sa.update(Contact).where(Contact.enrollment_id.in_(own)).values(note=""),
    ):
        db.session.execute(statement.execution_options(synchronize_session=False))
    user = user_of_person(person_id)
    if user is not None:
        key = draft_key(GrantedActor(user.id, person_id, user.name), None)
        db.session.execute(
            sa.delete(EnrollmentDraft)
            .where(EnrollmentDraft.token_hash == key)
            .execution_options(synchronize_session=False)
        )
