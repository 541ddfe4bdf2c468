"""The job that writes a register's rows to the registry: 500 rows a transaction, in as many statements as for
50. Killed between two chunks it goes on after the last that was saved; each row is matched again, so the same
file changes nothing the second time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from portal.cooperatives.models import (
    Cooperative,
    CooperativeVillage,
    MemberGroup,
    RegistryImport,
    RegistryRow,
)
from portal.cooperatives.register.matching import Known, Match, Registry
from portal.cooperatives.register.reading import importing_actor
from portal.cooperatives.rules.register_row import RegisterRow
from portal.core import audit, jobs
from portal.core.db import db, insert_many
from portal.core.errors import DomainError
from portal.core.permissions import Actor, Permission
from portal.core.ports import ports

APPLY_JOB = "registry.import"
CHUNK = 500
#: One register is written at a time on PostgreSQL; SQLite has one writer anyway.
_LOCK = 7_210_511
Planned = tuple[int, RegisterRow, Match]


@jobs.job_kind(APPLY_JOB)
def apply_chunk(job: jobs.Job, now: datetime) -> None:
    """Write the next rows; after the last chunk only the bad rows are kept."""
    session = db.session()
    if session.get_bind().dialect.name == "postgresql":
        session.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
    found = session.get(RegistryImport, job.payload["import_id"], with_for_update=True)
    if found is None or found.state != "importing":
        raise DomainError("import_gone", "Impor ini tidak berlaku lagi.")
    actor = importing_actor(found, now)
    last = int(job.result.get("last_row", 0))
    rows = _next_rows(found.id, last)
    if rows:
        counts = Counter(job.result.get("counts", {})) + Counter(_write(found, rows, actor, now))
        job.result = {"last_row": rows[-1][0], "counts": dict(counts)}
        job.done = min(job.done + len(rows), job.total)
    if len(rows) < CHUNK:
        _finish(found, job, actor, now)


def _next_rows(import_id: int, last: int) -> list[tuple[int, RegisterRow]]:
    statement = (
        sa.select(RegistryRow.row, RegistryRow.data)
        .where(
            RegistryRow.import_id == import_id,
            RegistryRow.row > last,
            RegistryRow.outcome.in_(("new", "changed")),
        )
        .order_by(RegistryRow.row)
        .limit(CHUNK)
    )
    return [(number, RegisterRow.from_json(data)) for number, data in db.session.execute(statement)]


def _write(
    found: RegistryImport, rows: Sequence[tuple[int, RegisterRow]], actor: Actor, now: datetime
) -> dict[str, int]:
    """Write these rows: {"new", "changed", "same", "bad"} counts of what came of them."""
    registry = Registry([row for _number, row in rows])
    scope = actor.scope(Permission.REGISTRY_EDIT)
    planned: list[Planned] = [(number, row, registry.match(row, scope)) for number, row in rows]
    fresh = [(row, match) for _number, row, match in planned if match.outcome == "new"]
    changed = [(row, match) for _number, row, match in planned if match.outcome == "changed"]
    ids = _add([row for row, _match in fresh], now)
    _change([(match.known, match.changes) for _row, match in changed if match.known], now)
    _belongings([(ids[row.match_key], match, True) for row, match in fresh], now)
    _belongings([(match.known.id, match, False) for _row, match in changed if match.known], now)
    _record(found, ids, changed, actor, now)
    touched = [*ids.values(), *(match.known.id for _row, match in changed if match.known)]
    if touched:
        ports().standing_touched(cooperative_ids=touched, now=now)
    _mark(found.id, planned, now)
    return Counter(match.outcome for _number, _row, match in planned)


def _add(rows: Sequence[RegisterRow], now: datetime) -> dict[str, int]:
    """Register new cooperatives; match key -> id."""
    table = sa.inspect(Cooperative).local_table
    values: list[dict[str, Any]] = [
        {
            "kind": row.kind, "name": row.name, "match_key": row.match_key, "region_code": row.region_code,
            "cooperative_number": row.number, "simkopdes_id": row.simkopdes, "is_pilot": bool(row.is_pilot),
            "legal_number": row.legal_number, "legal_on": row.legal_on, "sectors": [], "source": "registry",
            "version": 1, "created_at": now, "updated_at": now,
        }
        for row in rows
    ]  # fmt: skip
    insert_many(db.session(), table, values)
    if not values:
        return {}
    statement = sa.select(Cooperative.match_key, Cooperative.id).where(
        Cooperative.match_key.in_([row.match_key for row in rows])
    )
    return dict(db.session.execute(statement).all())


#: The columns a register may change, in one statement for all rows.
_COLUMNS = {
    "kind": "kind", "name": "name", "region_code": "region_code", "match_key": "match_key",
    "cooperative_number": "number", "simkopdes_id": "simkopdes", "is_pilot": "is_pilot",
    "legal_number": "legal_number", "legal_on": "legal_on",
}  # fmt: skip


def _change(rows: Sequence[tuple[Known, dict[str, Any]]], now: datetime) -> None:
    table = sa.inspect(Cooperative).local_table
    statement = (
        sa.update(table)
        .where(table.c.id == sa.bindparam("key_id"))
        .values(
            version=table.c.version + 1, updated_at=now,
            **{column: sa.bindparam(f"new_{column}") for column in _COLUMNS},
        )
    )  # fmt: skip
    values = [
        {"key_id": known.id}
        | {f"new_{column}": changes.get(column, getattr(known, own)) for column, own in _COLUMNS.items()}
        for known, changes in rows
    ]
    if values:
        db.session().connection().execute(statement, values)


def _belongings(rows: Sequence[tuple[int, Match, bool]], now: datetime) -> None:
    """The further villages and the member groups of cooperatives: what the file says replaces what was."""
    villages = [
        (owner, match.villages, is_new) for owner, match, is_new in rows if match.villages is not None
    ]
    groups = [(owner, match.groups, is_new) for owner, match, is_new in rows if match.groups is not None]
    _clear(CooperativeVillage, [owner for owner, _v, is_new in villages if not is_new])
    _clear(MemberGroup, [owner for owner, _g, is_new in groups if not is_new])
    served = [
        {"cooperative_id": owner, "village_code": code}
        for owner, own, _new in villages
        for code in sorted(own)
    ]
    parties = [
        {"cooperative_id": owner, "name": name, "role": role, "created_at": now}
        for owner, own, _new in groups
        for name, role in sorted(own)
    ]
    insert_many(db.session(), sa.inspect(CooperativeVillage).local_table, served)
    insert_many(db.session(), sa.inspect(MemberGroup).local_table, parties)


def _clear(model: Any, owners: Sequence[int]) -> None:
    if owners:
        db.session.execute(
            sa.delete(model)
            .where(model.cooperative_id.in_(owners))
            .execution_options(synchronize_session=False)
        )


def _record(
    found: RegistryImport,
    ids: dict[str, int],
    changed: Sequence[tuple[RegisterRow, Match]],
    actor: Actor,
    now: datetime,
) -> None:
    """One event for each cooperative. The SIMKOPDES id stays out of the trail, the fact of it does not."""
    for key, cooperative_id in ids.items():
        scope = f"region:{key.split('|', 2)[1][:5]}"
        audit.record(
            "cooperative.created", "cooperative", cooperative_id, actor=actor, now=now, scope=scope,
            import_id=found.id,
        )  # fmt: skip
    for row, match in changed:
        if match.known is None:
            continue
        fields = sorted(match.changes)
        fields += ["villages"] if match.villages is not None else []
        fields += ["groups"] if match.groups is not None else []
        audit.record(
            "cooperative.changed", "cooperative", match.known.id, actor=actor, now=now,
            scope=f"region:{row.region_code[:5]}", import_id=found.id, fields=fields,
        )  # fmt: skip


def _mark(import_id: int, planned: Sequence[Planned], now: datetime) -> None:
    """Note on the rows what came of them, also where it differs from the preview."""
    table = sa.inspect(RegistryRow).local_table
    statement = (
        sa.update(table)
        .where(table.c.import_id == import_id, table.c.row == sa.bindparam("key_row"))
        .values(outcome=sa.bindparam("new_outcome"), reason=sa.bindparam("new_reason"), applied_at=now)
    )
    values = [
        {"key_row": number, "new_outcome": match.outcome, "new_reason": match.reason}
        for number, _row, match in planned
    ]
    db.session().connection().execute(statement, values)


def _finish(found: RegistryImport, job: jobs.Job, actor: Actor, now: datetime) -> None:
    counts = Counter(job.result.get("counts", {}))
    result = {
        "new": counts["new"], "changed": counts["changed"],
        "same": counts["same"] + found.summary["same"], "bad": counts["bad"] + found.summary["bad"],
    }  # fmt: skip
    job.state, job.done, found.state, found.finished_at = "done", job.total, "imported", now
    found.summary = {**found.summary, "result": result}
    db.session.execute(
        sa.delete(RegistryRow)
        .where(RegistryRow.import_id == found.id, RegistryRow.outcome != "bad")
        .execution_options(synchronize_session=False)
    )
    audit.record("registry.imported", "registry_import", found.id, actor=actor, now=now, counts=result)
