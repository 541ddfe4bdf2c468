"""Saving how a person wants to be told."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

import sqlalchemy as sa

from portal.accounts.models import MessagePreference, User
from portal.accounts.queries.messages import find_preference
from portal.accounts.rules.messages import Wishes
from portal.core import audit
from portal.core.db import db, upsert_ignore
from portal.core.errors import NotFound
from portal.core.permissions import Actor


def save_preference(*, wishes: Wishes, actor: Actor, now: datetime) -> bool:
    """Keep the wishes of the person behind the actor; False when they stand so already. The language is the
    account's too. Raises NotFound for an account without a person."""
    person_id = actor.person_id
    if person_id is None:
        raise NotFound()
    table = sa.inspect(MessagePreference).local_table
    values = asdict(wishes) | {"updated_at": now}
    if not upsert_ignore(db.session(), table, {"person_id": person_id, **values}):
        if find_preference(person_id) == wishes:
            return False
        db.session.execute(
            sa.update(MessagePreference).where(MessagePreference.person_id == person_id).values(**values)
        )
    db.session.execute(sa.update(User).where(User.person_id == person_id).values(language=wishes.language))
    audit.record(
        "messages.preference", "person", person_id, actor=actor, now=now, channel=wishes.channel or "any"
    )
    return True
