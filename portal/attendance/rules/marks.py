"""What a mark is worth, who is present enough, and who may mark whom. Pure: no database, no clock.

All hours are lesson hours (JP) in integers. Sentences are Indonesian; `_` is how a caller translates them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime

from portal.core.blockers import Blocker

CAME = frozenset({"present", "late", "left_early"})
AWAY = frozenset({"excused", "sick"})
PARTIAL = frozenset({"late", "left_early"})
CLEARED = "cleared"

Say = Callable[..., str]


def plain(text: str, **values: object) -> str:
    """The sentence as written, its `%(name)s` filled."""
    return text % values if values else text


@dataclass(frozen=True)
class SessionMark:
    """One session for one person: its lesson hours, the mark ("" when there is none), whole hours missed."""

    hours: int
    mark: str = ""
    missed: int = 0

    @property
    def is_open(self) -> bool:
        """True while nobody has marked it."""
        return self.mark in ("", CLEARED)


@dataclass(frozen=True)
class Attendance:
    """One person in one batch, in lesson hours. `remaining` are the hours of sessions without a mark;
    `came` counts the sessions the person was in."""

    attended: int
    total: int
    remaining: int
    came: int = 0
    blank: int = 0

    @property
    def percent(self) -> int:
        """Whole percent, rounded down, so that it never shows a threshold that is not reached."""
        return self.attended * 100 // self.total if self.total else 0

    def reaches(self, min_pct: int) -> bool:
        """Eligible by attendance (FLOWS: `attended * 100 >= min_attendance_pct * total`)."""
        return self.total > 0 and self.attended * 100 >= min_pct * self.total

    def can_reach(self, min_pct: int) -> bool:
        """True when attending everything that is left would be enough."""
        return self.total > 0 and (self.attended + self.remaining) * 100 >= min_pct * self.total

    def missing(self, min_pct: int) -> int:
        """Lesson hours still to attend until the threshold is reached; 0 when it is."""
        return max(0, needed_hours(min_pct, self.total) - self.attended)

    def spare(self, min_pct: int) -> int:
        """Further lesson hours that may be missed without falling below the threshold; negative when lost."""
        return self.attended + self.remaining - needed_hours(min_pct, self.total)


def needed_hours(min_pct: int, total: int) -> int:
    """The least whole hours that reach the threshold."""
    return -(-min_pct * total // 100)


def credited_hours(session: SessionMark, excused_counts: bool = False) -> int:
    """Lesson hours that one session counts: its own less those missed; excused and sick count only where the
    curriculum says so."""
    if session.mark in CAME:
        return max(0, session.hours - session.missed)
    if session.mark in AWAY and excused_counts:
        return session.hours
    return 0


def attended_hours(sessions: Iterable[SessionMark], excused_counts: bool = False) -> int:
    """The sum of `credited_hours`."""
    return sum(credited_hours(session, excused_counts) for session in sessions)


def tally(sessions: Iterable[SessionMark], excused_counts: bool = False) -> Attendance:
    """Everything about one person's attendance in a batch."""
    rows = list(sessions)
    return Attendance(
        attended=attended_hours(rows, excused_counts),
        total=sum(row.hours for row in rows),
        remaining=sum(row.hours for row in rows if row.is_open),
        came=sum(row.mark in CAME for row in rows),
        blank=sum(row.is_open for row in rows),
    )


def attendance_blockers(attendance: Attendance, min_pct: int, _: Say = plain) -> list[Blocker]:
    """Why attendance is not enough for a certificate yet, with what would still help; empty when it is."""
    if attendance.total <= 0:
        return [Blocker("attendance_no_sessions", _("Angkatan ini belum punya pertemuan"))]
    if attendance.reaches(min_pct):
        return []
    message = _("hadir %(percent)s%%, perlu %(needed)s%%", percent=attendance.percent, needed=min_pct)
    if not attendance.can_reach(min_pct):
        return [Blocker("attendance_unreachable", message, _("sudah tidak dapat tercapai"))]
    remedy = _(
        "masih bisa mencapai: hadiri %(missing)s dari %(remaining)s JP yang tersisa",
        missing=attendance.missing(min_pct),
        remaining=attendance.remaining,
    )
    return [Blocker("attendance_low", message, remedy)]


