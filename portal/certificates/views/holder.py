"""What a holder takes along: the paper."""

from __future__ import annotations

from typing import Any

from flask import Response, current_app

from portal.certificates import queries, render, rules
from portal.certificates.views import blueprint
from portal.core.permissions import current_actor, signed_in


@blueprint.get("/sertifikat/<code>.pdf")
@signed_in
def pdf(code: str) -> Any:
    """The certificate on paper: for its holder and its center."""
    found = queries.get_certificate(current_actor(), code)
    facts = rules.facts_from_bytes(found.signed_bytes)
    base_url = current_app.extensions["portal_settings"].base_url
    data = render.certificate_data(facts, qr_text=found.qr_text, base_url=base_url)
    response = Response(render.certificate_pdf(data), mimetype="application/pdf")
    response.headers["Content-Disposition"] = f'inline; filename="sertifikat-{found.code}.pdf"'
    return response
