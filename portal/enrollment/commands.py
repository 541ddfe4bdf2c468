"""`flask --app wsgi roster preview FILE` and `roster import FILE --program CODE` (FLOWS: Roster preview)."""

from __future__ import annotations

import json
import logging
import sys
import time
from pathlib import Path
from typing import Any, NoReturn

import click
import sqlalchemy as sa
import structlog
from flask import Flask
from flask.cli import AppGroup
from sqlalchemy.exc import SQLAlchemyError

from portal.catalog.queries import find_program_by_code
from portal.cooperatives.labels import POST_LABELS, kind_label
from portal.core import clock, jobs
from portal.core.db import db, transaction
from portal.core.errors import DomainError
from portal.core.permissions import SYSTEM
from portal.core.spreadsheets import MAX_BYTES
from portal.enrollment.models import RosterImport
from portal.enrollment.roster.preview import RosterPreview
from portal.enrollment.roster.sealed import without_numbers
from portal.enrollment.services.roster import (
    CheckedFile,
    check_roster_file,
    keep_preview,
    start_import,
)
from portal.enrollment.services.roster_chunk import OUTCOMES
from portal.regions.models import Region
from portal.regions.queries import load_index
from portal.regions.rules import RegionIndex
from portal.regions.services import FULL_COUNTS, register_index

EXIT_REFUSED = 2
_file = click.argument("file", type=click.Path(path_type=Path))
_json = click.option("--json", "as_json", is_flag=True, help="JSON alone on stdout.")
group = AppGroup("roster", help="Rosters of nominated people.")


def _index() -> RegionIndex:
    """The regions of the database; while it is empty or not migrated, those of the register's source."""
    try:
        count = db.session.scalar(sa.select(sa.func.count()).select_from(Region)) or 0
        if count >= sum(FULL_COUNTS.values()):
            return load_index(db.session())
    except SQLAlchemyError:
        db.session.rollback()
    return register_index()


def _read(file: Path) -> bytes:
    """The bytes of the file, one more than allowed at most. Raises DomainError."""
    try:
        with file.open("rb") as source:
            return source.read(MAX_BYTES + 1)
    except FileNotFoundError as error:
        raise DomainError("file_missing", f"Berkas {file.name} tidak ada.") from error
    except OSError as error:
        raise DomainError("file_unreadable", f"Berkas {file.name} tidak dapat dibuka.") from error


def _refuse(error: DomainError, as_json: bool) -> NoReturn:
    """Exit 2 with the reason: JSON on stdout, or a sentence on stderr."""
    if as_json:
        click.echo(json.dumps({"error": {"code": error.code, "message": error.message}}, ensure_ascii=False))
    else:
        click.echo(error.message, err=True)
    sys.exit(EXIT_REFUSED)


def _quiet() -> None:
    """Logs go to stderr, so that stdout holds the answer alone."""
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING)


def _answer(preview: RosterPreview) -> dict[str, Any]:
    answer = preview.to_json()
    for issue in (*answer["bad_rows"], *answer["warnings"]):
        issue["message"] = without_numbers(issue["message"])
    return answer


@group.command("preview")
@_file
@_json
def preview_command(file: Path, as_json: bool) -> None:
    """Say what a roster holds and which rows cannot come in. Writes nothing."""
    _quiet()
    try:
        content = _read(file)
        checked = check_roster_file(content, file_name=file.name, now=clock.now(), index=_index())
    except DomainError as error:
        _refuse(error, as_json)
    answer = _answer(checked.preview)
    if as_json:
        click.echo(json.dumps(answer, ensure_ascii=False, indent=1))
    else:
        _table(checked, answer)


def _table(checked: CheckedFile, answer: dict[str, Any]) -> None:
    name = checked.preview.regency_name or "wilayah tidak dikenali"
    click.echo(f"{name} ({answer['regency'] or '-'})")
    click.echo(f"{answer['cooperatives']:>7}  koperasi")
    for kind, count in answer["kinds"].items():
        click.echo(f"{count:>11}  {kind_label(kind)}")
    click.echo(f"{answer['people']:>7}  orang")
    for post, count in answer["posts"].items():
        click.echo(f"{count:>11}  {POST_LABELS[post]}")
    for title, key in (("baris bermasalah", "bad_rows"), ("peringatan", "warnings")):
        click.echo(f"{len(answer[key]):>7}  {title}")
        for issue in answer[key]:
            click.echo(f"   baris {issue['row']:>5}  {issue['message']}")


@group.command("import")
@_file
@click.option("--program", required=True, help="Code of the training program, such as KOP-PGR.")
@click.option("--only-good", is_flag=True, help="Leave bad rows out instead of refusing the file.")
@_json
def import_command(file: Path, program: str, only_good: bool, as_json: bool) -> None:
    """Save a roster as nominations for a program. The same file again changes nothing."""
    _quiet()
    now = clock.now()
    try:
        content = _read(file)
        found = find_program_by_code(program)
        if found is None:
            raise DomainError("program_unknown", f"Program dengan kode {program} tidak ada.")
        program_id = found.id
        checked = check_roster_file(content, file_name=file.name, now=now)
        job_id, import_id = _start(checked, program_id, only_good)
        result = _run(job_id, import_id, show=not as_json)
    except SQLAlchemyError as error:
        _refuse(_not_ready(error), as_json)
    except DomainError as error:
        _refuse(error, as_json)
    counts = {name: result[name] for name in OUTCOMES} | {"bad": len(checked.preview.bad_rows)}
    if as_json:
        click.echo(json.dumps(counts))
    else:
        words = (("new", "baru"), ("updated", "diperbarui"), ("unchanged", "tetap"), ("bad", "bermasalah"))
        click.echo(", ".join(f"{counts[key]} {word}" for key, word in words))


def _not_ready(error: SQLAlchemyError) -> DomainError:
    structlog.get_logger().error("roster.database", error=type(error).__name__)
    return DomainError("database", "Basis data belum siap atau tidak terjangkau. Jalankan `make run` dulu.")


def _start(checked: CheckedFile, program_id: int, only_good: bool) -> tuple[int, int]:
    """(job id, import id). A file that may not be saved as it is leaves nothing behind."""
    now = clock.now()
    with transaction():
        kept = keep_preview(checked=checked, program_id=program_id, actor=SYSTEM, now=now)
        if checked.preview.bad_rows and not only_good:
            count = len(checked.preview.bad_rows)
            raise DomainError(
                "bad_rows_left", f"{count} baris bermasalah. Tambahkan --only-good, atau perbaiki berkasnya."
            )
        job = start_import(import_id=kept.id, only_good=only_good, actor=SYSTEM, now=now)
        return job.id, kept.id


def _run(job_id: int, import_id: int, *, show: bool) -> dict[str, int]:
    """Work through the job here, or wait for the runner that took it first; progress on stderr."""
    while True:
        jobs.run_pending()
        db.session.rollback()
        db.session.expire_all()
        job = db.session.get_one(jobs.Job, job_id)
        if show:
            click.echo(f"{job.done} dari {job.total}", err=True)
        if job.state == "failed":
            raise DomainError("import_failed", job.error)
        if job.state == "done":
            result: dict[str, int] = db.session.get_one(RosterImport, import_id).summary["result"]
            return result
        time.sleep(0.2)


def install(app: Flask) -> None:
    """Add the commands."""
    app.cli.add_command(group)
