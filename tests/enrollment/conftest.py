"""The world of enrollment tests."""

import pytest

from tests.enrollment.world import World


@pytest.fixture
def world(db_session):
    """Inside an application context, for services and queries."""
    from flask import current_app

    return World(current_app._get_current_object())
