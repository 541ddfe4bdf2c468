"""Marking attendance: one tap, the rest of the roll, a whole sheet at once.

All go through `store`: the same checks, one history row and one audit event a changed mark, and a number of
statements that does not grow with the people.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa

from portal.attendance import queries
from portal.attendance.models import AttendanceMark, Evidence
from portal.attendance.queries import SheetHead, SheetRow
from portal.attendance.rules import reasons
from portal.attendance.services import guard
from portal.attendance.services.storing import (
    Stamp,
    StoredMark,
    Wish,
    as_mark,
    standing_mark,
    store,
    store_one,
)
from portal.cooperatives.queries import own_cooperatives
from portal.core import clock
from portal.core.db import db
from portal.core.errors import DomainError
from portal.core.permissions import Actor, Permission, require
from portal.core.words import gettext as _

# A cell that somebody else writes between reading and writing is held and read once more; nobody changes what
# is held, and no mark is ever deleted.
_ATTEMPTS = 2
_HOLD = (
    sa.select(AttendanceMark.version)
    .where(
        AttendanceMark.session_id == sa.bindparam("session"),
        AttendanceMark.enrollment_id == sa.bindparam("enrollment"),
    )
    .with_for_update()
)


def record_attendance(
    *,
    session_id: int,
    enrollment_id: int,
    mark: str,
    hours_missed: int | None = 0,
    expected_version: int | None = None,
    evidence: str = Evidence.TAP,
    noted_at: datetime | None = None,
    minutes: int = 0,
    remark: str | None = None,
    reason: str = "",
    actor: Actor,
    now: datetime,
) -> StoredMark:
    """Mark one person in one session; the same value again changes nothing.

    hours_missed: whole lesson hours, for late and left early; None keeps hours and minutes of the same mark.
    expected_version: what the caller saw (0 for an empty cell); None overwrites whatever is there.
    evidence: how it was proven; what trainees show by themselves comes through `check_in`, not through here.
    noted_at: when the mark was made, where that was earlier (without signal, on paper). minutes: late or
    early by the clock, information only. remark: None keeps it. reason: why a mark that stands is changed,
    needed from the day after the session.
    Raises NotFound (foreign session, or nobody of this session), Forbidden (own mark or cooperative),
    DomainError (`reason_needed`: field "reason"), Conflict (`mark_conflict`, whose details say who marked
    what; `sheet_final`; `batch_not_running`).
    """
    stamp = Stamp(evidence, actor, now, noted_at, reason.strip())
    for _attempt in range(_ATTEMPTS):
        cell = _take(actor, session_id, enrollment_id, now)
        wish = _wish(cell, mark, hours_missed, minutes, remark)
        if wish is None:
            return replace(standing_mark(cell.head, cell.row, now), done=cell.done, total=cell.total)
        if expected_version is not None and expected_version != cell.row.version:
            raise guard.conflict(cell.row, mark, cell.head)
        stamp = replace(stamp, reason=_why(cell.head, reason, evidence, noted_at))
        guard.check_texts(wish.remark, reason)
        if wish.is_new_value:
            guard.check_reason(cell.head, cell.row, stamp.reason, now)
        if store_one(cell.head, wish, stamp):
            return replace(as_mark(wish, cell.head, stamp), done=_done_after(cell), total=cell.total)
        db.session.connection().execute(_HOLD, {"session": session_id, "enrollment": enrollment_id})
    raise guard.conflict(cell.row, mark, cell.head)


def mark_rest(*, session_id: int, mark: str, actor: Actor, now: datetime) -> int:
    """Mark everybody who has no mark yet, but for the actor's own; returns how many. Errors as above."""
    head = guard.begin(actor, session_id, now)
    guard.check_value(mark, 0, 0, head)
    own = own_cooperatives(actor, now)
    wishes = [
        Wish(row, mark, remark=row.remark)
        for row in queries.sheet_rows(session_id)
        if row.is_open and not guard.own_blockers(actor, own, row)
    ]
    store(head, wishes, Stamp(Evidence.REST, actor, now))
    return len(wishes)


