"""Words for messages: what they are about, where they stand, by which way they went."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from portal.accounts.rules.messages import Group
from portal.core.formatting import moment
from portal.core.words import gettext as _
from portal.core.words import lazy_gettext as _l

CHANNEL_WORDS = {"email": _l("Surel"), "whatsapp": _l("WhatsApp"), "sms": _l("SMS"), "none": ""}
GROUP_WORDS = {
    Group.OFFER: _l("Pendaftaran dan kursi"),
    Group.CHANGE: _l("Perubahan kelas"),
    Group.REMINDER: _l("Pengingat"),
    Group.RESULT: _l("Hasil"),
    Group.CERTIFICATE: _l("Sertifikat"),
    Group.SECURITY: _l("Keamanan akun"),
}
_REASONS = {
    "no_address": _l("Tidak dikirim: belum ada surel atau nomor telepon Anda."),
    "no_consent": _l("Tidak dikirim: Anda belum setuju dihubungi lewat telepon dan WhatsApp."),
    "not_wanted": _l("Tidak dikirim: Anda memilih tidak menerima kabar seperti ini."),
    "expired": _l("Tidak dikirim: waktunya sudah lewat."),
    "demo": _l("Tidak dikirim: portal contoh tidak mengirim pesan."),
    "no_sender": _l("Tidak dikirim: portal ini belum tersambung ke pengirim pesan."),
}
_STATES = {
    "sending": ("info", "send", _l("Sedang dikirim")),
    "handed": ("info", "send", _l("Sedang dikirim")),
    "sent": ("ok", "circle-check", _l("Terkirim")),
    "failed": ("err", "circle-alert", _l("Gagal dikirim")),
    "unsure": ("warn", "circle-question-mark", _l("Mungkin terkirim")),
    "skipped": ("mute", "circle-x", _l("Tidak dikirim")),
}


def state_tag(row: Any, now: datetime) -> tuple[str, str, str]:
    """(kind, icon, words) of a message for its tag."""
    if row.state == "waiting":
        return "mute", "hourglass", _("Ditunda") if row.not_before > now else _("Menunggu dikirim")
    kind, icon, words = _STATES[row.state]
    return kind, icon, str(words)


def state_note(row: Any, now: datetime) -> str:
    """One sentence more where the tag does not say all; else nothing."""
    if row.state == "waiting" and row.not_before > now:
        return _("Dikirim %(when)s.", when=moment(row.not_before))
    if row.state == "skipped":
        return str(_REASONS.get(row.reason, ""))
    if row.state == "failed":
        return _("Periksa surel dan nomor Anda di Keamanan akun.")
    return ""
