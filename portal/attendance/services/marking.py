"""Marking attendance: one tap, the rest of the roll, a whole sheet at once, and taking a mark back.

All go through `_store`: the same checks, one history row and one audit event a changed mark, and a number of
statements that does not grow with the people.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from flask_babel import gettext as _

from portal.attendance import queries, rules
from portal.attendance.labels import mark_label
from portal.attendance.models import AttendanceChange, AttendanceMark, Evidence, Mark
from portal.attendance.queries import SheetHead, SheetRow
from portal.batches.models import ClassSession
from portal.cooperatives.queries import own_cooperatives
from portal.core import audit, clock
from portal.core.blockers import Blocker
from portal.core.db import db
from portal.core.errors import Conflict, DomainError, Forbidden
from portal.core.formatting import clock_time
from portal.core.permissions import Actor, Permission, require

UNDO_WITHIN = timedelta(hours=1)
_LOCK = (
    sa.select(ClassSession.id)
    .where(ClassSession.id == sa.bindparam("session"))
    .with_for_update(key_share=True)
)
_UPDATE = (
    sa.update(AttendanceMark.__table__)
    .where(
        AttendanceMark.session_id == sa.bindparam("b_session"),
        AttendanceMark.enrollment_id == sa.bindparam("b_enrollment"),
    )
    .values(
        {
            key: sa.bindparam(f"b_{key}")
            for key in ("mark", "hours_missed", "evidence", "version", "recorded_by", "recorded_at")
        }
    )
)


@dataclass(frozen=True)
class _Wish:
    """What one cell shall become."""

    row: SheetRow
    mark: str
    missed: int

    @property
    def is_change(self) -> bool:
        return (self.mark, self.missed) != (self.row.mark, self.row.hours_missed)


def record_attendance(
    *,
    session_id: int,
    enrollment_id: int,
    mark: str,
    hours_missed: int | None = 0,
    expected_version: int | None = None,
    evidence: str = Evidence.TAP,
    actor: Actor,
    now: datetime,
) -> AttendanceMark:
    """Mark one person in one session; the same value again changes nothing.

    hours_missed: whole lesson hours, for late and left early; None keeps what the same mark had.
    expected_version: what the caller saw (0 for an empty cell); None overwrites whatever is there.
    Raises NotFound (foreign session, or nobody of this session), Forbidden (own mark or cooperative),
    DomainError, Conflict (`mark_conflict`, whose details say who marked what; `sheet_final`;
    `batch_not_running`).
    """
    _lock(actor, session_id)
    head, row = queries.get_cell(actor, session_id, enrollment_id)
    _check_open(head, now)
    if hours_missed is None:
        hours_missed = row.hours_missed if mark == row.mark else 0
    _check_value(mark, hours_missed, head)
    _check_own(actor, [row], now)
    wish = _Wish(row, mark, hours_missed)
    if not wish.is_change:
        return _as_mark(wish, head, row.version, row.evidence, row.recorded_by, row.recorded_at or now)
    if expected_version is not None and expected_version != row.version:
        raise _conflict(row, mark, head)
    _store(head, [wish], evidence, actor, now)
    return _as_mark(wish, head, row.version + 1, evidence, actor.user_id, now)


def mark_rest(*, session_id: int, mark: str, actor: Actor, now: datetime) -> int:
    """Mark everybody who has no mark yet, but for the actor's own; returns how many. Errors as above."""
    head = _begin(actor, session_id, now)
    _check_value(mark, 0, head)
    own = own_cooperatives(actor, now)
    wishes = [
        _Wish(row, mark, 0)
        for row in queries.sheet_rows(session_id)
        if row.is_open and not _own_blockers(actor, own, row)
    ]
    _store(head, wishes, Evidence.REST, actor, now)
    return len(wishes)


def record_many(
    *,
    session_id: int,
    marks: Mapping[int, str],
    expected: Mapping[int, int] | None = None,
    actor: Actor,
    now: datetime,
) -> int:
    """Mark many people of one session, all or nothing: enrollment id -> mark; returns how many changed.

    expected: enrollment id -> version seen. At most ten statements, however many people. Raises as
    `record_attendance`, and DomainError `outside_session` when any id is not on the roll.
    """
    head = _begin(actor, session_id, now)
    rows = {row.enrollment_id: row for row in queries.sheet_rows(session_id)}
    if not marks.keys() <= rows.keys():
        raise DomainError(
            "outside_session",
            _("Ada peserta yang bukan dari pertemuan ini. Tidak ada yang disimpan; muat ulang halaman."),
        )
    wishes = []
    for enrollment_id, mark in marks.items():
        row = rows[enrollment_id]
        missed = row.hours_missed if mark == row.mark else 0
        _check_value(mark, missed, head)
        wish = _Wish(row, mark, missed)
        if wish.is_change:
            if expected is not None and expected.get(enrollment_id, row.version) != row.version:
                raise _conflict(row, mark, head)
            wishes.append(wish)
    _check_own(actor, [wish.row for wish in wishes], now)
    _store(head, wishes, Evidence.SHEET, actor, now)
    return len(wishes)


