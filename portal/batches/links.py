"""Addresses of pages that higher rooms own: known by name, shown only when the page exists."""

from __future__ import annotations

from typing import Any

from flask import current_app, url_for

from portal.core.permissions import Actor, Permission, current_actor
from portal.core.words import gettext as _

P = Permission


def find_url(endpoint: str, **values: Any) -> str | None:
    """The address of an endpoint, or None while no room serves it."""
    return url_for(endpoint, **values) if endpoint in current_app.view_functions else None


def batch_tabs(batch_id: int, current: str, actor: Actor | None = None) -> list[tuple[str, str, bool]]:
    """The tabs of a batch's workspace for `ui.tabs`: (href, label, is current).

    Keys: ringkasan, peserta, presensi, uji, hasil, sertifikat. Tabs the actor may not open are left out.
    """
    actor = actor or current_actor()
    tabs = (
        ("ringkasan", "batches.workspace", _("Ringkasan"), P.BATCH_VIEW),
        ("peserta", "enrollment.center_roll", _("Peserta"), P.ENROLL_SCREEN),
        ("presensi", "attendance.overview", _("Presensi"), P.BATCH_VIEW),
        ("uji", "assessment.tests", _("Uji"), P.TEST_EDIT),
        ("hasil", "assessment.overview", _("Hasil"), P.BATCH_VIEW),
        ("sertifikat", "certificates.batch", _("Sertifikat"), P.CERTIFICATE_VIEW),
    )
    found = []
    for key, endpoint, label, permission in tabs:
        href = find_url(endpoint, batch_id=batch_id)
        if href and actor.may(permission):
            found.append((href, label, key == current))
    return found
