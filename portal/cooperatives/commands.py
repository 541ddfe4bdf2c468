"""`flask --app wsgi registry preview FILE` and `registry import FILE`: registers of cooperatives."""

from __future__ import annotations

import json
import logging
import sys
import time
from pathlib import Path
from typing import Any, NoReturn

import click
import structlog
from flask import Flask
from flask.cli import AppGroup
from sqlalchemy.exc import SQLAlchemyError

from portal.cooperatives.labels_register import reason_text
from portal.cooperatives.models import RegistryImport
from portal.cooperatives.queries.registry import bad_rows
from portal.cooperatives.register.file import MAX_BYTES, read_register_file
from portal.cooperatives.register.reading import OUTCOMES
from portal.cooperatives.services.registry import (
    discard_registry_import,
    keep_register,
    start_registry_import,
)
from portal.core import clock, jobs
from portal.core.db import db, transaction
from portal.core.errors import DomainError
from portal.core.permissions import SYSTEM

EXIT_REFUSED = 2
#: Bad rows listed one by one; the others are counted.
LISTED = 1000
_file = click.argument("file", type=click.Path(path_type=Path))
_json = click.option("--json", "as_json", is_flag=True, help="JSON alone on stdout.")
group = AppGroup("registry", help="Registers of cooperatives.")


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


def _not_ready(error: SQLAlchemyError) -> DomainError:
    structlog.get_logger().error("registry.database", error=type(error).__name__)
    return DomainError("database", "Basis data belum siap atau tidak terjangkau. Jalankan `make run` dulu.")


def _judge(file: Path, show: bool) -> int:
    """Read a file and judge its rows; the id of the import."""
    read = read_register_file(_read(file), file.name)
    with transaction():
        found = keep_register(read=read, actor=SYSTEM, now=clock.now())
        import_id, job_id = found.id, found.job_id
    _run(job_id, show=show)
    return import_id


def _run(job_id: int | None, *, show: bool) -> None:
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
            return
        time.sleep(0.2)


def _summary(import_id: int) -> dict[str, Any]:
    summary: dict[str, Any] = db.session.get_one(RegistryImport, import_id).summary
    return summary


def _quiet() -> None:
    """Logs go to stderr, so that stdout holds the answer alone."""
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING)


@group.command("preview")
@_file
@_json
def preview_command(file: Path, as_json: bool) -> None:
    """Say what a register would change and which rows cannot come in. The registry stays as it is."""
    _quiet()
    try:
        import_id = _judge(file, show=not as_json)
        summary, rows = _summary(import_id), bad_rows(import_id, LISTED)
        with transaction():
            discard_registry_import(import_id=import_id, actor=SYSTEM, now=clock.now())
    except SQLAlchemyError as error:
        _refuse(_not_ready(error), as_json)
    except DomainError as error:
        _refuse(error, as_json)
    answer = {"rows": summary["rows"]} | {name: summary[name] for name in OUTCOMES}
    if as_json:
        listed = [
            {"row": row, "reason": reason, "message": reason_text(reason)} for row, reason, _data in rows
        ]
        click.echo(json.dumps(answer | {"bad_rows": listed}, ensure_ascii=False, indent=1))
        return
    _table(answer)
    for row, reason, _data in rows:
        click.echo(f"   baris {row:>6}  {reason_text(reason)}")


def _table(counts: dict[str, int]) -> None:
    words = {"rows": "baris", "new": "baru", "changed": "berubah", "same": "sama", "bad": "bermasalah"}
    click.echo("\n".join(f"{counts[name]:>7}  {words[name]}" for name in words if name in counts))


@group.command("import")
@_file
@click.option("--only-good", is_flag=True, help="Leave bad rows out instead of refusing the file.")
@_json
def import_command(file: Path, only_good: bool, as_json: bool) -> None:
    """Bring a register into the registry. The same file again changes nothing."""
    _quiet()
    try:
        import_id = _judge(file, show=not as_json)
        counts = _apply(import_id, only_good, show=not as_json)
    except SQLAlchemyError as error:
        _refuse(_not_ready(error), as_json)
    except DomainError as error:
        _refuse(error, as_json)
    if as_json:
        click.echo(json.dumps(counts))
    else:
        _table(counts)


def _apply(import_id: int, only_good: bool, show: bool) -> dict[str, int]:
    """Write what was judged; a file that may not be written as it is leaves nothing behind."""
    summary = _summary(import_id)
    now = clock.now()
    if not summary["new"] + summary["changed"] and (only_good or not summary["bad"]):
        with transaction():
            discard_registry_import(import_id=import_id, actor=SYSTEM, now=now)
        return {name: summary[name] for name in OUTCOMES}
    try:
        with transaction():
            job_id = start_registry_import(import_id=import_id, only_good=only_good, actor=SYSTEM, now=now).id
    except DomainError:
        with transaction():
            discard_registry_import(import_id=import_id, actor=SYSTEM, now=now)
        raise
    _run(job_id, show=show)
    result: dict[str, int] = _summary(import_id)["result"]
    return result


def install(app: Flask) -> None:
    """Add the commands."""
    app.cli.add_command(group)
