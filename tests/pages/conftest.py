"""The page client for tests of views."""

from collections.abc import Callable, Iterator
from dataclasses import replace
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


@pytest.fixture(scope="session")
def provider_process() -> Iterator[Any]:
    """A sign-in provider of its own process, one a worker."""
    from tests.support.oidc_provider import run_provider

    with run_provider() as running:
        yield running


@pytest.fixture
def office(provider_process: Any, app: Any, now: Any, monkeypatch: Any) -> Iterator[Any]:
    """The provider, well, and the portal configured for it."""
    from portal.accounts import oidc
    from portal.accounts.views import install
    from tests.support.oidc_provider import oidc_settings

    provider_process.reset(now=now.timestamp())
    settings = app.extensions["portal_settings"]
    panels = list(app.extensions.get("security_panels", []))
    app.extensions["portal_settings"] = replace(settings, **oidc_settings(provider_process.issuer))
    install(app)
    monkeypatch.setattr(oidc, "CALL_SECONDS", 1.0)
    monkeypatch.setattr(oidc, "READ_SECONDS", 0.8)
    yield provider_process
    app.extensions["portal_settings"], app.extensions["security_panels"] = settings, panels
    app.extensions.pop("oidc_provider", None)
    app.jinja_env.globals.pop("oidc_label", None)
