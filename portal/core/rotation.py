"""Changing the field keys while the portal serves: which columns are protected, how much of each is under
which key, and the job that moves what is stored to the current keys.

A room declares its columns in its `ports.install(app)` with `protect(app, ...)`. The job goes through them by
primary key, some rows a transaction. It writes a row only as long as the row still holds what was read
(compare and set), so that whoever changes a row meanwhile wins; what they write is under the current key
already. Run twice, killed or resumed, it comes to the same end. A value that does not open is counted and
named by its row, never passed over in silence; it stays as it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask import Flask, current_app

from portal.core import audit, jobs
from portal.core.crypto import CryptoError, FieldCipher, cipher
from portal.core.db import Base, db
from portal.core.errors import Conflict, DomainError
from portal.core.permissions import SYSTEM, Actor, Permission, require
from portal.core.words import gettext as _

JOB_KIND = "fields.rotate"
KEPT_FAULTS = 100


@dataclass(frozen=True)
class ProtectedColumn:
    """One encrypted text column, and the blind index of the same value if there is one.

    aad: its associated data, and the purpose of the index. is_bound: its readers pass the row, so that values
    can be bound to it; the row is the primary key, parts joined by dots. index, index_key: the columns of the
    blind index and of the id of its key. chunk: rows a transaction.
    """

    table: str
    column: str
    aad: str
    is_bound: bool = False
    index: str = ""
    index_key: str = ""
    chunk: int = 200

    @property
    def name(self) -> str:
        """`table.column`."""
        return f"{self.table}.{self.column}"

    @property
    def rows(self) -> sa.Table:
        """The table."""
        return Base.metadata.tables[self.table]

    @property
    def value(self) -> sa.Column[Any]:
        """The encrypted column."""
        return self.rows.c[self.column]

    @property
    def is_filled(self) -> sa.ColumnElement[bool]:
        """Whether a row holds a value at all."""
        return sa.and_(self.value.is_not(None), self.value != "")

    @property
    def keys(self) -> list[sa.Column[Any]]:
        """The primary key."""
        return list(self.rows.primary_key.columns)

    def is_stale(self, known: FieldCipher) -> sa.ColumnElement[bool]:
        """Whether a row is not under the current keys, or not yet bound to itself."""
        here = self.is_under(known.field_key, ":" if self.is_bound else ".:")
        if self.index_key:
            here = sa.and_(here, self.rows.c[self.index_key] == known.index_key)
        return sa.and_(self.is_filled, sa.not_(here))

    def is_under(self, key_id: str, marks: str = ".:") -> sa.ColumnElement[bool]:
        """Whether a value was closed with a key; marks: `.` for the column alone, `:` for its row."""
        return sa.or_(*(self.value.like(f"{key_id}{mark}%") for mark in marks))


@dataclass(frozen=True)
class Fault:
    """A value that cannot be moved or opened. problem: unreadable, index_differs, duplicate."""

    column: str
    row: str
    problem: str


_OUTBOX = (
    ProtectedColumn("outbox_message", "address_cipher", "outbox_message.address"),
    ProtectedColumn("outbox_message", "content_cipher", "outbox_message.content"),
)


def protect(app: Flask, *columns: ProtectedColumn) -> None:
    """Declare the protected columns of a room."""
    app.extensions.setdefault("protected_columns", []).extend(columns)


def protected_columns() -> list[ProtectedColumn]:
    """Every protected column of the running app, in the order of the rooms; the outbox is core's own."""
    return [*current_app.extensions.get("protected_columns", ()), *_OUTBOX]


# ---- how much is under which key ----


def key_status() -> list[dict[str, Any]]:
    """Of every protected column {"column", "rows", "by_key", "bound", "stale"}, with "by_index_key" where
    there is a blind index. One statement a column; keys that are not known here are counted as "?"."""
    known = cipher()
    return [_status_of(column, known) for column in protected_columns()]


