"""The steps of a founding, what each lacks, and dates that contradict."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.cooperatives.rules.founding import (
    FOUNDERS_LEAST,
    STEPS,
    FoundingFacts,
    founding_blockers,
    founding_contradictions,
    founding_steps,
)

TODAY = date(2026, 11, 22)
DAY = timedelta(days=1)
WHOLE = FoundingFacts(
    9, date(2026, 9, 1), "Balai desa", True, date(2026, 9, 5), "12", date(2026, 9, 20), "Notaris Contoh",
    "AHU-contoh", date(2026, 10, 1), "6105-contoh",
)  # fmt: skip


def test_a_whole_founding_has_six_steps_done_with_their_days():
    steps = founding_steps(WHOLE)
    assert [step.code for step in steps] == list(STEPS)
    assert {step.state for step in steps} == {"done"}
    assert [step.on for step in steps][1:5] == [
        WHOLE.meeting_on, WHOLE.name_approved_on, WHOLE.deed_on, WHOLE.legal_on,
    ]  # fmt: skip
    assert founding_blockers(WHOLE) == []


def test_nothing_done_begins_with_the_founders():
    steps = founding_steps(FoundingFacts())
    assert [step.state for step in steps] == ["now", *["next"] * 5]
    assert founding_blockers(FoundingFacts()) == ["founders", "meeting", "name", "deed", "legal"]


@pytest.mark.parametrize(
    ("without", "step", "lacks"),
    [
        ({"founders": 8}, "founders", ("founders",)),
        ({"meeting_on": None}, "meeting", ("meeting_on",)),
        ({"meeting_place": "", "has_minutes": False}, "meeting", ("meeting_place", "minutes")),
        ({"name_approved_on": None}, "name", ("name_approved_on",)),
        ({"notary": "", "deed_number": ""}, "deed", ("deed_number", "notary")),
        ({"legal_number": ""}, "legal", ("legal_number",)),
        ({"cooperative_number": ""}, "number", ("cooperative_number",)),
    ],
)
def test_each_step_says_what_it_lacks(without, step, lacks):
    facts = replace(WHOLE, **without)
    found = {one.code: one for one in founding_steps(facts)}
    assert (found[step].state, found[step].lacks) == ("now", lacks)
    assert founding_blockers(facts) == ([] if step == "number" else [step])


@pytest.mark.parametrize(
    ("dates", "wanted"),
    [
        ({}, []),
        ({"legal_on": TODAY + DAY}, [("legal_on", "future")]),
        ({"meeting_on": date(1990, 1, 1)}, [("meeting_on", "too_old")]),
        ({"deed_on": date(2026, 8, 31)}, [("deed_on", "before_meeting")]),
        ({"deed_on": date(2026, 9, 3)}, [("deed_on", "before_name")]),
        ({"legal_on": date(2026, 9, 19)}, [("legal_on", "before_deed")]),
        ({"deed_on": None, "legal_on": date(2026, 8, 1)}, [("legal_on", "before_meeting")]),
        ({"name_approved_on": date(2026, 8, 1)}, []),
        ({"deed_on": WHOLE.meeting_on, "name_approved_on": WHOLE.meeting_on}, []),
    ],
)
def test_dates_that_contradict_are_said_beside_their_field(dates, wanted):
    assert founding_contradictions(replace(WHOLE, **dates), TODAY) == wanted


maybe_day = st.none() | st.integers(-400, 0).map(lambda n: TODAY + n * DAY)


@given(st.integers(0, 20), maybe_day, maybe_day, maybe_day, maybe_day, st.booleans())
def test_any_founding_that_stands_has_its_steps_in_order(founders, meeting, name, deed, legal, minutes):
    facts = replace(
        WHOLE, founders=founders, meeting_on=meeting, name_approved_on=name, deed_on=deed, legal_on=legal,
        has_minutes=minutes,
    )  # fmt: skip
    if founding_blockers(facts) or founding_contradictions(facts, TODAY):
        return
    assert founders >= FOUNDERS_LEAST
    assert meeting <= deed <= legal
    assert name <= deed
