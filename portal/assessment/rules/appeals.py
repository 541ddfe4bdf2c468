"""Appeals (banding): until when, by when answered, and who had no part in the result. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from portal.assessment.rules.judging import NOT_YET, Say, plain
from portal.core.blockers import Blocker

#: Days to appeal after signing, and to answer an appeal. [U]: no rule of the ministry is known; one constant
#: for all programs until there is one.
APPEAL_WINDOW = timedelta(days=14)
APPEAL_TERM = timedelta(days=14)
REASON_LIMIT = 2000


def last_moment(signed_at: datetime, judged_at: datetime) -> datetime:
    """Until when a result can be appealed: the window counts from the signature, or from the verdict when
    it was made later (a re-test after signing)."""
    return max(signed_at, judged_at) + APPEAL_WINDOW


def appeal_blockers(
    *,
    value: str | None,
    signed_at: datetime | None,
    judged_at: datetime | None,
    now: datetime,
    has_open: bool,
    was_decided: bool,
    _: Say = plain,
) -> list[Blocker]:
    """Why a person cannot appeal one unit now. `was_decided`: an appeal against this very version was
    already answered."""
    if signed_at is None or judged_at is None:
        return [Blocker("appeal_unsigned", _("Hasil belum ditandatangani. Banding dibuka sesudahnya."))]
    if value != NOT_YET:
        return [Blocker("appeal_competent", _("Hanya hasil BK yang dapat diajukan banding."))]
    if has_open:
        return [Blocker("appeal_open", _("Banding untuk unit ini sedang diproses."))]
    if was_decided:
        return [Blocker("appeal_decided", _("Banding atas hasil ini sudah diputuskan."))]
    if now > last_moment(signed_at, judged_at):
        days = APPEAL_WINDOW.days
        message = _("Banding hanya dapat diajukan sampai %(days)s hari setelah penandatanganan.", days=days)
        return [Blocker("appeal_late", message)]
    return []


@dataclass(frozen=True)
class Involved:
    """Who had a part in the result under appeal, as account ids and person ids; `trainers` are staff ids."""

    judges: frozenset[int] = frozenset()
    seconds: frozenset[int] = frozenset()
    observers: frozenset[int] = frozenset()
    trainers: frozenset[int] = frozenset()
    persons: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Decider:
    """Somebody who might answer an appeal. `person_id` is who the account belongs to, where known."""

    staff_id: int
    user_id: int | None
    person_id: int | None = None
    cooperatives: frozenset[int] = field(default_factory=frozenset)
    is_assessor: bool = True


def uninvolved_blockers(
    decider: Decider,
    involved: Involved,
    *,
    appellant: int,
    cooperative_id: int | None,
    _: Say = plain,
) -> list[Blocker]:
    """Why somebody may not answer an appeal: every reason, in a fixed order; empty for who may."""
    user = decider.user_id
    found: list[tuple[bool, str, str]] = [
        (user is None, "no_account", _("belum punya akun")),
        (not decider.is_assessor, "no_assessor", _("bukan asesor")),
        (decider.person_id == appellant, "is_appellant", _("yang mengajukan banding")),
        (user in involved.judges, "judged", _("pernah menilai unit ini")),
        (user in involved.seconds, "second", _("penilai kedua unit ini")),
        (user in involved.observers, "observed", _("mengamati praktik unit ini")),
        (
            decider.person_id is not None and decider.person_id in involved.persons,
            "same_person",
            _("orang yang sama dengan penilainya"),
        ),
        (decider.staff_id in involved.trainers, "trainer", _("melatih angkatan ini")),
        (
            cooperative_id is not None and cooperative_id in decider.cooperatives,
            "own_cooperative",
            _("dari koperasi yang sama"),
        ),
    ]
    return [Blocker(code, message) for applies, code, message in found if applies]


def decision_problem(state: str, decision: str, _: Say = plain) -> tuple[Blocker, str] | None:
    """(what is wrong with an answer, the field), or None. Both answers need reasons."""
    if state not in ("upheld", "dismissed"):
        return Blocker("decision_unknown", _("Pilih diterima atau ditolak.")), "state"
    if not decision.strip():
        return Blocker("decision_reason", _("Tulis alasan keputusan; peserta membacanya.")), "decision"
    if len(decision) > REASON_LIMIT:
        message = _("Alasan paling panjang %(limit)s huruf.", limit=REASON_LIMIT)
        return Blocker("decision_long", message), "decision"
    return None


def reason_problem(reason: str, _: Say = plain) -> Blocker | None:
    """What is wrong with an appellant's words, or None."""
    if not reason.strip():
        return Blocker("reason_needed", _("Tulis mengapa Anda keberatan."))
    if len(reason) > REASON_LIMIT:
        return Blocker("reason_long", _("Keberatan paling panjang %(limit)s huruf.", limit=REASON_LIMIT))
    return None


def days_left(due_at: datetime, now: datetime) -> int:
    """Whole days until an answer is due; negative when overdue (-1 from the first late moment)."""
    return (due_at - now) // timedelta(days=1)


def by_urgency(due: Mapping[int, datetime], open_ids: Collection[int]) -> list[int]:
    """Ids of appeals as a desk works through them: open ones first, the earliest due first."""
    return sorted(due, key=lambda one: (one not in open_ids, due[one], one))
