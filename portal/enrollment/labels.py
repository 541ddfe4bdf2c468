"""Words on screen for enrollment states, contacts and choices."""

from __future__ import annotations

from portal.core.words import lazy_gettext as _l

STATE_LABELS = {
    "applied": _l("Diseleksi"),
    "offered": _l("Ditawari kursi"),
    "confirmed": _l("Terkonfirmasi"),
    "completed": _l("Selesai, lulus"),
    "not_completed": _l("Selesai, belum lulus"),
    "no_show": _l("Tidak hadir"),
    "waitlisted": _l("Daftar tunggu"),
    "reserve": _l("Cadangan"),
    "rejected": _l("Tidak diterima"),
    "expired": _l("Tawaran berakhir"),
    "withdrawn": _l("Mengundurkan diri"),
}
STATE_TAGS = {
    "applied": ("info", "eye"),
    "offered": ("warn", "hourglass"),
    "confirmed": ("ok", "circle-check"),
    "completed": ("ok", "badge-check"),
    "not_completed": ("mute", "circle-dashed"),
    "no_show": ("mute", "circle-x"),
    "waitlisted": ("info", "list-plus"),
    "reserve": ("info", "user-plus"),
    "rejected": ("err", "ban"),
    "expired": ("mute", "calendar-x"),
    "withdrawn": ("mute", "log-out"),
}
OUTCOME_LABELS = {
    "reached": _l("Tersambung"),
    "no_answer": _l("Tidak dijawab"),
    "wrong_number": _l("Nomor salah"),
    "accepted": _l("Menerima"),
    "declined": _l("Menolak"),
}
CHANNEL_LABELS = {
    "call": _l("Telepon"),
    "whatsapp": _l("WhatsApp"),
    "visit": _l("Bertemu"),
    "letter": _l("Surat"),
}


def state_label(state: str) -> str:
    """The state in the language of the page."""
    return str(STATE_LABELS.get(state, state))


def state_tag(state: str) -> tuple[str, str, str]:
    """(kind, icon, words) for `ui.tag`."""
    kind, icon = STATE_TAGS.get(state, ("mute", "info"))
    return kind, icon, state_label(state)


CHOICE_LABELS = {
    "pending": _l("Belum menjawab"),
    "keep": _l("Ikut jadwal baru"),
    "move": _l("Pindah angkatan"),
    "leave": _l("Mundur"),
}
#: Classes of the queue (rules.queue_class).
CLASS_LABELS = {
    0: _l("Koperasi percontohan"),
    1: _l("Jabatan yang kursinya dijaga"),
    2: _l("Diusulkan"),
    3: _l("Pendaftar lain"),
}
#: Why somebody is passed over for a free seat (rules.why_not).
PASSED_LABELS = {
    "full": _l("Belum ada kursi kosong"),
    "kept": _l("Kursi yang kosong dijaga untuk koperasi percontohan atau jabatan lain"),
    "capped": _l("Koperasinya sudah mencapai batas"),
    "busy": _l("Ikut pelatihan lain pada hari yang sama"),
    "unprepared": _l("Belum memegang sertifikat yang disyaratkan"),
    "not_consented": _l("Diusulkan koperasi, belum menyatakan bersedia"),
    "not_meant": _l("Di luar sasaran angkatan ini"),
    "reach": _l("Angkatan ini di luar jangkauannya"),
    "known": _l("Sudah memegang tempat di angkatan yang berbagi daftar ini"),
    "own_case": _l("Ini pendaftaran Anda sendiri"),
    "group_hindered": _l("Rombongan: ada anggota yang belum dapat ditempatkan"),
    "group_too_big": _l("Rombongan tidak muat seluruhnya"),
}
PRIORITY_LABELS = {0: _l("Koperasi percontohan"), 1: _l("Diusulkan"), 2: ""}
