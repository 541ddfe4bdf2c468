"""The breach register (UU PDP article 46): what happened, whom it concerns, who was told when."""

from __future__ import annotations

from datetime import datetime

from portal.core import audit
from portal.core.db import db
from portal.core.errors import Conflict, DomainError, NotFound
from portal.core.formatting import moment
from portal.core.permissions import Actor, Permission, require
from portal.core.words import gettext as _
from portal.people.models import Breach

#: Who is told -> the column that keeps when.
TOLD = {"people": "people_told_at", "authority": "authority_told_at"}


def record_breach(
    *,
    title: str,
    found_at: datetime,
    description: str,
    data_kinds: str,
    people_count: int | None,
    measures: str,
    actor: Actor,
    now: datetime,
) -> Breach:
    """Open an entry; the clock runs from `found_at`. people_count: None while nobody knows yet. Raises
    Forbidden, DomainError on `found_at`."""
    require(actor, Permission.PRIVACY_MANAGE)
    _refuse_future(found_at, now, "found_at")
    row = Breach(
        title=" ".join(title.split())[:150],
        found_at=found_at,
        description=description.strip(),
        data_kinds=" ".join(data_kinds.split())[:300],
        people_count=people_count,
        measures=measures.strip(),
        recorded_by=actor.user_id,
        recorded_at=now,
        closing_note="",
    )
    db.session.add(row)
    db.session.flush()
    audit.record(
        "breach.recorded", "breach", row.id, actor=actor, now=now,
        found_at=found_at.isoformat(), people=people_count,
    )  # fmt: skip
    return row


def _refuse_future(moment_given: datetime, now: datetime, field: str) -> None:
    if moment_given > now:
        raise DomainError("in_future", _("Waktu ini belum terjadi."), field)


def _open(breach_id: int, actor: Actor) -> Breach:
    require(actor, Permission.PRIVACY_MANAGE)
    row = db.session.get(Breach, breach_id, with_for_update=True)
    if row is None:
        raise NotFound()
    if row.closed_at is not None:
        raise Conflict("breach_closed", _("Insiden ini sudah ditutup."))
    return row


def add_measure(
    *, breach_id: int, measure: str, people_count: int | None, actor: Actor, now: datetime
) -> Breach:
    """Write down what was done or learned; what was written before stays. people_count: None keeps it."""
    row = _open(breach_id, actor)
    text = " ".join(measure.split())
    if len(text) < 5:
        raise DomainError("measure_missing", _("Tulis apa yang dilakukan atau diketahui."), "measure")
    row.measures = f"{row.measures}\n{moment(now, locale='id')}: {text}".strip()
    before, row.people_count = row.people_count, row.people_count if people_count is None else people_count
    audit.record(
        "breach.measure",
        "breach",
        row.id,
        actor=actor,
        now=now,
        people=row.people_count,
        people_before=before,
    )
    return row


def mark_told(*, breach_id: int, whom: str, at: datetime, actor: Actor, now: datetime) -> Breach:
    """Note when the people (`people`) or the institution (`authority`) were told; once, since nothing of the
    register is changed afterwards. Raises DomainError on `at`, Conflict `told_already`."""
    row = _open(breach_id, actor)
    if whom not in TOLD:
        raise NotFound()
    if getattr(row, TOLD[whom]) is not None:
        raise Conflict("told_already", _("Pemberitahuan ini sudah dicatat."))
    _refuse_future(at, now, "at")
    if at < row.found_at:
        raise DomainError("before_found", _("Waktu ini lebih awal daripada saat insiden diketahui."), "at")
    setattr(row, TOLD[whom], at)
    audit.record("breach.told", "breach", row.id, actor=actor, now=now, whom=whom, at=at.isoformat())
    return row


def close_breach(*, breach_id: int, note: str, actor: Actor, now: datetime) -> Breach:
    """Close an entry with what came of it. Both must have been told before. Raises DomainError on `note`,
    Conflict `not_told`."""
    row = _open(breach_id, actor)
    text = " ".join(note.split())
    if len(text) < 5:
        raise DomainError("note_missing", _("Tulis hasil penanganannya."), "note")
    if row.people_told_at is None or row.authority_told_at is None:
        raise Conflict(
            "not_told", _("Catat dahulu kapan pemilik data dan lembaga diberi tahu, lalu tutup insidennya.")
        )
    row.closed_at, row.closed_by, row.closing_note = now, actor.user_id, text[:300]
    audit.record("breach.closed", "breach", row.id, actor=actor, now=now)
    return row