def undo_mark(
    *,
    session_id: int,
    enrollment_id: int,
    expected_version: int | None = None,
    actor: Actor,
    now: datetime,
) -> AttendanceMark:
    """Give a cell the value it had before its last change (empty when it had none). History keeps both.

    expected_version: what the caller saw; the actor's own second click changes nothing, somebody else's
    change is a Conflict `mark_conflict`.
    """
    _lock(actor, session_id)
    head, row = queries.get_cell(actor, session_id, enrollment_id)
    _check_open(head, now)
    _check_own(actor, [row], now)
    changes = queries.changes_of(session_id, enrollment_id)
    before = (changes[0].old_mark, changes[0].old_missed) if changes else (str(Mark.CLEARED), 0)
    wish = _Wish(row, *before)
    if expected_version is not None and expected_version != row.version:
        if row.recorded_by != actor.user_id:
            raise _conflict(row, wish.mark, head)
        return _as_mark(
            _Wish(row, row.mark, row.hours_missed), head, row.version, row.evidence, row.recorded_by,
            row.recorded_at or now,
        )  # fmt: skip
    if row.version == 0 or not wish.is_change:
        raise DomainError("nothing_to_undo", _("Tidak ada yang dapat diurungkan."))
    _store(head, [wish], Evidence.TAP, actor, now)
    return _as_mark(wish, head, row.version + 1, Evidence.TAP, actor.user_id, now)


def undo_rest(*, session_id: int, actor: Actor, now: datetime) -> int:
    """Take back what this actor's last `mark_rest` set within the hour and nobody changed since; returns how
    many. Raises DomainError `nothing_to_undo`."""
    head = _begin(actor, session_id, now)
    rows = rest_of(queries.sheet_rows(session_id), actor, now)
    if not rows:
        raise DomainError("nothing_to_undo", _("Tidak ada yang dapat diurungkan."))
    _store(head, [_Wish(row, Mark.CLEARED, 0) for row in rows], Evidence.TAP, actor, now)
    return len(rows)


def rest_of(rows: list[SheetRow], actor: Actor, now: datetime) -> list[SheetRow]:
    """The rows that `undo_rest` would take back."""
    mine = [
        row
        for row in rows
        if row.evidence == Evidence.REST
        and row.recorded_by == actor.user_id
        and row.recorded_at is not None
        and now - row.recorded_at <= UNDO_WITHIN
    ]
    latest = max((row.recorded_at for row in mine if row.recorded_at), default=None)
    return [row for row in mine if row.recorded_at == latest]


def own_rows(rows: list[SheetRow], actor: Actor, now: datetime) -> dict[int, str]:
    """enrollment id -> why this actor may not mark that person."""
    own = own_cooperatives(actor, now)
    found = {row.enrollment_id: _own_blockers(actor, own, row) for row in rows}
    return {enrollment_id: blockers[0].message for enrollment_id, blockers in found.items() if blockers}


def closed_reason(head: SheetHead, now: datetime) -> Blocker | None:
    """Why the session takes no marks now, or None."""
    blockers = rules.session_blockers(
        batch_state=head.batch_state,
        starts_at=head.starts_at,
        starts_on=clock.local_date(head.starts_at, head.zone),
        now=now,
        today=clock.local_date(now, head.zone),
        _=_,
    )
    return blockers[0] if blockers else None


def _lock(actor: Actor, session_id: int) -> None:
    """Permission, and one writer at a time in a session (SQLite has one writer anyway)."""
    require(actor, Permission.ATTENDANCE_RECORD)
    if db.session.get_bind().dialect.name == "postgresql":
        # A statement of its own, so that what is read next is newer than whatever held the lock.
        db.session.execute(_LOCK, {"session": session_id})


def _check_open(head: SheetHead, now: datetime) -> None:
    closed = closed_reason(head, now)
    if closed:
        kind = DomainError if closed.code == "session_not_begun" else Conflict
        raise kind(closed.code, f"{closed.message} {closed.remedy}".strip())


