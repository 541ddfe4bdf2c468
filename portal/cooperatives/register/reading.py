"""The job that judges the rows of a register, block by block: what each would do, or why it cannot come in.

What rows of earlier blocks are is kept in this process beside the index of regions. Another process that goes
on after a kill reads it again from the rows that were judged: the whole stays linear.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from portal.accounts.queries import actor_of
from portal.cooperatives.models import RegistryBlock, RegistryImport, RegistryRow
from portal.cooperatives.register.file import unpacked
from portal.cooperatives.register.matching import Match, Registry
from portal.cooperatives.rules.places import Places
from portal.cooperatives.rules.register_row import BadRow, RegisterRow, parse_row
from portal.core import audit, jobs
from portal.core.clock import local_date
from portal.core.db import db, insert_many
from portal.core.errors import DomainError
from portal.core.permissions import SYSTEM, Actor, Permission
from portal.regions.queries import load_index

READ_JOB = "registry.read"
ZONE = "Asia/Jakarta"
OUTCOMES = ("new", "changed", "same", "bad")
Judged = tuple[int, RegisterRow | None, list[Any], Match]


@dataclass
class _Reading:
    """The import this process is at: how many blocks of it are judged, and what was seen in them."""

    import_id: int
    blocks: int
    places: Places
    seen: set[int] = field(default_factory=set)

    def is_new(self, row: RegisterRow, match: Match) -> bool:
        """Whether no earlier row is this cooperative; notes that this one is."""
        marks = {hash(("key", row.match_key))}
        marks |= {hash(("number", row.number))} if row.number else set()
        marks |= {hash(("simkopdes", row.simkopdes))} if row.simkopdes else set()
        marks |= {hash(("id", match.known.id))} if match.known else set()
        if marks & self.seen:
            return False
        self.seen |= marks
        return True


_reading: _Reading | None = None


def importing_actor(found: RegistryImport, now: datetime) -> Actor:
    """Who sent the file, with what their roles reach today. Raises DomainError when that is nothing."""
    actor: Actor = actor_of(found.created_by, now) if found.created_by is not None else SYSTEM
    if not actor.may(Permission.REGISTRY_EDIT):
        raise DomainError("import_forbidden", "Peran yang mengunggah berkas ini sudah berakhir.")
    return actor


@jobs.job_kind(READ_JOB)
def read_block(job: jobs.Job, now: datetime) -> None:
    """Judge the next block; after the last one the preview stands."""
    global _reading
    session = db.session()
    found = session.get(RegistryImport, job.payload["import_id"], with_for_update=True)
    if found is None or found.state != "reading":
        raise DomainError("import_gone", "Impor ini tidak berlaku lagi.")
    actor = importing_actor(found, now)
    number = int(job.result.get("blocks", 0))
    block = session.get(RegistryBlock, (found.id, number))
    if block is not None:
        _reading = _resumed(found, number)
        rows = unpacked(block.content)
        judged = _judge(rows, found.summary["columns"], _reading, actor, local_date(now, ZONE))
        insert_many(session, sa.inspect(RegistryRow).local_table, [_stored(found.id, one) for one in judged])
        session.delete(block)
        _reading.blocks = number + 1
        counts = Counter(job.result.get("counts", {})) + Counter(one[3].outcome for one in judged)
        job.result = {"blocks": number + 1, "counts": dict(counts)}
        job.done = min(job.done + len(rows), job.total)
    if job.done >= job.total or block is None:
        _reading = None
        job.state, found.state = "done", "preview"
        counts = Counter(job.result.get("counts", {}))
        found.summary = {**found.summary, **{name: counts[name] for name in OUTCOMES}}
        audit.record(
            "registry.read", "registry_import", found.id, actor=actor, now=now,
            counts={name: counts[name] for name in OUTCOMES},
        )  # fmt: skip


def _resumed(found: RegistryImport, number: int) -> _Reading:
    """What is known of the blocks before this one: from this process, or read again."""
    if _reading is not None and (_reading.import_id, _reading.blocks) == (found.id, number):
        return _reading
    places = _reading.places if _reading is not None else Places(load_index(db.session()))
    again = _Reading(found.id, number, places)
    statement = sa.select(RegistryRow.data, RegistryRow.cooperative_id).where(
        RegistryRow.import_id == found.id, RegistryRow.outcome != "bad"
    )
    for data, cooperative_id in db.session.execute(statement).yield_per(1000):
        again.is_new(RegisterRow.from_json(data), Match("same"))
        if cooperative_id is not None:
            again.seen.add(hash(("id", cooperative_id)))
    return again


def _judge(
    rows: Iterable[tuple[int, list[Any]]],
    columns: dict[str, int],
    reading: _Reading,
    actor: Actor,
    today: date,
) -> list[Judged]:
    """(row number, what it says, its cells, what it would do) of each row."""
    parsed: list[tuple[int, RegisterRow | None, list[Any], str]] = []
    for number, cells in rows:
        named = {name: cells[column] if column < len(cells) else "" for name, column in columns.items()}
        try:
            parsed.append((number, parse_row(named, reading.places, today), cells, ""))
        except BadRow as bad:
            parsed.append((number, None, cells, bad.reason))
    registry = Registry([row for _number, row, _cells, _reason in parsed if row is not None])
    scope = actor.scope(Permission.REGISTRY_EDIT)
    judged: list[Judged] = []
    for number, row, cells, reason in parsed:
        match = Match("bad", reason=reason) if row is None else registry.match(row, scope)
        if row is not None and match.outcome != "bad" and not reading.is_new(row, match):
            match = Match("bad", match.known, "duplicate_in_file")
        judged.append((number, row, cells, match))
    return judged


def _stored(import_id: int, judged: Judged) -> dict[str, Any]:
    """A row as the table keeps it: good rows by what they say, bad ones by their cells."""
    number, row, cells, match = judged
    is_bad = match.outcome == "bad" or row is None
    cells = [cell.isoformat() if isinstance(cell, date) else cell for cell in cells]
    return {
        "import_id": import_id, "row": number, "outcome": "bad" if is_bad else match.outcome,
        "data": {"cells": cells} if is_bad or row is None else row.to_json(), "reason": match.reason,
        "cooperative_id": match.known.id if match.known else None, "applied_at": None,
    }  # fmt: skip
