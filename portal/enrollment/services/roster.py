"""A roster on its way in: checked and kept, then saved by a job, or thrown away."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from portal.catalog.queries import program_by_id
from portal.core import audit, jobs
from portal.core.clock import local_date
from portal.core.crypto import cipher
from portal.core.db import db
from portal.core.errors import Conflict, DomainError, NotFound, TooMany
from portal.core.permissions import Actor, Permission, Scope
from portal.core.words import gettext as _
from portal.enrollment.models import RosterImport
from portal.enrollment.queries.roster import can_see
from portal.enrollment.roster import sealed
from portal.enrollment.roster.preview import RosterPreview, preview_roster
from portal.enrollment.services.roster_chunk import JOB_KIND
from portal.regions.queries import load_index
from portal.regions.rules import RegionIndex

ZONE = "Asia/Jakarta"
#: How long checked but unsaved rows, and the bad rows of an import, are kept.
KEPT = timedelta(days=30)
UPLOADS_MOST = 30
UPLOADS_WITHIN = timedelta(minutes=10)


@dataclass(frozen=True)
class CheckedFile:
    """A roster that was read: its preview and what identifies the file."""

    preview: RosterPreview
    file_hash: str
    file_name: str


def check_roster_file(
    content: bytes, *, file_name: str = "", now: datetime, index: RegionIndex | None = None
) -> CheckedFile:
    """Read and judge a file; writes nothing and is called outside a transaction, because it takes a while.

    `index`: the regions by name, from the database when left out. Raises SheetError (field `file`).
    """
    regions = index or load_index(db.session())
    preview = preview_roster(content, regions, today=local_date(now, ZONE))
    return CheckedFile(preview, hashlib.sha256(content).hexdigest(), _display_name(file_name))


def _display_name(file_name: str) -> str:
    """The last part of a name as it may be shown; never used as a path."""
    last = re.split(r"[\\/]", file_name)[-1]
    return sealed.without_numbers("".join(c for c in last if c.isprintable()).strip())[:120]


def reaches(scope: Scope, regency: str) -> bool:
    """Whether a roster of this regency may be brought in: by its officer, or by any training center."""
    return scope.covers_region(regency) or bool(scope.centers)


def keep_preview(*, checked: CheckedFile, program_id: int, actor: Actor, now: datetime) -> RosterImport:
    """Keep a checked file for its preview. The same file again, while that is open, is the same preview.

    Raises DomainError `regency_unknown` or `regency_foreign` (field `file`), NotFound for the program,
    TooMany.
    """
    preview = checked.preview
    if preview.regency is None:
        message = _("Kabupaten atau kota tidak dikenali dari isi berkas. Periksa kolom kecamatan dan desa.")
        raise DomainError("regency_unknown", message, "file")
    if not reaches(actor.scope(Permission.ROSTER_IMPORT), preview.regency):
        message = _(
            "Berkas ini berisi usulan %(regency)s, di luar wilayah akun Anda.", regency=preview.regency_name
        )
        raise DomainError("regency_foreign", message, "file")
    program_by_id(program_id)
    _refuse_flood(actor, now)
    _forget_old(now)
    known = db.session.scalar(
        sa.select(RosterImport).where(
            RosterImport.file_hash == checked.file_hash, RosterImport.program_id == program_id,
            RosterImport.created_by == actor.user_id, RosterImport.state == "preview",
        )
    )  # fmt: skip
    if known is not None:
        return known
    found = RosterImport(
        regency_code=preview.regency,
        program_id=program_id,
        file_hash=checked.file_hash,
        file_name=checked.file_name,
        state="preview",
        summary=_summary(preview),
        created_by=actor.user_id,
        created_at=now,
    )
    db.session.add(found)
    db.session.flush()
    found.file_cipher = sealed.seal(sealed.from_preview(preview), cipher(), found.id)
    _record("roster.read", found, actor, now, people=len(preview.people), bad_rows=len(preview.bad_rows))
    return found


def _summary(preview: RosterPreview) -> dict[str, Any]:
    """Counts alone: nothing in them is personal."""
    return {
        "cooperatives": len(preview.cooperatives),
        "people": len(preview.people),
        "kinds": preview.kinds(),
        "posts": preview.posts(),
        "bad_rows": len(preview.bad_rows),
        "warnings": len(preview.warnings),
    }


def _refuse_flood(actor: Actor, now: datetime) -> None:
    if actor.user_id is None:
        return
    statement = sa.select(sa.func.count()).where(
        RosterImport.created_by == actor.user_id, RosterImport.created_at > now - UPLOADS_WITHIN
    )
    if (db.session.scalar(statement) or 0) >= UPLOADS_MOST:
        message = _("Terlalu banyak berkas dalam sepuluh menit. Tunggu sebentar, lalu unggah lagi.")
        raise TooMany("too_many_files", message, "file", retry_after=int(UPLOADS_WITHIN.total_seconds()))


def _forget_old(now: datetime) -> None:
    """Drop rows that nobody saved, and bad rows that nobody came back for, after `KEPT`."""
    old = sa.and_(
        RosterImport.created_at < now - KEPT,
        RosterImport.file_cipher.is_not(None),
        RosterImport.state.in_(("preview", "imported")),
    )
    state = sa.case((RosterImport.state == "preview", "discarded"), else_=RosterImport.state)
    db.session.execute(
        sa.update(RosterImport)
        .where(old)
        .values(file_cipher=None, state=state)
        .execution_options(synchronize_session=False)
    )


def _record(action: str, found: RosterImport, actor: Actor, now: datetime, **data: Any) -> None:
    audit.record(
        action, "roster_import", found.id, actor=actor, now=now, scope=f"region:{found.regency_code}", **data
    )


def _load(import_id: int, actor: Actor) -> RosterImport:
    """An import in the actor's scope, locked. Raises NotFound."""
    found = db.session.get(RosterImport, import_id, with_for_update=True)
    if found is None or not can_see(actor, found, Permission.ROSTER_IMPORT):
        raise NotFound()
    return found


