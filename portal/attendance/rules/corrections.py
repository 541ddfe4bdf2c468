"""Corrections of signed attendance: when one may be asked for, who may decide it, what stands in the way.
Pure: no database, no clock."""

from __future__ import annotations

from portal.attendance.rules.marks import Attendance, Say, plain
from portal.core.blockers import Blocker

LONGEST_REASON = 500


def correction_problem(
    *, batch_state: str, is_same: bool, reason: str, has_open: bool, _: Say = plain
) -> tuple[Blocker, str | None] | None:
    """(what is wrong with a request, the field it belongs to), or None.

    is_same: the wanted mark is the one that stands. has_open: one for this mark waits already.
    """
    if batch_state != "finalized":
        message = _("Daftar hadir ini belum ditandatangani. Ubah langsung di daftar hadir.")
        return Blocker("not_signed", message), None
    if has_open:
        message = _("Koreksi untuk catatan ini sudah diajukan dan menunggu putusan kepala balai.")
        return Blocker("correction_open", message), None
    if is_same:
        return Blocker("no_change", _("Pilih catatan lain dari yang sekarang.")), "mark"
    if not reason.strip():
        return Blocker("reason_needed", _("Tulis alasan koreksi.")), "reason"
    if len(reason) > LONGEST_REASON:
        return Blocker("reason_long", _("Paling banyak %(max)s karakter.", max=LONGEST_REASON)), "reason"
    return None


def decider_blockers(
    *,
    asked_by: int | None,
    asker_person: int | None,
    user_id: int | None,
    person_id: int | None,
    _: Say = plain,
) -> list[Blocker]:
    """Two different persons, not two accounts of one."""
    same_account = user_id is not None and user_id == asked_by
    same_person = person_id is not None and person_id == asker_person
    if same_account or same_person:
        message = _("Koreksi ini Anda ajukan sendiri, jadi diputuskan oleh orang lain.")
        return [Blocker("same_person", message)]
    return []


def certificate_blockers(
    *, after: Attendance | None, min_pct: int, certificate: str | None, _: Say = plain
) -> list[Blocker]:
    """A certificate stands and its holder would no longer have been present enough: revoke it first."""
    if certificate is None or after is None or after.reaches(min_pct):
        return []
    message = _(
        "Dengan koreksi ini kehadirannya menjadi %(percent)s%%, di bawah %(needed)s%%, padahal sertifikat "
        "%(code)s sudah terbit.",
        percent=after.percent,
        needed=min_pct,
        code=certificate,
    )
    remedy = _("Cabut sertifikat %(code)s lebih dahulu, lalu setujui koreksi ini.", code=certificate)
    return [Blocker("certificate_stands", message, remedy)]
