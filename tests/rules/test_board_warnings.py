"""Warnings about a board, case by case: what is unusual, with its source; nothing blocks."""

from datetime import date, timedelta

import pytest

from portal.cooperatives.rules import GROUP_ROLES, TermRow, board_warnings
from portal.cooperatives.rules.checklist import applies, last_day

ON = date(2026, 11, 22)
BEGAN = date(2025, 1, 10)
FULL = (
    "chair", "vice_chair_business", "vice_chair_membership", "secretary", "treasurer", "supervisor_chair",
    "supervisor_member", "supervisor_member", "manager",
)  # fmt: skip


def terms(posts=FULL, *, ends=date(2030, 1, 9), head=True):
    """One person a post, from 10 January 2025 on; the chair of supervisors ex officio."""
    return [
        TermRow(n, post, BEGAN, ends, head and post == "supervisor_chair") for n, post in enumerate(posts, 1)
    ]


def codes(kind="village", rows=None, **more):
    given = {"declared_no_relatives": True} | more
    rows = terms() if rows is None else rows
    return [warning.code for warning in board_warnings(kind=kind, terms=rows, on=ON, **given)]


def without(*posts):
    return [row for row in terms() if row.post not in posts]


WHOLE = terms()
CASES = {
    "a whole village board": ("village", WHOLE, {}, []),
    "a whole kelurahan board": ("urban_village", WHOLE, {}, []),
    "founders are not looked at": ("prospective", [], {}, []),
    "no treasurer": ("village", without("treasurer"), {}, ["board_small", "post_empty"]),
    "six on the board": (
        "village", [*WHOLE, TermRow(20, "treasurer", BEGAN)], {}, ["board_even", "two_holders"]
    ),
    "four supervisors": (
        "village", [*WHOLE, TermRow(20, "supervisor_member", BEGAN)], {}, ["supervisors_even"]
    ),
    "two supervisors": ("village", WHOLE[:7] + WHOLE[8:], {}, ["supervisors_few"]),
    "two chairs": ("village", [*WHOLE, TermRow(20, "chair", BEGAN)], {}, ["board_even", "two_chairs"]),
    "the head of supervisors was elected": ("village", terms(head=False), {}, ["village_head"]),
    "elsewhere the head is elected": ("worker", terms(head=False), {}, []),
    "nothing declared": ("village", WHOLE, {"declared_no_relatives": False}, ["relatives_undeclared"]),
    "nobody, nothing to declare": (
        "village", [], {"declared_no_relatives": False}, ["board_small", "supervisors_few", "post_empty"]
    ),
    "one group": ("multi_stakeholder", WHOLE, {"group_roles": ["worker"]}, ["groups_few"]),
    "no group": ("multi_stakeholder", WHOLE, {}, ["groups_few"]),
    "two groups": ("multi_stakeholder", WHOLE, {"group_roles": ["worker", "service_user"]}, []),
    "two groups, one role": (
        "multi_stakeholder", WHOLE, {"group_roles": ["worker", "worker", "other"]}, ["groups_one_role"]
    ),
    "groups are asked of no other kind": ("worker", WHOLE, {}, []),
    "five years to the day": ("village", terms(ends=date(2030, 1, 10)), {}, []),
    "on two boards": ("village", WHOLE, {"elsewhere": {1: ["Koperasi Maju"]}}, ["two_boards"]),
    "a manager may be so": ("village", WHOLE, {"elsewhere": {9: ["Koperasi Maju"]}}, []),
    "two posts at once": (
        "village", [*WHOLE, TermRow(5, "supervisor_member", date(2026, 1, 1))], {},
        ["supervisors_even", "terms_overlap"],
    ),
    "an overlap in the past": (
        "village",
        [*WHOLE, TermRow(5, "secretary", date(2020, 1, 1), BEGAN)],
        {},
        ["terms_overlap"],
    ),
    "one after the other": (
        "village", [*WHOLE, TermRow(5, "secretary", date(2020, 1, 1), BEGAN - timedelta(days=1))], {}, []
    ),
    "those before do not count": (
        "village", [*WHOLE, TermRow(20, "chair", date(2020, 1, 1), BEGAN)], {}, []
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_what_is_unusual_is_named(case: str) -> None:
    kind, rows, more, expected = CASES[case]
    assert codes(kind, rows, **more) == expected


def test_a_term_longer_than_five_years_is_named_for_each_person() -> None:
    rows = terms(ends=date(2030, 1, 11))
    assert codes(rows=rows) == ["term_long"] * 8
    assert codes(rows=[TermRow(r.person_id, r.post, r.starts_on, None, r.is_ex_officio) for r in rows]) == []


@pytest.mark.parametrize("day", [date(2028, 2, 29), date(2026, 12, 1)])
def test_a_term_from_a_leap_day_is_measured(day: date) -> None:
    row = TermRow(1, "chair", day, date(day.year + 6, 1, 1))
    found = board_warnings(kind="village", terms=[row], on=day)
    assert "term_long" in [warning.code for warning in found]


def test_every_warning_says_where_it_comes_from_and_how_sure_that_is() -> None:
    rows = [
        *terms(head=False, ends=date(2031, 1, 1)),
        TermRow(20, "chair", BEGAN),
        TermRow(5, "chair", BEGAN),
    ]
    found = board_warnings(
        kind="village", terms=rows, on=ON, elsewhere={1: ["Koperasi Maju"]}, names={1: "Siti", 20: "Budi"},
        posts={"chair": "Ketua"},
    )  # fmt: skip
    assert {"two_chairs", "village_head", "term_long", "two_boards"} <= {w.code for w in found}
    for warning in found:
        assert warning.source
        assert warning.status_text in ("terkonfirmasi", "umum")
    said = {warning.code: warning.message for warning in found}
    assert said["two_chairs"] == "Ketua tercatat dipegang 3 orang sekaligus (Siti, Budi)."
    assert said["two_boards"].startswith("Siti juga tercatat")


def test_without_names_nobody_is_named() -> None:
    found = board_warnings(
        kind="village", terms=WHOLE, on=ON, elsewhere={1: ["Koperasi Maju"]}, declared_no_relatives=True
    )
    assert found[0].message.startswith("Seseorang juga tercatat")


def test_the_roles_of_groups_are_those_of_the_ministry_and_other() -> None:
    assert GROUP_ROLES == ("worker", "service_user", "platform_provider", "other")


LAST = {
    "for good": (date(2026, 3, 1), None, None),
    "fifteen months": (date(2026, 3, 1), 15, date(2027, 5, 31)),
    "a month too short": (date(2026, 3, 31), 15, date(2027, 6, 30)),
    "a year from a leap day": (date(2028, 2, 29), 12, date(2029, 2, 28)),
}


@pytest.mark.parametrize("case", LAST)
def test_how_long_an_entry_counts(case: str) -> None:
    done, months, expected = LAST[case]
    assert last_day(done, months) == expected


@pytest.mark.parametrize(("kinds", "asked"), [([], True), (["village"], True), (["worker"], False)])
def test_of_whom_an_item_is_asked(kinds: list[str], asked: bool) -> None:
    assert applies(kinds, "village") is asked
