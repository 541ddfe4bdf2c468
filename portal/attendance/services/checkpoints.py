"""The checkpoints of a session, and who went home before the last of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import sqlalchemy as sa

from portal.attendance import queries
from portal.attendance.models import Checkpoint, Evidence
from portal.attendance.rules import checkpoints
from portal.attendance.rules.checkpoints import Part
from portal.attendance.services import guard
from portal.attendance.services.storing import Stamp, Wish, store
from portal.cooperatives.queries import own_cooperatives
from portal.core import audit
from portal.core.blockers import Blocker
from portal.core.db import db
from portal.core.errors import Conflict, DomainError
from portal.core.permissions import Actor, Permission, require
from portal.core.words import gettext as _


class PartsWrong(DomainError):
    """Checkpoints that cannot be; `blockers` are all reasons, their codes ending with a position."""

    def __init__(self, blockers: list[Blocker]) -> None:
        super().__init__(blockers[0].code, blockers[0].message)
        self.blockers = blockers


def set_checkpoints(*, session_id: int, parts: Sequence[Part], actor: Actor, now: datetime) -> list[Part]:
    """Give a session these checkpoints, positions from 1; one or none means: its start alone. The same again
    changes nothing. At most six statements.

    Raises NotFound, Forbidden, Conflict (`sheet_final`, `batch_not_running`), PartsWrong with every reason
    (times outside or out of order, hours that do not add up, a checkpoint that already counted people).
    """
    require(actor, Permission.ATTENDANCE_RECORD)
    guard.lock_session(session_id)
    head = queries.get_sheet(actor, session_id)
    closed = guard.closed_reason(head, max(now, head.starts_at))
    if closed:
        raise Conflict(closed.code, closed.message)
    old, new = queries.parts_of_hall(head), list(parts) if len(parts) > 1 else []
    used = {one.position for one in queries.check_ins(session_id)}
    wrong = checkpoints.parts_problems(parts, head.starts_at, head.ends_at, head.hours, _)
    wrong += checkpoints.used_problems(old, new, used, _)
    if wrong:
        raise PartsWrong(wrong)
    if new == old or (not new and len(old) == 1):
        return old
    db.session.execute(sa.delete(Checkpoint).where(Checkpoint.session_id == session_id))
    if new:
        db.session.execute(sa.insert(Checkpoint.__table__), [
            {"session_id": session_id, "position": part.position, "label": part.label,
             "starts_at": part.starts_at, "hours": part.hours}
            for part in new
        ])  # fmt: skip
    audit.record(
        "attendance.checkpoints_set", "class_session", session_id, actor=actor, now=now,
        scope=f"center:{head.center_id}", parts=[part.hours for part in new],
    )  # fmt: skip
    return new or [Part(1, head.starts_at, head.hours)]


def record_left_early(*, session_id: int, expected: Mapping[int, int], actor: Actor, now: datetime) -> int:
    """Mark people who did not come back as having left early, all or nothing; returns how many.

    expected: enrollment id -> version of the mark that was seen. What they missed are all parts after the
    last one they were seen in, beside what they had missed before. Raises as `record_attendance`, and
    DomainError `not_gone` when somebody of them is back or was never here.
    """
    head = guard.begin(actor, session_id, now)
    rows = {row.enrollment_id: row for row in queries.sheet_rows(session_id)}
    seen, parts = queries.check_ins(session_id), queries.parts_of_hall(head)
    part = checkpoints.open_part(parts, now)
    gone = {row.enrollment_id for row in queries.live(list(rows.values()), seen, part.position).gone}
    if not expected or not expected.keys() <= gone:
        raise DomainError(
            "not_gone", _("Ada yang sudah kembali atau bukan dari kelas ini. Muat ulang halaman ini."), "who"
        )
    guard.check_own(actor, [rows[one] for one in expected], own_cooperatives(actor, now))
    wishes = []
    for enrollment_id, version in expected.items():
        row = rows[enrollment_id]
        if version != row.version:
            raise guard.conflict(row, "left_early", head)
        positions = {one.position for one in seen if one.enrollment_id == enrollment_id} or {1}
        left = checkpoints.left_early(parts, positions, head.ends_at)
        missed = min(head.hours, left.missed + row.hours_missed)
        wishes.append(Wish(row, left.mark, missed, left.minutes, row.remark))
    store(head, wishes, Stamp(Evidence.TAP, actor, now))
    return len(wishes)
