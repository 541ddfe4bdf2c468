"""A list of outside records on its way in: checked and kept, then saved by a job, or thrown away."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from portal.accounts.rules import Limit
from portal.accounts.services.throttle import count_try
from portal.certificates import external_sealed as sealed
from portal.certificates.models import ExternalImport
from portal.certificates.services.external_check import CheckedFile
from portal.certificates.services.external_chunk import JOB_KIND
from portal.core import audit, jobs
from portal.core.crypto import cipher
from portal.core.db import db
from portal.core.errors import Conflict, DomainError, NotFound, TooMany
from portal.core.permissions import Actor, Permission, require
from portal.core.words import gettext as _

UPLOADS_MOST = 30
UPLOADS_WITHIN = timedelta(minutes=10)
READS = Limit("external.read", UPLOADS_MOST + 10, UPLOADS_WITHIN)


def count_upload(*, actor: Actor, now: datetime) -> None:
    """Count a list before it is read, in a transaction of its own. Raises TooMany."""
    count_try(READS, str(actor.user_id), now=now)


def keep_external_preview(*, checked: CheckedFile, actor: Actor, now: datetime) -> ExternalImport:
    """Keep a checked file for its preview. The same file again, while that is open, is the same preview with
    what it says now. Raises Forbidden, TooMany."""
    require(actor, Permission.EXTERNAL_RECORD)
    _refuse_flood(actor, now)
    found = db.session.scalar(
        sa.select(ExternalImport).where(
            ExternalImport.file_hash == checked.file_hash, ExternalImport.created_by == actor.user_id,
            ExternalImport.state == "preview",
        )
    )  # fmt: skip
    if found is None:
        found = ExternalImport(file_hash=checked.file_hash, created_by=actor.user_id, created_at=now)
        found.file_name, found.state = checked.file_name, "preview"
        db.session.add(found)
    found.summary = {
        "records": len(checked.rows),
        "bad_rows": len(checked.bad_rows),
        "training": sum(1 for row in checked.rows if row.text.kind == "training"),
        "competency": sum(1 for row in checked.rows if row.text.kind == "competency"),
        "assumed": sum(1 for row in checked.rows if row.text.is_expiry_assumed),
        "new_people": len({row.person.nik for row in checked.rows if row.person}),
    }
    db.session.flush()
    content = sealed.Sealed(checked.rows, checked.bad_rows, checked.workbook)
    found.file_cipher = sealed.seal(content, cipher(), found.id)
    _record("external_import.read", found, actor, now, **found.summary)
    return found


def _refuse_flood(actor: Actor, now: datetime) -> None:
    statement = sa.select(sa.func.count()).where(
        ExternalImport.created_by == actor.user_id, ExternalImport.created_at > now - UPLOADS_WITHIN
    )
    if (db.session.scalar(statement) or 0) >= UPLOADS_MOST:
        message = _("Terlalu banyak berkas dalam sepuluh menit. Tunggu sebentar, lalu unggah lagi.")
        raise TooMany("too_many_files", message, "file", retry_after=int(UPLOADS_WITHIN.total_seconds()))


def own_import(import_id: int, actor: Actor, *, lock: bool = False) -> ExternalImport:
    """An import of the actor's own; of nobody else's. Raises NotFound."""
    found: ExternalImport | None = db.session.get(ExternalImport, import_id, with_for_update=lock)
    if found is None or actor.user_id is None or found.created_by != actor.user_id:
        raise NotFound()
    return found


def _preview(import_id: int, actor: Actor) -> ExternalImport:
    found = own_import(import_id, actor, lock=True)
    if found.state != "preview":
        raise Conflict("import_started", _("Berkas ini sudah disimpan atau dibuang. Muat ulang halaman."))
    return found


def start_external_import(*, import_id: int, only_good: bool, actor: Actor, now: datetime) -> jobs.Job:
    """Begin saving a preview: the good rows, or everything when no row is bad.

    Raises NotFound, Conflict `import_started`, DomainError `bad_rows_left` or `nothing_good`.
    """
    require(actor, Permission.EXTERNAL_RECORD)
    found = _preview(import_id, actor)
    if found.summary["bad_rows"] and not only_good:
        message = _("Masih ada %(num)s baris bermasalah. Simpan yang baik saja, atau perbaiki berkasnya.")
        raise DomainError("bad_rows_left", message % {"num": found.summary["bad_rows"]})
    if not found.summary["records"]:
        raise DomainError("nothing_good", _("Tidak ada baris yang bisa disimpan dari berkas ini."))
    total = found.summary["records"]
    job = jobs.enqueue(JOB_KIND, {"import_id": found.id}, total=total, actor=actor, now=now)
    found.state, found.job_id = "importing", job.id
    _record("external_import.started", found, actor, now, only_good=only_good)
    return job


def discard_external_import(*, import_id: int, actor: Actor, now: datetime) -> None:
    """Throw a preview away with everything that was read. Raises NotFound, Conflict `import_started`."""
    found = _preview(import_id, actor)
    found.state, found.file_cipher = "discarded", None
    _record("external_import.discarded", found, actor, now)


def retry_external_import(*, import_id: int, actor: Actor, now: datetime) -> None:
    """Set a failed import going again from where it stood. Raises NotFound, Conflict `job_not_failed`."""
    found = own_import(import_id, actor, lock=True)
    if found.job_id is None:
        raise NotFound()
    jobs.retry_job(job_id=found.job_id, actor=actor, now=now)


def take_bad_external_rows(*, import_id: int, actor: Actor, now: datetime) -> bytes:
    """The bad rows as an .xlsx with an "Alasan" column, for whoever uploaded the file alone. The reading is
    recorded. Raises NotFound, also when nothing is kept any more."""
    found = own_import(import_id, actor, lock=True)
    content = sealed.unseal(found.file_cipher, cipher(), found.id) if found.file_cipher else None
    if content is None or not content.workbook:
        raise NotFound()
    _record("external_import.bad_rows_read", found, actor, now, rows=found.summary["bad_rows"])
    return content.workbook


def _record(action: str, found: ExternalImport, actor: Actor, now: datetime, **data: Any) -> None:
    audit.record(action, "external_import", found.id, actor=actor, now=now, **data)