def record_many(
    *,
    session_id: int,
    marks: Mapping[int, str],
    expected: Mapping[int, int] | None = None,
    evidence: str = Evidence.SHEET,
    noted_at: datetime | None = None,
    minutes: Mapping[int, int] | None = None,
    remark: str | None = None,
    reason: str = "",
    actor: Actor,
    now: datetime,
) -> int:
    """Mark many people of one session, all or nothing: enrollment id -> mark; returns how many changed.

    expected: enrollment id -> version seen. minutes: enrollment id -> minutes late or early; who has none
    there keeps those of the same mark. remark: one for all changed, None keeps each. At most ten statements,
    however many people. Raises as `record_attendance`, and DomainError `outside_session` when any id is not
    on the roll.
    """
    head = guard.begin(actor, session_id, now)
    rows = {row.enrollment_id: row for row in queries.sheet_rows(session_id)}
    if not marks.keys() <= rows.keys():
        raise DomainError(
            "outside_session",
            _("Ada peserta yang bukan dari pertemuan ini. Tidak ada yang disimpan; muat ulang halaman."),
        )
    stamp = Stamp(evidence, actor, now, noted_at, _why(head, reason, evidence, noted_at))
    guard.check_texts(remark or "", reason)
    wishes = []
    for enrollment_id, mark in marks.items():
        row = rows[enrollment_id]
        wish = _wish_of_many(row, mark, (minutes or {}).get(enrollment_id), remark)
        guard.check_value(mark, wish.missed, wish.minutes, head)
        if wish.is_change:
            if expected is not None and expected.get(enrollment_id, row.version) != row.version:
                raise guard.conflict(row, mark, head)
            guard.check_reason(head, row, stamp.reason, now)
            wishes.append(wish)
    guard.check_own(actor, [wish.row for wish in wishes], own_cooperatives(actor, now))
    store(head, wishes, stamp)
    return len(wishes)


def _wish_of_many(row: SheetRow, mark: str, minutes: int | None, remark: str | None) -> Wish:
    is_same = mark == row.mark
    if minutes is None:
        minutes = row.minutes if is_same else 0
    kept = row.remark if remark is None or is_same else remark.strip()
    return Wish(row, mark, row.hours_missed if is_same else 0, minutes, kept)


def _why(head: SheetHead, reason: str, evidence: str, noted_at: datetime | None) -> str:
    """The reason as stored. A mark made without signal on the day itself says so for itself."""
    if reason.strip() or evidence != Evidence.OFFLINE or noted_at is None:
        return reason.strip()
    same_day = clock.local_date(noted_at, head.zone) == clock.local_date(head.starts_at, head.zone)
    return reasons.OFFLINE if same_day else ""


def _take(actor: Actor, session_id: int, enrollment_id: int, now: datetime) -> queries.Cell:
    """The cell, if this actor may mark it now."""
    require(actor, Permission.ATTENDANCE_RECORD)
    cell = queries.take_cell(actor, session_id, enrollment_id, now)
    own = {cell.row.cooperative_id} if cell.is_own_cooperative and cell.row.cooperative_id else set()
    guard.check_own(actor, [cell.row], own)
    guard.check_open(cell.head, now)
    return cell


def _wish(cell: queries.Cell, mark: str, missed: int | None, minutes: int, remark: str | None) -> Wish | None:
    """What the cell shall become; None when it stays as it is."""
    row = cell.row
    if missed is None:
        missed, minutes = (row.hours_missed, row.minutes) if mark == row.mark else (0, minutes)
    guard.check_value(mark, missed, minutes, cell.head)
    wish = Wish(row, mark, missed, minutes, row.remark if remark is None else remark.strip())
    return wish if wish.is_change else None


def _done_after(cell: queries.Cell) -> int:
    return cell.done + 1 if cell.row.is_open else cell.done
