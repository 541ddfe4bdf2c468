"""Wiring that only the top floor may do."""

from __future__ import annotations

from flask import Flask

from portal.core import keeping, queue


def install(app: Flask) -> None:
    """Give the app its job queue, unless it is under test, and declare how long the core keeps its own."""
    keeping.install(app)
    settings = app.extensions["portal_settings"]
    if not settings.testing:
        queue.install(app, settings)
