"""Saving the checked rows of a list of outside records: 200 a transaction, in as many statements as for 20.

Started again after a kill it goes on after the last chunk that was saved; papers that are known change
nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from portal.accounts.queries import actor_of
from portal.certificates import external_sealed as sealed
from portal.certificates.external_rules import name_key, paper_key
from portal.certificates.external_sealed import Row
from portal.certificates.models import ExternalImport, ExternalRecord
from portal.certificates.queries.external import people_in_reach
from portal.certificates.services.external import center_of, key_of, today
from portal.cooperatives import services as cooperatives
from portal.cooperatives.rules import match_key
from portal.cooperatives.services import CooperativeRow
from portal.core import audit, jobs
from portal.core.crypto import cipher
from portal.core.db import db, insert_many
from portal.core.errors import DomainError
from portal.core.permissions import SYSTEM, Actor, Permission
from portal.core.ports import ports
from portal.enrollment.services.roster_rows import Row as NewPerson
from portal.people.queries import people_by_nik
from portal.people.services import PersonRow, save_people

JOB_KIND = "external.import"
CHUNK = 200
OUTCOMES = ("new", "known", "people", "left")
#: One import writes at a time on PostgreSQL; SQLite has one writer anyway.
_LOCK = 7_210_411


@jobs.job_kind(JOB_KIND)
def import_external_chunk(job: jobs.Job, now: datetime) -> None:
    """The next records of an import; after the last chunk only what must be corrected is kept."""
    session = db.session()
    if session.get_bind().dialect.name == "postgresql":
        session.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
    found = session.get(ExternalImport, job.payload["import_id"], with_for_update=True)
    if found is None or found.state != "importing" or not found.file_cipher:
        raise DomainError("import_gone", "Impor ini tidak berlaku lagi.")
    actor: Actor = actor_of(found.created_by, now) if found.created_by is not None else SYSTEM
    if not actor.may(Permission.EXTERNAL_RECORD):
        raise DomainError("import_forbidden", "Peran yang mengunggah berkas ini sudah berakhir.")
    content = sealed.unseal(found.file_cipher, cipher(), found.id)
    rows = content.rows[job.done : job.done + CHUNK]
    counts = Counter(job.result) + Counter(save_external_rows(found, rows, actor, now))
    job.result = {outcome: counts[outcome] for outcome in OUTCOMES}
    job.done += len(rows)
    if job.done >= job.total:
        job.state, found.state = "done", "imported"
        kept = content.without_people()
        found.file_cipher = sealed.seal(kept, cipher(), found.id) if content.bad_rows else None
        found.summary = {**found.summary, "result": dict(job.result)}
        audit.record(
            "external_import.done", "external_import", found.id, actor=actor, now=now,
            bad=len(content.bad_rows), **job.result,
        )  # fmt: skip


def save_external_rows(
    found: ExternalImport, rows: Sequence[Row], actor: Actor, now: datetime
) -> dict[str, int]:
    """Save these records: {"new", "known", "people" (made with them), "left" (no longer the actor's to
    record, or the NIK is of another name)}."""
    made, fresh_people = _people(rows, actor, now)
    known_ids = {row.person_id for row in rows if row.person_id is not None}
    reached = people_in_reach(actor, known_ids, today(now))
    wanted: list[tuple[int, Row]] = []
    left = 0
    for row in rows:
        person_id = row.person_id if row.person is None else made.get(row.person.nik)
        if person_id is None or (row.person is None and person_id not in reached):
            left += 1
        else:
            wanted.append((person_id, row))
    fresh = _unknown(wanted)
    values = [_values(found, person_id, row, actor, now) for person_id, row in fresh]
    insert_many(db.session(), sa.inspect(ExternalRecord).local_table, values)
    _audit_new(found, [person_id for person_id, _row in fresh], actor, now)
    if fresh:
        ports().standing_touched(person_ids=sorted({person_id for person_id, _row in fresh}), now=now)
    return {"new": len(fresh), "known": len(wanted) - len(fresh), "people": fresh_people, "left": left}


def _people(rows: Sequence[Row], actor: Actor, now: datetime) -> tuple[dict[str, int], int]:
    """({NIK: person id}, how many are new) of those whom the rows bring along, with the post they hold.
    Somebody known stays as they are; a NIK of another name is left out."""
    brought: dict[str, NewPerson] = {}
    for row in rows:
        if row.person is not None:
            brought.setdefault(row.person.nik, row.person)
    if not brought:
        return {}, 0
    known = people_by_nik(brought)
    good = [
        one
        for nik, one in brought.items()
        if nik not in known or name_key(known[nik][1]) == name_key(one.name)
    ]
    people = [
        PersonRow(name=known[one.nik][1], nik=one.nik)
        if one.nik in known
        else PersonRow(one.name, one.nik, one.birth, one.sex, one.phone)
        for one in good
    ]
    saved = save_people(rows=people, actor=actor, now=now)
    ids = {one.nik: person_id for one, (person_id, _new) in zip(good, saved, strict=True)}
    places = [CooperativeRow(one.kind, one.cooperative, one.village) for one in good]
    cooperative_ids = cooperatives.ensure_cooperatives(rows=places, actor=actor, now=now)
    posts = [
        (cooperative_ids[match_key(one.kind, one.cooperative, one.village)], ids[one.nik], one.post)
        for one in good
    ]
    cooperatives.hold_posts(rows=posts, starts_on=today(now), actor=actor, now=now)
    return ids, sum(1 for _person_id, is_new in saved if is_new)


def _unknown(wanted: Sequence[tuple[int, Row]]) -> list[tuple[int, Row]]:
    """Those whose paper is not recorded yet. One statement for a chunk."""
    ids = sorted({person_id for person_id, _row in wanted})
    statement = sa.select(ExternalRecord).where(ExternalRecord.person_id.in_(ids))
    known = {(record.person_id, *key_of(record)) for record in db.session.scalars(statement)}
    fresh = []
    for person_id, row in wanted:
        text = row.text
        key = (person_id, *paper_key(text.kind, text.issuer, text.number, text.title, text.issued_on))
        if key not in known:
            known.add(key)
            fresh.append((person_id, row))
    return fresh


def _values(found: ExternalImport, person_id: int, row: Row, actor: Actor, now: datetime) -> dict[str, Any]:
    return asdict(row.text) | {
        "person_id": person_id, "state": "unverified", "state_note": "", "import_id": found.id,
        "center_id": center_of(actor), "recorded_by": actor.user_id, "recorded_at": now,
        "decided_by": None, "decided_at": None, "dispute": "", "disputed_at": None,
    }  # fmt: skip


def _audit_new(found: ExternalImport, person_ids: list[int], actor: Actor, now: datetime) -> None:
    if not person_ids:
        return
    before = {int(number) for number in audit.pending("external.recorded")}
    statement = sa.select(ExternalRecord.id, ExternalRecord.kind, ExternalRecord.center_id).where(
        ExternalRecord.import_id == found.id, ExternalRecord.person_id.in_(sorted(set(person_ids))),
        ExternalRecord.recorded_at == now,
    )  # fmt: skip
    for number, kind, center_id in db.session.execute(statement.order_by(ExternalRecord.id)):
        if number not in before:
            audit.record(
                "external.recorded", "external_record", number, actor=actor, now=now,
                scope=f"center:{center_id}" if center_id else "", kind=kind, import_id=found.id,
            )  # fmt: skip
