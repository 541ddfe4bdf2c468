"""The app as tests see it: settings made in code, requests that share nothing with the test."""

from __future__ import annotations

import base64
import contextvars
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest import mock

import sqlalchemy as sa
from argon2 import PasswordHasher, Type
from flask import Flask
from flask.testing import FlaskClient

from portal import create_app
from portal.accounts import passwords
from portal.certificates import keystore
from portal.core import clock
from portal.core.db import db, engine_options, transaction
from portal.core.permissions import SYSTEM
from portal.settings import Settings

BASE_URL = "http://localhost"
REGIONS = ("61.05",)  # Sintang: what tests need of 91,000 districts and villages
MOST_THREADS = 50
#: A run seals some ten thousand keys and hashes as many passwords; that is no test of how dear they are.
CHEAP_SCRYPT = {"n": 2**10, "r": 8, "p": 1}
CHEAP_HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1, type=Type.ID)
LOADED_AT = datetime(2026, 1, 1, tzinfo=UTC)


def make_settings(url: str, folder: Path) -> Settings:
    """Settings of a development portal on `url`, all its files below `folder`."""
    passphrase = folder / "keystore-passphrase"
    passphrase.write_text("a passphrase that only tests use")
    keys = [base64.urlsafe_b64encode(bytes([number]) * 32).decode() for number in (1, 2)]
    return Settings(
        env="development",
        base_url=BASE_URL,
        database_url=url,
        instance=folder,
        secret_key="a secret key that only tests use, 32+",
        field_keys=f"f1:{keys[0]},x1:{keys[1]}",
        keystore_dir=folder / "keys",
        keystore_passphrase_file=passphrase,
        workers=1,
        testing=True,
    )


class SeparateClient(FlaskClient):
    """Sends each request outside the test's application context, as a real server would.

    Flask would reuse a pushed context, and with it the session and everything cached on `g`.
    """

    def open(self, *args: Any, **kwargs: Any) -> Any:
        """Send one request; a read that the test's own session had open is ended."""
        if contextvars.copy_context().get(_app_context()) is not None:
            db.session.rollback()
        return contextvars.Context().run(super().open, *args, **kwargs)


def _app_context() -> contextvars.ContextVar[Any]:
    from flask.globals import _cv_app

    return _cv_app


def make_app(url: str, folder: Path) -> Flask:
    """create_app() for tests. On PostgreSQL every thread of a race has a connection of its own: with the ten
    of a worker process, ten of the forty would be at it and thirty would wait for one."""
    keystore._SCRYPT, passwords._hasher = CHEAP_SCRYPT, CHEAP_HASHER
    with mock.patch("portal.engine_options", _for_races):
        app = create_app(make_settings(url, folder))
    app.test_client_class = SeparateClient
    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            sa.event.listen(db.engine, "connect", _be_patient)
    return app


def _be_patient(raw: Any, _record: Any) -> None:
    """SQLite hands its lock to no queue: of forty at once on a busy machine one may wait longer than the ten
    seconds after which the portal gives up, which says nothing about the race."""
    raw.execute("PRAGMA busy_timeout=120000")


def _for_races(url: str) -> dict[str, Any]:
    """On SQLite one writes at a time in any case, and forty who poll its lock sleep more than they try."""
    options = engine_options(url)
    return options | {"pool_size": MOST_THREADS} if "pool_size" in options else options


def build_template(url: str) -> None:
    """Bring the empty database at `url` to the newest schema, with the regions that tests need."""
    folder = Path(os.environ["PORTAL_TEST_RUN"]) / "template"
    folder.mkdir(exist_ok=True)
    app = make_app(url, folder)
    with app.app_context():
        migrate(app)
        load_regions()
        if db.engine.dialect.name == "sqlite":
            with db.engine.connect() as connection:
                connection.exec_driver_sql("ROLLBACK")
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        db.session.remove()
        db.engine.dispose()


def migrate(app: Flask, target: str = "head") -> None:
    """Upgrade the app's database to `target` the way `flask db upgrade` does."""
    from flask_migrate import upgrade

    with app.app_context():
        upgrade(revision=target)


def load_regions() -> None:
    """Load all provinces and regencies, and the districts and villages of REGIONS."""
    from portal.regions import services

    with transaction():
        services.load_regions(actor=SYSTEM, now=clock.now(), only=REGIONS)
