"""What people plugs into the house: its part of the copy of one's own data, its protected columns."""

from __future__ import annotations

from flask import Flask

from portal.core.retention import keep
from portal.core.rotation import ProtectedColumn, protect
from portal.people import queries, retention
from portal.people.models import EVIDENCE_AAD, INCLUSION_AAD, NIK_AAD, OLD_AAD, VALUE_AAD
from portal.people.services.erasing import erase_person
from portal.people.services.inclusion import stop_inclusion

# Evidence is up to 2 MB a row, hence the small chunks.
PROTECTED = (
    ProtectedColumn("person", "nik_cipher", NIK_AAD, True, index="nik_index", index_key="nik_index_key"),
    ProtectedColumn("correction_request", "value_cipher", VALUE_AAD),
    ProtectedColumn("correction_request", "old_cipher", OLD_AAD),
    ProtectedColumn("evidence", "content_cipher", EVIDENCE_AAD, chunk=5),
    ProtectedColumn("inclusion", "answers_cipher", INCLUSION_AAD, is_bound=True),
)


def install(app: Flask) -> None:
    """Register the contributor to the privacy export and the protected columns."""
    protect(app, *PROTECTED)
    app.extensions["ports"].personal_data["person"] = queries.personal_data
    app.extensions["ports"].erase_person["person"] = erase_person
    app.extensions["ports"].consent_withdrawn["person"] = stop_inclusion
    keep(app, *retention.RULES)