def _begin(actor: Actor, session_id: int, now: datetime) -> SheetHead:
    """The session in the actor's reach, locked, if it takes marks now."""
    _lock(actor, session_id)
    head = queries.get_sheet(actor, session_id)
    _check_open(head, now)
    return head


def _check_value(mark: str, missed: int, head: SheetHead) -> None:
    problem = rules.mark_problem(mark, missed, head.hours, _)
    if problem:
        raise DomainError(
            problem.code, problem.message, "hours_missed" if problem.code != "mark_unknown" else "mark"
        )


def _own_blockers(actor: Actor, own: set[int], row: SheetRow) -> list[Blocker]:
    return rules.recorder_blockers(
        recorder_person=actor.person_id,
        recorder_cooperatives=own,
        person_id=row.person_id,
        cooperative_id=row.cooperative_id,
        _=_,
    )


def _check_own(actor: Actor, rows: list[SheetRow], now: datetime) -> None:
    own = own_cooperatives(actor, now)
    for row in rows:
        for blocker in _own_blockers(actor, own, row):
            raise Forbidden(blocker.code, blocker.message)


def _conflict(row: SheetRow, wanted: str, head: SheetHead) -> Conflict:
    """Somebody else marked it meanwhile: say who marked what and when, and what was wanted."""
    by = queries.user_name(row.recorded_by) or _("rekan Anda")
    at = clock_time(row.recorded_at, head.zone) if row.recorded_at else ""
    message = _(
        "%(by)s sudah mencatat %(mark)s untuk %(name)s, %(at)s. Pilihan Anda: %(wanted)s. Ketuk lagi bila "
        "tetap ingin mengubah.",
        by=by, mark=mark_label(row.mark), name=row.name, at=at, wanted=mark_label(wanted),
    )  # fmt: skip
    return Conflict(
        "mark_conflict",
        message,
        enrollment_id=row.enrollment_id,
        mark=row.mark,
        hours_missed=row.hours_missed,
        version=row.version,
        by=by,
        wanted=wanted,
    )


def _as_mark(
    wish: _Wish, head: SheetHead, version: int, evidence: str, by: int | None, at: datetime
) -> AttendanceMark:
    return AttendanceMark(
        session_id=head.session_id,
        enrollment_id=wish.row.enrollment_id,
        mark=str(wish.mark),
        hours_missed=wish.missed,
        evidence=str(evidence),
        version=version,
        recorded_by=by,
        recorded_at=at,
    )


def _store(head: SheetHead, wishes: list[_Wish], evidence: str, actor: Actor, now: datetime) -> None:
    """Insert new marks, update others with their history, and audit each: at most three statements and the
    audit's own, however many."""
    fresh = [wish for wish in wishes if wish.row.version == 0]
    changed = [wish for wish in wishes if wish.row.version > 0]
    stamp = {"evidence": str(evidence), "recorded_by": actor.user_id, "recorded_at": now}
    if fresh:
        rows = [
            {
                "session_id": head.session_id,
                "enrollment_id": wish.row.enrollment_id,
                "mark": str(wish.mark),
                "hours_missed": wish.missed,
                "version": 1,
                **stamp,
            }
            for wish in fresh
        ]
        db.session.execute(sa.insert(AttendanceMark.__table__), rows)
    if changed:
        bound = {f"b_{key}": value for key, value in stamp.items()}
        db.session.connection().execute(
            _UPDATE,
            [
                {
                    "b_session": head.session_id,
                    "b_enrollment": wish.row.enrollment_id,
                    "b_mark": str(wish.mark),
                    "b_hours_missed": wish.missed,
                    "b_version": wish.row.version + 1,
                    **bound,
                }
                for wish in changed
            ],
        )
        history = [
            {
                "session_id": head.session_id,
                "enrollment_id": wish.row.enrollment_id,
                "old_mark": wish.row.mark,
                "new_mark": str(wish.mark),
                "old_missed": wish.row.hours_missed,
                "new_missed": wish.missed,
                "changed_by": actor.user_id,
                "changed_at": now,
            }
            for wish in changed
        ]
        db.session.execute(sa.insert(AttendanceChange.__table__), history)
    for wish in wishes:
        audit.record(
            "attendance.recorded",
            "enrollment",
            wish.row.enrollment_id,
            actor=actor,
            now=now,
            scope=f"center:{head.center_id}",
            session=head.session_id,
            mark=str(wish.mark),
            missed=wish.missed,
            was=wish.row.mark,
            evidence=str(evidence),
        )
