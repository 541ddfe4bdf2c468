"""What every use case of marking asks first: may this actor, in this session, on these people, now."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from portal.attendance import queries, rules
from portal.attendance.labels import mark_label
from portal.attendance.queries import SheetHead, SheetRow
from portal.batches.models import ClassSession
from portal.cooperatives.queries import own_cooperatives
from portal.core import clock
from portal.core.blockers import Blocker
from portal.core.db import db
from portal.core.errors import Conflict, DomainError, Forbidden
from portal.core.formatting import clock_time
from portal.core.permissions import Actor, Permission, require
from portal.core.words import gettext as _

_LOCK = (
    sa.select(ClassSession.id)
    .where(ClassSession.id == sa.bindparam("session"))
    .with_for_update(key_share=True)
)


def lock_session(session_id: int) -> None:
    """One writer at a time in a session (SQLite has one writer anyway)."""
    if db.session.get_bind().dialect.name == "postgresql":
        # A statement of its own, so that what is read next is newer than whatever held the lock.
        db.session.execute(_LOCK, {"session": session_id})


def begin(actor: Actor, session_id: int, now: datetime) -> SheetHead:
    """The session in the actor's reach, locked, if it takes marks now. Raises NotFound, Forbidden, Conflict,
    DomainError."""
    require(actor, Permission.ATTENDANCE_RECORD)
    lock_session(session_id)
    head = queries.get_sheet(actor, session_id)
    check_open(head, now)
    return head


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


def check_open(head: SheetHead, now: datetime) -> None:
    """Raises DomainError or Conflict when the session takes no marks now."""
    closed = closed_reason(head, now)
    if closed:
        kind = DomainError if closed.code == "session_not_begun" else Conflict
        raise kind(closed.code, f"{closed.message} {closed.remedy}".strip())


def check_value(mark: str, missed: int, minutes: int, head: SheetHead) -> None:
    """Raises DomainError beside its field for a mark, hours or minutes that cannot be."""
    problem = rules.mark_problem(mark, missed, head.hours, _)
    if problem:
        raise DomainError(
            problem.code, problem.message, "mark" if problem.code == "mark_unknown" else "hours_missed"
        )
    problem = rules.minutes_problem(mark, minutes, _)
    if problem:
        raise DomainError(problem.code, problem.message, "minutes")


def check_texts(remark: str, reason: str) -> None:
    """Raises DomainError beside its field for a remark or a reason that is too long."""
    problem = rules.text_problem(remark, reason, _)
    if problem:
        raise DomainError(f"{problem.code}_long", problem.message, problem.code)


def needs_reason(head: SheetHead, row: SheetRow, now: datetime) -> bool:
    """True when a change of this person's mark must say why."""
    return bool(_reason_blockers(head, row, "", now))


def check_reason(head: SheetHead, row: SheetRow, reason: str, now: datetime) -> None:
    """Raises DomainError `reason_needed` (details: enrollment_id) for a late change that does not say why."""
    for blocker in _reason_blockers(head, row, reason, now):
        raise DomainError(blocker.code, blocker.message, "reason", enrollment_id=row.enrollment_id)


def _reason_blockers(head: SheetHead, row: SheetRow, reason: str, now: datetime) -> list[Blocker]:
    return rules.reason_blockers(
        starts_on=clock.local_date(head.starts_at, head.zone),
        today=clock.local_date(now, head.zone),
        is_change=not row.is_open,
        reason=reason,
        _=_,
    )


def own_blockers(actor: Actor, own: set[int], row: SheetRow) -> list[Blocker]:
    """Why this actor may not mark this person; `own` are the actor's cooperatives."""
    return rules.recorder_blockers(
        recorder_person=actor.person_id,
        recorder_cooperatives=own,
        person_id=row.person_id,
        cooperative_id=row.cooperative_id,
        _=_,
    )


def own_rows(rows: list[SheetRow], actor: Actor, now: datetime) -> dict[int, str]:
    """enrollment id -> why this actor may not mark that person."""
    own = own_cooperatives(actor, now)
    found = {row.enrollment_id: own_blockers(actor, own, row) for row in rows}
    return {enrollment_id: blockers[0].message for enrollment_id, blockers in found.items() if blockers}


def check_own(actor: Actor, rows: list[SheetRow], own: set[int]) -> None:
    """Raises Forbidden when any row is the actor's own or of the actor's cooperatives `own`."""
    for row in rows:
        for blocker in own_blockers(actor, own, row):
            raise Forbidden(blocker.code, blocker.message)


def conflict(row: SheetRow, wanted: str, head: SheetHead) -> Conflict:
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
