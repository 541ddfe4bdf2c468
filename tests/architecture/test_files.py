"""Files that can be read at a glance, each with the work of its kind only."""

import ast

from tests.architecture import source

MOST_LINES = 400
MOST_VIEW_LINES = 30
NAMES_OF_NOTHING = {"util.py", "utils.py", "helpers.py", "misc.py", "common.py"}


def test_no_file_is_longer_than_400_lines():
    found = {
        source.name(path): count
        for path in (*source.modules(), *sorted((source.ROOT / "tests").rglob("*.py")))
        if (count := len(path.read_text(encoding="utf-8").splitlines())) > MOST_LINES
    }
    assert found == {}


def test_no_file_is_named_for_nothing():
    assert [source.name(path) for path in source.modules() if path.name in NAMES_OF_NOTHING] == []


def test_views_hold_no_database_work():
    found = []
    for path in source.modules():
        if source.kind(path) != "views":
            continue
        found += [
            f"{source.name(path)}:{line} {call}"
            for line, call in source.calls(path)
            if call.startswith(("db.session", "sa.", "session.")) or call.split(".")[-1] == "select"
        ]
        found += [
            f"{source.name(path)}:{line} imports {module}"
            for line, module in source.imports(path)
            if module.startswith("sqlalchemy") or module == "portal.core.db.db"
        ]
    assert found == []


def test_views_are_short():
    found = [
        f"{source.name(path)}:{node.lineno} {node.name} has {length} lines"
        for path in source.modules()
        if source.kind(path) == "views"
        for node in ast.walk(source.tree(path))
        if isinstance(node, ast.FunctionDef)
        and (length := (node.end_lineno or 0) - node.lineno + 1) > MOST_VIEW_LINES
    ]
    assert found == []


def test_nothing_is_left_to_do_later():
    marks = ("TO" + "DO", "FIX" + "ME", "X" + "XX", "HA" + "CK")
    folders = [
        source.ROOT / name for name in ("portal", "templates", "static/js", "static/css", "tools", "tests")
    ]
    found = [
        f"{source.name(path)}: {mark}"
        for folder in folders
        for path in sorted(folder.rglob("*"))
        if path.suffix in (".py", ".html", ".js", ".css", ".typ")
        for mark in marks
        if mark in path.read_text(encoding="utf-8").split()
    ]
    assert found == []
