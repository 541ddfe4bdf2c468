"""Taking marks back: one person's last change, or the last "everybody else is present"."""

from __future__ import annotations

from datetime import datetime, timedelta

from portal.attendance import queries
from portal.attendance.models import Evidence, Mark
from portal.attendance.queries import SheetRow
from portal.attendance.rules import reasons
from portal.attendance.services import guard
from portal.attendance.services.storing import Stamp, StoredMark, Wish, as_mark, standing_mark, store
from portal.cooperatives.queries import own_cooperatives
from portal.core.errors import DomainError
from portal.core.permissions import Actor, Permission, require
from portal.core.words import gettext as _

UNDO_WITHIN = timedelta(hours=1)


def undo_mark(
    *,
    session_id: int,
    enrollment_id: int,
    expected_version: int | None = None,
    reason: str = "",
    actor: Actor,
    now: datetime,
) -> StoredMark:
    """Give a cell the value it had before its last change (empty when it had none). History keeps both.

    expected_version: what the caller saw; the actor's own second click changes nothing, somebody else's
    change is a Conflict `mark_conflict`. reason: needed from the day after the session, but for the actor's
    own change of the last hour.
    """
    require(actor, Permission.ATTENDANCE_RECORD)
    guard.lock_session(session_id)
    head, row = queries.get_cell(actor, session_id, enrollment_id)
    guard.check_open(head, now)
    guard.check_own(actor, [row], own_cooperatives(actor, now))
    changes = queries.changes_of(session_id, enrollment_id)
    before = (changes[0].old_mark, changes[0].old_missed) if changes else (str(Mark.CLEARED), 0)
    wish = Wish(row, *before, remark=row.remark)
    if expected_version is not None and expected_version != row.version:
        if row.recorded_by != actor.user_id:
            raise guard.conflict(row, wish.mark, head)
        return standing_mark(head, row, now)
    if row.version == 0 or not wish.is_new_value:
        raise _nothing()
    reason = reason.strip() or (reasons.UNDONE if _is_fresh(row, actor, now) else "")
    guard.check_reason(head, row, reason, now)
    stamp = Stamp(Evidence.TAP, actor, now, reason=reason)
    store(head, [wish], stamp)
    return as_mark(wish, head, stamp)


def undo_rest(*, session_id: int, actor: Actor, now: datetime) -> int:
    """Take back what this actor's last `mark_rest` set within the hour and nobody changed since; returns how
    many. Raises DomainError `nothing_to_undo`."""
    head = guard.begin(actor, session_id, now)
    rows = rest_of(queries.sheet_rows(session_id), actor, now)
    if not rows:
        raise _nothing()
    wishes = [Wish(row, Mark.CLEARED, remark=row.remark) for row in rows]
    store(head, wishes, Stamp(Evidence.TAP, actor, now, reason=reasons.UNDONE))
    return len(rows)


def rest_of(rows: list[SheetRow], actor: Actor, now: datetime) -> list[SheetRow]:
    """The rows that `undo_rest` would take back."""
    mine = [row for row in rows if row.evidence == Evidence.REST and _is_fresh(row, actor, now)]
    latest = max((row.recorded_at for row in mine if row.recorded_at), default=None)
    return [row for row in mine if row.recorded_at == latest]


def _is_fresh(row: SheetRow, actor: Actor, now: datetime) -> bool:
    """True for the actor's own mark of the last hour."""
    return (
        row.recorded_by == actor.user_id
        and row.recorded_at is not None
        and now - row.recorded_at <= UNDO_WITHIN
    )


def _nothing() -> DomainError:
    return DomainError("nothing_to_undo", _("Tidak ada yang dapat diurungkan."))