def recorder_blockers(
    *,
    recorder_person: int | None,
    recorder_cooperatives: Collection[int],
    person_id: int,
    cooperative_id: int | None,
    _: Say = plain,
) -> list[Blocker]:
    """Nobody marks themselves or somebody of their own cooperative."""
    if recorder_person is None:
        return []
    if recorder_person == person_id:
        return [Blocker("own_mark", _("Anda tidak dapat mencatat kehadiran sendiri. Mintalah rekan Anda."))]
    if cooperative_id is not None and cooperative_id in recorder_cooperatives:
        return [
            Blocker(
                "own_cooperative",
                _("Peserta ini dari koperasi Anda sendiri. Kehadirannya dicatat oleh rekan Anda."),
            )
        ]
    return []


def session_blockers(
    *, batch_state: str, starts_at: datetime, starts_on: date, now: datetime, today: date, _: Say = plain
) -> list[Blocker]:
    """Why a session takes no marks: the sheet is signed, the batch does not run, or the day has not come.

    `starts_on` and `today` are calendar days at the place; both moments are aware.
    """
    if batch_state == "finalized":
        return [
            Blocker(
                "sheet_final",
                _("Daftar hadir angkatan ini sudah ditandatangani, jadi tidak dapat diubah lagi."),
                _("Hubungi admin balai bila ada yang keliru."),
            )
        ]
    if batch_state != "published":
        return [Blocker("batch_not_running", _("Angkatan ini tidak sedang berjalan."))]
    if now < starts_at and today < starts_on:
        return [Blocker("session_not_begun", _("Pertemuan ini belum dimulai. Catat pada harinya."))]
    return []


MINUTES_OF_AN_HOUR = 45
LONGEST_TEXT = 300


def suggested_hours(minutes: int, hours: int) -> int:
    """Whole lesson hours that so many minutes late or early amount to; a hint, the instructor decides."""
    return min(hours, max(0, minutes) // MINUTES_OF_AN_HOUR)


def reason_blockers(
    *, starts_on: date, today: date, is_change: bool, reason: str, _: Say = plain
) -> list[Blocker]:
    """From the day after the session (calendar days at the place) a change of a mark that stands needs a
    reason; the first mark of an empty cell never does."""
    if not is_change or today <= starts_on or reason.strip():
        return []
    return [
        Blocker(
            "reason_needed",
            _("Pertemuan ini sudah lewat. Tulis alasan mengubah catatan yang sudah ada."),
            _("Buka halaman peserta ini, lalu isi alasannya."),
        )
    ]


def text_problem(remark: str, reason: str, _: Say = plain) -> Blocker | None:
    """A remark or a reason that is too long to be kept, or None."""
    for code, text in (("remark", remark), ("reason", reason)):
        if len(text) > LONGEST_TEXT:
            return Blocker(code, _("Paling banyak %(max)s karakter.", max=LONGEST_TEXT))
    return None


def minutes_problem(mark: str, minutes: int, _: Say = plain) -> Blocker | None:
    """What is wrong with the minutes of a mark, or None."""
    if not 0 <= minutes <= 24 * 60:
        return Blocker("minutes_range", _("Isi menit antara 0 dan 1440."))
    if minutes and mark not in PARTIAL:
        return Blocker("minutes_mark", _("Menit hanya untuk yang terlambat atau pulang lebih awal."))
    return None


def differs(stored: str, paper: str) -> bool:
    """True when a mark stands and a signed sheet says something else."""
    return stored not in ("", CLEARED) and stored != paper


def mark_problem(mark: str, hours_missed: int, hours: int, _: Say = plain) -> Blocker | None:
    """What is wrong with a mark for a session of `hours` lesson hours, or None."""
    if mark not in CAME | AWAY | {"absent"}:
        return Blocker(
            "mark_unknown", _("Pilih salah satu: hadir, terlambat, izin, sakit, atau tanpa keterangan.")
        )
    if not 0 <= hours_missed <= hours:
        return Blocker("missed_range", _("Isi jam yang tidak diikuti antara 0 dan %(hours)s.", hours=hours))
    if hours_missed and mark not in PARTIAL:
        return Blocker(
            "missed_mark", _("Jam yang tidak diikuti hanya untuk yang terlambat atau pulang lebih awal.")
        )
    return None
