"""The source tree as the architecture tests read it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PORTAL = ROOT / "portal"


@cache
def modules() -> tuple[Path, ...]:
    """All Python files of the product, sorted."""
    return tuple(sorted(path for path in PORTAL.rglob("*.py") if "__pycache__" not in path.parts))


@cache
def tree(path: Path) -> ast.Module:
    """The syntax tree of a file."""
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def name(path: Path) -> str:
    """A path as reports show it."""
    return str(path.relative_to(ROOT))


def kind(path: Path) -> str:
    """What a file of a room is: 'views' for views.py and for views/list.py; '' outside the rooms."""
    parts = path.relative_to(PORTAL).with_suffix("").parts
    return parts[1] if len(parts) > 1 else ""


def room(path: Path) -> str:
    """The room of a file: 'people' for portal/people/models.py, 'settings' for portal/settings.py."""
    return path.relative_to(PORTAL).with_suffix("").parts[0]


def calls(path: Path) -> Iterator[tuple[int, str]]:
    """(line, dotted name) of every call, such as (12, 'db.session.commit')."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call):
            yield node.lineno, ast.unparse(node.func)


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """(line, module) of every import; `from portal.people import queries` gives 'portal.people.queries'."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                yield node.lineno, f"{node.module}.{alias.name}"
