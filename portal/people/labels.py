"""Words on screen for protected data: masked, by name, and why somebody saw them."""

from __future__ import annotations

from datetime import date

from portal.core.words import gettext as _
from portal.core.words import lazy_gettext as _l
from portal.people.rules.unmasking import FIELDS, reason_code

FIELD_LABELS = {
    "nik": _l("NIK"),
    "birth_date": _l("tanggal lahir"),
    "phone": _l("nomor telepon"),
    "email": _l("alamat surel"),
    "address": _l("desa tempat tinggal"),
    "evidence": _l("bukti perbaikan data"),
}
#: What can be revealed, with its words.
REVEALABLE = [(name, FIELD_LABELS[name]) for name in FIELDS]
REASON_LABELS = {
    "seat_call": _l("Menghubungi tentang kursi"),
    "identity_check": _l("Mencocokkan KTP di loket"),
    "class_change": _l("Memberi tahu perubahan jadwal"),
    "owner_help": _l("Membantu pemilik data atas permintaannya"),
    "correction": _l("Memutuskan permintaan perbaikan data"),
}

ANSWER_LABELS = {"yes": _l("Ya"), "no": _l("Tidak"), "unsaid": _l("Tidak ingin menjawab")}
DISABILITY_LABELS = {
    "physical": _l("Gerak (fisik)"),
    "sight": _l("Penglihatan"),
    "hearing": _l("Pendengaran"),
    "speech": _l("Wicara"),
    "intellectual": _l("Intelektual"),
    "mental": _l("Mental"),
    "other": _l("Lainnya"),
}
NEED_LABELS = {
    "sign_interpreter": _l("Juru bahasa isyarat"),
    "step_free": _l("Jalan dan ruang tanpa anak tangga"),
    "large_print": _l("Bahan cetak huruf besar"),
    "read_aloud": _l("Bahan dan soal dibacakan"),
    "front_seat": _l("Duduk di depan"),
    "more_time": _l("Waktu lebih lama"),
    "companion": _l("Ditemani pendamping"),
    "accessible_toilet": _l("Toilet yang bisa dipakai kursi roda"),
}


def reason_label(reason: str) -> str:
    """A stored reason in the language of the page; words of one's own as they were written."""
    code = reason_code(reason)
    if not code:
        return reason
    label, words = str(REASON_LABELS[code]), reason.partition(":")[2].strip()
    return _("%(label)s: %(words)s", label=label, words=words) if words else label


def field_list(fields: str) -> str:
    """Stored fields ("phone,email") as words."""
    return ", ".join(str(FIELD_LABELS.get(field, field)) for field in fields.split(",") if field)


def mask_phone(number: str | None) -> str:
    """`•••• 0042`, or an empty text."""
    return f"•••• {number[-4:]}" if number else ""


def mask_email(address: str | None) -> str:
    """`s•••@contoh.id`, or an empty text."""
    name, _at, host = (address or "").partition("@")
    return f"{name[:1]}•••@{host}" if address else ""


def mask_birth(born: date | None) -> str:
    """`•• •••• 1985`, or an empty text: the year tells two people of one name apart."""
    return f"•• •••• {born.year}" if born else ""


def mask_name(name: str) -> str:
    """`Sri W. L.`: the first word, the others as initials; one that is a letter or an initial stays."""
    words = name.split()
    return " ".join([*words[:1], *(f"{word[0]}." for word in words[1:])])
