"""Writing marks: the one door to the table, with a history row and an audit event for each changed mark."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from portal.attendance.models import AttendanceChange, AttendanceMark
from portal.attendance.queries import SheetHead, SheetRow
from portal.core import audit
from portal.core.db import db
from portal.core.permissions import Actor

_KEYS = (
    "mark", "hours_missed", "minutes", "remark", "evidence", "version", "recorded_by", "recorded_at",
    "noted_at",
)  # fmt: skip
_UPDATE = (
    sa.update(AttendanceMark.__table__)
    .where(
        AttendanceMark.session_id == sa.bindparam("b_session"),
        AttendanceMark.enrollment_id == sa.bindparam("b_enrollment"),
    )
    .values({key: sa.bindparam(f"b_{key}") for key in _KEYS})
)


@dataclass(frozen=True)
class Wish:
    """What one cell shall become. `minutes` and `remark` as they shall stand."""

    row: SheetRow
    mark: str
    missed: int = 0
    minutes: int = 0
    remark: str = ""

    @property
    def is_new_value(self) -> bool:
        """True when what counts changes: the mark or its hours."""
        return (self.mark, self.missed) != (self.row.mark, self.row.hours_missed)

    @property
    def is_change(self) -> bool:
        """True when anything is to be stored."""
        return self.is_new_value or (self.minutes, self.remark) != (self.row.minutes, self.row.remark)


@dataclass(frozen=True)
class Stamp:
    """How, by whom, when and why marks are stored. noted_at: when they were made, where that was earlier."""

    evidence: str
    actor: Actor
    now: datetime
    noted_at: datetime | None = None
    reason: str = ""
    values: dict[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        values = {
            "evidence": str(self.evidence),
            "recorded_by": self.actor.user_id,
            "recorded_at": self.now,
            "noted_at": self.noted_at,
        }
        object.__setattr__(self, "values", values)


@dataclass(frozen=True)
class StoredMark:
    """A mark as it stands after a use case. done, total: marked and seated people of the session then, where
    the use case read them."""

    session_id: int
    enrollment_id: int
    mark: str
    hours_missed: int
    minutes: int
    remark: str
    evidence: str
    version: int
    recorded_by: int | None
    recorded_at: datetime
    noted_at: datetime | None
    done: int | None = None
    total: int | None = None
    is_new: bool = True


def as_mark(wish: Wish, head: SheetHead, stamp: Stamp) -> StoredMark:
    """The mark that was written."""
    return StoredMark(
        session_id=head.session_id, enrollment_id=wish.row.enrollment_id, mark=str(wish.mark),
        hours_missed=wish.missed, minutes=wish.minutes, remark=wish.remark, version=wish.row.version + 1,
        **stamp.values,
    )  # fmt: skip


def standing_mark(head: SheetHead, row: SheetRow, now: datetime) -> StoredMark:
    """The mark that stands and was not changed."""
    return StoredMark(
        session_id=head.session_id, enrollment_id=row.enrollment_id, mark=row.mark,
        hours_missed=row.hours_missed, minutes=row.minutes, remark=row.remark, evidence=row.evidence,
        version=row.version, recorded_by=row.recorded_by, recorded_at=row.recorded_at or now,
        noted_at=row.noted_at, is_new=False,
    )  # fmt: skip


_MARKS, _CHANGES = AttendanceMark.__table__, AttendanceChange.__table__
# An INSERT says how many rows it wrote only when asked to.
_COUNTED = {"preserve_rowcount": True}
_FIRST = {
    "sqlite": sqlite.insert(_MARKS).on_conflict_do_nothing().execution_options(**_COUNTED),
    "postgresql": postgresql.insert(_MARKS).on_conflict_do_nothing().execution_options(**_COUNTED),
}
_UPDATE_SEEN = _UPDATE.where(AttendanceMark.version == sa.bindparam("b_seen"))
_HISTORY_KEYS = (
    "session_id", "enrollment_id", "old_mark", "new_mark", "old_missed", "new_missed", "old_evidence",
    "reason", "changed_by", "changed_at",
)  # fmt: skip
_updated = _UPDATE_SEEN.returning(AttendanceMark.session_id).cte("updated")
_UPDATE_AND_KEEP = sa.insert(_CHANGES).from_select(
    _HISTORY_KEYS,
    sa.select(*(sa.bindparam(f"h_{key}", type_=_CHANGES.c[key].type) for key in _HISTORY_KEYS))
    .select_from(_updated),
).execution_options(**_COUNTED)  # fmt: skip


def store_one(head: SheetHead, wish: Wish, stamp: Stamp) -> bool:
    """Write one mark in one statement (a change on SQLite: two) if the cell is still as `wish.row` has it;
    False when somebody else wrote meanwhile, and then nothing was stored."""
    connection = db.session.connection()
    values = _values(head, wish, stamp)
    if wish.row.version == 0:
        count = connection.execute(_FIRST[connection.dialect.name], values).rowcount
    else:
        bound = _bound(values) | {"b_seen": wish.row.version}
        history = _history(head, wish, stamp)
        if wish.is_new_value and connection.dialect.name == "postgresql":
            kept = {f"h_{key}": history[key] for key in _HISTORY_KEYS}
            count = connection.execute(_UPDATE_AND_KEEP, bound | kept).rowcount
        else:
            count = connection.execute(_UPDATE_SEEN, bound).rowcount
            if count and wish.is_new_value:
                connection.execute(sa.insert(_CHANGES), history)
    if count:
        _audit(head, wish, stamp)
    return bool(count)


def store(head: SheetHead, wishes: list[Wish], stamp: Stamp) -> None:
    """Insert new marks, update others with their history, and audit each: at most three statements and the
    audit's own, however many."""
    fresh = [_values(head, wish, stamp) for wish in wishes if wish.row.version == 0]
    changed = [wish for wish in wishes if wish.row.version > 0]
    if fresh:
        db.session.execute(sa.insert(_MARKS), fresh)
    if changed:
        bound = [_bound(_values(head, wish, stamp)) for wish in changed]
        db.session.connection().execute(_UPDATE, bound)
        history = [_history(head, wish, stamp) for wish in changed if wish.is_new_value]
        if history:
            db.session.execute(sa.insert(_CHANGES), history)
    for wish in wishes:
        _audit(head, wish, stamp)


