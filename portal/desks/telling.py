"""Telling people what was decided about their data."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from portal.core.mail.content import link
from portal.core.ports import ports
from portal.core.words import gettext as _
from portal.desks.data_labels import FIELD_WORDS, REQUEST_WORDS
from portal.people.models import CorrectionRequest, ErasureRequest


def tell_correction(row: CorrectionRequest, *, now: datetime) -> None:
    """Put a message to the owner into the running transaction; it names the field, never a value."""

    def what() -> str:
        return _("perbaikan: %(field)s", field=FIELD_WORDS[row.field])

    _tell(row, f"privacy.decided:correction:{row.id}", "desks.corrections", what, now)


def tell_refused_erasure(row: ErasureRequest, *, now: datetime) -> None:
    """Put a message to the owner into the running transaction. After an erasure nobody is left to tell."""
    _tell(row, f"privacy.decided:erasure:{row.id}", "desks.erasure", lambda: _("penghapusan data"), now)


def _tell(row: Any, key: str, endpoint: str, what: Any, now: datetime) -> None:
    note, state = row.decision_note, row.state

    def facts() -> dict[str, Any]:
        url = link(endpoint)
        return {
            "what": what(),
            "outcome": str(REQUEST_WORDS[state]).lower(),
            "note": note,
            "url": url,
            "action": (_("Lihat permintaan saya"), url),
        }

    ports().notify(person_id=row.person_id, kind="privacy.decided", facts=facts, key=key, now=now)
