"""Playing the stages in a database of one's own, with a clock on each, and the table at the end."""

from __future__ import annotations

import os
import secrets
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TextIO

import sqlalchemy as sa
from flask import Flask

from portal import create_app
from portal.accounts.services.messages import muted
from portal.core import clock
from portal.core.db import db
from portal.operations.scenario import stages, sums
from portal.operations.scenario.roster import roster_file
from portal.operations.scenario.stages import World
from portal.operations.scenario.verifying import free_port, server, verify_all
from portal.operations.seeds import seeded
from portal.operations.setup import load_reference, migrate
from portal.settings import Settings, load_settings


class DatabaseInUse(RuntimeError):
    """DATABASE_URL names a database that holds tables already."""


@dataclass
class Progress:
    """A bar on a terminal, a line a stage elsewhere; seconds of each stage."""

    out: TextIO = field(default_factory=lambda: sys.stderr)
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[Callable[[int, int], None]]:
        """Time a stage; yields `tell(done, total)`."""
        begun, shown = time.monotonic(), [-1]

        def tell(done: int, total: int) -> None:
            percent = done * 100 // total if total else 100
            if self.out.isatty() and percent > shown[0]:
                shown[0] = percent
                self.out.write(
                    f"\r{name:<12} [{'#' * (percent // 4):<25}] {percent:>3} % ({done} dari {total})"
                )
                self.out.flush()

        yield tell
        self.seconds[name] = time.monotonic() - begun
        end = "\r" if self.out.isatty() else ""
        self.out.write(f"{end}{name:<12} {self.seconds[name]:>7.1f} detik{' ' * 40 if end else ''}\n")
        self.out.flush()


@contextmanager
def own_settings(database_url: str | None) -> Iterator[Settings]:
    """Settings whose files are temporary; the database too, unless an address is given."""
    with tempfile.TemporaryDirectory(prefix="balai-scenario-") as name:
        folder = Path(name)
        passphrase = folder / "passphrase"
        passphrase.write_text(secrets.token_urlsafe(32))
        port = free_port()
        url = database_url or f"sqlite:///{folder / 'scenario.db'}"
        base = load_settings({**os.environ, "PORTAL_ENV": "development", "DATABASE_URL": url})
        yield replace(
            base,
            base_url=f"http://127.0.0.1:{port}",
            port=port,
            instance=folder,
            keystore_dir=folder / "keys",
            keystore_passphrase_file=passphrase,
            demo=False,
            redis_url=None,
        )


def play(
    settings: Settings, *, now: datetime, rows: int | None, seed: str, progress: Progress
) -> tuple[World, list[str]]:
    """Play everything in an empty database; what happened, and a sentence for each sum that is wrong.

    Raises DatabaseInUse.
    """
    app = create_app(settings)
    app.extensions.pop("job_waker", None)  # this process runs the jobs, at the moment they belong to
    with app.app_context():
        try:
            if sa.inspect(db.engine).get_table_names():
                raise DatabaseInUse(
                    "DATABASE_URL menunjuk basis data yang sudah berisi. Skenario memerlukan yang kosong."
                )
            with muted():
                return _play(app, settings, World(now=now, rng=seeded(seed)), rows, progress)
        finally:
            db.session.remove()
            db.engine.dispose()


def _play(
    app: Flask, settings: Settings, world: World, rows: int | None, progress: Progress
) -> tuple[World, list[str]]:
    with progress.stage("persiapan"):
        migrate(app)
        load_reference(world.begin, lambda _line: None)
    with progress.stage("balai") as tell:
        stages.open_house(world, tell)
    name, content = roster_file(rows)
    with progress.stage("usulan") as tell:
        stages.bring_in(world, name, content, tell)
    with progress.stage("jadwal") as tell:
        stages.schedule(world, tell)
    with progress.stage("pembagian") as tell:
        stages.seat_everybody(world, tell)
    with progress.stage("kelas") as tell:
        stages.teach(world, tell)
    with progress.stage("sertifikat") as tell:
        stages.certify(world, tell)
    with progress.stage("pemeriksaan") as tell, server(settings):
        verified, wrong = verify_all(settings.port, world.codes, tell)
    with progress.stage("hitungan"):
        wrong += list(sums.faults(world, verified))
    return world, wrong


def run(
    *, database_url: str | None, rows: int | None, seed: str, progress: Progress
) -> tuple[World, list[str]]:
    """`play` with settings of its own."""
    with own_settings(database_url) as settings:
        return play(settings, now=clock.now(), rows=rows, seed=seed, progress=progress)
