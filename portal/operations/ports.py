"""Wiring that only the top floor may do."""

from __future__ import annotations

from datetime import datetime

from flask import Flask

from portal.core import keeping, queue


def _demo_code(user_id: int, now: datetime) -> str | None:
    """What the phone of a demo account shows; the demo is imported only when somebody asks."""
    from portal.operations.demo.accounts import demo_logins
    from portal.operations.demo.phones import code_of

    return code_of(user_id, demo_logins(), now)


def install(app: Flask) -> None:
    """Give the app its job queue, unless it is under test, and declare how long the core keeps its own.

    On a demo portal, the pages that ask for a code show that of a demo account."""
    keeping.install(app)
    settings = app.extensions["portal_settings"]
    if settings.demo and not settings.is_production:
        app.extensions["demo_code"] = _demo_code
    if not settings.testing:
        queue.install(app, settings)
