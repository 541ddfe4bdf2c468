"""Taking files of many people along: who did it, and for which batch."""

from __future__ import annotations

from collections.abc import Sized
from datetime import datetime

from portal.core import audit
from portal.core.errors import Conflict
from portal.core.permissions import Actor
from portal.core.words import gettext as _


def note_archive(*, batch_id: int, center_id: int, files: Sized, actor: Actor, now: datetime) -> None:
    """Record that the certificates of a batch were downloaded together, and how many.

    Raises Conflict `nothing_to_download` when there are none.
    """
    if not len(files):
        raise Conflict(
            "nothing_to_download",
            _(
                "Belum ada sertifikat yang dapat diunduh untuk angkatan ini. Yang ditangguhkan, dicabut, "
                "atau diganti tidak ikut diunduh."
            ),
        )
    audit.record(
        "certificates.downloaded",
        "batch",
        batch_id,
        actor=actor,
        now=now,
        scope=f"center:{center_id}",
        count=len(files),
    )
