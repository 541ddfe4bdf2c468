"""A class that is taught, judged and signed, with the two people who issue."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from portal.assessment.models import AssessmentSheet, Verdict
from portal.attendance.models import AttendanceMark
from portal.certificates.models import Certificate
from portal.certificates.services import decide_request, prepare_change, prepare_issue
from portal.core import jobs
from portal.core.db import db, transaction
from portal.core.permissions import Grant, GrantedActor, Role
from tests.support import classroom


@dataclass
class Signed:
    """A signed class and its two deciders, as accounts and as actors."""

    room: classroom.Classroom
    admin_user: Any
    head_user: Any

    @property
    def admin(self) -> GrantedActor:
        """Who prepares."""
        return self._actor(self.admin_user, Role.CENTER_ADMIN)

    @property
    def head(self) -> GrantedActor:
        """Who decides."""
        return self._actor(self.head_user, Role.CENTER_HEAD)

    def _actor(self, user: Any, role: Role) -> GrantedActor:
        return GrantedActor(
            user.id, user.person_id, user.name, (Grant(role, "center", str(self.room.center_id)),)
        )


def sign_class(now: datetime, people: int = 4, **kinds: Any) -> Signed:
    """Everybody present at every session and K in every unit, the sheet signed."""
    room = classroom.build(people=people, state="finalized", **kinds)
    with transaction() as session:
        head = classroom.account("Hartono Wibisono", Role.CENTER_HEAD, "center", str(room.center_id))
        marks = [
            {"session_id": s, "enrollment_id": e, "mark": "present", "hours_missed": 0, "evidence": "tap",
             "version": 1, "recorded_by": room.instructor.id, "recorded_at": now}
            for s in room.sessions for e in room.enrollments
        ]  # fmt: skip
        verdicts = [
            {"enrollment_id": e, "unit_id": u, "version": 1, "is_current": True, "value": "competent",
             "note": "", "criteria": [], "judged_by": room.assessor.id, "judged_at": now}
            for u in room.units for e in room.enrollments
        ]  # fmt: skip
        if marks:
            session.execute(sa.insert(AttendanceMark), marks)
        if verdicts:
            session.execute(sa.insert(Verdict), verdicts)
        session.add(AssessmentSheet(batch_id=room.batch_id, signer_name="Andi Asesor", signed_at=now))
    return Signed(room, room.admin, head)


def fail_unit(signed: Signed, index: int, unit: int = 0) -> None:
    """Turn one K into BK."""
    room = signed.room
    with transaction() as session:
        session.execute(
            sa.update(Verdict)
            .where(Verdict.enrollment_id == room.enrollments[index], Verdict.unit_id == room.units[unit])
            .values(value="not_yet_competent", note="Saldo kas belum cocok")
        )


def issue(signed: Signed, now: datetime) -> list[Certificate]:
    """Prepare, approve, and run the job; the certificates in order."""
    with transaction():
        request_id = prepare_issue(batch_id=signed.room.batch_id, actor=signed.admin, now=now).id
    with transaction():
        decide_request(request_id=request_id, approve=True, actor=signed.head, now=now)
    jobs.run_pending()
    return certificates(signed)


def certificates(signed: Signed) -> list[Certificate]:
    """The class's certificates in order of issue."""
    query = (
        sa.select(Certificate).where(Certificate.batch_id == signed.room.batch_id).order_by(Certificate.id)
    )
    return list(db.session.scalars(query))


REASON = {
    "suspend": "under_review", "unsuspend": "review_passed", "revoke": "fraud", "replace": "correction",
    "issue": "mended",
}  # fmt: skip


def change(
    signed: Signed, certificate: Certificate, action: str, now: datetime, reason: str = "", **changes: str
) -> None:
    """One change, asked for and approved."""
    with transaction():
        request_id = prepare_change(
            certificate_id=certificate.id,
            action=action,
            reason_class=reason or REASON[action],
            note="catatan arsip yang rahasia",
            changes=changes,
            actor=signed.admin,
            now=now,
        ).id
    with transaction():
        decide_request(request_id=request_id, approve=True, actor=signed.head, now=now)
