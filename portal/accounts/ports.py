"""What accounts plugs into the house: who sends a request, telling people, its part of the copy of one's data."""

from __future__ import annotations

from flask import Flask

from portal.accounts import identity, queries
from portal.accounts.services import messages


def install(app: Flask) -> None:
    """Register the actor loader, the contributor to the privacy export and the ports that tell people."""
    identity.install(app)
    app.extensions["ports"].personal_data["account"] = queries.personal_data
    app.extensions["ports"].notify = messages.notify
    app.extensions["ports"].notify_many = messages.notify_many