def _values(head: SheetHead, wish: Wish, stamp: Stamp) -> dict[str, Any]:
    return {
        "session_id": head.session_id,
        "enrollment_id": wish.row.enrollment_id,
        "mark": str(wish.mark),
        "hours_missed": wish.missed,
        "minutes": wish.minutes,
        "remark": wish.remark,
        "version": wish.row.version + 1,
        **stamp.values,
    }


def _bound(values: dict[str, Any]) -> dict[str, Any]:
    """The values under the names of `_UPDATE`, which a column's own name may not be."""
    cell = {"b_session": values["session_id"], "b_enrollment": values["enrollment_id"]}
    return {f"b_{key}": values[key] for key in _KEYS} | cell


def _history(head: SheetHead, wish: Wish, stamp: Stamp) -> dict[str, Any]:
    return {
        "session_id": head.session_id,
        "enrollment_id": wish.row.enrollment_id,
        "old_mark": wish.row.mark,
        "new_mark": str(wish.mark),
        "old_missed": wish.row.hours_missed,
        "new_missed": wish.missed,
        "old_evidence": wish.row.evidence,
        "reason": stamp.reason,
        "changed_by": stamp.actor.user_id,
        "changed_at": stamp.now,
    }


def _audit(head: SheetHead, wish: Wish, stamp: Stamp) -> None:
    """One event a changed mark. Remarks and reasons are text about people and stay out of it."""
    audit.record(
        "attendance.recorded",
        "enrollment",
        wish.row.enrollment_id,
        actor=stamp.actor,
        now=stamp.now,
        scope=f"center:{head.center_id}",
        session=head.session_id,
        mark=str(wish.mark),
        missed=wish.missed,
        was=wish.row.mark,
        evidence=str(stamp.evidence),
    )
