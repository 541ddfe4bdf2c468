"""What cooperatives plugs into the house: its part of the rights over one's data, and its tabs."""

from __future__ import annotations

from flask import Flask

from portal.cooperatives import personal
from portal.cooperatives.links import cooperative_tabs


def install(app: Flask) -> None:
    """Register the contributors, and give every room's templates the tabs of a cooperative."""
    app.jinja_env.globals["cooperative_tabs"] = cooperative_tabs
    app.extensions["ports"].personal_data["posts"] = personal.personal_data
    app.extensions["ports"].erase_person["posts"] = personal.erase_person
