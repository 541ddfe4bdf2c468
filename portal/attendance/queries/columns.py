"""Columns that several reads share: a mark that is not there reads as "" with version 0."""

from __future__ import annotations

import sqlalchemy as sa

from portal.attendance.models import AttendanceMark
from portal.enrollment.models import SEAT_STATES, Enrollment

SEATED_STATES = sorted(SEAT_STATES)
SEATED = Enrollment.state.in_(SEATED_STATES)
MARK = sa.func.coalesce(AttendanceMark.mark, "").label("mark")
MISSED = sa.func.coalesce(AttendanceMark.hours_missed, 0).label("hours_missed")
VERSION = sa.func.coalesce(AttendanceMark.version, 0).label("version")
