"""What lower rooms may ask of certificates."""

from __future__ import annotations

from flask import Flask

from portal.certificates import keys
from portal.certificates.queries import held_certificates


def install(app: Flask) -> None:
    """Open the key store and answer for prerequisites."""
    keys.install(app, app.extensions["portal_settings"])
    app.extensions["ports"].held_certificates = held_certificates
