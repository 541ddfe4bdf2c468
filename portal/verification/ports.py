"""What verification makes for the running app."""

from __future__ import annotations

from flask import Flask

from portal.verification import throttle


def install(app: Flask) -> None:
    """The limit on misses."""
    throttle.install(app, app.extensions["portal_settings"])
