"""What the center's lists show, prepared."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from flask import current_app, url_for

from portal.batches.models import Batch
from portal.batches.rules import phase_of, seats_left
from portal.catalog.labels import local_name
from portal.cooperatives.labels import post_label
from portal.core.formatting import date_range, moment, number, remaining
from portal.core.formatting import phone as phone_text
from portal.core.permissions import Actor, Permission
from portal.core.words import gettext as _
from portal.enrollment import pages, queries, rules
from portal.enrollment.labels import (
    CHANNEL_LABELS,
    OUTCOME_LABELS,
    PRIORITY_LABELS,
    state_tag,
)
from portal.enrollment.messages_nominating import mark_words
from portal.enrollment.queries.nominations import marks_of
from portal.enrollment.queries.prerequisites import unmet
from portal.people.labels import mask_phone
from portal.people.queries import open_reads

#: Tab -> actions on a row, the first one as the visible step.
ACTIONS = {
    "pelamar": ("tawarkan", "cadangan", "tunggu", "tolak"),
    "ditawari": ("lepas",),
    "terkonfirmasi": ("lepas",),
    "daftar-tunggu": ("tawarkan", "cadangan", "tolak"),
    "cadangan": ("tawarkan", "tunggu", "tolak"),
    "keluar": (),
}
#: Tabs of people whose seat is not certain: what they lack is said beside them.
_BEFORE_SEAT = frozenset({"pelamar", "ditawari", "daftar-tunggu", "cadangan"})


def tab_names() -> dict[str, str]:
    """Tab -> its words."""
    return {
        "pelamar": _("Pelamar"),
        "ditawari": _("Ditawari"),
        "terkonfirmasi": _("Terkonfirmasi"),
        "daftar-tunggu": _("Daftar tunggu"),
        "cadangan": _("Cadangan"),
        "keluar": _("Sudah keluar"),
    }


def center_page(batch: Batch, tab: str, page_no: int, actor: Actor, now: datetime) -> dict[str, Any]:
    """The context of the list of a batch: three statements whatever the number of people. A `tab` that is
    none opens the first one with people, in the order of the tabs."""
    counts = queries.tab_counts(batch.id)
    if tab not in ACTIONS:
        tab = next((key for key in ACTIONS if counts[key]), "pelamar")
    page = queries.center_roll(batch.id, tab, page_no)
    url = url_for("enrollment.center_roll", batch_id=batch.id)
    left = seats_left(batch.quota, batch.seats_taken)
    people = [entry.person_id for entry in page.items if entry.phone]
    lacks = unmet(batch, [entry.person_id for entry in page.items]) if tab in _BEFORE_SEAT else {}
    grouped = [entry.enrollment_id for entry in page.items if entry.group_id is not None]
    marks = marks_of(grouped) if grouped else {}
    shown = open_reads(actor, people, "phone", now)
    may_screen = actor.may(Permission.ENROLL_SCREEN) and actor.scope(Permission.ENROLL_SCREEN).covers_center(
        batch.center_id
    )
    return {
        "batch": batch,
        "title": local_name(batch.program),
        "dates": date_range(batch.starts_on, batch.ends_on),
        "phase": phase_of(batch, now, batch.center.zone),
        "tab": tab,
        "url": url,
        "tabs": [
            (f"{url}?keadaan={key}", f"{name} ({number(counts[key])})", key == tab)
            for key, name in tab_names().items()
        ],
        "counts": counts,
        "rows": [
            _row(entry, batch, tab, actor, now, shown)
            | {"lacks": [blocker.message for blocker in lacks.get(entry.person_id, ())]}
            | {"marks": mark_words(marks.get(entry.enrollment_id))}
            for entry in page.items
        ],
        "hidden": len(set(people) - shown) if may_screen and actor.may(Permission.PERSON_UNMASK) else 0,
        "page_no": page_no,
        "next_url": f"{url}?{urlencode({'keadaan': tab, 'hal': page_no + 1})}" if page.has_next else None,
        "previous_url": f"{url}?{urlencode({'keadaan': tab, 'hal': page_no - 1})}" if page_no > 1 else None,
        "first": (page_no - 1) * 50 + 1,
        "left": left,
        "seats_text": _("%(left)d kursi kosong dari %(quota)d", left=left, quota=batch.quota),
        "waiting": counts["daftar-tunggu"] + counts["cadangan"],
        "may_screen": may_screen,
        "may_edit": actor.may(Permission.BATCH_EDIT) and batch.state in ("published", "postponed"),
        "may_print": actor.may(Permission.PAPERS_PRINT),
        "may_claims": actor.may(Permission.CLAIMS_PRINT),
        "actions": ACTIONS[tab] if may_screen and batch.state in ("published", "postponed") else (),
        "can_offer": tab in ("pelamar", "daftar-tunggu", "cadangan") and may_screen,
        "choices": queries.choices_of(batch.id),
        "workspace_url": find_url("batches.workspace", batch_id=batch.id),
    }


def find_url(endpoint: str, **values: Any) -> str | None:
    """The address of a page of another room, or None while no room serves it."""
    return url_for(endpoint, **values) if endpoint in current_app.view_functions else None


def _row(
    entry: queries.CenterRow, batch: Batch, tab: str, actor: Actor, now: datetime, shown: Collection[int]
) -> dict[str, Any]:
    """One person; links are put together without url_for, which would cost more than the row itself."""
    notes = []
    if entry.state == "offered":
        if entry.offer_until is None:
            notes.append(_("Belum tersambung"))
        elif rules.is_offer_over(entry.offer_until, now):
            notes.append(_("Lewat waktu"))
        else:
            notes.append(_("Sisa %(left)s", left=remaining(entry.offer_until - now)))
    if tab in ("pelamar", "daftar-tunggu", "cadangan") and PRIORITY_LABELS.get(entry.priority):
        notes.append(str(PRIORITY_LABELS[entry.priority]))
    if entry.helped:
        notes.append(_("Didaftarkan dengan bantuan"))
    if entry.state_reason:
        notes.append(entry.state_reason)
    return {
        "id": entry.enrollment_id,
        "name": entry.name,
        "post": post_label(entry.post),
        "cooperative": entry.cooperative_name or _("Koperasi belum berdiri"),
        "rank": entry.rank if tab == "daftar-tunggu" else None,
        "tag": state_tag(entry.state),
        "notes": notes,
        "applied": moment(entry.applied_at, batch.center.zone),
        "phone": _number(entry, shown),
        "tel": entry.phone if entry.person_id in shown else "",
        "is_self": actor.person_id is not None and actor.person_id == entry.person_id,
        "can_reconsider": entry.state == "rejected",
    }


def _number(row: queries.CenterRow | queries.ContactRow, shown: Collection[int]) -> str:
    """A number as it may be seen: in full for those in `shown`, else its last four digits."""
    if not row.phone:
        return ""
    return phone_text(row.phone) if row.person_id in shown else mask_phone(row.phone)


def contact_rows(page: Any, shown: Collection[int]) -> list[dict[str, Any]]:
    """People to reach with the tries so far; of those in `shown` with the links that a phone opens."""
    return [contact_row(row, shown) for row in page.items]


def contact_row(row: queries.ContactRow, shown: Collection[int]) -> dict[str, Any]:
    """One person to reach."""
    is_shown = row.phone is not None and row.person_id in shown
    return {
        "id": row.enrollment_id,
        "name": row.name,
        "who": f"{post_label(row.post)}, {row.cooperative_name or _('koperasi belum berdiri')}",
        "batch": f"{row.program}, {_('Angkatan')} {row.batch_number}",
        "dates": date_range(row.starts_on, row.ends_on),
        "phone": _number(row, shown),
        "tel": f"tel:{row.phone}" if is_shown else "",
        "whatsapp": pages.whatsapp_url(row) if is_shown else "",
        "tries": [
            (
                str(OUTCOME_LABELS[one.outcome]),
                str(CHANNEL_LABELS[one.channel]),
                pages.tried_at(one.made_at, row.zone),
                one.note,
            )
            for one in row.tries[:5]
        ],
    }
