"""What accounts plugs into the house: who asks, telling people, its part of the copy of one's data."""

from __future__ import annotations

from flask import Flask

from portal.accounts import gate, identity, panels, retention, rounds
from portal.accounts.queries import messages as told
from portal.accounts.queries import personal
from portal.accounts.queries.factor import TOTP_AAD
from portal.accounts.services import messages, rights
from portal.core.retention import keep
from portal.core.rotation import ProtectedColumn, protect
from portal.core.timers import timer


def install(app: Flask) -> None:
    """Register the actor loader, the contributor to the privacy export and the ports that tell people."""
    identity.install(app)
    gate.install(app)
    # Pieces of the page /akun/keamanan: callables (actor, now) -> (template, context) or None.
    app.extensions.setdefault("security_panels", []).append(panels.contacts_panel)
    protect(app, ProtectedColumn("totp_factor", "secret_cipher", TOTP_AAD))
    app.extensions["ports"].personal_data["account"] = personal.personal_data
    app.extensions["ports"].personal_data["messages"] = personal.messages_data
    app.extensions["ports"].personal_data["events"] = personal.events_data
    app.extensions["ports"].consent_withdrawn["account"] = rights.stop_contact
    app.extensions["ports"].erase_person["account"] = rights.erase_person
    keep(app, *retention.RULES)
    timer("accounts.recovery_over", minutes=30)(rounds.close_recoveries)
    app.extensions["ports"].notify = messages.notify
    app.extensions["ports"].notify_many = messages.notify_many
    app.extensions["mail_gate"] = told.find_stop
