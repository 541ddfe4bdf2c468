"""What cooperatives holds of a person: the posts. For their own copy, and for being forgotten."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from portal.cooperatives.models import Cooperative, PostTerm
from portal.core import audit
from portal.core.clock import local_date
from portal.core.db import db
from portal.core.permissions import Actor
from portal.core.ports import Erasure


def personal_data(person_id: int) -> list[dict[str, Any]]:
    """Every post, the newest first."""
    statement = (
        sa.select(PostTerm, Cooperative.name)
        .join(Cooperative, Cooperative.id == PostTerm.cooperative_id)
        .where(PostTerm.person_id == person_id)
        .order_by(PostTerm.starts_on.desc(), PostTerm.id.desc())
    )
    return [
        {
            "cooperative": name,
            "post": term.post,
            "starts_on": term.starts_on.isoformat(),
            "ends_on": term.ends_on.isoformat() if term.ends_on else None,
            "source": term.source,
        }
        for term, name in db.session.execute(statement)
    ]


def erase_person(*, person_id: int, actor: Actor, now: datetime, is_dry: bool) -> Erasure:
    """End the posts that are held; the terms stay without a name."""
    day = local_date(now, "Asia/Jakarta")
    statement = sa.select(PostTerm).where(PostTerm.person_id == person_id)
    terms = list(db.session.scalars(statement))
    if not is_dry:
        for term in terms:
            if term.ends_on is None or term.ends_on > day:
                term.ends_on = max(day, term.starts_on)
                audit.record(
                    "post.ended", "cooperative", term.cooperative_id, actor=actor, now=now, post=term.post
                )
    if not terms:
        return Erasure()
    return Erasure(
        goes=(_("Jabatan Anda di koperasi berakhir hari ini."),),
        stays=(_("Bahwa jabatan itu pernah terisi dan kapan, tanpa nama: koperasi memerlukannya."),),
    )
