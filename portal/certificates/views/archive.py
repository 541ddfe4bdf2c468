"""The center takes along all certificates of a batch at once."""

from __future__ import annotations

from itertools import chain
from typing import Any

from flask import Response, current_app

from portal.batches.queries import get_batch_for_center
from portal.certificates import queries
from portal.certificates.archive import batch_archive, handed_out
from portal.certificates.seal import sealer
from portal.certificates.services.files import note_archive
from portal.certificates.views import blueprint
from portal.core import clock
from portal.core.clock import local_date
from portal.core.db import transaction
from portal.core.permissions import Permission, current_actor, requires


@blueprint.post("/balai/angkatan/<int:batch_id>/sertifikat.zip")
@requires(Permission.CERTIFICATE_VIEW)
def batch_files(batch_id: int) -> Any:
    """One ZIP, sent while it is made; what keeps its first sheet from being made is still said on a page."""
    actor, now = current_actor(), clock.now()
    batch = get_batch_for_center(actor, batch_id, Permission.CERTIFICATE_VIEW)
    number, center = batch.number, batch.center
    rows = queries.certificates_of_batch(batch_id, local_date(now, center.zone))
    files = handed_out(rows)
    with transaction():
        note_archive(batch_id=batch_id, center_id=center.id, files=files, actor=actor, now=now)
    app: Any = current_app
    base_url = app.extensions["portal_settings"].base_url
    parts = batch_archive(app._get_current_object(), rows, base_url=base_url, sealer=sealer(), now=now)
    response = Response(chain([next(parts)], parts), mimetype="application/zip")
    response.headers["Content-Disposition"] = f'attachment; filename="sertifikat-angkatan-{number}.zip"'
    return response
