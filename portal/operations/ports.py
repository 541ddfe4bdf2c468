"""Wiring that only the top floor may do."""

from __future__ import annotations

from flask import Flask

from portal.core import queue


def install(app: Flask) -> None:
    """Give the app its job queue; tests run jobs by hand."""
    settings = app.extensions["portal_settings"]
    if not settings.testing:
        queue.install(app, settings)