def _preview_only(found: RosterImport) -> None:
    if found.state != "preview":
        raise Conflict("import_started", _("Berkas ini sudah disimpan atau dibuang. Muat ulang halaman."))


def start_import(*, import_id: int, only_good: bool, actor: Actor, now: datetime) -> jobs.Job:
    """Begin saving a preview: the good rows, or everything when no row is bad.

    Raises NotFound, Conflict `import_started`, DomainError `bad_rows_left` or `nobody`.
    """
    found = _load(import_id, actor)
    _preview_only(found)
    if found.summary["bad_rows"] and not only_good:
        message = _("Masih ada %(num)s baris bermasalah. Simpan yang baik saja, atau perbaiki berkasnya.")
        raise DomainError("bad_rows_left", message % {"num": found.summary["bad_rows"]})
    if not found.summary["people"]:
        raise DomainError("nobody", _("Tidak ada baris yang bisa disimpan dari berkas ini."))
    job = jobs.enqueue(JOB_KIND, {"import_id": found.id}, total=found.summary["people"], actor=actor, now=now)
    found.state, found.only_good, found.job_id = "importing", only_good, job.id
    _record("roster.started", found, actor, now, only_good=only_good)
    return job


def discard_import(*, import_id: int, actor: Actor, now: datetime) -> None:
    """Throw a preview away with everything that was read. Raises NotFound, Conflict `import_started`."""
    found = _load(import_id, actor)
    _preview_only(found)
    found.state, found.file_cipher = "discarded", None
    _record("roster.discarded", found, actor, now)


def retry_import(*, import_id: int, actor: Actor, now: datetime) -> None:
    """Set a failed import going again from where it stood. Raises NotFound, Conflict `job_not_failed`."""
    found = _load(import_id, actor)
    if found.job_id is None:
        raise NotFound()
    jobs.retry_job(job_id=found.job_id, actor=actor, now=now)


def take_bad_rows(*, import_id: int, actor: Actor, now: datetime) -> bytes:
    """The bad rows as an .xlsx with an "Alasan" column, for whoever uploaded the file alone.

    The reading is recorded. Raises NotFound for anybody else, and when nothing is kept any more.
    """
    found = _load(import_id, actor)
    if found.created_by != actor.user_id or not found.file_cipher:
        raise NotFound()
    workbook = sealed.unseal(found.file_cipher, cipher(), found.id).workbook
    if not workbook:
        raise NotFound()
    _record("roster.bad_rows_read", found, actor, now, rows=found.summary["bad_rows"])
    return workbook
