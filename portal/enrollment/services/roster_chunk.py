"""Saving the checked rows of a roster: 200 people a transaction, in as many statements as for 20.

Started again after a kill it goes on after the last chunk that was saved; rows that were saved before change
nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from portal.accounts.queries import actor_of, people_with_account
from portal.cooperatives import services as cooperatives
from portal.cooperatives.rules import match_key
from portal.cooperatives.services import CooperativeRow
from portal.core import audit, jobs
from portal.core.clock import local_date
from portal.core.crypto import cipher
from portal.core.db import db, insert_many
from portal.core.errors import DomainError
from portal.core.permissions import SYSTEM, Actor, Permission
from portal.enrollment.models import Nomination, NominationState, RosterImport
from portal.enrollment.queries.roster import can_see
from portal.enrollment.roster import sealed
from portal.enrollment.roster.sealed import Row
from portal.people.queries import people_by_nik, people_who_refused
from portal.people.services import CONSENT_TRAINING, PersonRow, save_people

JOB_KIND = "roster.import"
CHUNK = 200
ZONE = "Asia/Jakarta"
#: One import writes at a time on PostgreSQL; SQLite has one writer anyway.
_LOCK = 7_210_406
OUTCOMES = ("new", "updated", "unchanged")
_OPEN = (NominationState.PROPOSED, NominationState.CONSENTED)
_KNOWN = (
    *(Nomination.id, Nomination.person_id, Nomination.cooperative_id, Nomination.post, Nomination.state),
    Nomination.import_id,
)


@jobs.job_kind(JOB_KIND)
def import_chunk(job: jobs.Job, now: datetime) -> None:
    """The next people of an import; after the last chunk only what must be corrected is kept."""
    session = db.session()
    if session.get_bind().dialect.name == "postgresql":
        session.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
    found = session.get(RosterImport, job.payload["import_id"], with_for_update=True)
    if found is None or found.state != "importing" or not found.file_cipher:
        raise DomainError("import_gone", "Impor ini tidak berlaku lagi.")
    actor: Actor = actor_of(found.created_by, now) if found.created_by is not None else SYSTEM
    if not can_see(actor, found, Permission.ROSTER_IMPORT):
        raise DomainError("import_forbidden", "Peran yang mengunggah berkas ini sudah berakhir.")
    content = sealed.unseal(found.file_cipher, cipher(), found.id)
    rows = content.rows[job.done : job.done + CHUNK]
    counts = Counter(job.result) + Counter(save_rows(found, rows, actor, now))
    job.result = {outcome: counts[outcome] for outcome in OUTCOMES}
    job.done += len(rows)
    if job.done >= job.total:
        _finish(found, job, content, actor, now)


def _finish(found: RosterImport, job: jobs.Job, content: sealed.Sealed, actor: Actor, now: datetime) -> None:
    job.state, found.state = "done", "imported"
    found.file_cipher = (
        sealed.seal(content.without_people(), cipher(), found.id) if content.bad_rows else None
    )
    found.summary = {**found.summary, "result": dict(job.result)}
    audit.record(
        "roster.imported", "roster_import", found.id, actor=actor, now=now,
        scope=f"region:{found.regency_code}", bad=len(content.bad_rows), **job.result,
    )  # fmt: skip


def save_rows(found: RosterImport, rows: Sequence[Row], actor: Actor, now: datetime) -> dict[str, int]:
    """People, cooperatives, posts and nominations of these rows: {"new", "updated", "unchanged"} people."""
    saved = save_people(rows=_person_rows(rows), actor=actor, now=now)
    changed = {int(number) for number in audit.pending("person.updated")}
    person_ids = [person_id for person_id, _is_new in saved]
    ids = cooperatives.ensure_cooperatives(
        rows=[CooperativeRow(row.kind, row.cooperative, row.village) for row in rows], actor=actor, now=now
    )
    cooperative_ids = [ids[match_key(row.kind, row.cooperative, row.village)] for row in rows]
    wanted = [
        (person_id, cooperative_id, row.post)
        for person_id, cooperative_id, row in zip(person_ids, cooperative_ids, rows, strict=True)
    ]
    outcome = _nominate(found, wanted, actor, now)
    cooperatives.hold_posts(
        rows=[(cooperative_id, person_id, post) for person_id, cooperative_id, post in wanted],
        starts_on=local_date(found.created_at, ZONE),
        actor=actor,
        now=now,
    )
    counts = Counter(
        "new" if outcome.get(i) == "new" else "updated" if i in changed or i in outcome else "unchanged"
        for i in person_ids
    )
    return {name: counts[name] for name in OUTCOMES}


def _person_rows(rows: Sequence[Row]) -> list[PersonRow]:
    """What to save of each person. The roster does not overrule the data of who has an account."""
    known = people_by_nik(row.nik for row in rows)
    claimed = people_with_account([person_id for person_id, _name in known.values()])
    found = []
    for row in rows:
        person_id, name = known.get(row.nik, (0, ""))
        if person_id in claimed:
            found.append(PersonRow(name=name, nik=row.nik))
        else:
            found.append(PersonRow(row.name, row.nik, row.birth, row.sex, row.phone))
    return found


def _nominate(
    found: RosterImport, wanted: Sequence[tuple[int, int, str]], actor: Actor, now: datetime
) -> dict[int, str]:
    """Propose people who are not nominated yet; correct post and cooperative of those who still wait.

    {person id: "new" | "updated"}; who is placed, or said no, stays as they are.
    """
    statement = sa.select(*_KNOWN).where(
        Nomination.program_id == found.program_id, Nomination.person_id.in_([w[0] for w in wanted])
    )
    known = {row.person_id: row for row in db.session.execute(statement)}
    fresh: list[dict[str, Any]] = []
    changes: list[dict[str, Any]] = []
    moved: list[tuple[int, int]] = []
    outcome: dict[int, str] = {}
    # Who took the consent to training back is on the record as having said no, and is placed nowhere.
    unwilling = people_who_refused(CONSENT_TRAINING, [w[0] for w in wanted])
    for person_id, cooperative_id, post in wanted:
        row = known.get(person_id)
        if row is None:
            state = NominationState.DECLINED if person_id in unwilling else NominationState.PROPOSED
            fresh.append(_new(found, person_id, cooperative_id, post, now) | {"state": state.value})
            outcome[person_id] = "new"
        elif row.state in _OPEN and (row.cooperative_id, row.post) != (cooperative_id, post):
            changes.append({"key_id": row.id, "new_cooperative": cooperative_id, "new_post": post})
            outcome[person_id] = "updated"
            if row.cooperative_id != cooperative_id and row.import_id is not None:
                moved.append((row.cooperative_id, person_id))
    insert_many(db.session(), sa.inspect(Nomination).local_table, fresh)
    _correct(found, changes, actor, now)
    if moved:
        last = local_date(found.created_at, ZONE) - timedelta(days=1)
        cooperatives.end_posts(rows=moved, ends_on=last, source="roster", actor=actor, now=now)
    _record_new(found, [row["person_id"] for row in fresh], actor, now)
    return outcome


def _new(
    found: RosterImport, person_id: int, cooperative_id: int, post: str, now: datetime
) -> dict[str, Any]:
    return {
        "person_id": person_id, "cooperative_id": cooperative_id, "program_id": found.program_id,
        "batch_id": None, "post": post, "state": NominationState.PROPOSED.value, "import_id": found.id,
        "created_at": now, "updated_at": now,
    }  # fmt: skip


def _correct(found: RosterImport, changes: list[dict[str, Any]], actor: Actor, now: datetime) -> None:
    if not changes:
        return
    table = sa.inspect(Nomination).local_table
    statement = (
        sa.update(table)
        .where(table.c.id == sa.bindparam("key_id"))
        .values(
            cooperative_id=sa.bindparam("new_cooperative"), post=sa.bindparam("new_post"),
            import_id=found.id, updated_at=now,
        )
    )  # fmt: skip
    db.session().connection().execute(statement, changes)
    for change in changes:
        audit.record(
            "nomination.corrected", "nomination", change["key_id"], actor=actor, now=now,
            scope=f"region:{found.regency_code}", post=change["new_post"],
        )  # fmt: skip


def _record_new(found: RosterImport, person_ids: list[int], actor: Actor, now: datetime) -> None:
    if not person_ids:
        return
    statement = sa.select(Nomination.id).where(
        Nomination.program_id == found.program_id, Nomination.person_id.in_(person_ids)
    )
    for nomination_id in db.session.scalars(statement.order_by(Nomination.id)):
        audit.record(
            "nomination.proposed", "nomination", nomination_id, actor=actor, now=now,
            scope=f"region:{found.regency_code}", import_id=found.id,
        )  # fmt: skip
