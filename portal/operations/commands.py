"""Commands for whoever runs the portal. With --json, JSON alone on stdout and everything else on stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

import click
import sqlalchemy as sa
from flask import Flask, current_app
from flask.cli import AppGroup, with_appcontext
from sqlalchemy.exc import DatabaseError

from portal.certificates.services.keys import ensure_keys
from portal.core import audit, clock
from portal.core.db import db, transaction
from portal.core.errors import DomainError
from portal.core.permissions import SYSTEM
from portal.operations import field_commands
from portal.operations.demo import (
    DemoRefused,
    demo_accounts,
    demo_codes,
    demo_state,
    make_demo,
    refuse_demo,
    refuse_half_demo,
)
from portal.operations.demo.country import make_country
from portal.operations.demo.making import HALF_MADE
from portal.operations.scenario.command import scenario
from portal.operations.setup import load_reference, migrate

demo = AppGroup("demo", help="Made-up cooperatives, people and accounts; refused in production.")
audit_group = AppGroup("audit", help="The audit trail.")
as_json = click.option("--json", "is_json", is_flag=True, help="JSON alone on stdout.")


def say(line: str) -> None:
    """One line for the person at the terminal, on stderr: stdout belongs to the answer."""
    click.echo(line, err=True)


def answer(data: Any) -> None:
    """The answer as JSON, alone on stdout."""
    click.echo(json.dumps(data, ensure_ascii=False, indent=2))


def fail(code: str, message: str, is_json: bool) -> NoReturn:
    """End with exit 2 and the error as JSON, or with exit 1 and one sentence."""
    if is_json:
        answer({"error": {"code": code, "message": message}})
        raise SystemExit(2)
    raise click.ClickException(message)


def _open_demo(is_json: bool) -> None:
    """Only a whole demo in development is shown."""
    if current_app.extensions["portal_settings"].is_production:
        fail("production", "Data contoh tidak ada pada portal produksi.", is_json)
    try:
        refuse_half_demo()
        is_there = demo_state() == "whole"
    except DemoRefused as refused:
        fail("demo_incomplete", str(refused), is_json)
    except DatabaseError:  # not migrated yet
        is_there = False
    if not is_there:
        fail("no_demo", "Belum ada data contoh. Jalankan `flask --app wsgi demo load`.", is_json)


@contextmanager
def _bar(label: str, total: int) -> Iterator[Callable[[int], None]]:
    """A progress bar on stderr; where that is no terminal, a line at the end."""
    began = clock.now()
    with click.progressbar(length=total, label=f"  {label:<14}", file=sys.stderr, show_pos=True) as shown:
        yield shown.update
    say(f"  {label}: {total:,}, {(clock.now() - began).seconds} s")


@demo.command("load")
@click.option("--scale", type=click.Choice(["demo", "country"]), default="demo", help="How much of it.")
def load(scale: str) -> None:
    """Migrate, load the reference data and make the demo in an empty database.

    `--scale country`: 83,000 cooperatives, 660,000 people on their boards, 500,000 certificates.
    """
    try:
        if current_app.extensions["portal_settings"].is_production:
            raise DemoRefused(
                "Data contoh ditolak: portal ini berjalan sebagai produksi (PORTAL_ENV=production)."
            )
        prepare()
        refuse_demo()
        try:
            if scale == "country":
                make_country(now=clock.now(), bar=_bar)
            else:
                make_demo(now=clock.now(), say=say)
        except KeyboardInterrupt:
            raise DemoRefused(HALF_MADE) from None
    except (DemoRefused, DomainError) as refused:
        raise click.ClickException(str(refused)) from None
    say("Data contoh siap.")


@demo.command("codes")
@as_json
def codes(is_json: bool) -> None:
    """Certificate codes by the state that the public check finds."""
    _open_demo(is_json)
    found = demo_codes(clock.now())
    if is_json:
        answer(found)
        return
    for state, listed in found.items():
        click.echo(f"{state:<10} {len(listed):>5}  {' '.join(listed[:3])}")


@demo.command("accounts")
@as_json
def accounts(is_json: bool) -> None:
    """The demo's accounts by role."""
    _open_demo(is_json)
    found = demo_accounts()
    if is_json:
        answer(found)
        return
    for role, entries in found.items():
        for entry in entries:
            click.echo(f"{role:<18} {entry['login']:<24} {entry['password']:<20} {entry['scope']}")


@audit_group.command("check")
@as_json
def check(is_json: bool) -> None:
    """Recompute the whole chain; exit 1 with a sentence for each edit, removal, swap or truncation."""
    try:
        faults = list(audit.check_chain(db.session()))
        events = db.session.scalar(sa.select(sa.func.count()).select_from(audit.AuditEvent)) or 0
    except DatabaseError:
        fail("database", "Basis data belum siap. Jalankan `flask --app wsgi setup`.", is_json)
    if is_json:
        answer({"events": events, "faults": faults})
    else:
        for fault in faults:
            click.echo(fault)
        say(f"{events} events, {len(faults)} faults" if faults else f"{events} events, the chain is whole")
    if faults:
        raise SystemExit(1)


def prepare() -> None:
    """Newest schema, reference data, signing keys; what is there stays. Raises DomainError for lost keys."""
    migrate(current_app)
    load_reference(clock.now(), say)
    with transaction():
        made = ensure_keys(actor=SYSTEM, now=clock.now())
    if made:
        say(f"Kunci dibuat: {', '.join(made)}")


@click.command("setup")
@with_appcontext
def setup() -> None:
    """Bring the database to the newest schema and load regions, programs and centers. Safe to repeat."""
    try:
        prepare()
    except DomainError as error:
        raise click.ClickException(error.message) from None
    say("Basis data siap.")


def install(app: Flask) -> None:
    """Add the commands."""
    app.cli.add_command(demo)
    app.cli.add_command(audit_group)
    app.cli.add_command(setup)
    app.cli.add_command(scenario)
    field_commands.install(app)
