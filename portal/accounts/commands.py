"""Accounts from the machine itself: the first administrator, a way back for the last one, a list, an end.

With --json, JSON alone on stdout and everything else on stderr; errors are then `{"error": ...}` and exit 2.
"""

from __future__ import annotations

import json
from typing import Any, NoReturn

import click
from flask import Flask, current_app
from flask.cli import AppGroup

from portal.accounts import passwords, queries, services
from portal.accounts.models import User
from portal.accounts.queries.commands import list_accounts
from portal.accounts.services import recovery
from portal.core import clock
from portal.core.db import transaction
from portal.core.errors import DomainError
from portal.core.permissions import SYSTEM, Role

group = AppGroup("accounts", help="Accounts of the portal.")
as_json = click.option("--json", "is_json", is_flag=True, help="JSON alone on stdout.")
why = click.option("--reason", required=True, help="Kept in the audit trail: who asked, how it was checked.")


def _fail(error: DomainError, is_json: bool = False) -> NoReturn:
    if is_json:
        _print({"error": {"code": error.code, "message": error.message}})
        raise SystemExit(2)
    raise click.ClickException(error.message)


def _print(data: Any) -> None:
    click.echo(json.dumps(data, ensure_ascii=False, indent=2))


def _user(login: str) -> User:
    found = queries.find_user(login)
    if found is None:
        raise DomainError("account_unknown", f"Tidak ada akun dengan nama masuk {login!r}.")
    return found


def _told(reason: str) -> str:
    text = " ".join(reason.split())
    if len(text) < 5:
        raise DomainError("reason_missing", "Tulis alasannya, misalnya “surat tugas 12/2026”.")
    return text


@group.command("first-admin")
@click.argument("login")
@click.option("--name", prompt="Nama lengkap", help="Full name of the administrator.")
@click.password_option(help="Asked for when it is left out, so that it stays out of the shell's history.")
def first_admin(login: str, name: str, password: str) -> None:
    """Make the first platform administrator. Refused once there is one."""
    now = clock.now()
    try:
        hashed = passwords.protect(password, (login, name))
        with transaction():
            if queries.has_admin(now):
                raise DomainError(
                    "admin_exists", "Sudah ada pengelola portal; ia memberi peran di /admin/peran."
                )
            user = services.create_user(login=login, name=name, password=hashed, actor=SYSTEM, now=now)
            services.grant_role(
                user_id=user.id,
                role=Role.PLATFORM_ADMIN,
                scope_kind="all",
                starts_on=queries.today(now),
                reason="pengelola pertama",
                actor=SYSTEM,
                now=now,
            )
            made = user.login
    except DomainError as error:
        _fail(error)
    click.echo(f"Pengelola portal pertama: {made}")
    click.echo(
        "Saat pertama kali masuk, portal meminta langkah kedua dipasang: siapkan ponsel dengan aplikasi kode."
    )


@group.command("recover")
@click.argument("login")
@why
@as_json
def recover(login: str, reason: str, is_json: bool) -> None:
    """Make a one-time code for a platform administrator whom no colleague can recover.

    It counts for 24 hours at /pulihkan, together with the sign-in name; the password, factors and sessions of
    before end then. Everybody else is recovered by two people, at /pemulihan.
    """
    now = clock.now()
    try:
        told = _told(reason)
        with transaction():
            user = _user(login)
            if not queries.actor_of(user.id, now).has_role(Role.PLATFORM_ADMIN):
                raise DomainError(
                    "not_admin",
                    "Hanya untuk pengelola portal. Akun lain dipulihkan oleh dua orang di portal.",
                )
            asked = recovery.ask_recovery(user_id=user.id, reason=told, actor=SYSTEM, now=now)
            row, code = recovery.decide_recovery(
                request_id=asked.id, approve=True, note="operator", actor=SYSTEM, now=now
            )
            name, until = user.login, row.expires_at
    except DomainError as error:
        _fail(error, is_json)
    shown = "-".join(code[start : start + 4] for start in range(0, len(code), 4))
    if is_json:
        _print({"login": name, "code": shown, "expires_at": until.isoformat(timespec="seconds")})
        return
    click.echo(f"Kode pemulihan untuk {name}: {shown}")
    click.echo(
        f"Berlaku sekali, 24 jam, di {_address('/pulihkan')} Bacakan langsung kepada orangnya.", err=True
    )


def _address(path: str) -> str:
    return f"{current_app.extensions['portal_settings'].base_url}{path}."


@group.command("list")
@click.option("--staff", is_flag=True, help="Only accounts with a role.")
@as_json
def list_command(staff: bool, is_json: bool) -> None:
    """Accounts with their roles, factors and last sign-in. No names, contacts or people."""
    found = list_accounts(clock.now(), staff_only=staff)
    if is_json:
        _print(found)
        return
    for one in found:
        state = "" if one["active"] else " (ditutup)"
        seen = (one["last_sign_in"] or "-")[:10]
        factors = ",".join(one["factors"]) or "-"
        click.echo(f"{one['login']:<24} {seen:<10} {factors:<28} {'; '.join(one['roles']) or '-'}{state}")


@group.command("close")
@click.argument("login")
@why
@as_json
def close(login: str, reason: str, is_json: bool) -> None:
    """Close an account; its sessions end at once. Refused for the last administrator."""
    try:
        told = _told(reason)
        with transaction():
            user = _user(login)
            was_open = user.is_active
            services.set_account_active(
                user_id=user.id, is_active=False, reason=told, actor=SYSTEM, now=clock.now()
            )
            name = user.login
    except DomainError as error:
        _fail(error, is_json)
    if is_json:
        _print({"login": name, "closed": was_open})
        return
    click.echo(f"Akun {name} ditutup." if was_open else f"Akun {name} sudah ditutup.")


def install(app: Flask) -> None:
    """Add the commands."""
    app.cli.add_command(group)
