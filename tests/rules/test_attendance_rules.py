"""Attendance arithmetic: integers, thresholds, blockers, and who may mark whom."""

from __future__ import annotations

from datetime import UTC, date, datetime
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.attendance import rules
from portal.attendance.rules import Attendance, SessionMark

MARKS = ["", "present", "late", "left_early", "excused", "sick", "absent", "cleared"]
NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)

# A busy machine is no fault of the rules.
steady = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
sessions = st.lists(
    st.integers(1, 12).flatmap(
        lambda hours: st.builds(SessionMark, st.just(hours), st.sampled_from(MARKS), st.integers(0, hours))
    ),
    max_size=12,
)


@pytest.mark.parametrize(
    ("mark", "missed", "excused_counts", "credited"),
    [
        ("present", 0, False, 8),
        ("late", 0, False, 8),
        ("late", 2, False, 6),
        ("left_early", 3, False, 5),
        ("late", 8, False, 0),
        ("excused", 0, False, 0),
        ("sick", 0, False, 0),
        ("excused", 0, True, 8),
        ("sick", 0, True, 8),
        ("absent", 0, True, 0),
        ("", 0, True, 0),
        ("cleared", 0, True, 0),
    ],
)
def test_credited_hours_of_a_session(mark: str, missed: int, excused_counts: bool, credited: int) -> None:
    assert rules.credited_hours(SessionMark(8, mark, missed), excused_counts) == credited


def test_tally_counts_hours_sessions_and_blanks() -> None:
    rows = [SessionMark(8, "present"), SessionMark(8, "late", 2), SessionMark(4, "sick"), SessionMark(4)]
    assert rules.tally(rows) == Attendance(attended=14, total=24, remaining=4, came=2, blank=1)


@pytest.mark.parametrize(
    ("attended", "total", "min_pct", "enough"),
    [(80, 100, 80, True), (79, 100, 80, False), (4, 5, 80, True), (19, 24, 80, False), (20, 24, 80, True),
     (0, 24, 0, True), (24, 24, 100, True), (23, 24, 100, False), (0, 0, 0, False)],
)  # fmt: skip
def test_threshold_is_exact(attended: int, total: int, min_pct: int, enough: bool) -> None:
    assert Attendance(attended, total, 0).reaches(min_pct) is enough


def test_percent_never_shows_a_threshold_that_is_not_reached() -> None:
    assert Attendance(7999, 10000, 0).percent == 79


@pytest.mark.parametrize(
    ("attendance", "code", "message", "remedy"),
    [
        (
            Attendance(19, 25, 6),
            "attendance_low",
            "hadir 76%, perlu 80%",
            "masih bisa mencapai: hadiri 1 dari 6 JP yang tersisa",
        ),
        (
            Attendance(10, 25, 6),
            "attendance_unreachable",
            "hadir 40%, perlu 80%",
            "sudah tidak dapat tercapai",
        ),
        (Attendance(0, 0, 0), "attendance_no_sessions", "Angkatan ini belum punya pertemuan", ""),
    ],
)
def test_blocker_says_why_and_what_helps(
    attendance: Attendance, code: str, message: str, remedy: str
) -> None:
    (blocker,) = rules.attendance_blockers(attendance, 80)
    assert (blocker.code, blocker.message, blocker.remedy) == (code, message, remedy)


def test_enough_attendance_has_no_blocker() -> None:
    assert rules.attendance_blockers(Attendance(20, 25, 0), 80) == []


@steady
@given(sessions, st.integers(0, 100), st.booleans())
def test_eligibility_agrees_with_exact_fractions(
    rows: list[SessionMark], min_pct: int, excused_counts: bool
) -> None:
    found = rules.tally(rows, excused_counts)
    exact = found.total > 0 and Fraction(found.attended, found.total) >= Fraction(min_pct, 100)
    assert (rules.attendance_blockers(found, min_pct) == []) is exact
    assert 0 <= found.attended <= found.total
    assert 0 <= found.remaining <= found.total


