"""Fixtures of all tests. PORTAL_TEST_DB chooses the engine: sqlite (default) or postgresql."""

from __future__ import annotations

import gc
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.support import databases, nik_scan
from tests.support.sockets import refuse_network
from tools.postgres import PostgresMissing, Server, fast_folder, start_server

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
_server: Server | None = None
_folder: Path | None = None


def pytest_configure(config: pytest.Config) -> None:
    """Once a run: its folder and, on PostgreSQL, its server. In every process: no network."""
    global _server, _folder
    refuse_network()
    if hasattr(config, "workerinput"):
        nik_scan.record()
        return
    _folder, _seeds = fast_folder("balai-tests-"), tempfile.mkdtemp(prefix="balai-niks-")
    os.environ["PORTAL_TEST_RUN"], os.environ[nik_scan.SEEDS] = str(_folder), _seeds
    nik_scan.record()
    if databases.engine_name() == "postgresql" and "PORTAL_TEST_PG" not in os.environ:
        try:
            _server = start_server()
        except PostgresMissing as missing:
            pytest.exit(str(missing), returncode=3)
        os.environ["PORTAL_TEST_PG"], os.environ["PORTAL_TEST_PG_DATA"] = (
            _server.url("postgres"),
            f"{_server.data}:{_server.home / 'log'}",
        )


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """After everything ran: no NIK of the run in plain text on disk, or the run fails (status 9)."""
    if hasattr(session.config, "workerinput") or _folder is None:
        return
    folders = [_folder]
    if databases.engine_name() == "postgresql":
        databases.admin("CHECKPOINT")
        folders += map(Path, filter(None, os.environ.get("PORTAL_TEST_PG_DATA", "").split(":")))
    wanted = nik_scan.seeds()
    found = [*nik_scan.kept_findings(), *map(str, nik_scan.search_run(folders, wanted))]
    if found:
        reporter = session.config.pluginmanager.get_plugin("terminalreporter")
        for line in (f"\n\nA NIK stands in plain text ({len(wanted)} were looked for):", *found[:20]):
            reporter.write_line(f"  {line}", red=True)
        session.exitstatus = nik_scan.FOUND


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop and remove what this run made."""
    if _server is not None:
        _server.stop()
        del os.environ["PORTAL_TEST_PG"], os.environ["PORTAL_TEST_PG_DATA"]
    if _folder is not None:
        shutil.rmtree(_folder, ignore_errors=True)
        shutil.rmtree(os.environ.pop(nik_scan.SEEDS), ignore_errors=True)


def pytest_collection_finish() -> None:
    """What is imported by now stays: the collector need not walk through it a thousand times more."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """A test that asks for no database, directly or through a fixture, runs once and not per engine; one
    about a single engine belongs to that engine's run alone."""
    for item in items:
        if "database" not in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.pure)
    other = [item for item in items if _engine_of(item) not in ("", databases.engine_name())]
    if other:
        config.hook.pytest_deselected(items=other)
        items[:] = [item for item in items if item not in other]


def _engine_of(item: pytest.Item) -> str:
    mark = item.get_closest_marker("engine")
    return str(mark.args[0]) if mark else ""


@pytest.fixture(scope="session")
def worker_folder(worker_id: str) -> Path:
    """A folder of this worker, gone after the run."""
    folder = databases.run_folder() / worker_id
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def portal(worker_id: str, worker_folder: Path) -> Iterator[tuple[Any, databases.WorkerDatabase]]:
    """The app of this worker with its database; tests use `app` and `database`."""
    from tests.support.apps import build_template, make_app

    databases.ensure_template(build_template)
    name = f"worker_{worker_id}"
    worker = databases.WorkerDatabase(name, databases.database_url(name))
    worker.reset()
    app = make_app(worker.url, worker_folder)
    from portal.core.db import db

    with app.app_context():
        worker.watch(db.engine)
    yield app, worker
    worker.engine.dispose()


@pytest.fixture
def database(portal: tuple[Any, databases.WorkerDatabase]) -> databases.WorkerDatabase:
    """This worker's database, fresh from the migrated template."""
    portal[1].reset()
    return portal[1]


class Clock:
    """The stopped clock: `now`, `set(moment)`, `move(hours=2)`."""

    def __init__(self, moment: datetime) -> None:
        self.set(moment)

    @property
    def now(self) -> datetime:
        """The moment that the product sees."""
        return self._moment

    def set(self, moment: datetime) -> None:
        """Stop the clock at an aware moment."""
        from portal.core import clock

        self._moment = moment.astimezone(UTC)
        clock._frozen = self._moment

    def move(self, **spans: float) -> datetime:
        """Go on by a timedelta's keywords; returns the new moment."""
        self.set(self._moment + timedelta(**spans))
        return self._moment


@pytest.fixture
def clock() -> Iterator[Clock]:
    """Sunday 22 November 2026, 09.00 WIB, standing still until moved."""
    from portal.core import clock as product_clock

    with product_clock.freeze(NOW):
        yield Clock(NOW)


@pytest.fixture
def now(clock: Clock) -> datetime:
    """The fixed moment, for services' `now`."""
    return clock.now


@pytest.fixture
def app(portal: tuple[Any, databases.WorkerDatabase], database: Any, clock: Clock) -> Any:
    """The app on a fresh database with a fixed clock and nothing missed yet; no context is pushed."""
    portal[0].extensions["miss_limit"].storage.reset()
    return portal[0]


@pytest.fixture
def db_session(app: Any) -> Iterator[Any]:
    """The session inside an application context, for tests that call services and queries."""
    from portal.core.db import db

    with app.app_context():
        yield db.session
        db.session.rollback()


@pytest.fixture
def client(app: Any) -> Any:
    """A bare test client; `page` (tests/pages) also checks what it gets."""
    return app.test_client()


@pytest.fixture
def query_count() -> Callable[..., Any]:
    """`with query_count(at_most=7) as seen:` counts statements; see tests/support/queries.py."""
    from tests.support.queries import count_statements

    return count_statements
