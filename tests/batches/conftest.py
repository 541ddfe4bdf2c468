"""A center to schedule in."""

from __future__ import annotations

from typing import Any

import pytest

from tests.batches.house import House, build_house


@pytest.fixture
def house(db_session: Any) -> House:
    """A center with rooms, people and a program."""
    return build_house()
