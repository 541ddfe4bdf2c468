"""What lower rooms may ask of certificates."""

from __future__ import annotations

from flask import Flask

from portal.certificates import keys, standing
from portal.certificates.queries import held_certificates


def install(app: Flask) -> None:
    """Open the key store, answer for prerequisites, and show trainees where they stand."""
    keys.install(app, app.extensions["portal_settings"])
    app.extensions["ports"].held_certificates = held_certificates
    app.extensions["enrollment_panels"].append(standing.panel)
