"""What lower rooms may ask of certificates."""

from __future__ import annotations

from flask import Flask

from portal.certificates import (
    external_sealed,
    keys,
    personal,
    personal_external,
    retention,
    seal,
    standing,
    timers,
)
from portal.certificates.offlinebundle import OfflineBundle
from portal.certificates.queries import held_by_people, held_certificates
from portal.certificates.queries.seen import FILE
from portal.certificates.queries.touching import certificates_touched
from portal.certificates.services import external_chunk
from portal.certificates.statuslists import StatusLists
from portal.core.retention import keep
from portal.core.rotation import ProtectedColumn, protect


def install(app: Flask) -> None:
    """Open the key store, answer for prerequisites, and show trainees where they stand."""
    assert timers  # imported so that its functions are registered
    assert external_chunk  # the same
    settings = app.extensions["portal_settings"]
    keys.install(app, settings)
    seal.install(app, settings)
    # Under test several databases pass through one process: ask each time.
    patience = 0 if settings.testing else 1
    app.extensions["log_seen"] = None if settings.testing else settings.keystore_dir / FILE
    app.extensions["status_lists"] = StatusLists(settings.base_url, patience)
    app.extensions["offline_bundle"] = OfflineBundle(settings.base_url, keys.keys, patience)
    app.extensions["ports"].held_certificates = held_certificates
    app.extensions["ports"].held_by_people = held_by_people
    app.extensions["ports"].certificates_touched = certificates_touched
    app.extensions["ports"].personal_data["certificates"] = personal.personal_data
    app.extensions["ports"].erase_person["certificates"] = personal.erase_person
    app.extensions["ports"].personal_data["external"] = personal_external.personal_data
    app.extensions["ports"].erase_person["external"] = personal_external.erase_person
    lists = ProtectedColumn("external_import", "file_cipher", external_sealed.AAD, is_bound=True, chunk=10)
    protect(app, lists)
    app.extensions["enrollment_panels"].append(standing.panel)
    keep(app, *retention.RULES)