@steady
@given(sessions, st.integers(0, 100))
def test_still_reachable_is_what_attending_the_rest_gives(rows: list[SessionMark], min_pct: int) -> None:
    found = rules.tally(rows)
    best = [SessionMark(r.hours, "present") if r.is_open else r for r in rows]
    assert found.can_reach(min_pct) is rules.tally(best).reaches(min_pct)
    if found.can_reach(min_pct):
        assert found.missing(min_pct) <= found.remaining
    if found.total:
        assert (found.spare(min_pct) >= 0) is found.can_reach(min_pct)


@steady
@given(sessions, st.data())
def test_one_more_mark_never_lowers_the_hours(rows: list[SessionMark], data: st.DataObject) -> None:
    opened = [i for i, row in enumerate(rows) if row.is_open]
    if not opened:
        return
    index = data.draw(st.sampled_from(opened))
    mark = data.draw(st.sampled_from(MARKS))
    after = [*rows[:index], SessionMark(rows[index].hours, mark), *rows[index + 1 :]]
    assert rules.attended_hours(after) >= rules.attended_hours(rows)


@pytest.mark.parametrize(
    ("recorder", "cooperatives", "code"),
    [
        (None, set(), None),
        (7, set(), None),
        (1, set(), "own_mark"),
        (7, {5}, "own_cooperative"),
        (7, {6}, None),
    ],
)
def test_nobody_marks_their_own(recorder: int | None, cooperatives: set[int], code: str | None) -> None:
    found = rules.recorder_blockers(
        recorder_person=recorder, recorder_cooperatives=cooperatives, person_id=1, cooperative_id=5
    )
    assert [b.code for b in found] == ([code] if code else [])


def test_a_person_without_a_cooperative_is_nobodys_own() -> None:
    assert not rules.recorder_blockers(
        recorder_person=7, recorder_cooperatives={5}, person_id=1, cooperative_id=None
    )


@pytest.mark.parametrize(
    ("state", "starts_at", "starts_on", "code"),
    [
        ("published", datetime(2026, 11, 22, 1, tzinfo=UTC), date(2026, 11, 22), None),
        ("published", datetime(2026, 11, 22, 8, tzinfo=UTC), date(2026, 11, 22), None),
        ("published", datetime(2026, 11, 23, 1, tzinfo=UTC), date(2026, 11, 23), "session_not_begun"),
        ("published", datetime(2026, 11, 1, 1, tzinfo=UTC), date(2026, 11, 1), None),
        ("finalized", datetime(2026, 11, 1, 1, tzinfo=UTC), date(2026, 11, 1), "sheet_final"),
        ("draft", datetime(2026, 11, 1, 1, tzinfo=UTC), date(2026, 11, 1), "batch_not_running"),
        ("postponed", datetime(2026, 11, 1, 1, tzinfo=UTC), date(2026, 11, 1), "batch_not_running"),
        ("cancelled", datetime(2026, 11, 1, 1, tzinfo=UTC), date(2026, 11, 1), "batch_not_running"),
    ],
)
def test_when_a_session_takes_marks(
    state: str, starts_at: datetime, starts_on: date, code: str | None
) -> None:
    found = rules.session_blockers(
        batch_state=state, starts_at=starts_at, starts_on=starts_on, now=NOW, today=date(2026, 11, 22)
    )
    assert [b.code for b in found] == ([code] if code else [])


@pytest.mark.parametrize(
    ("mark", "missed", "code"),
    [("present", 0, None), ("late", 8, None), ("left_early", 1, None), ("late", 9, "missed_range"),
     ("late", -1, "missed_range"), ("present", 1, "missed_mark"), ("sick", 2, "missed_mark"),
     ("hadir", 0, "mark_unknown"), ("cleared", 0, "mark_unknown"), ("", 0, "mark_unknown")],
)  # fmt: skip
def test_mark_problem(mark: str, missed: int, code: str | None) -> None:
    found = rules.mark_problem(mark, missed, 8)
    assert (found.code if found else None) == code
