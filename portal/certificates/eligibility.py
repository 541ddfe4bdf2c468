"""Who of a batch may be certified, and for everybody else why not yet. One set of rules for all screens."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from portal.attendance.rules import Attendance, Say, attendance_blockers, plain
from portal.core.blockers import Blocker
from portal.core.typesetting import missing_characters
from portal.people.rules import ERASED_NAME

#: Reason classes of a revocation after which a certificate may be issued again, once the error is mended.
MENDABLE = frozenset({"issued_in_error", "requirements_not_met"})
SEATED = frozenset({"confirmed", "completed", "not_completed", "no_show", "offered"})


@dataclass(frozen=True)
class UnitNeed:
    """A unit as the rules see it."""

    id: int
    position: int
    title: str
    is_required: bool


@dataclass(frozen=True)
class Candidate:
    """One person of the batch: the rule's whole input. `verdicts` maps unit id to its value in force;
    `seconds` the units whose verdict lacks an agreeing second assessor, to missing or disagreed.
    `certificate_code`: of the certificate that stands; `revoked_for`: without one, the reason class of the
    revocation of the last."""

    enrollment_id: int
    person_id: int
    name: str
    state: str
    attendance: Attendance
    verdicts: Mapping[int, str]
    certificate_code: str | None = None
    seconds: Mapping[int, str] = field(default_factory=dict)
    revoked_for: str | None = None


@dataclass(frozen=True)
class UnitBlocker(Blocker):
    """A reason that is about one unit."""

    unit_id: int = 0


def certificate_blockers(
    candidate: Candidate,
    units: Sequence[UnitNeed],
    min_attendance_pct: int,
    *,
    is_final: bool = True,
    _: Say = plain,
) -> list[Blocker]:
    """Everything that stands between a person and the certificate; empty when it may be issued.

    Eligible when attended * 100 >= min_attendance_pct * total and every required unit is competent
    (FLOWS: Attendance and eligibility arithmetic) with an agreeing second assessor where the program wants
    one, once the sheet is signed. Whose certificate was revoked is never among the ready of a batch: issuing
    again is asked for by itself (`reissue_blockers`), and only after an error.
    """
    if candidate.certificate_code:
        return [Blocker("already_issued", _("sertifikat sudah terbit"))]
    if candidate.state not in SEATED:
        return [Blocker("no_seat", _("tidak mengikuti angkatan ini"))]
    if candidate.revoked_for is not None and candidate.revoked_for not in MENDABLE:
        return [Blocker("revoked", _("sertifikat sudah dicabut"))]
    found: list[Blocker] = []
    if candidate.revoked_for is not None:
        remedy = _("terbitkan lagi dari halaman sertifikat itu setelah kekeliruannya diperbaiki")
        found.append(Blocker("revoked_mendable", _("sertifikat sudah dicabut"), remedy))
    if not is_final:
        found.append(Blocker("sheet_open", _("daftar nilai belum ditutup"), _("instruktur menutupnya dulu")))
    found += attendance_blockers(candidate.attendance, min_attendance_pct, _)
    found += _unit_blockers(candidate.verdicts, units, _)
    found += _second_blockers(candidate, units, _)
    return found


def _unit_blockers(verdicts: Mapping[int, str], units: Sequence[UnitNeed], _: Say) -> list[Blocker]:
    found: list[Blocker] = []
    for unit in units:
        verdict = verdicts.get(unit.id)
        if not unit.is_required or verdict == "competent":
            continue
        if verdict is None:
            message, code = _("unit %(n)s belum dinilai", n=unit.position), "unit_pending"
            remedy = _("menunggu penilaian")
        else:
            message, code = _("unit %(n)s BK", n=unit.position), "unit_not_yet"
            remedy = _("uji ulang unit %(n)s", n=unit.position)
        found.append(UnitBlocker(code, message, remedy, unit.id))
    return found


def _second_blockers(candidate: Candidate, units: Sequence[UnitNeed], _: Say) -> list[Blocker]:
    """K that the program wants from two assessors, and one of them has not said so. BK blocks by itself."""
    found: list[Blocker] = []
    for unit in units:
        state = candidate.seconds.get(unit.id)
        if state is None or candidate.verdicts.get(unit.id) != "competent":
            continue
        message = (
            _("unit %(n)s: dua penilai belum sepakat", n=unit.position)
            if state == "disagreed"
            else _("unit %(n)s menunggu penilai kedua", n=unit.position)
        )
        remedy = _("penilai kedua menilai unit %(n)s", n=unit.position)
        found.append(UnitBlocker("second_missing", message, remedy, unit.id))
    return found


def reissue_blockers(
    found: Sequence[Blocker], *, last_day: date | None, today: date, _: Say = plain
) -> list[Blocker]:
    """What stands against issuing again in the place of a revoked certificate. found: the person's
    `certificate_blockers`, which say `revoked_mendable` where it may be; last_day: of the new certificate."""
    if not any(blocker.code == "revoked_mendable" for blocker in found):
        message = _("sertifikat hanya diterbitkan lagi sesudah dicabut karena kekeliruan, dan hanya sekali")
        return [Blocker("not_mendable", message)]
    left = [blocker for blocker in found if blocker.code != "revoked_mendable"]
    if last_day is not None and last_day < today:
        left.append(Blocker("too_late", _("masa berlaku sertifikat semula sudah lewat")))
    return left


def reissue_last_day(*, fresh: date | None, old: date | None, is_earned_anew: bool) -> date | None:
    """The last valid day of what is issued again: as at a first issue where a unit was judged K only after
    the revocation, else the one it had, so that mending an error renews nothing."""
    return fresh if is_earned_anew else old


def name_blockers(name: str, _: Say = plain) -> list[Blocker]:
    """A name that the certificate's fonts cannot print must be written in Latin letters first;
    nobody is certified once they were erased."""
    if name == ERASED_NAME:
        return [Blocker("person_erased", _("data orang ini sudah dihapus"))]
    strange = missing_characters(name)
    if not strange:
        return []
    message = _("nama memuat huruf yang tidak dapat dicetak: %(letters)s", letters=" ".join(strange[:12]))
    return [Blocker("name_unprintable", message, _("tulis namanya dengan huruf Latin"))]


def mastered(verdicts: Mapping[int, str], units: Collection[UnitNeed]) -> list[UnitNeed]:
    """The units with K, in order: only these are printed."""
    return sorted((u for u in units if verdicts.get(u.id) == "competent"), key=lambda u: u.position)
