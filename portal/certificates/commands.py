"""`flask certificates issue|export` (FLOWS: Command line and JSON)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
from flask import Flask, current_app
from flask.cli import AppGroup

from portal.accounts.queries import actor_of, find_user
from portal.certificates import commands_keys, commands_log, queries
from portal.certificates.export import export_certificate
from portal.certificates.models import Certificate
from portal.certificates.services import decide_request, prepare_issue
from portal.core import clock, jobs
from portal.core.db import transaction
from portal.core.errors import DomainError
from portal.core.permissions import Actor

group = AppGroup("certificates", help="Issue and export certificates.")


def install(app: Flask) -> None:
    """Add the commands."""
    app.cli.add_command(group)
    app.cli.add_command(commands_keys.group)
    app.cli.add_command(commands_log.group)


def _fail(code: str, message: str, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps({"error": {"code": code, "message": message}}, ensure_ascii=False))
    else:
        click.echo(message, err=True)
    raise SystemExit(2)


def _person(login: str) -> Actor:
    user = find_user(login)
    if user is None:
        raise DomainError("account_unknown", f"Akun {login} tidak ada.")
    return actor_of(user.id, clock.now())


@group.command("issue")
@click.option("--batch", "batch_id", type=int, required=True)
@click.option("--issuer", required=True, help="Login of who prepares.")
@click.option("--approver", required=True, help="Login of the center head who approves.")
@click.option("--dry-run", is_flag=True, help="Only say who would be certified.")
@click.option("--json", "as_json", is_flag=True)
def issue(batch_id: int, issuer: str, approver: str, dry_run: bool, as_json: bool) -> None:
    """Prepare and approve the certificates of a batch by two people, and run the issue to its end."""
    try:
        forecast = queries.dry_run(batch_id)
        if not dry_run:
            _issue(batch_id, _person(issuer), _person(approver))
            forecast = queries.dry_run(batch_id)
    except DomainError as error:
        _fail(error.code, error.message or error.code, as_json)
    report = _report(batch_id, forecast)
    if as_json:
        click.echo(json.dumps(report, ensure_ascii=False))
        return
    click.echo(f"siap {len(report['ready'])}, terbit {len(report['issued'])}, belum {len(report['blocked'])}")
    for row in report["blocked"]:
        click.echo(f"  {row['name']}: {'; '.join(reason['message'] for reason in row['reasons'])}")


def _issue(batch_id: int, issuer: Actor, approver: Actor) -> None:
    now = clock.now()
    with transaction():
        request_id = prepare_issue(batch_id=batch_id, actor=issuer, now=now).id
    with transaction():
        job_id = decide_request(request_id=request_id, approve=True, actor=approver, now=now).job_id
    if job_id is not None:
        jobs.run_pending()


def _report(batch_id: int, forecast: queries.IssueForecast) -> dict[str, Any]:
    return {
        "batch": batch_id,
        "final": forecast.is_final,
        "ready": [{"enrollment": row.enrollment_id, "name": row.name} for row in forecast.ready],
        "issued": [{"enrollment": r.enrollment_id, "name": r.name, "code": r.code} for r in forecast.issued],
        "blocked": [
            {
                "enrollment": row.enrollment_id,
                "name": row.name,
                "reasons": [{"code": b.code, "message": b.message, "remedy": b.remedy} for b in row.blockers],
            }
            for row in forecast.blocked
        ],
    }


@group.command("export")
@click.argument("code")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
def export(code: str, folder: Path) -> None:
    """Write what a stranger needs to verify one certificate with their own software."""
    found = queries.certificate_by_code(code)
    if found is None:
        _fail("not_found", "Kode ini tidak ada.", True)
    assert isinstance(found, Certificate)
    base_url = current_app.extensions["portal_settings"].base_url
    try:
        names = export_certificate(found, folder, base_url)
    except DomainError as error:
        _fail(error.code, error.message, True)
    for name in names:
        click.echo(name)
