"""Addresses of other rooms' pages, for desks that lead everywhere."""

from __future__ import annotations

from typing import Any

from flask import current_app, url_for


def link(endpoint: str, **values: Any) -> str | None:
    """The address of an endpoint, or None where this installation has no such page."""
    return url_for(endpoint, **values) if endpoint in current_app.view_functions else None
