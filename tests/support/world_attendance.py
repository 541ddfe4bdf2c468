"""Evidence of attendance in the world: a printed sheet, a guest and a correction in both centers."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from portal.attendance.models import AttendanceCorrection, PaperSheet, WalkIn
from portal.core.db import transaction
from tests.support import classroom


def add_evidence(rooms: dict[str, Any], now: datetime) -> dict[str, Any]:
    """Ids by name; those of the other center begin with "away_"."""
    found: dict[str, Any] = {}
    for prefix, running, signed, code in (
        ("", rooms["running"], rooms["issued"], "7M3QH2KD9WTX"),
        ("away_", rooms["away"], rooms["away_issued"], "7M3QH2KD9WTY"),
    ):
        with transaction():
            sheet = PaperSheet(
                code=code, session_id=running.sessions[0], people=list(running.enrollments),
                printed_by=running.instructor.id, printed_at=now,
            )  # fmt: skip
            guest = WalkIn(
                session_id=running.sessions[0], name="Tamu Tak Terdaftar", cooperative="KDMP Sukamaju",
                note="Menggantikan ketua", recorded_by=running.instructor.id, recorded_at=now,
            )  # fmt: skip
            asked = AttendanceCorrection(
                session_id=signed.sessions[0], enrollment_id=signed.enrollments[0], old_version=1,
                mark="late", hours_missed=1, reason="Tertukar dengan peserta lain",
                asked_by=signed.instructor.id, asked_at=now,
            )  # fmt: skip
            for row in (sheet, guest, asked):
                classroom._add(row)
        found |= {
            f"{prefix}sheet_code": code,
            f"{prefix}walk_in": guest.id,
            f"{prefix}attendance_correction": asked.id,
        }
    return found
