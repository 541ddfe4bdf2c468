"""`flask privacy retention`: sweep what is kept too long, or only say what is due."""

from __future__ import annotations

import json
from typing import Any

import click
from flask import Flask
from flask.cli import AppGroup

from portal.core import clock, jobs, retention
from portal.core.db import transaction
from portal.core.errors import Conflict
from portal.core.permissions import SYSTEM

group = AppGroup("privacy", help="Rights over personal data.")


def install(app: Flask) -> None:
    """Add the commands."""
    app.cli.add_command(group)


@group.command("retention")
@click.option("--dry-run", is_flag=True, help="Only say what is due.")
@click.option("--json", "is_json", is_flag=True, help="JSON alone on stdout.")
def sweep(dry_run: bool, is_json: bool) -> None:
    """Remove or wipe what is older than its rule allows, in short transactions; exit 1 when it failed."""
    job = None if dry_run else _run(is_json)
    counts: dict[str, int] = job.result.get("counts", {}) if job else {}
    found = [
        {
            "rule": one.rule.code,
            "days": one.rule.after.days,
            "due": one.due,
            "oldest": one.oldest.isoformat() if one.oldest else None,
            "done": counts.get(one.rule.code, 0),
        }
        for one in retention.standings(clock.now())
    ]
    if is_json:
        click.echo(json.dumps({"dry_run": dry_run, "rules": found}, indent=2))
    else:
        for row in found:
            click.echo(f"{row['rule']:<12} {row['days']:>4} days  due {row['due']:>6}  done {row['done']:>6}")
    if job is not None and job.state != "done":
        raise SystemExit(1)


def _run(is_json: bool) -> Any:
    try:
        with transaction():
            job_id = retention.start_run(actor=SYSTEM, now=clock.now()).id
    except Conflict as error:
        if is_json:
            click.echo(json.dumps({"error": {"code": error.code, "message": error.message}}))
            raise SystemExit(2) from None
        raise click.ClickException(error.message) from None
    jobs.run_pending()
    return jobs.find_job(job_id)
