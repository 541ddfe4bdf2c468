"""`flask fields`: the keys of protected values, for whoever runs the server (docs/deployment.md)."""

from __future__ import annotations

import base64
import json
import re
import secrets
import time
from typing import Any

import click
from flask import Flask, current_app
from flask.cli import AppGroup

from portal.core import clock, jobs, rotation
from portal.core.crypto import cipher
from portal.core.db import db, transaction
from portal.core.errors import Conflict
from portal.core.permissions import SYSTEM

fields = AppGroup("fields", help="The keys that protect identity numbers and other fields.")
as_json = click.option("--json", "is_json", is_flag=True, help="JSON alone on stdout.")


def _say(line: str) -> None:
    click.echo(line, err=True)


@fields.command("status")
@as_json
def status(is_json: bool) -> None:
    """How many values are under which key, by column; exit 1 while some are not under the current one."""
    columns = rotation.key_status()
    stale = sum(column["stale"] for column in columns)
    known = cipher()
    found: dict[str, Any] = {
        "field_keys": list(known.field_keys), "index_keys": list(known.index_keys), "stale": stale,
        "columns": columns,
    }  # fmt: skip
    if is_json:
        click.echo(json.dumps(found, indent=2))
    else:
        for column in columns:
            keys = ", ".join(f"{key}: {count}" for key, count in sorted(column["by_key"].items()))
            index = ", ".join(f"{k}: {n}" for k, n in sorted(column.get("by_index_key", {}).items()))
            click.echo(
                f"{column['column']:<36} {column['rows']:>8}  {keys}{'; index ' + index if index else ''}"
            )
        _say(f"{stale} values to move to {known.field_key} and {known.index_key}")
    if stale:
        raise SystemExit(1)


@fields.command("rotate")
@as_json
def rotate(is_json: bool) -> None:
    """Move everything to the current keys while the portal serves. Safe to repeat and to interrupt; exit 1
    when values do not open."""
    with db.session.no_autoflush:
        job = rotation.latest_rotation()
    with transaction():
        if job is not None and job.state == "failed":
            job = jobs.retry_job(job_id=job.id, actor=SYSTEM, now=clock.now())
        else:
            try:
                job = rotation.start_rotation(actor=SYSTEM, now=clock.now())
            except Conflict:
                job = rotation.open_rotation()
    assert job is not None
    result = _work(job.id)
    if is_json:
        click.echo(json.dumps(result, indent=2))
    else:
        for column, row, problem in result["faults"]:
            click.echo(f"{column} row {row}: {problem}")
        counts = f"{result['moved']} values moved, {result['fault_count']} faults"
        _say(f"{result['state']}: {counts}{result['error']}")
    if result["state"] != "done" or result["fault_count"]:
        raise SystemExit(1)


def _work(job_id: int) -> dict[str, Any]:
    """Run the job here, or watch whoever has it; answers its outcome."""
    while True:
        jobs.run_pending()
        job = db.session.get(jobs.Job, job_id, populate_existing=True)
        assert job is not None
        facts = {
            "state": job.state, "moved": job.result.get("moved", 0), "faults": job.result.get("faults", []),
            "fault_count": job.result.get("fault_count", 0), "error": f". {job.error}" if job.error else "",
        }  # fmt: skip
        is_over, line = job.is_over, f"{job.done} of {job.total}"
        db.session.rollback()
        if is_over:
            return facts
        _say(line)
        time.sleep(0.5)


@fields.command("check")
@as_json
def check(is_json: bool) -> None:
    """Open every protected value and compare its index; exit 1 with a line for each that does not open."""
    faults = [[fault.column, fault.row, fault.problem] for fault in rotation.check_values()]
    if is_json:
        click.echo(json.dumps({"faults": faults}, indent=2))
    else:
        for column, row, problem in faults:
            click.echo(f"{column} row {row}: {problem}")
        _say(f"{len(faults)} faults")
    if faults:
        raise SystemExit(1)


@fields.command("new-key")
@click.option("--behind", is_flag=True, help="Known but not yet used: for a rolling restart.")
def new_key(behind: bool) -> None:
    """Print FIELD_KEYS with a new pair of keys in front (or behind). Nothing is stored: put it where the
    other secrets are. The keys that are there keep their place."""
    parts = [
        part.strip()
        for part in current_app.extensions["portal_settings"].field_keys.split(",")
        if part.strip()
    ]
    number = 1 + max((int(n) for part in parts for n in re.findall(r"^[fx](\d+):", part)), default=0)
    fresh = [f"{kind}{number}:{_draw()}" for kind in "fx"]
    click.echo(f"FIELD_KEYS={','.join([*parts, *fresh] if behind else [*fresh, *parts])}")


def _draw() -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode().rstrip("=")


def install(app: Flask) -> None:
    """Add the commands."""
    app.cli.add_command(fields)
