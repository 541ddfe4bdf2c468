"""The part of an office's page about a claim that says what was proposed under it, and what becomes of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask_babel import ngettext

from portal.cooperatives.labels import post_label
from portal.core.formatting import moment
from portal.core.permissions import Actor, Permission
from portal.core.words import gettext as _
from portal.enrollment.messages_nominating import NOMINATION_LABELS, nomination_tag
from portal.enrollment.pages_nominating import ZONE, batch_words
from portal.enrollment.queries.claimed import Claimed, claimed


def claim_panel(
    *, claim_id: int, state: str, region_code: str, actor: Actor, now: datetime
) -> tuple[str, dict[str, Any]]:
    """Port `claim_panels`: names stand there for whoever spreads the people of the region anyway."""
    sees_names = actor.scope(Permission.ROSTER_SPREAD).covers_region(region_code)
    found = claimed(claim_id, sees_names=sees_names, now=now)
    groups = [
        {
            "program": group.program,
            "batch": batch_words(group.batch),
            "sent": moment(group.sent_at, ZONE),
            "counts": ", ".join(
                f"{count} {str(NOMINATION_LABELS.get(one, one)).lower()}"
                for one, count in group.counts.items()
            ),
            "people": [(name, post_label(post), nomination_tag(one)) for name, post, one in group.people],
        }
        for group in found.groups
    ]
    return "enrollment/_claimed.html", {
        "groups": groups,
        "more": found.groups_in_all - len(groups),
        "summary": _summary(found),
        "becomes": _becomes(found) if state == "pending" else (),
    }


def _summary(found: Claimed) -> str:
    if not found.people:
        return _("Belum ada yang diusulkan di bawah klaim ini.")
    open_now = found.ends + found.stays
    return _(
        "%(people)s usulan dikirim di bawah klaim ini: %(open)s masih terbuka, %(ended)s sudah berakhir.",
        people=found.people, open=open_now, ended=found.ended,
    )  # fmt: skip


def _becomes(found: Claimed) -> list[tuple[str, str]]:
    """(decision, what becomes of the nominations), for a claim that waits."""
    if not found.ends and not found.stays:
        return []
    accepted = _("Usulannya berjalan terus, dan tanda “menunggu verifikasi” hilang.")
    refused = ngettext(
        "%(num)d usulan yang masih terbuka dibatalkan; tempatnya diberikan kepada yang menunggu.",
        "%(num)d usulan yang masih terbuka dibatalkan; tempatnya diberikan kepada yang menunggu.",
        found.ends,
    )
    if found.stays:
        refused += " " + ngettext(
            "%(num)d orang yang kelasnya sudah mulai tetap ikut.",
            "%(num)d orang yang kelasnya sudah mulai tetap ikut.",
            found.stays,
        )
    return [(_("Bila disahkan"), accepted), (_("Bila ditolak"), refused)]
