"""Appeals: until when, by when, who had no part; corrections: who asks, who decides."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.assessment import rules
from portal.assessment.rules import Decider, Involved

K, BK = "competent", "not_yet_competent"
SIGNED = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
DAY = timedelta(days=1)
BASE: dict[str, Any] = {
    "value": BK, "signed_at": SIGNED, "judged_at": SIGNED - DAY, "now": SIGNED + DAY, "has_open": False,
    "was_decided": False,
}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "codes"),
    [
        ({}, []),
        ({"signed_at": None}, ["appeal_unsigned"]),
        ({"judged_at": None, "value": None}, ["appeal_unsigned"]),
        ({"value": K}, ["appeal_competent"]),
        ({"has_open": True}, ["appeal_open"]),
        ({"was_decided": True}, ["appeal_decided"]),
        ({"now": SIGNED + 14 * DAY}, []),
        ({"now": SIGNED + 14 * DAY + timedelta(seconds=1)}, ["appeal_late"]),
        # A re-test after signing made a new BK: its own window.
        ({"now": SIGNED + 20 * DAY, "judged_at": SIGNED + 10 * DAY}, []),
        ({"now": SIGNED + 24 * DAY + timedelta(seconds=1), "judged_at": SIGNED + 10 * DAY}, ["appeal_late"]),
    ],
)
def test_when_a_result_can_be_appealed(change: dict[str, Any], codes: list[str]) -> None:
    assert [b.code for b in rules.appeal_blockers(**{**BASE, **change})] == codes


@pytest.mark.parametrize(
    ("left", "days"),
    [
        (14 * DAY, 14),
        (14 * DAY - timedelta(seconds=1), 13),
        (timedelta(hours=23), 0),
        (timedelta(0), 0),
        (timedelta(seconds=-1), -1),
        (-3 * DAY, -3),
    ],
)
def test_the_clock_of_an_appeal(left: timedelta, days: int) -> None:
    assert rules.days_left(SIGNED + left, SIGNED) == days


def test_the_desk_works_through_open_appeals_the_overdue_first() -> None:
    due = {1: SIGNED + 5 * DAY, 2: SIGNED - DAY, 3: SIGNED - 9 * DAY, 4: SIGNED + DAY}
    assert rules.by_urgency(due, {1, 2, 4}) == [2, 4, 1, 3]


FREE = Decider(staff_id=7, user_id=70, person_id=700, cooperatives=frozenset({5}))
PART = Involved(
    judges=frozenset({1}), seconds=frozenset({2}), observers=frozenset({3}), trainers=frozenset({4}),
    persons=frozenset({100}),
)  # fmt: skip


@pytest.mark.parametrize(
    ("who", "codes"),
    [
        (FREE, []),
        (Decider(7, None), ["no_account"]),
        (Decider(7, 70, is_assessor=False), ["no_assessor"]),
        (Decider(7, 1), ["judged"]),
        (Decider(7, 2), ["second"]),
        (Decider(7, 3), ["observed"]),
        (Decider(4, 70), ["trainer"]),
        (Decider(7, 70, 100), ["same_person"]),
        (Decider(7, 70, 900), ["is_appellant"]),
        (Decider(7, 70, 700, frozenset({5, 6})), ["own_cooperative"]),
        (Decider(4, 1, 100, frozenset({6})), ["judged", "same_person", "trainer", "own_cooperative"]),
    ],
)
def test_who_had_no_part(who: Decider, codes: list[str]) -> None:
    found = rules.uninvolved_blockers(who, PART, appellant=900, cooperative_id=6)
    assert [b.code for b in found] == codes


def test_without_a_cooperative_nobody_is_of_the_same() -> None:
    assert rules.uninvolved_blockers(FREE, PART, appellant=900, cooperative_id=None) == []


_ids = st.frozensets(st.integers(1, 6), max_size=4)


@given(st.integers(1, 6), st.integers(1, 6), st.integers(1, 6), _ids, _ids, _ids, _ids, _ids)
def test_whoever_had_a_part_never_decides(
    staff: int, user: int, person: int, judges: Any, seconds: Any, observers: Any, trainers: Any, persons: Any
) -> None:
    involved = Involved(judges, seconds, observers, trainers, persons)
    found = rules.uninvolved_blockers(Decider(staff, user, person), involved, appellant=99, cooperative_id=1)
    had_part = user in judges | seconds | observers or staff in trainers or person in persons
    assert bool(found) == had_part


@pytest.mark.parametrize(
    ("state", "decision", "problem"),
    [
        ("upheld", "Bukti lengkap", None),
        ("dismissed", "Bukti kurang", None),
        ("withdrawn", "x", ("decision_unknown", "state")),
        ("", "x", ("decision_unknown", "state")),
        ("upheld", " ", ("decision_reason", "decision")),
        ("dismissed", "x" * 2001, ("decision_long", "decision")),
    ],
)
def test_an_answer_has_reasons(state: str, decision: str, problem: tuple[str, str] | None) -> None:
    found = rules.decision_problem(state, decision)
    assert (found and (found[0].code, found[1])) == problem


@pytest.mark.parametrize(
    ("reason", "code"), [("Saya sudah", None), ("  ", "reason_needed"), ("x" * 2001, "reason_long")]
)
def test_an_appeal_has_words(reason: str, code: str | None) -> None:
    found = rules.reason_problem(reason)
    assert (found and found.code) == code


WISH: dict[str, Any] = {
    "is_signed": True, "value": K, "note": "", "reason": "Salah ketuk", "old_value": BK, "old_note": "Belum",
    "has_open": False,
}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({}, None),
        ({"is_signed": False}, ("not_signed", None)),
        ({"has_open": True}, ("correction_open", None)),
        ({"value": BK}, ("note_needed", "note")),
        ({"value": BK, "note": "Belum"}, ("nothing_changed", "value")),
        ({"value": BK, "note": "Belum urut"}, None),
        ({"value": "lulus"}, ("value_unknown", "value")),
        ({"reason": " "}, ("reason_needed", "reason")),
        ({"reason": "x" * 501}, ("reason_long", "reason")),
        ({"old_value": None, "old_note": ""}, None),
    ],
)
def test_what_a_correction_needs(change: dict[str, Any], problem: tuple[str, str | None] | None) -> None:
    found = rules.correction_problem(**{**WISH, **change})
    assert (found and (found[0].code, found[1])) == problem


@pytest.mark.parametrize(
    ("old", "new", "certificate", "is_stopped"),
    [
        (K, BK, "AAAA", True),
        (K, BK, None, False),
        (BK, K, "AAAA", False),
        (K, K, "AAAA", False),
        (BK, BK, "AAAA", False),
        (None, BK, "AAAA", False),
    ],
)
def test_a_certificate_stands_against_a_fall(
    old: str | None, new: str, certificate: str | None, is_stopped: bool
) -> None:
    found = rules.certificate_blockers_of_change(old_value=old, value=new, certificate=certificate)
    assert [b.code for b in found] == (["certificate_stands"] if is_stopped else [])
    assert all("AAAA" in b.message for b in found)


@pytest.mark.parametrize(
    ("asked", "asker", "user", "person", "codes"),
    [
        (1, 10, 2, 20, []),
        (1, 10, 1, 10, ["same_person"]),
        (1, 10, 2, 10, ["same_person"]),
        (1, None, 2, None, []),
        (None, None, None, None, []),
    ],
)
def test_who_asked_does_not_decide(
    asked: int | None, asker: int | None, user: int | None, person: int | None, codes: list[str]
) -> None:
    found = rules.decider_blockers(asked_by=asked, asker_person=asker, user_id=user, person_id=person)
    assert [b.code for b in found] == codes
