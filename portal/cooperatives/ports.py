"""What cooperatives plugs into the house: rights over one's data, protected papers, how long papers stay."""

from __future__ import annotations

from flask import Flask

from portal.cooperatives import personal, retention, timers
from portal.cooperatives.links import cooperative_tabs, term_over
from portal.cooperatives.models import DOCUMENT_AAD
from portal.core.retention import keep
from portal.core.rotation import ProtectedColumn, protect

# Papers are up to 2 MB a row, hence the small chunks.
PROTECTED = (ProtectedColumn("cooperative_document", "content_cipher", DOCUMENT_AAD, chunk=5),)


def install(app: Flask) -> None:
    """Register the contributors, the protected columns, the retention rules and the tabs of a cooperative."""
    app.jinja_env.globals["cooperative_tabs"] = cooperative_tabs
    app.jinja_env.globals["term_over"] = term_over
    protect(app, *PROTECTED)
    app.extensions["ports"].personal_data["posts"] = personal.personal_data
    app.extensions["ports"].erase_person["posts"] = personal.erase_person
    keep(app, *retention.RULES)
    assert timers  # imported so that its function is registered
