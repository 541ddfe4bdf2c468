"""Papers of a cooperative, handed to those who may read them."""

from __future__ import annotations

from flask import Response, make_response

from portal.cooperatives.queries.documents import check_document
from portal.cooperatives.services.documents import open_document
from portal.cooperatives.views.blueprint import blueprint
from portal.core import clock
from portal.core.db import transaction
from portal.core.permissions import Permission, current_actor, requires
from portal.people.rules import file_suffix


@blueprint.post("/koperasi/<int:cooperative_id>/berkas/<int:document_id>")
@requires(Permission.COOPERATIVE_VIEW, Permission.REGISTRY_EDIT, Permission.CHAIR_VERIFY)
def document(cooperative_id: int, document_id: int) -> Response:
    """A paper, as a file to keep apart from the page; that it was read is recorded."""
    actor, now = current_actor(), clock.now()
    check_document(actor, cooperative_id, document_id)
    with transaction():
        media_type, content, kind = open_document(
            document_id=document_id, cooperative_id=cooperative_id, actor=actor, now=now
        )
    response = make_response(content)
    response.headers["Content-Type"] = media_type
    name = f"{kind}-{document_id}.{file_suffix(media_type)}"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Cache-Control"] = "no-store"
    return response
