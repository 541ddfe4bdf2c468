"""What the page of an institution shows beside the checklist: where it serves, and who its members are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from portal.cooperatives.models import ChecklistEntry, ChecklistItem, CooperativeVillage, MemberGroup
from portal.core.db import db
from portal.core.errors import NotFound
from portal.regions.models import Region


def villages_of(cooperative_id: int) -> Sequence[Any]:
    """(code, name) of the further villages a cooperative serves, by name. One statement."""
    statement = (
        sa.select(Region.code, Region.name)
        .join(CooperativeVillage, CooperativeVillage.village_code == Region.code)
        .where(CooperativeVillage.cooperative_id == cooperative_id)
        .order_by(Region.name, Region.code)
    )
    return db.session.execute(statement).all()


def groups_of(cooperative_id: int) -> Sequence[MemberGroup]:
    """The member groups with their roles."""
    statement = sa.select(MemberGroup).where(MemberGroup.cooperative_id == cooperative_id)
    return db.session.scalars(statement.order_by(MemberGroup.id)).all()


def get_item(code: str, kind: str) -> ChecklistItem:
    """An active item that is asked of a kind. Raises NotFound."""
    item = db.session.get(ChecklistItem, code)
    if item is None or not item.is_active or (item.kinds and kind not in item.kinds):
        raise NotFound()
    return item


def get_entry(cooperative_id: int, entry_id: int) -> tuple[ChecklistEntry, ChecklistItem]:
    """An entry of this cooperative that stands, with its item. Raises NotFound."""
    entry = db.session.get(ChecklistEntry, entry_id)
    if entry is None or entry.cooperative_id != cooperative_id or entry.withdrawn_at is not None:
        raise NotFound()
    return entry, db.session.get_one(ChecklistItem, entry.item_code)
