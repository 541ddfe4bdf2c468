"""The one account that no other account can make: `flask --app wsgi accounts first-admin LOGIN`."""

from __future__ import annotations

import click
from flask import Flask
from flask.cli import AppGroup

from portal.accounts import passwords, queries, services
from portal.core import clock
from portal.core.db import transaction
from portal.core.errors import DomainError
from portal.core.permissions import SYSTEM, Role

group = AppGroup("accounts", help="Accounts of the portal.")


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
    except DomainError as error:
        raise click.ClickException(error.message) from None
    click.echo(f"Pengelola portal pertama: {user.login}")


def install(app: Flask) -> None:
    """Add the commands."""
    app.cli.add_command(group)
