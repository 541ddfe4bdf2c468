"""A small demo in the database of the test: every state, a fifth of the people."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from portal.core.db import transaction
from portal.core.permissions import SYSTEM
from portal.operations.demo import make_demo
from portal.operations.setup import load_reference
from portal.regions.services import load_regions
from tests.support.kept import kept

SCALE = 0.12


def load(now: datetime) -> None:
    """Programs, centers, and the villages of the demo's three regencies."""
    with transaction():
        load_regions(actor=SYSTEM, now=now, only=("33.18", "91.03"))
    load_reference(now, lambda _line: None)


@pytest.fixture
def reference(db_session: Any, database: Any, now: Any) -> Any:
    """What `load` writes."""
    kept(database, "reference", lambda: load(now))
    return db_session


@pytest.fixture
def demo(db_session: Any, database: Any, now: Any) -> list[str]:
    """The lines that making the demo said."""

    def make() -> list[str]:
        said: list[str] = []
        load(now)
        make_demo(now=now, say=said.append, scale=SCALE)
        return said

    lines: list[str] = kept(database, "demo", make)
    return lines
