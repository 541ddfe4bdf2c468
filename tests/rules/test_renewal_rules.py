"""Prerequisites, renewals and last days: tables, and random cases against naive recomputation."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import product

import pytest

from portal.catalog.rules import (
    Level,
    Need,
    add_months,
    group_words,
    in_force,
    level_on,
    prerequisite_blockers,
    read_groups,
)
from portal.certificates.renewal_rules import (
    Course,
    Renewable,
    counted_courses,
    counted_hours,
    effective_day,
    last_renewal_day,
    reminder_stage,
    renewal_blockers,
)

DAY = date(2026, 12, 1)
NAMES = {1: "Dasar", 2: "Pembukuan", 3: "Pengawas"}
GRACES = {1: 6, 2: None, 3: 0}


@dataclass(frozen=True)
class Held:
    program_id: int
    expires: date | None = None
    state: str = "valid"


@dataclass(frozen=True)
class Rule:
    grace_months: int | None = 6
    renewal_hours: int | None = 16
    window_months: int | None = 24
    counted: tuple[int, ...] = (1, 2)


@dataclass(frozen=True)
class Version:
    version: int
    in_force_from: date
    extra: str = field(default="")


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2028, 1, 31), 1, date(2028, 2, 29)),
        (date(2026, 3, 31), -1, date(2026, 2, 28)),
        (date(2026, 12, 1), 1, date(2027, 1, 1)),
        (date(2026, 1, 15), -24, date(2024, 1, 15)),
        (date(2026, 5, 5), 0, date(2026, 5, 5)),
    ],
)
def test_months_end_within_the_month(day, months, expected):
    assert add_months(day, months) == expected


@pytest.mark.parametrize(
    ("held", "grace", "expected"),
    [
        (Held(1, None), None, Level.VALID),
        (Held(1, DAY), None, Level.VALID),
        (Held(1, DAY - timedelta(days=1)), None, Level.EXPIRED),
        (Held(1, DAY - timedelta(days=1)), 0, Level.EXPIRED),
        (Held(1, date(2026, 6, 1)), 6, Level.RENEWABLE),
        (Held(1, date(2026, 5, 31)), 6, Level.EXPIRED),
        (Held(1, DAY - timedelta(days=1), "expired"), 1, Level.RENEWABLE),
        # Expired today, but an earlier day is asked about
        (Held(1, DAY + timedelta(days=9), "expired"), 1, Level.VALID),
        (Held(1, None, "suspended"), 6, None),
        (Held(1, None, "revoked"), 6, None),
        (Held(1, None, "replaced"), 6, None),
    ],
)
def test_level_is_of_the_day_asked_about(held, grace, expected):
    assert level_on(held, DAY, grace) == expected


def _codes(groups, held, on=DAY):
    return [b.code for b in prerequisite_blockers(groups, held, on=on, names=NAMES, graces=GRACES)]


@pytest.mark.parametrize(
    ("groups", "held", "codes"),
    [
        ([], [], []),
        ([[Need(1)]], [], ["prerequisite_missing"]),
        ([[Need(1)]], [Held(1)], []),
        ([[Need(1)]], [Held(1, DAY)], []),
        ([[Need(1)]], [Held(1, DAY - timedelta(days=1))], ["prerequisite_expired"]),
        ([[Need(1, Level.RENEWABLE)]], [Held(1, DAY - timedelta(days=1))], []),
        ([[Need(1, Level.RENEWABLE)]], [Held(1, date(2020, 1, 1))], ["prerequisite_expired"]),
        ([[Need(1, Level.EXPIRED)]], [Held(1, date(2020, 1, 1))], []),
        ([[Need(2, Level.RENEWABLE)]], [Held(2, DAY - timedelta(days=1))], ["prerequisite_expired"]),
        ([[Need(1)]], [Held(1, None, "revoked")], ["prerequisite_lost"]),
        ([[Need(1)]], [Held(1, None, "revoked"), Held(1)], []),
        ([[Need(1), Need(2)]], [Held(1)], ["prerequisite_missing"]),
        ([[Need(1), Need(2)]], [], ["prerequisite_missing", "prerequisite_missing"]),
        ([[Need(1), Need(2)], [Need(3)]], [Held(3)], []),
        ([[Need(1), Need(2)], [Need(3)]], [], ["prerequisite_missing"]),
    ],
)
def test_prerequisites(groups, held, codes):
    assert _codes(groups, held) == codes


def test_a_certificate_that_ends_before_the_first_day_counts_only_on_earlier_days():
    held, groups = [Held(1, DAY)], [[Need(1)]]
    assert _codes(groups, held, DAY) == []
    assert _codes(groups, held, DAY + timedelta(days=1)) == ["prerequisite_expired"]


def test_sentence_names_program_day_and_what_else_would_do():
    (found,) = prerequisite_blockers([[Need(1)], [Need(2), Need(3)]], [], on=DAY, names=NAMES, graces=GRACES)
    assert "“Dasar”" in found.message
    assert "1 Desember 2026" in found.message
    assert "Ikuti pelatihan “Dasar” dahulu." in found.remedy
    assert "Pembukuan (masih berlaku) dan Pengawas (masih berlaku)" in found.remedy


def test_group_words_say_the_level():
    words = group_words([Need(1, Level.RENEWABLE)], NAMES)
    assert words == "Dasar (berlaku atau masih bisa diperpanjang)"


def test_groups_as_stored_are_read_back():
    stored = [[{"program": 1, "at_least": "valid"}], [{"program": 2, "at_least": "expired"}]]
    assert read_groups(stored) == [[Need(1)], [Need(2, Level.EXPIRED)]]


def test_prerequisites_equal_brute_force_on_random_cases():
    chance = random.Random(4)
    rank = {Level.EXPIRED: 1, Level.RENEWABLE: 2, Level.VALID: 3}
    outcomes = set()
    for _case in range(3000):
        groups = [
            [Need(chance.randint(1, 3), chance.choice(list(Level))) for _term in range(chance.randint(1, 3))]
            for _group in range(chance.randint(0, 3))
        ]
        held = [
            Held(
                chance.randint(1, 3),
                chance.choice([None, DAY + timedelta(days=chance.randint(-400, 60))]),
                chance.choice(["valid", "valid", "expired", "suspended", "revoked", "replaced"]),
            )
            for _one in range(chance.randint(0, 4))
        ]

        def serves(need, one):
            if one.program_id != need.program_id or one.state in ("suspended", "revoked", "replaced"):
                return False
            if one.expires is None or one.expires >= DAY:
                return True
            grace = GRACES[one.program_id]
            level = 2 if grace is not None and add_months(one.expires, grace) >= DAY else 1
            return level >= rank[need.at_least]

        met = not groups or any(
            all(any(serves(need, one) for one in held) for need in group) for group in groups
        )
        assert (_codes(groups, held) == []) is met, (groups, held)
        outcomes.add(met)
    assert outcomes == {True, False}


@pytest.mark.parametrize(
    ("day", "version"),
    [(date(2025, 12, 31), None), (date(2026, 1, 1), 1), (date(2026, 6, 30), 1), (date(2026, 7, 1), 3)],
)
def test_rule_in_force_is_the_latest_begun_one(day, version):
    versions = [
        Version(1, date(2026, 1, 1)), Version(2, date(2026, 7, 1)), Version(3, date(2026, 7, 1)),
    ]  # fmt: skip
    found = in_force(versions, day)
    assert (found.version if found else None) == version


def _course(number, program_id=1, hours=8, ended=DAY, **more):
    return Course(number, program_id, hours, ended - timedelta(days=2), ended, **more)


@pytest.mark.parametrize(
    ("course", "hours"),
    [
        (_course(1), 8),
        (_course(1, ended=date(2024, 12, 1)), 8),
        (_course(1, ended=date(2024, 11, 30)), 0),
        (_course(1, ended=DAY + timedelta(days=1)), 0),
        (_course(1, program_id=3), 0),
        (_course(1, state="expired"), 8),
        (_course(1, state="revoked"), 0),
        (_course(1, state="suspended"), 0),
        (_course(1, state="replaced"), 0),
        (_course(1, is_spent=True), 0),
    ],
)
def test_hours_count_within_the_window_and_of_counted_programs(course, hours):
    assert counted_hours([course], Rule(), DAY) == hours


def test_counted_courses_come_latest_first():
    courses = [_course(1, ended=date(2025, 5, 5)), _course(2), _course(3, ended=date(2026, 1, 1))]
    assert [one.certificate_id for one in counted_courses(courses, Rule(), DAY)] == [2, 3, 1]


def test_hours_equal_naive_sum_on_random_histories():
    chance = random.Random(7)
    seen = set()
    for _case in range(1000):
        rule = Rule(window_months=chance.randint(1, 36))
        courses = [
            _course(
                number, chance.randint(1, 3), chance.randint(1, 40),
                DAY - timedelta(days=chance.randint(-30, 1200)), is_spent=chance.random() < 0.2,
                state=chance.choice(["valid", "expired", "revoked"]),
            )
            for number in range(chance.randint(0, 8))
        ]  # fmt: skip
        total = 0
        for one in courses:
            inside = add_months(DAY, -rule.window_months) <= one.ended_on <= DAY
            if inside and one.program_id in (1, 2) and not one.is_spent and one.state != "revoked":
                total += one.hours
        assert counted_hours(courses, rule, DAY) == total
        seen.add(total > 0)
    assert seen == {True, False}


GOOD = Renewable("valid", DAY)
ENOUGH = [_course(1), _course(2)]


@pytest.mark.parametrize(
    ("certificate", "rule", "courses", "on", "codes"),
    [
        (GOOD, Rule(), ENOUGH, DAY, []),
        (GOOD, Rule(), ENOUGH, date(2027, 6, 1), []),
        (GOOD, Rule(), ENOUGH, date(2027, 6, 2), ["too_late"]),
        (Renewable("expired", DAY), Rule(), ENOUGH, DAY + timedelta(days=9), []),
        (GOOD, Rule(grace_months=0), ENOUGH, DAY + timedelta(days=1), ["too_late"]),
        (GOOD, Rule(), ENOUGH[:1], DAY, ["hours_missing"]),
        (GOOD, Rule(renewal_hours=0), [], DAY, []),
        (GOOD, None, ENOUGH, DAY, ["no_rule"]),
        (GOOD, Rule(None, None, None), ENOUGH, DAY, ["no_rule"]),
        (Renewable("valid", None), Rule(), ENOUGH, DAY, ["no_end"]),
        (Renewable("suspended", DAY), Rule(), ENOUGH, DAY, ["state_suspended"]),
        (Renewable("revoked", DAY), Rule(), ENOUGH, DAY, ["state_revoked"]),
        (Renewable("replaced", DAY), Rule(), ENOUGH, DAY, ["state_replaced"]),
        (Renewable("valid", DAY, is_renewed=True), Rule(), ENOUGH, DAY, ["already_renewed"]),
        (Renewable("valid", DAY, is_asked=True), Rule(), ENOUGH, DAY, ["asked"]),
        (Renewable("valid", DAY, is_erased=True), Rule(), ENOUGH, DAY, ["person_erased"]),
    ],
)
def test_renewal_blockers(certificate, rule, courses, on, codes):
    assert [b.code for b in renewal_blockers(certificate, rule, courses, on)] == codes


def test_missing_hours_say_how_many_and_since_when():
    (found,) = renewal_blockers(GOOD, Rule(), ENOUGH[:1], DAY)
    assert found.message == "baru 8 JP dari 16 JP sejak 1 Desember 2024"
    assert found.remedy == "ikuti pelatihan yang dihitung, 8 JP lagi"


def test_last_day_for_renewal_follows_the_grace():
    assert last_renewal_day(DAY, Rule()) == date(2027, 6, 1)
    assert last_renewal_day(DAY, None) is None
    assert last_renewal_day(None, Rule()) is None


@pytest.mark.parametrize(
    ("printed", "extensions", "expected"),
    [
        (None, [], None),
        (None, [DAY], None),
        (DAY, [], DAY),
        (DAY, [None], DAY),
        (DAY, [DAY - timedelta(days=1)], DAY),
        (DAY, [DAY + timedelta(days=1), DAY + timedelta(days=9)], DAY + timedelta(days=9)),
    ],
)
def test_effective_day_is_the_latest(printed, extensions, expected):
    assert effective_day(printed, extensions) == expected


@pytest.mark.parametrize(
    ("left", "stage"),
    [
        (120, None), (91, None), (90, 90), (84, 90), (83, None), (31, None), (30, 30), (24, 30), (23, None),
        (8, None), (7, 7), (1, 7), (0, None), (-1, None),
    ],
)  # fmt: skip
def test_reminders_are_due_on_their_days_and_made_up_for_a_week(left, stage):
    assert reminder_stage(DAY + timedelta(days=left), DAY) == stage


def test_every_level_serves_itself_and_all_below():
    order = [Level.EXPIRED, Level.RENEWABLE, Level.VALID]
    made = {
        Level.EXPIRED: Held(1, date(2020, 1, 1)),
        Level.RENEWABLE: Held(1, DAY - timedelta(days=1)),
        Level.VALID: Held(1),
    }
    for wanted, has in product(order, order):
        met = _codes([[Need(1, wanted)]], [made[has]]) == []
        assert met is (order.index(has) >= order.index(wanted))
