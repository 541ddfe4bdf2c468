"""What an institution has in order: the items of the checklist, and entries that one was done on a day."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa

from portal.cooperatives.models import ChecklistEntry, ChecklistItem
from portal.cooperatives.reference import load_checklist_items
from portal.cooperatives.services.loading import scope_of, writable
from portal.core import audit
from portal.core.clock import local_date
from portal.core.db import db
from portal.core.errors import Conflict, DomainError, NotFound
from portal.core.permissions import Actor
from portal.core.ports import ports
from portal.core.words import gettext as _

ZONE = "Asia/Jakarta"


def load_checklist(*, actor: Actor, now: datetime) -> int:
    """Add the items of the reference file that are not there yet; returns how many. None that is there is
    ever changed. Whoever changes what items ask for calls the port `standards_touched`, as this does."""
    known = set(db.session.scalars(sa.select(ChecklistItem.code)))
    fresh = [
        (position, ref) for position, ref in enumerate(load_checklist_items(), 1) if ref.code not in known
    ]
    for position, ref in fresh:
        db.session.add(
            ChecklistItem(
                code=ref.code, position=position, name=ref.name, name_en=ref.name_en, help=ref.help,
                help_en=ref.help_en, valid_months=ref.valid_months, kinds=list(ref.kinds), source=ref.source,
                source_status=ref.source_status, is_active=True,
            )
        )  # fmt: skip
    if fresh:
        db.session.flush()
        audit.record("checklist.loaded", "checklist", "all", actor=actor, now=now, added=len(fresh))
        ports().standards_touched(now=now)
    return len(fresh)


def record_entry(
    *,
    cooperative_id: int,
    item_code: str,
    done_on: date,
    number: str = "",
    note: str = "",
    document_id: int | None = None,
    actor: Actor,
    now: datetime,
) -> ChecklistEntry:
    """Note that an item was done on a day; the same item and day again with the same words changes nothing.

    Raises NotFound (cooperative, item), DomainError `date_future` or `date_old`, Conflict `entry_exists`.
    """
    cooperative = writable(cooperative_id, actor)
    item = db.session.get(ChecklistItem, item_code)
    if item is None or not item.is_active:
        raise NotFound()
    if done_on > local_date(now, ZONE):
        raise DomainError("date_future", _("Tanggal ini belum tiba. Tulis hari pelaksanaannya."), "done_on")
    if done_on.year < 1945:
        raise DomainError("date_old", _("Tanggal ini terlalu lama. Periksa tahunnya."), "done_on")
    number, note = " ".join(number.split())[:80], " ".join(note.split())[:300]
    known = db.session.scalar(
        sa.select(ChecklistEntry).where(
            ChecklistEntry.cooperative_id == cooperative.id, ChecklistEntry.item_code == item_code,
            ChecklistEntry.done_on == done_on, ChecklistEntry.withdrawn_at.is_(None),
        )
    )  # fmt: skip
    if known is not None:
        if (known.number, known.note) == (number, note) and document_id is None:
            return known
        message = _("Hal ini sudah tercatat pada hari itu. Batalkan catatan lama lebih dulu bila keliru.")
        raise Conflict("entry_exists", message, "done_on")
    entry = ChecklistEntry(
        cooperative_id=cooperative.id, item_code=item_code, done_on=done_on, number=number, note=note,
        document_id=document_id, recorded_by=actor.user_id, recorded_at=now, withdrawn_reason="",
    )  # fmt: skip
    db.session.add(entry)
    db.session.flush()
    audit.record(
        "checklist.recorded", "cooperative", cooperative.id, actor=actor, now=now,
        scope=scope_of(cooperative), item=item_code, done_on=done_on.isoformat(), entry=entry.id,
    )  # fmt: skip
    ports().standing_touched(cooperative_ids=[cooperative.id], now=now)
    return entry


def withdraw_entry(
    *, cooperative_id: int, entry_id: int, reason: str, actor: Actor, now: datetime
) -> ChecklistEntry:
    """Take an entry back, with why; it stays to be read. Raises NotFound, DomainError `reason_missing`,
    Conflict `entry_withdrawn`."""
    cooperative = writable(cooperative_id, actor)
    entry = db.session.get(ChecklistEntry, entry_id, with_for_update=True)
    if entry is None or entry.cooperative_id != cooperative.id:
        raise NotFound()
    reason = " ".join(reason.split())[:300]
    if not reason:
        raise DomainError("reason_missing", _("Tulis mengapa catatan ini dibatalkan."), "reason")
    if entry.withdrawn_at is not None:
        raise Conflict("entry_withdrawn", _("Catatan ini sudah dibatalkan. Muat ulang halaman."))
    entry.withdrawn_at, entry.withdrawn_by, entry.withdrawn_reason = now, actor.user_id, reason
    audit.record(
        "checklist.withdrawn", "cooperative", cooperative.id, actor=actor, now=now,
        scope=scope_of(cooperative), item=entry.item_code, entry=entry.id,
    )  # fmt: skip
    ports().standing_touched(cooperative_ids=[cooperative.id], now=now)
    return entry
