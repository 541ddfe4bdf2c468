"""The page client for tests of views."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.page import Page


@pytest.fixture
def page(app: Any) -> Page:
    """An anonymous visitor; `page.sign_in(user)` makes it somebody."""
    return Page(app)


@pytest.fixture
def new_page(app: Any) -> Callable[[], Page]:
    """Makes further visitors, each with cookies of its own."""
    return lambda: Page(app)
