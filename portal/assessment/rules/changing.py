"""Changing a signed verdict: when it may be asked for, and who may decide. Pure."""

from __future__ import annotations

from portal.assessment.rules.judging import COMPETENT, NOT_YET, Say, plain, verdict_problem
from portal.core.blockers import Blocker

CORRECTION_LIMIT = 500


def correction_problem(
    *,
    is_signed: bool,
    value: str,
    note: str,
    reason: str,
    old_value: str | None,
    old_note: str,
    has_open: bool,
    _: Say = plain,
) -> tuple[Blocker, str | None] | None:
    """(what is wrong with a wish to correct, the field), or None."""
    if not is_signed:
        message = _("Hasil ini belum ditandatangani, jadi dapat langsung diubah.")
        return Blocker("not_signed", message, _("Ubah di halaman hasil uji.")), None
    if has_open:
        return Blocker("correction_open", _("Koreksi unit ini sudah diajukan dan menunggu keputusan.")), None
    problem = verdict_problem(value, note, _)
    if problem:
        return problem, "value" if problem.code == "value_unknown" else "note"
    if (value, note.strip()) == (old_value, old_note):
        return Blocker("nothing_changed", _("Nilai ini sama dengan yang berlaku sekarang.")), "value"
    if not reason.strip():
        return Blocker("reason_needed", _("Tulis mengapa hasil yang sudah ditandatangani keliru.")), "reason"
    if len(reason) > CORRECTION_LIMIT:
        message = _("Alasan paling panjang %(limit)s huruf.", limit=CORRECTION_LIMIT)
        return Blocker("reason_long", message), "reason"
    return None


def falls(old_value: str | None, value: str) -> bool:
    """True when a K becomes BK: that is what a certificate stands against."""
    return old_value == COMPETENT and value == NOT_YET


def certificate_blockers_of_change(
    *, old_value: str | None, value: str, certificate: str | None, _: Say = plain
) -> list[Blocker]:
    """A K that a standing certificate rests on does not become BK: first the certificate is revoked."""
    if certificate is None or not falls(old_value, value):
        return []
    message = _(
        "Sertifikat %(code)s sudah terbit atas hasil ini. Cabut dulu sertifikat itu, lalu ubah hasilnya.",
        code=certificate,
    )
    return [Blocker("certificate_stands", message)]


def decider_blockers(
    *,
    asked_by: int | None,
    asker_person: int | None,
    user_id: int | None,
    person_id: int | None,
    _: Say = plain,
) -> list[Blocker]:
    """Who asked does not decide; two persons, not two accounts."""
    same_person = person_id is not None and person_id == asker_person
    if (user_id is not None and user_id == asked_by) or same_person:
        return [Blocker("same_person", _("Yang mengajukan dan yang memutuskan harus dua orang berbeda."))]
    return []
