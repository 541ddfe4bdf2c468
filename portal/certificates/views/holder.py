"""What a holder takes along: the paper."""

from __future__ import annotations

from typing import Any

from flask import Response, current_app

from portal.certificates import paper, queries
from portal.certificates.seal import sealer
from portal.certificates.views import blueprint
from portal.core import clock
from portal.core.permissions import current_actor, signed_in


@blueprint.get("/sertifikat/<code>.pdf")
@signed_in
def pdf(code: str) -> Any:
    """The certificate on paper: for its holder and its center."""
    found = queries.get_certificate(current_actor(), code)
    base_url = current_app.extensions["portal_settings"].base_url
    content = paper.certificate_file(found, base_url, sealer=sealer(), now=clock.now())
    response = Response(content, mimetype="application/pdf")
    response.headers["Content-Disposition"] = f'inline; filename="sertifikat-{found.code}.pdf"'
    return response
