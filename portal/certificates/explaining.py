""" "Mengapa belum?": why a person has no certificate yet, in the order in which it can be helped. Pure.

It only puts the blockers that gate issuance (`eligibility.certificate_blockers`) into the person's words;
what is not in them is never given as a reason.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from portal.attendance.rules import Attendance, Say, plain
from portal.certificates.eligibility import UnitBlocker
from portal.core.blockers import Blocker

#: What the person can do something about comes first, what others do after it, information last.
YOURS, THEIRS, OVER, INFO = "yours", "theirs", "over", "info"
_ORDER = (OVER, YOURS, THEIRS, INFO)


@dataclass(frozen=True)
class Step:
    """One reason or piece of information. kind: yours (the person can help), theirs (others act), over (no
    more in this batch), info. `unit_id` where it is about a unit, for a link."""

    kind: str
    code: str
    sentence: str
    help: str = ""
    unit_id: int | None = None


@dataclass(frozen=True)
class UnitStanding:
    """One required unit as the person may know it. `retest_at`: when the open written re-test begins."""

    unit_id: int
    position: int
    title: str
    value: str
    has_retest: bool = False
    retest_at: datetime | None = None
    appeal_due: datetime | None = None
    appeal_until: datetime | None = None


@dataclass(frozen=True)
class Facts:
    """What surrounds the blockers. `request`: the certificate request of the batch that waits: "", prepared
    or approved."""

    attendance: Attendance
    min_pct: int
    is_signed: bool
    units: Sequence[UnitStanding] = ()
    request: str = ""
    blockers: Sequence[Blocker] = field(default_factory=tuple)


def explain(facts: Facts, *, when: Callable[[datetime], str], _: Say = plain) -> list[Step]:
    """Every blocker as a sentence and what would still help, ordered; then what is information only.

    Results of units are told only after signing, but for a unit with an open re-test. Nothing blocks: one
    step says how far the certificate is.
    """
    units = {unit.unit_id: unit for unit in facts.units}
    found: list[Step] = []
    for blocker in facts.blockers:
        found += _step(blocker, facts, units, when, _)
    if not facts.blockers:
        found.append(_waiting(facts.request, _))
    found += _information(facts, when, _)
    return sorted(found, key=lambda step: _ORDER.index(step.kind))


def _step(
    blocker: Blocker, facts: Facts, units: Mapping[int, UnitStanding], when: Callable[[datetime], str], _: Say
) -> list[Step]:
    code = blocker.code
    if code == "already_issued":
        return []
    if code in ("revoked", "revoked_mendable"):
        return [_ended(code, _)]
    if code == "sheet_open":
        help_ = _("Anda diberi tahu begitu hasilnya ditandatangani.")
        return [Step(THEIRS, code, _("Hasil angkatan ini belum ditandatangani penilai."), help_)]
    if code.startswith("attendance"):
        return [_attendance(facts, code, _)]
    if code in ("unit_not_yet", "unit_pending", "second_missing"):
        unit = units.get(blocker.unit_id) if isinstance(blocker, UnitBlocker) else None
        if unit is None or (not facts.is_signed and not unit.has_retest):
            return []
        return [_unit(code, unit, when, _)]
    return [Step(OVER if code == "no_seat" else THEIRS, code, blocker.message.capitalize(), blocker.remedy)]


def _attendance(facts: Facts, code: str, _: Say) -> Step:
    found = facts.attendance
    if code == "attendance_no_sessions":
        return Step(THEIRS, code, _("Angkatan ini belum punya pertemuan."), _("Tunggu jadwal dari balai."))
    sentence = _(
        "Kehadiran Anda %(attended)s dari %(total)s JP; perlu %(pct)s%%.",
        attended=found.attended, total=found.total, pct=facts.min_pct,
    )  # fmt: skip
    if not found.can_reach(facts.min_pct):
        help_ = _("Batasnya tidak dapat tercapai lagi di angkatan ini. Ikuti angkatan berikutnya.")
        return Step(OVER, code, sentence, help_)
    missing = found.missing(facts.min_pct)
    help_ = _(
        "Hadiri sedikitnya %(missing)s JP lagi dari %(remaining)s JP yang tersisa.",
        missing=missing, remaining=found.remaining,
    )  # fmt: skip
    return Step(YOURS, code, sentence, help_)


def _unit(code: str, unit: UnitStanding, when: Callable[[datetime], str], _: Say) -> Step:
    name = {"n": unit.position, "title": unit.title}
    if unit.has_retest:
        help_ = (
            _("Uji ulang tertulis mulai %(when)s.", when=when(unit.retest_at))
            if unit.retest_at
            else _("Uji ulang sudah dibuka untuk Anda. Tanyakan waktunya kepada penilai.")
        )
        sentence = _("Unit %(n)s, %(title)s: belum kompeten, diuji ulang.", **name)
        return Step(YOURS, code, sentence, help_, unit.unit_id)
    if code == "second_missing":
        sentence = _("Unit %(n)s, %(title)s: menunggu penilai kedua.", **name)
        return Step(THEIRS, code, sentence, _("Tidak ada yang perlu Anda lakukan."), unit.unit_id)
    if code == "unit_pending":
        sentence = _("Unit %(n)s, %(title)s: belum dinilai.", **name)
        return Step(THEIRS, code, sentence, _("Hubungi balai bila Anda hadir saat uji."), unit.unit_id)
    sentence = _("Unit %(n)s, %(title)s: belum kompeten (BK).", **name)
    help_ = _("Minta uji ulang kepada balai.")
    if unit.appeal_until is not None:
        until = when(unit.appeal_until)
        help_ = _("Minta uji ulang kepada balai, atau ajukan banding sampai %(when)s.", when=until)
    return Step(YOURS, code, sentence, help_, unit.unit_id)


def _ended(code: str, _: Say) -> Step:
    sentence = _("Sertifikat Anda dari angkatan ini sudah dicabut.")
    if code == "revoked":
        return Step(OVER, code, sentence, _("Hubungi balai bila Anda ingin tahu alasannya."))
    help_ = _("Balai dapat menerbitkannya lagi setelah kekeliruannya diperbaiki dan semua syarat terpenuhi.")
    return Step(THEIRS, code, sentence, help_)


def _waiting(request: str, _: Say) -> Step:
    sentence = _("Semua syarat terpenuhi.")
    if request == "approved":
        return Step(THEIRS, "issuing", sentence, _("Sertifikat Anda sedang diterbitkan."))
    if request == "prepared":
        help_ = _("Balai sudah menyiapkan sertifikat; kepala balai tinggal menyetujui.")
        return Step(THEIRS, "approving", sentence, help_)
    return Step(THEIRS, "preparing", sentence, _("Balai akan menyiapkan sertifikat Anda."))


def _information(facts: Facts, when: Callable[[datetime], str], _: Say) -> list[Step]:
    """An open appeal blocks nothing by itself; the person sees that it runs."""
    return [
        Step(
            INFO,
            "appeal_open",
            _("Banding Anda untuk unit %(n)s sedang diperiksa.", n=unit.position),
            _("Dijawab paling lambat %(when)s.", when=when(unit.appeal_due)),
            unit.unit_id,
        )
        for unit in facts.units
        if unit.appeal_due is not None
    ]
