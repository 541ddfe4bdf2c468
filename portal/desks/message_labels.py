"""Words for what became of a message, for staff."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from portal.core.formatting import moment
from portal.core.mail.states import UNANSWERED
from portal.core.words import gettext as _
from portal.core.words import lazy_gettext as _l

GROUP_LABELS = {
    "terkirim": _l("Terkirim"),
    "menunggu": _l("Menunggu"),
    "gagal": _l("Gagal"),
    "mungkin": _l("Mungkin terkirim"),
    "tidak-dikirim": _l("Tidak dikirim"),
}
CHANNEL_LABELS = {
    "email": _l("Surel"),
    "whatsapp": _l("WhatsApp"),
    "sms": _l("SMS"),
    "none": _l("Tanpa alamat"),
}
_REASONS = {
    "no_address": _l("Tidak ada surel atau nomor telepon. Hubungi lewat cara lain."),
    "no_consent": _l("Orangnya belum setuju dihubungi lewat telepon dan WhatsApp."),
    "not_wanted": _l("Orangnya memilih tidak menerima kabar seperti ini."),
    "expired": _l("Waktunya sudah lewat sebelum sempat dikirim."),
    "demo": _l("Portal contoh tidak mengirim pesan."),
    "no_sender": _l("Portal belum tersambung ke pengirim untuk saluran ini."),
    "erased": _l("Data orangnya sudah dihapus."),
}
_STEPS = {
    "smtp.rcpt": _l("Alamat ditolak server surel tujuan"),
    "smtp.dot": _l("Isi pesan ditolak server surel"),
    "smtp.data": _l("Isi pesan ditolak server surel"),
    "smtp.mail": _l("Server surel menolak alamat pengirim portal"),
    "smtp.login": _l("Server surel menolak nama atau sandi portal"),
    "smtp.greeting": _l("Server surel sedang menolak sambungan"),
    "smtp.connect": _l("Server surel tidak terhubung"),
    "smtp.talk": _l("Sambungan ke server surel terputus"),
    "gateway.connect": _l("Gerbang pesan tidak terhubung"),
    "gateway": _l("Gerbang pesan tidak menerima pesannya"),
    "address": _l("Alamatnya tidak dapat dipakai"),
    "subject": _l("Judul pesannya tidak dapat dipakai"),
    "content": _l("Isi pesannya tidak dapat dibuka"),
    "attachment": _l("Lampirannya tidak dapat dipakai"),
    "tries": _l("Pengiriman terhenti berkali-kali"),
}


def error_words(error: str) -> str:
    """A sentence for an error code such as "smtp.rcpt 550 5.1.1", the numbers in brackets."""
    step, _space, rest = error.partition(" ")
    if not step:
        return ""
    if rest == "timeout":
        return _("%(what)s: tidak menjawab pada waktunya.", what=_STEPS.get(step, step))
    numbers = " (" + rest + ")" if re.fullmatch(r"[0-9][0-9. ]*", rest) else ""
    return f"{_STEPS.get(step, step)}{numbers}."


def message_note(row: Any, now: datetime) -> str:
    """One sentence more than the tag says: why it waits, failed or was not sent; else nothing."""
    if row.state == "waiting" and row.attempts:
        again = moment(row.not_before, row.zone or "Asia/Jakarta")
        return _("%(why)s Dicoba lagi %(when)s.", why=error_words(row.error), when=again)
    if row.state == "waiting" and row.not_before > now:
        until = moment(row.not_before, row.zone or "Asia/Jakarta")
        return _("Jam tenang: dikirim %(when)s.", when=until)
    if row.state == "skipped":
        return str(_REASONS.get(row.reason, row.reason))
    if row.state == "unsure":
        return _("Pesan sudah diserahkan, tetapi jawaban penerimanya tidak sampai.")
    if row.state == "handed" or row.reason == UNANSWERED:
        return _("Menunggu jawaban penerima.")
    return error_words(row.error) if row.state == "failed" else ""
