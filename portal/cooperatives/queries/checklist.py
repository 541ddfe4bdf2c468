"""What institutions have in order: the items, and until when each counts for which cooperative."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from portal.accounts.models import User
from portal.cooperatives.models import ChecklistEntry, ChecklistItem, Cooperative
from portal.cooperatives.rules.checklist import applies, last_day
from portal.core.db import db

LEGAL_ENTITY, NO_RELATIVES = "legal_entity", "no_relatives"
_ITEMS = sa.select(ChecklistItem).order_by(ChecklistItem.position, ChecklistItem.code)


def checklist_items(active_only: bool = True) -> Sequence[ChecklistItem]:
    """The items in their order."""
    statement = _ITEMS.where(ChecklistItem.is_active) if active_only else _ITEMS
    return db.session.scalars(statement).all()


def checklist_standing(cooperative_ids: Iterable[int], on: date) -> dict[int, dict[str, date | None]]:
    """{cooperative id: {item code: the last day on which its newest entry counts, None for good}}.

    Only what was done by that day, and was not withdrawn; an item never done is absent, and so is a
    cooperative without any. An entry that has run out is there with its day. The legal approval of the
    registry counts as a legal entity. One statement for each 500 cooperatives, one for the items.
    """
    months = dict(db.session.execute(sa.select(ChecklistItem.code, ChecklistItem.valid_months)).all())
    wanted = list(dict.fromkeys(cooperative_ids))
    found: dict[int, dict[str, date | None]] = {}
    for start in range(0, len(wanted), 500):
        for cooperative_id, code, done_on in db.session.execute(_newest(wanted[start : start + 500], on)):
            own = found.setdefault(cooperative_id, {})
            until = last_day(done_on, months.get(code))
            own[code] = until if code not in own else _later(own[code], until)
    return found


def _later(one: date | None, two: date | None) -> date | None:
    return None if one is None or two is None else max(one, two)


def _newest(ids: Sequence[int], on: date) -> Any:
    latest = sa.func.max(ChecklistEntry.done_on)
    entries = (
        sa.select(ChecklistEntry.cooperative_id, ChecklistEntry.item_code, latest)
        .where(
            ChecklistEntry.cooperative_id.in_(ids),
            ChecklistEntry.withdrawn_at.is_(None),
            ChecklistEntry.done_on <= on,
        )
        .group_by(ChecklistEntry.cooperative_id, ChecklistEntry.item_code)
    )
    legal = sa.select(
        Cooperative.id, sa.literal(LEGAL_ENTITY, sa.String), Cooperative.legal_on
    ).where(Cooperative.id.in_(ids), Cooperative.legal_on <= on)  # fmt: skip
    return entries.union_all(legal)


@dataclass(frozen=True)
class ItemLine:
    """An item as the page of a cooperative shows it. state: good, old, missing. `until`: the last day."""

    item: ChecklistItem
    state: str
    until: date | None
    entries: tuple[EntryLine, ...]


@dataclass(frozen=True)
class EntryLine:
    """An entry with who wrote it."""

    id: int
    done_on: date
    number: str
    note: str
    document_id: int | None
    recorded_at: datetime
    recorded_by: str
    withdrawn_at: datetime | None
    withdrawn_reason: str


def checklist_of(cooperative: Cooperative, on: date) -> list[ItemLine]:
    """Every item asked of this cooperative with its entries, the newest first. Five statements."""
    standing = checklist_standing([cooperative.id], on).get(cooperative.id, {})
    entries: dict[str, list[EntryLine]] = {}
    statement = (
        sa.select(ChecklistEntry, User.name)
        .outerjoin(User, User.id == ChecklistEntry.recorded_by)
        .where(ChecklistEntry.cooperative_id == cooperative.id)
        .order_by(ChecklistEntry.done_on.desc(), ChecklistEntry.id.desc())
        .limit(200)
    )
    for entry, name in db.session.execute(statement):
        entries.setdefault(entry.item_code, []).append(
            EntryLine(
                entry.id, entry.done_on, entry.number, entry.note, entry.document_id, entry.recorded_at,
                name or "", entry.withdrawn_at, entry.withdrawn_reason,
            )
        )  # fmt: skip
    return [
        ItemLine(
            item, _state(item.code, standing, on), standing.get(item.code), tuple(entries.get(item.code, ()))
        )
        for item in checklist_items()
        if applies(item.kinds, cooperative.kind)
    ]


def _state(code: str, standing: dict[str, date | None], on: date) -> str:
    if code not in standing:
        return "missing"
    until = standing[code]
    return "good" if until is None or until >= on else "old"
