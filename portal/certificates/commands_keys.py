"""`flask keys create|rotate|revoke|list|trust`: the signing keys, from the machine itself."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Any, NoReturn, get_args

import click
from flask import current_app
from flask.cli import AppGroup

from portal.certificates.keys import keys
from portal.certificates.keystore import KeyEntry, KeyStoreError, Purpose
from portal.certificates.services import keys as services
from portal.core import clock
from portal.core.db import transaction
from portal.core.errors import DomainError
from portal.core.permissions import SYSTEM

group = AppGroup("keys", help="Signing keys: create, rotate, revoke, list, and the root's signed list.")
as_json = click.option("--json", "is_json", is_flag=True, help="JSON alone on stdout.")
purpose_argument = click.argument("purpose", type=click.Choice(get_args(Purpose)))
center_option = click.option("--center", help="Code of the training center, for certificate keys.")
year_option = click.option("--year", type=int, help="Calendar year, for certificate keys.")


def _fail(code: str, message: str, is_json: bool) -> NoReturn:
    if is_json:
        click.echo(json.dumps({"error": {"code": code, "message": message}}, ensure_ascii=False))
    else:
        click.echo(message, err=True)
    raise SystemExit(2)


def _run(work: Callable[[], Any], is_json: bool) -> Any:
    try:
        with transaction():
            return work()
    except DomainError as error:
        _fail(error.code, error.message or error.code, is_json)


def _tell(entry: KeyEntry, is_json: bool) -> None:
    if is_json:
        click.echo(json.dumps(asdict(entry)))
    else:
        click.echo(entry.kid)


@group.command("create")
@purpose_argument
@center_option
@year_option
@as_json
def create(purpose: Purpose, center: str | None, year: int | None, is_json: bool) -> None:
    """Make one more key of PURPOSE: certificate (with --center and --year), status, log, jwt or root."""
    now = clock.now()
    entry = _run(
        lambda: services.create_key(purpose=purpose, center_code=center, year=year, actor=SYSTEM, now=now),
        is_json,
    )
    _tell(entry, is_json)


@group.command("rotate")
@purpose_argument
@center_option
@year_option
@as_json
def rotate(purpose: Purpose, center: str | None, year: int | None, is_json: bool) -> None:
    """Make the next key of PURPOSE; those before it sign no more and stay valid for what they signed."""
    now = clock.now()
    entry = _run(
        lambda: services.rotate_key(purpose=purpose, center_code=center, year=year, actor=SYSTEM, now=now),
        is_json,
    )
    _tell(entry, is_json)


@group.command("revoke")
@click.argument("kid")
@click.option("--at", "at_index", type=int, help="First log index not vouched for. Default: the next.")
@click.option("--reason", required=True, help="For the audit trail.")
@as_json
def revoke(kid: str, at_index: int | None, reason: str, is_json: bool) -> None:
    """Take the trust from KID: what the log holds from --at on does not verify any more."""
    now = clock.now()
    entry = _run(
        lambda: services.revoke_key(kid=kid, at_index=at_index, reason=reason, actor=SYSTEM, now=now), is_json
    )
    if is_json:
        _tell(entry, True)
    else:
        click.echo(f"{entry.kid} dicabut mulai catatan {entry.revoked_at}")


@group.command("trust")
@as_json
def trust(is_json: bool) -> None:
    """Have the root sign the list of keys (trust.json); needed after each new key if the root is offline."""
    base_url, now = current_app.extensions["portal_settings"].base_url, clock.now()
    document = _run(
        lambda: services.publish_trust(base_url=base_url, actor=SYSTEM, now=now),
        is_json,
    )
    if is_json:
        click.echo(json.dumps(document))
    else:
        click.echo(f"{len(document['keys'])} kunci ditandatangani {document['root']['kid']}")


@group.command("list")
@as_json
def list_keys(is_json: bool) -> None:
    """Every key with its state. Marks keys that the signed list does not name yet."""
    try:
        entries, root, published = keys().entries(), keys().root.entries(), keys().published_trust()
    except KeyStoreError as error:
        _fail(error.code, error.message, is_json)
    if is_json:
        click.echo(json.dumps([asdict(entry) for entry in [*entries, *root]]))
        return
    named = {key["kid"] for key in published["keys"]} if published else set()
    for entry in entries:
        _line(entry, " (tunggu akar)" if not root and entry.kid not in named else "")
    for entry in root:
        _line(entry)


def _line(entry: KeyEntry, remark: str = "") -> None:
    click.echo(f"{entry.kid:<28} {entry.purpose:<12} {_state(entry)}{remark}")


def _state(entry: KeyEntry) -> str:
    if entry.revoked:
        return f"dicabut {entry.revoked} mulai catatan {entry.revoked_at}"
    return f"berhenti {entry.retired}" if entry.retired else "aktif"
