"""What accounts plugs into the house: who sends a request, telling people, its part of the copy of one's data."""

from __future__ import annotations

from flask import Flask

from portal.accounts import gate, identity, queries
from portal.accounts.queries_factor import TOTP_AAD
from portal.accounts.services import messages
from portal.core.rotation import ProtectedColumn, protect


def install(app: Flask) -> None:
    """Register the actor loader, the contributor to the privacy export and the ports that tell people."""
    identity.install(app)
    gate.install(app)
    # Pieces of the page /akun/keamanan: callables (actor, now) -> (template, context) or None.
    app.extensions.setdefault("security_panels", [])
    protect(app, ProtectedColumn("totp_factor", "secret_cipher", TOTP_AAD))
    app.extensions["ports"].personal_data["account"] = queries.personal_data
    app.extensions["ports"].notify = messages.notify
    app.extensions["ports"].notify_many = messages.notify_many