def _status_of(column: ProtectedColumn, known: FieldCipher) -> dict[str, Any]:
    key = sa.case(*((column.is_under(name), name) for name in known.field_keys), else_="?")
    parts: list[Any] = [key.label("key")]
    if column.index_key:
        stored = column.rows.c[column.index_key]
        parts.append(sa.case((stored.in_(list(known.index_keys)), stored), else_="?").label("index_key"))
    inner = sa.select(
        *parts,
        sa.case((sa.func.substr(column.value, 1, 9).like("%:%"), 1), else_=0).label("bound"),
        sa.case((column.is_stale(known), 1), else_=0).label("stale"),
    ).where(column.is_filled)
    source = inner.subquery()
    groups = [source.c[part.name] for part in parts]
    statement = sa.select(
        *groups, sa.func.count(), sa.func.sum(source.c.bound), sa.func.sum(source.c.stale)
    ).group_by(*groups)
    by_key: dict[str, int] = {}
    by_index_key: dict[str, int] = {}
    rows = bound = stale = 0
    for *group, count, group_bound, group_stale in db.session.execute(statement):
        by_key[group[0]] = by_key.get(group[0], 0) + count
        if column.index_key:
            by_index_key[group[1]] = by_index_key.get(group[1], 0) + count
        rows, bound, stale = rows + count, bound + int(group_bound), stale + int(group_stale)
    found: dict[str, Any] = {
        "column": column.name, "rows": rows, "by_key": by_key, "bound": bound, "stale": stale
    }  # fmt: skip
    return found | ({"by_index_key": by_index_key} if column.index_key else {})


def check_values() -> Iterator[Fault]:
    """Open every protected value and compare its blind index: what `fields check` tells."""
    known = cipher()
    for column in protected_columns():
        statement = sa.select(*_wanted(column)).where(column.is_filled).order_by(*column.keys)
        for row in db.session.execute(statement).yield_per(column.chunk):
            fault = _examine(column, row, known)[1]
            if fault:
                yield fault


# ---- the job ----


def start_rotation(*, actor: Actor, now: datetime) -> jobs.Job:
    """Begin to move everything to the current keys. Raises Forbidden, and Conflict `rotation_runs` while one
    is at work."""
    require(actor, Permission.PRIVACY_MANAGE)
    if open_rotation() is not None:
        raise Conflict("rotation_runs", _("Penggantian kunci sedang berjalan."))
    total = sum(status["stale"] for status in key_status())
    return jobs.enqueue(JOB_KIND, _current(cipher()), total=total, actor=actor, now=now)


def _current(known: FieldCipher) -> dict[str, str]:
    return {"field_key": known.field_key, "index_key": known.index_key}


def open_rotation() -> jobs.Job | None:
    """The rotation that is at work or waits, if any."""
    statement = sa.select(jobs.Job).where(
        jobs.Job.kind == JOB_KIND, jobs.Job.state.in_(("queued", "running"))
    )
    found: jobs.Job | None = db.session.scalar(statement.limit(1))
    return found


def latest_rotation() -> jobs.Job | None:
    """The newest rotation, over or not."""
    statement = sa.select(jobs.Job).where(jobs.Job.kind == JOB_KIND).order_by(jobs.Job.id.desc())
    found: jobs.Job | None = db.session.scalar(statement.limit(1))
    return found


@jobs.job_kind(JOB_KIND)
def rotate_chunk(job: jobs.Job, now: datetime) -> None:
    """Move the next rows of the column that is being worked on. `job.result`: {"column": its number, "after":
    the last primary key, "moved", "faults": [[column, row, problem]], "fault_count"}."""
    result = {"column": 0, "after": None, "moved": 0, "faults": [], "fault_count": 0, **job.result}
    columns, known = protected_columns(), cipher()
    if _current(known) != job.payload:
        # A worker that was not restarted would move everything back.
        raise DomainError("keys_differ", _("Kunci proses ini bukan yang terbaru. Mulai ulang layanannya."))
    if result["column"] >= len(columns):
        _finish(job, result, now)
        return
    column = columns[result["column"]]
    rows = _next_rows(column, result["after"], known)
    moved, faults = _move(column, rows, known)
    result["moved"] += moved
    result["fault_count"] += len(faults)
    result["faults"] += [[f.column, f.row, f.problem] for f in faults][: KEPT_FAULTS - len(result["faults"])]
    if len(rows) < column.chunk:
        result |= {"column": result["column"] + 1, "after": None}
    else:
        result["after"] = [rows[-1][key.name] for key in column.keys]
    job.done = min(job.total, job.done + len(rows))
    job.result = result


