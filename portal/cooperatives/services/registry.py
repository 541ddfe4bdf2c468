"""Registers of cooperatives on their way in: upload, start, go on, throw away, the bad rows as a file."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from portal.accounts.rules import Limit
from portal.accounts.services.throttle import count_try
from portal.cooperatives.labels_register import reason_text
from portal.cooperatives.models import RegistryBlock, RegistryImport, RegistryRow
from portal.cooperatives.queries.registry import sees_import
from portal.cooperatives.register.applying import APPLY_JOB
from portal.cooperatives.register.file import ReadFile
from portal.cooperatives.register.reading import READ_JOB
from portal.core import audit, jobs
from portal.core.db import db, insert_many
from portal.core.errors import Conflict, DomainError, NotFound, TooMany
from portal.core.formatting import number
from portal.core.permissions import Actor, Permission, require
from portal.core.spreadsheets import write_xlsx
from portal.core.words import gettext as _

KEPT = timedelta(days=30)
UPLOADS_MOST, UPLOADS_WITHIN = 20, timedelta(minutes=10)
BAD_ROWS_MOST = 100_000
EXPORTS = Limit("registry.export", 20, timedelta(minutes=10))
READS = Limit("registry.read", UPLOADS_MOST + 10, UPLOADS_WITHIN)


def keep_register(*, read: ReadFile, actor: Actor, now: datetime) -> RegistryImport:
    """Keep a register that was read and begin judging its rows; nothing of it is in the registry yet.

    Raises TooMany for a flood of files.
    """
    require(actor, Permission.REGISTRY_EDIT)
    _refuse_flood(actor, now)
    _forget_old(now)
    found = RegistryImport(
        file_hash=read.file_hash,
        file_name=read.file_name,
        state="reading",
        summary={"columns": read.columns, "titles": read.titles, "rows": read.rows},
        created_by=actor.user_id,
        created_at=now,
        only_good=False,
    )
    db.session.add(found)
    db.session.flush()
    blocks = [
        {"import_id": found.id, "number": position, "content": block}
        for position, block in enumerate(read.blocks)
    ]
    insert_many(db.session(), sa.inspect(RegistryBlock).local_table, blocks, size=50)
    audit.record("registry.sent", "registry_import", found.id, actor=actor, now=now, rows=read.rows)
    job = jobs.enqueue(READ_JOB, {"import_id": found.id}, total=read.rows, actor=actor, now=now)
    found.job_id = job.id
    return found


def count_export(*, actor: Actor, now: datetime) -> None:
    """Count a file of the registry, in a transaction of its own, before it is made. Raises TooMany."""
    count_try(EXPORTS, str(actor.user_id), now=now)


def count_upload(*, actor: Actor, now: datetime) -> None:
    """Count a file before it is read, in a transaction of its own: one that is no register is never kept, and
    costs as much. Raises TooMany."""
    count_try(READS, str(actor.user_id), now=now)


def _refuse_flood(actor: Actor, now: datetime) -> None:
    if actor.user_id is None:
        return
    statement = sa.select(sa.func.count()).where(
        RegistryImport.created_by == actor.user_id, RegistryImport.created_at > now - UPLOADS_WITHIN
    )
    if (db.session.scalar(statement) or 0) >= UPLOADS_MOST:
        message = _("Terlalu banyak berkas dalam sepuluh menit. Tunggu sebentar, lalu unggah lagi.")
        raise TooMany("too_many_files", message, "file", retry_after=int(UPLOADS_WITHIN.total_seconds()))


def _forget_old(now: datetime) -> None:
    """Drop the rows of imports that nobody came back for after `KEPT`; what came of them stays counted."""
    old = (
        sa.select(RegistryImport.id)
        .where(
            RegistryImport.created_at < now - KEPT,
            RegistryImport.state.in_(("preview", "imported", "discarded", "failed")),
        )
        .scalar_subquery()
    )
    quiet = {"synchronize_session": False}
    for model in (RegistryRow, RegistryBlock):
        db.session.execute(sa.delete(model).where(model.import_id.in_(old)), execution_options=quiet)
    waiting = sa.and_(RegistryImport.created_at < now - KEPT, RegistryImport.state == "preview")
    db.session.execute(
        sa.update(RegistryImport).where(waiting).values(state="discarded"), execution_options=quiet
    )


def _load(import_id: int, actor: Actor) -> RegistryImport:
    """An import that is the actor's, locked. Raises NotFound."""
    found = db.session.get(RegistryImport, import_id, with_for_update=True)
    if found is None or not sees_import(actor, found):
        raise NotFound()
    return found


