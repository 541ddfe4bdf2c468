"""Words on screen for the audit trail: what was done, to what kind of thing, and areas to filter by."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

ACTION_LABELS = {
    "access.reset": _l("Akses dipulihkan"),
    "account.closed": _l("Akun ditutup"),
    "account.created": _l("Akun dibuat"),
    "account.linked": _l("Akun dikaitkan dengan orangnya"),
    "account.reopened": _l("Akun dibuka lagi"),
    "attendance.recorded": _l("Presensi dicatat"),
    "batch.cancelled": _l("Angkatan dibatalkan"),
    "batch.changed": _l("Angkatan diubah"),
    "batch.created": _l("Angkatan disusun"),
    "batch.finalized": _l("Angkatan diselesaikan"),
    "batch.moved": _l("Angkatan pindah tanggal"),
    "batch.postponed": _l("Angkatan ditunda"),
    "batch.published": _l("Angkatan diumumkan"),
    "catalog.loaded": _l("Katalog dimuat"),
    "centers.loaded": _l("Daftar balai dimuat"),
    "certificate.issue": _l("Sertifikat terbit"),
    "certificate.replace": _l("Sertifikat diganti"),
    "certificate.request.approved": _l("Permintaan disetujui"),
    "certificate.request.done": _l("Permintaan selesai"),
    "certificate.request.prepared": _l("Permintaan disiapkan"),
    "certificate.request.rejected": _l("Permintaan ditolak"),
    "certificate.revoke": _l("Sertifikat dicabut"),
    "certificate.suspend": _l("Sertifikat ditangguhkan"),
    "certificate.unsuspend": _l("Sertifikat diberlakukan lagi"),
    "claim.issued": _l("Kode klaim dibuat"),
    "claim.used": _l("Kode klaim dipakai"),
    "claims.printed": _l("Surat klaim dicetak"),
    "consent.given": _l("Persetujuan diberikan"),
    "consent.withdrawn": _l("Persetujuan dicabut"),
    "contact.recorded": _l("Upaya menghubungi dicatat"),
    "cooperative.created": _l("Koperasi dicatat"),
    "cooperative.groups": _l("Kelompok pihak koperasi diubah"),
    "cooperative.pilot": _l("Tanda percontohan diubah"),
    "demo.begun": _l("Data contoh mulai dimuat"),
    "demo.made": _l("Data contoh selesai dimuat"),
    "draft.saved": _l("Isian pendaftaran disimpan"),
    "enrollment.applied": _l("Pendaftaran masuk"),
    "enrollment.assisted": _l("Pendaftaran dengan bantuan"),
    "enrollment.closed": _l("Pendaftaran ditutup dengan hasil"),
    "enrollment.expired": _l("Pendaftaran berakhir"),
    "enrollment.moved_away": _l("Pindah ke angkatan lain"),
    "enrollment.placed": _l("Ditempatkan di angkatan"),
    "enrollment.reapplied": _l("Mendaftar lagi"),
    "enrollment.reconsidered": _l("Dipertimbangkan lagi"),
    "enrollment.rejected": _l("Pendaftaran ditolak"),
    "enrollment.reserve": _l("Dijadikan cadangan"),
    "enrollment.waitlisted": _l("Masuk daftar tunggu"),
    "enrollment.withdrawn": _l("Mengundurkan diri"),
    "factor.added": _l("Langkah kedua dipasang"),
    "factor.asked": _l("Langkah kedua ditanyakan"),
    "factor.begun": _l("Langkah kedua mulai dipasang"),
    "factor.code_used": _l("Kode cadangan dipakai"),
    "factor.codes_renewed": _l("Kode cadangan dibuat baru"),
    "factor.refused": _l("Langkah kedua ditolak"),
    "factor.removed": _l("Langkah kedua dihapus"),
    "holiday.added": _l("Hari libur ditambah"),
    "holiday.removed": _l("Hari libur dihapus"),
    "job.enqueue": _l("Pekerjaan diantrekan"),
    "job.failed": _l("Pekerjaan terhenti"),
    "job.retry": _l("Pekerjaan diulangi"),
    "leave.added": _l("Cuti dicatat"),
    "leave.removed": _l("Cuti dihapus"),
    "move.answered": _l("Pilihan jadwal dijawab"),
    "move.asked": _l("Pilihan jadwal ditanyakan"),
    "nomination.corrected": _l("Usulan diperbaiki"),
    "nomination.proposed": _l("Peserta diusulkan"),
    "offer.expired": _l("Tawaran lewat waktu"),
    "offer.opened": _l("Tawaran dibuka"),
    "password.changed": _l("Kata sandi diganti"),
    "person.created": _l("Data orang dicatat"),
    "person.exported": _l("Salinan data diunduh"),
    "person.updated": _l("Data orang diubah"),
    "post.ended": _l("Jabatan berakhir"),
    "post.held": _l("Jabatan dicatat"),
    "regions.loaded": _l("Wilayah dimuat"),
    "role.ended": _l("Peran diakhiri"),
    "role.granted": _l("Peran diberikan"),
    "room.added": _l("Ruang ditambah"),
    "room.changed": _l("Ruang diubah"),
    "roster.bad_rows_read": _l("Baris bermasalah diunduh"),
    "roster.discarded": _l("Berkas usulan dibuang"),
    "roster.imported": _l("Berkas usulan tersimpan"),
    "roster.read": _l("Berkas usulan dibaca"),
    "roster.started": _l("Penyimpanan usulan dimulai"),
    "seat.confirmed": _l("Kursi diterima"),
    "seat.offered": _l("Kursi ditawarkan"),
    "session.ended": _l("Keluar"),
    "session.started": _l("Masuk"),
    "sheet.signed": _l("Hasil ditandatangani"),
    "spread.confirmed": _l("Pembagian ke angkatan ditetapkan"),
    "spread.drafted": _l("Pembagian ke angkatan diubah"),
    "spread.reset": _l("Pembagian ke angkatan diulang"),
    "staff.added": _l("Petugas ditambah"),
    "staff.changed": _l("Petugas diubah"),
    "verdict.recorded": _l("Nilai unit dicatat"),
}
OBJECT_LABELS = {
    "batch": _l("angkatan"),
    "catalog": _l("katalog"),
    "center": _l("balai"),
    "certificate": _l("sertifikat"),
    "certificate_request": _l("permintaan sertifikat"),
    "cooperative": _l("koperasi"),
    "enrollment": _l("pendaftaran"),
    "holiday": _l("hari libur"),
    "job": _l("pekerjaan"),
    "nomination": _l("usulan"),
    "person": _l("orang"),
    "region": _l("wilayah"),
    "room": _l("ruang"),
    "roster_import": _l("berkas usulan"),
    "staff": _l("petugas"),
    "user": _l("akun"),
}
#: Beginning of the actions of an area -> its words, in the order people look for them.
AREA_LABELS = {
    "role.": _l("Peran"),
    "session.": _l("Masuk dan keluar"),
    "factor.": _l("Langkah kedua"),
    "account.": _l("Akun"),
    "access.": _l("Pemulihan akses"),
    "password.": _l("Kata sandi"),
    "claim": _l("Kode dan surat klaim"),
    "consent.": _l("Persetujuan"),
    "person.": _l("Data orang"),
    "cooperative.": _l("Koperasi"),
    "post.": _l("Jabatan"),
    "roster.": _l("Berkas usulan"),
    "nomination.": _l("Usulan"),
    "spread.": _l("Pembagian ke angkatan"),
    "batch.": _l("Angkatan"),
    "enrollment.": _l("Pendaftaran"),
    "seat.": _l("Kursi"),
    "offer.": _l("Tawaran"),
    "contact.": _l("Upaya menghubungi"),
    "attendance.": _l("Presensi"),
    "verdict.": _l("Nilai unit"),
    "sheet.": _l("Tanda tangan hasil"),
    "certificate.": _l("Sertifikat"),
    "job.": _l("Pekerjaan"),
}


def action_label(action: str) -> str:
    """What was done, in the language of the page; the stored word when it has no other."""
    return str(ACTION_LABELS.get(action, action))


def area_options(chosen: str = "") -> list[tuple[str, str]]:
    """(beginning of the action, words) to filter by; a beginning that came with the address is kept."""
    options = [("", _("Semua tindakan")), *((start, str(label)) for start, label in AREA_LABELS.items())]
    return options if chosen in dict(options) else [*options, (chosen, action_label(chosen))]


def event_label(event: Mapping[str, Any]) -> str:
    """The object of an audit event as "orang 12"."""
    kind = event["object_kind"]
    return f"{OBJECT_LABELS.get(kind, kind)} {event['object_id']}"
