"""Words of the helpdesk's pages: messages, counted tries, data shown in full."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from portal.core.formatting import long_date
from portal.core.formatting import phone as phone_text
from portal.core.words import gettext as _
from portal.core.words import lazy_gettext as _l
from portal.people.labels import FIELD_LABELS

_STATES = {
    "waiting": ("info", "hourglass", _l("Menunggu")),
    "sending": ("info", "send", _l("Sedang dikirim")),
    "handed": ("info", "send", _l("Sedang dikirim")),
    "sent": ("ok", "circle-check", _l("Terkirim")),
    "failed": ("err", "circle-x", _l("Gagal")),
    "unsure": ("warn", "circle-question-mark", _l("Mungkin terkirim")),
    "skipped": ("mute", "circle-dashed", _l("Tidak dikirim")),
}
_TOPICS = {
    "seat": _l("Kursi"),
    "offer": _l("Tawaran kursi"),
    "enrollment": _l("Pendaftaran"),
    "batch": _l("Perubahan jadwal"),
    "class": _l("Pengingat kelas"),
    "result": _l("Hasil pelatihan"),
    "certificate": _l("Sertifikat"),
    "security": _l("Keamanan akun"),
    "privacy": _l("Data pribadi"),
    "code": _l("Kode sekali pakai"),
}
_LOCKS = {
    "sign_in.pair": _l("Percobaan masuk dari satu jaringan"),
    "sign_in.login": _l("Percobaan masuk dari semua jaringan"),
}


def message_tag(state: str) -> tuple[str, str, str]:
    """(kind, icon, words) of a message's state for `ui.tag`."""
    kind, icon, words = _STATES.get(state, ("mute", "info", state))
    return kind, icon, str(words)


def message_label(kind: str) -> str:
    """What a message is about."""
    return str(_TOPICS.get(kind.partition(".")[0], kind))


def lock_label(what: str) -> str:
    """What a counter counts."""
    return str(_LOCKS.get(what, what))


def shown_rows(values: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(label, value) of data shown in full, for `ui.facts`."""
    rows = []
    for field, value in values.items():
        if value is None:
            text = _("belum tercatat")
        elif field == "birth_date":
            text = long_date(value, False)
        elif field == "phone":
            text = phone_text(value)
        else:
            text = str(value)
        rows.append(
            (str(FIELD_LABELS[field]).capitalize() if field != "nik" else str(FIELD_LABELS[field]), text)
        )
    return rows
