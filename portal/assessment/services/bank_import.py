"""Importing questions from a file: read it, keep what was read for its reader alone, and take it over.

What was read is kept on a finished job's row, so that a page can show it and nothing changes before somebody
said so. All but `read_file` run inside `transaction()`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from portal.assessment.models import Question, QuestionVersion
from portal.assessment.queries import bank
from portal.assessment.rules import gift, sheets
from portal.assessment.rules.gift import Draft, Reading, Refusal
from portal.assessment.rules.importing import Planned, Standing, plan
from portal.assessment.services.bank import _check_bank, _lock_unit, checked_content, scope_of
from portal.core import audit
from portal.core.db import db, insert_many
from portal.core.errors import Conflict, DomainError, NotFound
from portal.core.jobs import Job
from portal.core.permissions import Actor, Permission, require
from portal.core.spreadsheets import read_book
from portal.core.words import gettext as _

KIND = "bank.import"
MAX_BYTES = 1024 * 1024
_TABLES = (b"PK\x03\x04", b"PK\x05\x06", b"\xd0\xcf\x11\xe0")


@dataclass(frozen=True)
class Held:
    """A file that was read: whose it is for, what it holds, and whether it was taken over already."""

    id: int
    unit_id: int
    center_id: int | None
    form: str
    reading: Reading
    is_over: bool
    counts: dict[str, int]


def read_file(content: bytes) -> tuple[str, Reading]:
    """("gift" or "sheet", what it holds); the kind follows from the bytes. Raises DomainError on field file:
    too large, empty, not UTF-8, no table with the columns, no question at all."""
    if len(content) > MAX_BYTES:
        raise DomainError("file_large", _("Berkas paling besar 1 MB. Bagi menjadi beberapa berkas."), "file")
    if content.startswith(_TABLES):
        form, reading = "sheet", _read_sheet(content)
    else:
        form, reading = "gift", gift.read(_decoded(content), _)
    if not reading.drafts and not reading.refusals:
        raise DomainError("file_empty", _("Tidak ada soal dalam berkas ini."), "file")
    return form, reading


def _decoded(content: bytes) -> str:
    try:
        text = content.decode("utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError as error:
        message = _("Berkas ini bukan teks UTF-8. Simpan ulang sebagai UTF-8, lalu unggah lagi.")
        raise DomainError("file_encoding", message, "file") from error
    if text.count("\0"):
        raise DomainError("file_kind", _("Gunakan berkas GIFT (.txt, .gift) atau Excel (.xlsx)."), "file")
    return text


def _read_sheet(content: bytes) -> Reading:
    for sheet in read_book(content, max_bytes=MAX_BYTES, max_rows=5000).sheets:
        try:
            return sheets.read_rows(sheet.rows, _)
        except sheets.NoHeader:
            continue
    message = _("Tidak ada baris judul dengan kolom Jenis dan Soal. Pakai contoh berkas di halaman ini.")
    raise DomainError("file_header", message, "file")


def keep_reading(
    *, unit_id: int, center_id: int | None, form: str, reading: Reading, actor: Actor, now: datetime
) -> int:
    """Keep what was read, for its reader alone; earlier ones of theirs that were not taken over go. Returns
    its id. Raises NotFound for a foreign bank or unit."""
    _check_bank(actor, center_id)
    bank.get_unit(unit_id)
    old = sa.delete(Job).where(Job.kind == KIND, Job.owner_id == actor.user_id)
    db.session.execute(old.execution_options(synchronize_session=False))
    payload = {
        "unit": unit_id, "center": center_id, "form": form, "categories": reading.categories,
        "drafts": [asdict(draft) for draft in reading.drafts],
        "refusals": [asdict(refusal) for refusal in reading.refusals],
    }  # fmt: skip
    many = len(reading.drafts)
    job = Job(
        kind=KIND, state="done", owner_id=actor.user_id, payload=payload, result={}, done=many, total=many,
        error="", created_at=now, updated_at=now,
    )  # fmt: skip
    db.session.add(job)
    db.session.flush()
    audit.record(
        "question.file_read", "unit", unit_id, actor=actor, now=now, scope=scope_of(center_id),
        good=many, bad=len(reading.refusals),
    )  # fmt: skip
    return job.id


def get_held(actor: Actor, job_id: int) -> Held:
    """What was read, for who read it. Raises NotFound for anybody else."""
    job = db.session.get(Job, job_id)
    if job is None or job.kind != KIND or job.owner_id is None or job.owner_id != actor.user_id:
        raise NotFound()
    payload = job.payload
    drafts = [Draft(**{**row, "notes": tuple(row["notes"])}) for row in payload["drafts"]]
    refusals = [Refusal(**{**row, "cells": tuple(row["cells"])}) for row in payload["refusals"]]
    reading = Reading(drafts, refusals, payload["categories"])
    place = (payload["unit"], payload["center"], payload["form"])
    return Held(job.id, *place, reading, bool(job.result), job.result or {})


def planned(held: Held) -> list[Planned]:
    """What taking it over would do now."""
    names = [draft.name for draft in held.reading.drafts]
    rows = bank.named_in(held.unit_id, held.center_id, names)
    standing = {name: Standing(row.id, row.kind, row.version, row.content) for name, row in rows.items()}
    return plan(held.reading.drafts, standing, _)


def take_over(*, job_id: int, only_good: bool, activate: bool, actor: Actor, now: datetime) -> dict[str, int]:
    """Put what was read in the bank: new questions as drafts (active with `activate`), changed ones as new
    versions; {"new", "changed", "same", "refused"}. The same file again changes nothing. Bounded statements.

    Raises Conflict `import_over`, DomainError `import_bad` when something is bad and not `only_good`.
    """
    require(actor, Permission.QUESTION_EDIT)
    db.session.execute(sa.select(Job.id).where(Job.id == job_id).with_for_update())
    held = get_held(actor, job_id)
    _check_bank(actor, held.center_id)
    if held.is_over:
        raise Conflict("import_over", _("Berkas ini sudah diimpor."))
    _lock_unit(held.unit_id)
    rows = planned(held)
    bad = len(held.reading.refusals) + sum(row.outcome == "clash" for row in rows)
    if bad and not only_good:
        message = _("Masih ada soal yang bermasalah. Perbaiki berkasnya, atau pilih hanya yang baik.")
        raise DomainError("import_bad", message)
    made = _insert_new(held, [row for row in rows if row.outcome == "new"], activate, actor, now)
    changed = _insert_versions(held, [row for row in rows if row.outcome == "changed"], actor, now)
    same = sum(row.outcome == "same" for row in rows)
    counts = {"new": made, "changed": changed, "same": same, "refused": bad}
    job = db.session.get_one(Job, job_id)
    job.result, job.updated_at = counts, now
    job.payload = {**job.payload, "drafts": [], "refusals": []}
    audit.record(
        "question.imported", "unit", held.unit_id, actor=actor, now=now, scope=scope_of(held.center_id),
        **counts,
    )  # fmt: skip
    return counts


def _insert_new(held: Held, rows: Sequence[Planned], activate: bool, actor: Actor, now: datetime) -> int:
    base = {
        "unit_id": held.unit_id, "center_id": held.center_id, "version": 1,
        "state": "active" if activate else "draft", "created_by": actor.user_id, "created_at": now,
    }  # fmt: skip
    names = [row.draft.name for row in rows]
    questions = [{**base, "name": row.draft.name, "kind": row.draft.kind} for row in rows]
    insert_many(db.session(), Question.__table__, questions)
    ids = {name: row.id for name, row in _ids(held, names).items()}
    _insert_contents([(ids[row.draft.name], 1, row) for row in rows], actor, now)
    for row in rows:
        audit.record(
            "question.created", "question", ids[row.draft.name], actor=actor, now=now,
            scope=scope_of(held.center_id), kind=row.draft.kind, unit=held.unit_id, imported=True,
        )  # fmt: skip
    return len(rows)


def _ids(held: Held, names: Sequence[str]) -> dict[str, Any]:
    same_bank = (
        Question.center_id.is_(None) if held.center_id is None else Question.center_id == held.center_id
    )
    found: dict[str, Any] = {}
    for start in range(0, len(names), 500):
        part = names[start : start + 500]
        statement = sa.select(Question.id, Question.name).where(
            Question.unit_id == held.unit_id, same_bank, Question.name.in_(part)
        )
        found |= {row.name: row for row in db.session.execute(statement)}
    return found


def _insert_versions(held: Held, rows: Sequence[Planned], actor: Actor, now: datetime) -> int:
    changed = [(row.standing, row) for row in rows if row.standing is not None]
    if not changed:
        return 0
    table = Question.__table__
    statement = sa.update(table).where(table.c.id == sa.bindparam("b_id")).values(version=sa.bindparam("b_v"))
    numbers = [{"b_id": standing.id, "b_v": standing.version + 1} for standing, _row in changed]
    db.session.connection().execute(statement, numbers)
    _insert_contents([(standing.id, standing.version + 1, row) for standing, row in changed], actor, now)
    for standing, _row in changed:
        audit.record(
            "question.edited", "question", standing.id, actor=actor, now=now,
            scope=scope_of(held.center_id), version=standing.version + 1, renamed=False, imported=True,
        )  # fmt: skip
    return len(changed)


def _insert_contents(rows: Sequence[tuple[int, int, Planned]], actor: Actor, now: datetime) -> None:
    versions = [
        {
            "question_id": question_id, "version": version,
            "content": checked_content(row.draft.kind, row.content, is_draft=False) if version == 1
            else dict(row.content),
            "note": _("Impor"), "created_by": actor.user_id, "created_at": now,
        }
        for question_id, version, row in rows
    ]  # fmt: skip
    insert_many(db.session(), QuestionVersion.__table__, versions)


def discard(*, job_id: int, actor: Actor, now: datetime) -> None:
    """Throw away what was read. Raises NotFound."""
    held = get_held(actor, job_id)
    db.session.execute(sa.delete(Job).where(Job.id == held.id).execution_options(synchronize_session=False))
    audit.record(
        "question.file_discarded", "unit", held.unit_id, actor=actor, now=now, scope=scope_of(held.center_id)
    )
