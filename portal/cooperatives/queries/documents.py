"""Which papers of a cooperative an actor may open."""

from __future__ import annotations

import sqlalchemy as sa

from portal.cooperatives.models import ChairClaim, Cooperative, CooperativeDocument
from portal.cooperatives.queries.claims import hides_names
from portal.core.db import db
from portal.core.errors import NotFound
from portal.core.permissions import Actor, Permission


def check_document(actor: Actor, cooperative_id: int, document_id: int) -> None:
    """Raises NotFound unless the actor may read this paper of this cooperative.

    Offices read all papers of their region; those who speak for the cooperative all but the papers of other
    people's claims; whoever shows nothing but a paper of their own reads that one alone.
    """
    row = db.session.execute(
        sa.select(Cooperative.region_code, CooperativeDocument.kind, CooperativeDocument.uploaded_by)
        .join(Cooperative, Cooperative.id == CooperativeDocument.cooperative_id)
        .where(CooperativeDocument.id == document_id, CooperativeDocument.cooperative_id == cooperative_id)
    ).first()
    if row is None:
        raise NotFound()
    if any(actor.scope(p).covers_region(row.region_code) for p in OFFICES):
        return
    scope = actor.scope(Permission.COOPERATIVE_VIEW)
    is_own = row.uploaded_by is not None and row.uploaded_by == actor.user_id
    if cooperative_id in scope.cooperatives and (
        is_own or not (hides_names(actor, cooperative_id) or _is_of_a_claim(document_id))
    ):
        return
    raise NotFound()


OFFICES = (Permission.REGISTRY_EDIT, Permission.CHAIR_VERIFY)


def _is_of_a_claim(document_id: int) -> bool:
    found = sa.select(ChairClaim.id).where(ChairClaim.document_id == document_id).limit(1)
    return db.session.scalar(found) is not None
