"""What oversight plugs into the house: its timer."""

from __future__ import annotations

from flask import Flask

from portal.oversight import timers


def install(app: Flask) -> None:
    """The timer is imported so that it is registered."""
    assert timers
