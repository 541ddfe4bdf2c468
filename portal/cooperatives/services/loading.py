"""A cooperative as a use case loads it: locked, and only for whoever may write it."""

from __future__ import annotations

from portal.cooperatives.models import Cooperative
from portal.cooperatives.queries.claims import hides_names
from portal.cooperatives.queries.cooperatives import is_registrar, may_edit
from portal.core.db import db
from portal.core.errors import Conflict, Forbidden, NotFound
from portal.core.permissions import Actor, Permission
from portal.core.words import gettext as _


def writable(cooperative_id: int, actor: Actor) -> Cooperative:
    """A cooperative locked for its chair or the registrar of its region. NotFound for all others; Forbidden
    for who may see it alone, and for who showed nothing but a paper of their own yet."""
    found = db.session.get(Cooperative, cooperative_id, with_for_update=True)
    if found is None:
        raise NotFound()
    if may_edit(actor, found):
        if hides_names(actor, found.id):
            raise Forbidden("claim_pending", _("Ini dapat Anda ubah sesudah dinas memeriksa surat Anda."))
        return found
    if found.id in actor.scope(Permission.COOPERATIVE_VIEW).cooperatives:
        raise Forbidden()
    raise NotFound()


def registrable(cooperative_id: int, actor: Actor) -> Cooperative:
    """A cooperative locked for the registrar of its region. Raises NotFound, or Forbidden for its chair."""
    found = writable(cooperative_id, actor)
    if not is_registrar(actor, found):
        raise Forbidden()
    return found


def scope_of(cooperative: Cooperative) -> str:
    """Where an event about a cooperative belongs: its regency."""
    return f"region:{cooperative.region_code[:5]}"


def same_version(cooperative: Cooperative, version: int | None) -> None:
    """Raises Conflict when somebody else changed the cooperative since it was read."""
    if version is not None and version != cooperative.version:
        message = _(
            "Koperasi ini diubah orang lain sementara Anda mengisi. Muat ulang, lalu ulangi perubahannya."
        )
        raise Conflict("version_changed", message)
