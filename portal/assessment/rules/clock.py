"""The clock of a written test: who may start when, until when answers count, when it is closed. Pure.

Moments are timezone-aware. The server's are the only ones that count; a browser measures differences alone.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from portal.assessment.rules.judging import Say, plain
from portal.core.blockers import Blocker

#: How long after the deadline a test is closed: what arrived in time may still be being written down.
GRACE = timedelta(seconds=30)
MOST_EXTRA = 600
#: How long the answers of a closed test are kept. After that nothing is scored from them again.
ANSWERS_KEPT = timedelta(days=730)


def deadline_of(*, started_at: datetime, minutes: int, extra: int, closes_at: datetime) -> datetime:
    """Until when one person's answers count: their own minutes from their own start, never beyond the end
    of the test; extra minutes lengthen both."""
    more = timedelta(minutes=extra)
    return min(started_at + timedelta(minutes=minutes) + more, closes_at + more)


def left_ms(deadline_at: datetime, now: datetime) -> int:
    """What is left, in whole milliseconds; 0 once it is over."""
    return max(0, (deadline_at - now) // timedelta(milliseconds=1))


def is_in_time(received_at: datetime, deadline_at: datetime) -> bool:
    """Whether an answer that reached the server at `received_at` counts."""
    return received_at <= deadline_at


def may_close(deadline_at: datetime, now: datetime) -> bool:
    """Whether a running test is due to be closed by itself."""
    return now > deadline_at + GRACE


def is_kept(closed_at: datetime | None, now: datetime) -> bool:
    """Whether the answers of a test closed at `closed_at` (None: it runs) are still there to be scored."""
    return closed_at is None or closed_at > now - ANSWERS_KEPT


def start_blockers(
    *,
    state: str,
    opens_at: datetime,
    closes_at: datetime,
    extra: int,
    now: datetime,
    opens: str = "",
    has_units: bool = True,
    _: Say = plain,
) -> list[Blocker]:
    """Why somebody cannot start now. opens: `opens_at` in words of the place; has_units: there is something
    for this person to be asked (of a re-test only what is open for them)."""
    if state == "cancelled":
        return [Blocker("test_cancelled", _("Uji ini dibatalkan."), _("Tunggu kabar dari balai."))]
    if state != "published":
        return [Blocker("test_not_published", _("Uji ini belum diumumkan."))]
    if not has_units:
        return [Blocker("nothing_open", _("Tidak ada unit yang perlu Anda ulang di uji ini."))]
    if now < opens_at:
        return [
            Blocker(
                "test_not_open",
                _("Uji ini dibuka %(when)s.", when=opens),
                _("Halaman ini boleh dibiarkan terbuka."),
            )
        ]
    if now >= closes_at + timedelta(minutes=extra):
        return [
            Blocker(
                "test_over",
                _("Waktu untuk mulai sudah lewat."),
                _("Hubungi instruktur bila Anda berhalangan."),
            )
        ]
    return []


def window_problems(
    opens_at: datetime | None, closes_at: datetime | None, minutes: int | None, _: Say = plain
) -> list[tuple[str, Blocker]]:
    """[(input, what is wrong)] with when a test is held and how long each person has."""
    found = []
    if minutes is None or not 1 <= minutes <= 600:
        found.append(("minutes", Blocker("minutes_range", _("Lama uji antara 1 dan 600 menit."))))
    if opens_at is None:
        found.append(("opens", Blocker("opens_missing", _("Isi hari dan jam uji dibuka."))))
    if closes_at is None:
        found.append(("closes", Blocker("closes_missing", _("Isi hari dan jam uji ditutup."))))
    if opens_at and closes_at:
        if closes_at <= opens_at:
            message = _("Waktu tutup harus sesudah waktu buka.")
            found.append(("closes", Blocker("window_order", message)))
        elif closes_at - opens_at > timedelta(days=31):
            found.append(("closes", Blocker("window_long", _("Uji dibuka paling lama 31 hari."))))
    return found


def extra_problem(minutes: int | None, reason: str, _: Say = plain) -> tuple[str, Blocker] | None:
    """(input, what is wrong) with extra time for one person, or None."""
    if minutes is None or not 0 <= minutes <= MOST_EXTRA:
        message = _("Tambahan waktu antara 0 dan %(most)s menit.", most=MOST_EXTRA)
        return "minutes", Blocker("extra_range", message)
    if not reason.strip():
        return "reason", Blocker("reason_needed", _("Tulis alasannya."))
    return None
