"""`flask log check|export|monitor`: the transparency log for whoever runs the portal, and for outsiders."""

from __future__ import annotations

import json
from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import NoReturn

import click
from flask.cli import AppGroup
from sqlalchemy.exc import DatabaseError

from portal.certificates import monitor
from portal.certificates.keystore import KeyStoreError
from portal.certificates.logcheck import check_tree, snapshot
from portal.certificates.logdecrees import check_decrees
from portal.certificates.logfiles import export_log
from portal.certificates.logrecords import check_records
from portal.certificates.queries.log import log_size
from portal.certificates.queries.seen import forgotten
from portal.core import clock
from portal.core.errors import DomainError

MOST_FAULTS = 1000
group = AppGroup("log", help="The transparency log.")
as_json = click.option("--json", "is_json", is_flag=True, help="JSON alone on stdout.")


def _fail(code: str, message: str, is_json: bool) -> NoReturn:
    if is_json:
        click.echo(json.dumps({"error": {"code": code, "message": message}}, ensure_ascii=False))
    else:
        click.echo(message, err=True)
    raise SystemExit(2)


def _tell(report: dict[str, object], faults: Iterable[str], summary: str, is_json: bool) -> None:
    """The report and one sentence a fault; exit 1 when there is one."""
    told = list(faults)
    if is_json:
        click.echo(json.dumps(report | {"faults": told}, ensure_ascii=False, indent=2))
    else:
        for fault in told:
            click.echo(fault)
        click.echo(f"{summary}, {len(told)} faults" if told else f"{summary}, all of it fits", err=True)
    if told:
        raise SystemExit(1)


@group.command("check")
@as_json
def check(is_json: bool) -> None:
    """Recompute everything: leaves, hashes, checkpoints, certificates, events. Exit 1 with each fault."""
    try:
        with snapshot() as connection:
            faults = list(islice(check_tree(connection), MOST_FAULTS))
            faults += islice(check_records(connection), MOST_FAULTS)
            faults += islice(check_decrees(connection), MOST_FAULTS)
            faults += forgotten(connection)
        size = log_size()
    except KeyStoreError as error:
        _fail(error.code, error.message, is_json)
    except DatabaseError:
        _fail("database", "Basis data belum siap. Jalankan `flask --app wsgi setup`.", is_json)
    _tell({"leaves": size}, faults, f"{size} leaves", is_json)


@group.command("export")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
def export(folder: Path) -> None:
    """Write the log as static files: FOLDER/checkpoint, FOLDER/tile/... as they are served under /log/."""
    try:
        size, files = export_log(folder)
    except DomainError as error:
        _fail(error.code, error.message or error.code, False)
    click.echo(f"{size} leaves, {files} files", err=True)


@group.command("monitor")
@click.argument("url")
@click.option("--state", type=click.Path(path_type=Path, dir_okay=False), required=True)
@as_json
def watch(url: str, state: Path, is_json: bool) -> None:
    """Watch a portal's log from outside: what is new since the last visit, and whether it is whole."""
    raise SystemExit(monitor.run(url, state, now=clock.now(), is_json=is_json))