def start_registry_import(*, import_id: int, only_good: bool, actor: Actor, now: datetime) -> jobs.Job:
    """Begin writing a preview: the good rows, or everything when no row is bad.

    Raises NotFound, Conflict `import_started`, DomainError `bad_rows_left` or `nothing_to_do`.
    """
    found = _load(import_id, actor)
    if found.state != "preview":
        raise Conflict("import_started", _("Berkas ini sudah disimpan atau dibuang. Muat ulang halaman."))
    if found.summary["bad"] and not only_good:
        message = _("Masih ada %(num)s baris bermasalah. Simpan yang baik saja, atau perbaiki berkasnya.")
        raise DomainError("bad_rows_left", message % {"num": number(found.summary["bad"])})
    total = found.summary["new"] + found.summary["changed"]
    if not total:
        raise DomainError(
            "nothing_to_do", _("Tidak ada yang perlu disimpan: semua baris yang baik sudah sama.")
        )
    job = jobs.enqueue(APPLY_JOB, {"import_id": found.id}, total=total, actor=actor, now=now)
    found.state, found.only_good, found.job_id = "importing", only_good, job.id
    audit.record(
        "registry.started", "registry_import", found.id, actor=actor, now=now, only_good=only_good, rows=total
    )
    return job


def discard_registry_import(*, import_id: int, actor: Actor, now: datetime) -> None:
    """Throw a preview away, or a file whose reading stopped. Raises NotFound, Conflict `import_started`."""
    found = _load(import_id, actor)
    job = jobs.find_job(found.job_id)
    is_stuck = found.state == "reading" and job is not None and job.state == "failed"
    if found.state != "preview" and not is_stuck:
        raise Conflict("import_started", _("Berkas ini sudah disimpan atau dibuang. Muat ulang halaman."))
    found.state, found.finished_at = "discarded", now
    for model in (RegistryRow, RegistryBlock):
        db.session.execute(
            sa.delete(model).where(model.import_id == found.id),
            execution_options={"synchronize_session": False},
        )
    audit.record("registry.discarded", "registry_import", found.id, actor=actor, now=now)


def resume_registry_import(*, import_id: int, actor: Actor, now: datetime) -> None:
    """Set a reading or writing going again that stopped half-way, from where it stood.

    Raises NotFound, Conflict `job_not_failed` while it is at work.
    """
    found = _load(import_id, actor)
    job = jobs.find_job(found.job_id)
    if job is None:
        raise NotFound()
    if is_stopped(job, now) and job.state != "failed":
        jobs.wake()
        audit.record("job.retry", "job", job.id, actor=actor, now=now)
        return
    jobs.retry_job(job_id=job.id, actor=actor, now=now)


def is_stopped(job: jobs.Job, now: datetime) -> bool:
    """Whether nobody is at a job: it failed, or whoever had it was cut off in the middle."""
    is_cut_off = job.state == "running" and job.lease_until is not None and job.lease_until < now
    return job.state == "failed" or is_cut_off


def take_bad_registry_rows(*, import_id: int, actor: Actor, now: datetime) -> bytes:
    """The bad rows as an .xlsx: the file's own columns, the row number and an "Alasan" column.

    The reading is recorded. Raises NotFound when there are none, or no longer.
    """
    found = _load(import_id, actor)
    titles = [str(title) for title in found.summary["titles"]]
    rows = list(_bad_rows(found.id, len(titles)))
    if not rows:
        raise NotFound()
    audit.record("registry.bad_rows_read", "registry_import", found.id, actor=actor, now=now, rows=len(rows))
    return write_xlsx(["Baris", "Alasan", *titles], rows, sheet_name="Bermasalah")


def _bad_rows(import_id: int, width: int) -> Iterator[list[Any]]:
    statement = (
        sa.select(RegistryRow.row, RegistryRow.reason, RegistryRow.data)
        .where(RegistryRow.import_id == import_id, RegistryRow.outcome == "bad")
        .order_by(RegistryRow.row)
        .limit(BAD_ROWS_MOST)
    )
    for row, reason, data in db.session.execute(statement).yield_per(1000):
        cells = [*data.get("cells", [data.get("name", "")])][:width]
        yield [row, reason_text(reason), *cells]
