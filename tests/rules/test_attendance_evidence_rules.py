"""Late changes, minutes, cards, paper, walk-ins and corrections as pure rules."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from portal.attendance import rules
from portal.attendance.rules import Attendance

DAY = date(2026, 11, 20)


@pytest.mark.parametrize(
    ("days", "is_change", "reason", "needed"),
    [
        (0, True, "", False),
        (-1, True, "", False),
        (1, True, "", True),
        (1, True, "   ", True),
        (1, True, "Salah ketuk", False),
        (1, False, "", False),
        (400, False, "", False),
        (400, True, "", True),
    ],
)
def test_a_change_needs_a_reason_from_the_day_after(
    days: int, is_change: bool, reason: str, needed: bool
) -> None:
    found = rules.reason_blockers(
        starts_on=DAY, today=DAY + timedelta(days=days), is_change=is_change, reason=reason
    )
    assert [blocker.code for blocker in found] == (["reason_needed"] if needed else [])


@pytest.mark.parametrize(
    ("minutes", "hours", "suggested"),
    [(0, 8, 0), (44, 8, 0), (45, 8, 1), (89, 8, 1), (90, 8, 2), (1440, 8, 8), (-5, 8, 0), (45, 0, 0)],
)
def test_minutes_suggest_whole_hours(minutes: int, hours: int, suggested: int) -> None:
    assert rules.suggested_hours(minutes, hours) == suggested


@pytest.mark.parametrize(
    ("mark", "minutes", "code"),
    [
        ("late", 12, None),
        ("left_early", 1440, None),
        ("late", 0, None),
        ("present", 0, None),
        ("present", 5, "minutes_mark"),
        ("absent", 5, "minutes_mark"),
        ("late", 1441, "minutes_range"),
        ("late", -1, "minutes_range"),
    ],
)
def test_minutes_are_for_the_late_and_the_early(mark: str, minutes: int, code: str | None) -> None:
    problem = rules.minutes_problem(mark, minutes)
    assert (problem.code if problem else None) == code


@pytest.mark.parametrize(
    ("remark", "reason", "code"),
    [("", "", None), ("x" * 300, "y" * 300, None), ("x" * 301, "", "remark"), ("", "y" * 301, "reason")],
)
def test_texts_end_somewhere(remark: str, reason: str, code: str | None) -> None:
    problem = rules.text_problem(remark, reason)
    assert (problem.code if problem else None) == code


@pytest.mark.parametrize(
    ("stored", "paper", "differs"),
    [
        ("", "present", False),
        ("cleared", "absent", False),
        ("present", "present", False),
        ("absent", "present", True),
        ("late", "present", True),
    ],
)
def test_paper_differs_only_from_a_mark_that_stands(stored: str, paper: str, differs: bool) -> None:
    assert rules.differs(stored, paper) is differs


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("ABCD2345EFGH6789", "ABCD2345EFGH6789"),
        ("abcd-2345-efgh-6789", "ABCD2345EFGH6789"),
        (" abcd 2345 efgh 6789 ", "ABCD2345EFGH6789"),
        ("HTTPS://BALAI.EXAMPLE/K/ABCD2345EFGH6789", "ABCD2345EFGH6789"),
        ("http://127.0.0.1:5000/k/abcd2345efgh6789/", "ABCD2345EFGH6789"),
        ("ABCDO345EFGHI789", "ABCD0345EFGH1789"),
        ("https://balai.example/V/ABCD2345EFGH6789", ""),
        ("https://balai.example/K/ABCD2345EFGH6789/lain", ""),
        ("https://balai.example/K/ABCD", ""),
        ("ABCD2345EFGH678", ""),
        ("ABCD2345EFGH67890", ""),
        ("ABCD2345EFGH678ä", ""),
        ("'; drop table --", ""),
        ("", ""),
    ],
)
def test_a_card_is_read_from_its_address_or_its_code(text: str, code: str) -> None:
    assert rules.card_of(text) == code


@pytest.mark.parametrize(
    ("name", "cooperative", "note", "field"),
    [
        ("Budi", "", "", None),
        ("B", "", "", "name"),
        ("   ", "", "", "name"),
        ("B" * 101, "", "", "name"),
        ("Budi", "k" * 121, "", "cooperative"),
        ("Budi", "", "n" * 301, "note"),
    ],
)
def test_a_guest_has_a_name(name: str, cooperative: str, note: str, field: str | None) -> None:
    wrong = rules.walk_in_problem(name, cooperative, note)
    assert (wrong[1] if wrong else None) == field


@pytest.mark.parametrize(
    ("reason", "code"),
    [
        ("", "reason_missing"),
        ("no", "reason_missing"),
        ("Kelas penuh", None),
        ("x" * 301, "reason_long"),
    ],
)
def test_a_refusal_says_why(reason: str, code: str | None) -> None:
    problem = rules.refusal_problem(reason)
    assert (problem.code if problem else None) == code


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({}, None, None),
        ({"batch_state": "published"}, "not_signed", None),
        ({"has_open": True}, "correction_open", None),
        ({"is_same": True}, "no_change", "mark"),
        ({"reason": "  "}, "reason_needed", "reason"),
        ({"reason": "x" * 501}, "reason_long", "reason"),
    ],
)
def test_when_a_correction_may_be_asked_for(
    changes: dict[str, object], code: str | None, field: str | None
) -> None:
    wanted = {"batch_state": "finalized", "is_same": False, "reason": "Tertukar", "has_open": False}
    wrong = rules.correction_problem(**(wanted | changes))  # type: ignore[arg-type]
    assert ((wrong[0].code, wrong[1]) if wrong else (None, None)) == (code, field)


@pytest.mark.parametrize(
    ("asked_by", "asker_person", "user_id", "person_id", "is_refused"),
    [
        (1, None, 2, None, False),
        (1, None, 1, None, True),
        (1, 7, 2, 7, True),
        (1, 7, 2, 8, False),
        (None, None, 2, None, False),
        (None, None, None, None, False),
    ],
)
def test_two_different_persons(
    asked_by: int | None, asker_person: int | None, user_id: int | None, person_id: int | None,
    is_refused: bool,
) -> None:  # fmt: skip
    found = rules.decider_blockers(
        asked_by=asked_by, asker_person=asker_person, user_id=user_id, person_id=person_id
    )
    assert bool(found) is is_refused


@pytest.mark.parametrize(
    ("attended", "certificate", "is_refused"),
    [(24, "BA1", False), (19, "BA1", True), (20, "BA1", False), (0, None, False)],
)
def test_a_certificate_stands_in_the_way_only_below_the_threshold(
    attended: int, certificate: str | None, is_refused: bool
) -> None:
    found = rules.certificate_blockers(after=Attendance(attended, 24, 0), min_pct=80, certificate=certificate)
    assert bool(found) is is_refused
    if found:
        assert "BA1" in found[0].message
        assert "Cabut" in found[0].remedy
