"""A small demo in the database of the test: every state, a fifth of the people."""

from __future__ import annotations

from typing import Any

import pytest

from portal.core.db import transaction
from portal.core.permissions import SYSTEM
from portal.operations.demo import make_demo
from portal.operations.setup import load_reference
from portal.regions.services import load_regions

SCALE = 0.12


@pytest.fixture
def reference(db_session: Any, now: Any) -> Any:
    """Programs, centers, and the villages of the demo's three regencies."""
    with transaction():
        load_regions(actor=SYSTEM, now=now, only=("33.18", "91.03"))
    load_reference(now, lambda _line: None)
    return db_session


@pytest.fixture
def demo(reference: Any, now: Any) -> list[str]:
    """The lines that making the demo said."""
    said: list[str] = []
    make_demo(now=now, say=said.append, scale=SCALE)
    return said
