""" "Mengapa belum?" says what the issuing rules say, in order, and nothing that is not known yet."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.attendance.rules import Attendance
from portal.certificates.eligibility import (
    Candidate,
    UnitBlocker,
    UnitNeed,
    certificate_blockers,
    reissue_blockers,
    reissue_last_day,
)
from portal.certificates.explaining import INFO, OVER, THEIRS, YOURS, Facts, UnitStanding, explain
from portal.core.blockers import Blocker

K, BK = "competent", "not_yet_competent"
ENOUGH, LOST, LOW = Attendance(24, 24, 0, 3), Attendance(0, 24, 0, 0), Attendance(8, 24, 16, 1)
AT = datetime(2026, 12, 6, 2, 0, tzinfo=UTC)
NEEDS = [UnitNeed(11, 1, "Buku kas", True), UnitNeed(12, 2, "Neraca", True), UnitNeed(13, 3, "Pajak", False)]
UNITS = [UnitStanding(need.id, need.position, need.title, "") for need in NEEDS]


def candidate(**change: Any) -> Candidate:
    base = Candidate(1, 2, "Dewi", "completed", ENOUGH, {11: K, 12: K})
    return replace(base, **change)


def blockers(who: Candidate, is_final: bool = True) -> list[Any]:
    return certificate_blockers(who, NEEDS, 80, is_final=is_final)


def say(who: Candidate, *, is_final: bool = True, units: Any = UNITS, **more: Any) -> list[Any]:
    facts = Facts(
        attendance=who.attendance, min_pct=80, is_signed=is_final, units=units,
        blockers=blockers(who, is_final), **more,
    )  # fmt: skip
    return explain(facts, when=lambda at: f"{at:%d/%m}")


def codes(steps: list[Any]) -> list[tuple[str, str]]:
    return [(step.kind, step.code) for step in steps]


@pytest.mark.parametrize(
    ("who", "is_final", "expected"),
    [
        (candidate(), True, [(THEIRS, "preparing")]),
        (candidate(verdicts={11: BK, 12: K}), True, [(YOURS, "unit_not_yet")]),
        (candidate(verdicts={12: K}), True, [(THEIRS, "unit_pending")]),
        (candidate(attendance=LOST), True, [(OVER, "attendance_unreachable")]),
        (candidate(attendance=LOW), False, [(YOURS, "attendance_low"), (THEIRS, "sheet_open")]),
        (candidate(attendance=Attendance(0, 0, 0)), True, [(THEIRS, "attendance_no_sessions")]),
        (candidate(state="withdrawn"), True, [(OVER, "no_seat")]),
        # The optional unit stands in nobody's way.
        (candidate(verdicts={11: K, 12: K, 13: BK}), True, [(THEIRS, "preparing")]),
        (candidate(seconds={11: "missing"}), True, [(THEIRS, "second_missing")]),
        (candidate(seconds={11: "disagreed"}), True, [(THEIRS, "second_missing")]),
        # Before the signature no result of a unit is told.
        (candidate(verdicts={11: BK}), False, [(THEIRS, "sheet_open")]),
        (candidate(seconds={11: "missing"}), False, [(THEIRS, "sheet_open")]),
    ],
)
def test_reasons_in_order(who: Candidate, is_final: bool, expected: list[tuple[str, str]]) -> None:
    assert codes(say(who, is_final=is_final)) == expected


def test_an_open_retest_is_told_also_before_the_signature() -> None:
    units = [replace(UNITS[0], has_retest=True, retest_at=AT), *UNITS[1:]]
    steps = say(candidate(verdicts={11: BK, 12: K}), is_final=False, units=units)
    assert codes(steps) == [(YOURS, "unit_not_yet"), (THEIRS, "sheet_open")]
    assert steps[0].help == "Uji ulang tertulis mulai 06/12."
    assert steps[0].unit_id == 11


def test_until_when_an_appeal_is_open() -> None:
    units = [replace(UNITS[0], appeal_until=AT), *UNITS[1:]]
    (step,) = say(candidate(verdicts={11: BK, 12: K}), units=units)
    assert step.help == "Minta uji ulang kepada balai, atau ajukan banding sampai 06/12."


def test_a_running_appeal_is_information_only() -> None:
    units = [replace(UNITS[0], appeal_due=AT), *UNITS[1:]]
    steps = say(candidate(), units=units)
    assert codes(steps) == [(THEIRS, "preparing"), (INFO, "appeal_open")]


@pytest.mark.parametrize(
    ("request_", "code"), [("", "preparing"), ("prepared", "approving"), ("approved", "issuing")]
)
def test_how_far_the_certificate_is(request_: str, code: str) -> None:
    assert codes(say(candidate(), request=request_)) == [(THEIRS, code)]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"certificate_code": "7K2M9QXR4TB9"}, []),
        ({"revoked_for": "fraud", "verdicts": {}}, [(OVER, "revoked")]),
        ({"revoked_for": "holder_request"}, [(OVER, "revoked")]),
        ({"revoked_for": "issued_in_error"}, [(THEIRS, "revoked_mendable")]),
        (
            {"revoked_for": "requirements_not_met", "verdicts": {11: BK, 12: K}},
            [(YOURS, "unit_not_yet"), (THEIRS, "revoked_mendable")],
        ),
    ],
)
def test_a_certificate_that_stands_and_one_that_was_revoked(
    change: dict[str, Any], expected: list[Any]
) -> None:
    assert codes(say(candidate(**change))) == expected


TODAY = AT.date()
MENDABLE, LACKING = Blocker("revoked_mendable", "dicabut"), Blocker("unit_not_yet", "unit 1 BK")


@pytest.mark.parametrize(
    ("found", "last_day", "wanted"),
    [
        ([MENDABLE], None, []),
        ([MENDABLE], TODAY, []),
        ([MENDABLE], TODAY - timedelta(days=1), ["too_late"]),
        ([MENDABLE, LACKING], None, ["unit_not_yet"]),
        ([Blocker("revoked", "dicabut")], None, ["not_mendable"]),
        ([Blocker("already_issued", "terbit")], None, ["not_mendable"]),
        ([], None, ["not_mendable"]),
    ],
)
def test_what_stands_against_issuing_again(found: list[Blocker], last_day: Any, wanted: list[str]) -> None:
    assert [one.code for one in reissue_blockers(found, last_day=last_day, today=TODAY)] == wanted


@pytest.mark.parametrize(("is_earned_anew", "wanted"), [(True, TODAY), (False, None)])
def test_mending_an_error_renews_nothing(is_earned_anew: bool, wanted: Any) -> None:
    assert reissue_last_day(fresh=TODAY, old=None, is_earned_anew=is_earned_anew) == wanted


def test_attendance_says_how_many_hours_are_missing() -> None:
    (step, _open) = say(candidate(attendance=LOW), is_final=False)
    assert step.sentence == "Kehadiran Anda 8 dari 24 JP; perlu 80%."
    assert step.help == "Hadiri sedikitnya 12 JP lagi dari 16 JP yang tersisa."


@given(
    st.dictionaries(st.sampled_from([11, 12, 13]), st.sampled_from([K, BK])),
    st.sampled_from([ENOUGH, LOST, LOW]),
    st.booleans(),
    st.dictionaries(st.sampled_from([11, 12]), st.sampled_from(["missing", "disagreed"])),
)
def test_nothing_is_said_that_does_not_block_and_ready_means_ready(
    verdicts: dict[int, str], attendance: Attendance, is_final: bool, seconds: dict[int, str]
) -> None:
    who = candidate(verdicts=verdicts, attendance=attendance, seconds=seconds)
    found = blockers(who, is_final)
    steps = say(who, is_final=is_final)
    told = {step.code for step in steps}
    assert told - {"preparing"} <= {blocker.code for blocker in found}
    assert ("preparing" in told) == (not found)
    assert bool(steps)  # there is always something to read
    if not is_final:
        assert not any(step.unit_id for step in steps)
    lacking = {b.unit_id for b in found if isinstance(b, UnitBlocker) and b.code == "second_missing"}
    assert lacking == {unit for unit in seconds if verdicts.get(unit) == K}
