"""One commit in the project, and pure things stay pure."""

import pytest

from tests.architecture import source

TRANSACTION = "portal/core/db.py"
CLOCKS = ("datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time")
READERS_OF_THE_CLOCK = {
    "portal/core/clock.py",
    "portal/core/assets.py",  # the age of files on disk
}


def _calls_ending(*endings: str) -> list[tuple[str, int, str]]:
    return [
        (source.name(path), line, call)
        for path in source.modules()
        for line, call in source.calls(path)
        if call.endswith(endings)
    ]


def test_commit_is_called_only_by_transaction():
    found = [f"{name}:{line} {call}" for name, line, call in _calls_ending(".commit") if name != TRANSACTION]
    assert found == []


def test_only_the_clock_reads_the_time():
    found = [
        f"{name}:{line} {call}"
        for name, line, call in _calls_ending(*CLOCKS)
        if name not in READERS_OF_THE_CLOCK
    ]
    assert found == []


def test_transactions_are_opened_by_views_commands_and_jobs_not_by_services():
    found = [
        f"{source.name(path)}:{line} {call}"
        for path in source.modules()
        if source.kind(path) in ("services", "queries", "rules", "models", "forms")
        for line, call in source.calls(path)
        if call in ("transaction", "db.transaction")
    ]
    assert found == []


@pytest.mark.parametrize("kind", ["rules"])
def test_rules_import_nothing_that_acts(kind):
    forbidden = ("flask", "sqlalchemy", "portal.core.db", "portal.core.clock", "requests", "socket", "os")
    found = [
        f"{source.name(path)}:{line} imports {module}"
        for path in source.modules()
        if source.kind(path) == kind
        for line, module in source.imports(path)
        if module.startswith(tuple(f"{name}." for name in forbidden)) or module in forbidden
    ]
    assert found == []


def test_services_neither_flash_render_nor_read_the_request():
    forbidden = ("flask.request", "flask.flash", "flask.render_template", "flask.redirect", "flask.session")
    found = [
        f"{source.name(path)}:{line} imports {module}"
        for path in source.modules()
        if source.kind(path) in ("services", "queries", "models")
        for line, module in source.imports(path)
        if module in forbidden or module.startswith("portal.core.htmx")
    ]
    assert found == []