def _finish(job: jobs.Job, result: dict[str, Any], now: datetime) -> None:
    job.result, job.done, job.state = result, job.total, "done"
    audit.record(
        "fields.rotated", "job", job.id, actor=SYSTEM, now=now,
        asked_by=job.owner_id, moved=result["moved"], faults=result["fault_count"], **job.payload,
    )  # fmt: skip


def _wanted(column: ProtectedColumn) -> list[sa.Column[Any]]:
    return [*column.keys, column.value, *([column.rows.c[column.index]] if column.index else [])]


def _next_rows(column: ProtectedColumn, after: Any, known: FieldCipher) -> Sequence[Any]:
    statement = sa.select(*_wanted(column)).where(column.is_stale(known))
    if after is not None:
        statement = statement.where(sa.tuple_(*column.keys) > sa.tuple_(*after))
    statement = statement.order_by(*column.keys).limit(column.chunk)
    return db.session.execute(statement).mappings().all()


def _row_name(column: ProtectedColumn, row: Any) -> str:
    return ".".join(str(row[key.name]) for key in column.keys)


def _examine(column: ProtectedColumn, row: Any, known: FieldCipher) -> tuple[bytes, Fault | None]:
    """A row's plain value, or why there is none: it does not open, or its index is of another value."""
    row = getattr(row, "_mapping", row)
    name = _row_name(column, row)
    try:
        plain = known.decrypt_bytes(row[column.column], column.aad, name if column.is_bound else None)
    except CryptoError:
        return b"", Fault(column.name, name, "unreadable")
    if column.index and not known.is_index_of(row[column.index] or "", plain.decode(), column.aad):
        return b"", Fault(column.name, name, "index_differs")
    return plain, None


def _move(column: ProtectedColumn, rows: Sequence[Any], known: FieldCipher) -> tuple[int, list[Fault]]:
    """Close these rows anew: how many were still as read, and what could not be moved."""
    faults: list[Fault] = []
    changes: list[dict[str, Any]] = []
    for row in rows:
        plain, fault = _examine(column, row, known)
        if fault:
            faults.append(fault)
            continue
        name = _row_name(column, row)
        sealed = known.encrypt(plain, column.aad, name if column.is_bound else None)
        change = {f"key_{key.name}": row[key.name] for key in column.keys}
        change |= {"was": row[column.column], "sealed": sealed}
        if column.index:
            change["new_index"] = known.blind_index(plain.decode(), column.aad)
        changes.append(change)
    if column.index:
        changes, twice = _without_duplicates(column, changes)
        faults += twice
    return sum(_write(column, change, known) for change in changes), faults


def _without_duplicates(
    column: ProtectedColumn, changes: list[dict[str, Any]]
) -> tuple[list[dict[str, Any]], list[Fault]]:
    """Two rows of one value cannot both have its index: the second is named and left for people to merge."""
    key = column.keys[0]
    index = column.rows.c[column.index]
    statement = sa.select(index, key).where(index.in_([change["new_index"] for change in changes]))
    holders: dict[str, Any] = dict(db.session.execute(statement).all())
    kept: list[dict[str, Any]] = []
    faults: list[Fault] = []
    for change in changes:
        holder = holders.setdefault(change["new_index"], change[f"key_{key.name}"])
        if holder == change[f"key_{key.name}"]:
            kept.append(change)
        else:
            faults.append(Fault(column.name, str(change[f"key_{key.name}"]), "duplicate"))
    return kept, faults


def _write(column: ProtectedColumn, change: dict[str, Any], known: FieldCipher) -> int:
    """One row, if it still holds what was read; how many were written."""
    values: dict[str, Any] = {column.column: change["sealed"]}
    if column.index:
        values |= {column.index: change["new_index"], column.index_key: known.index_key}
    where = [key == change[f"key_{key.name}"] for key in column.keys]
    statement = sa.update(column.rows).where(*where, column.value == change["was"]).values(**values)
    return int(db.session.execute(statement).rowcount)  # type: ignore[attr-defined]
