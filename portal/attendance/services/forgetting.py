"""What attendance forgets of a person (port `erase_person`): by which phone they checked in, and what was
written about a phone that they shared, about them and about why their marks changed. That they were there
stays, without a name."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from portal.attendance.models import (
    AttendanceChange,
    AttendanceCorrection,
    AttendanceMark,
    CheckIn,
    DeviceReview,
    WalkIn,
)
from portal.core.db import db
from portal.core.permissions import Actor
from portal.core.ports import Erasure
from portal.core.words import gettext as _
from portal.enrollment.models import Enrollment

#: A correction always has a reason, and a guest a name.
ERASED_TEXT = "Dihapus"
ERASED_GUEST = {"name": ERASED_TEXT, "cooperative": "", "note": "", "reason": ""}


def erase_person(*, person_id: int, actor: Actor, now: datetime, is_dry: bool) -> Erasure:
    """Port `erase_person`; with `is_dry` only the answer is made."""
    if not is_dry:
        _forget(person_id)
    return Erasure(
        goes=(
            _("Tanda ponsel pada catatan kehadiran Anda, dan catatan tentang ponsel itu."),
            _("Catatan instruktur tentang Anda, dan alasan perubahan kehadiran."),
        )
    )


def _forget(person_id: int) -> None:
    own = sa.select(Enrollment.id).where(Enrollment.person_id == person_id)
    shared = sa.select(CheckIn.session_id, CheckIn.device).where(CheckIn.enrollment_id.in_(own))
    place = sa.tuple_(DeviceReview.session_id, DeviceReview.device)
    for statement in (
        sa.update(DeviceReview).where(place.in_(shared)).values(note=""),
        sa.update(CheckIn).where(CheckIn.enrollment_id.in_(own)).values(device=""),
        sa.update(AttendanceMark).where(AttendanceMark.enrollment_id.in_(own)).values(remark=""),
        sa.update(AttendanceChange).where(AttendanceChange.enrollment_id.in_(own)).values(reason=""),
        sa.update(AttendanceCorrection)
        .where(AttendanceCorrection.enrollment_id.in_(own))
        .values(reason=ERASED_TEXT, decision_note=""),
        sa.update(WalkIn).where(WalkIn.enrollment_id.in_(own)).values(ERASED_GUEST),
    ):
        db.session.execute(statement.execution_options(synchronize_session=False))
