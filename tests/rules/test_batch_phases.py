"""Phases, seats and who may join."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from portal.batches.rules import LEGAL_MOVES, Phase, may_join, open_seats, phase, seats_left

OPENS = datetime(2026, 11, 1, 1, 0, tzinfo=UTC)
CLOSES = datetime(2026, 11, 30, 9, 0, tzinfo=UTC)
START, END = date(2026, 12, 7), date(2026, 12, 9)
INSIDE = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)


def at(now: datetime, taken: int = 11, state: str = "published", zone: str = "Asia/Jakarta") -> Phase:
    """The phase of a batch of 16 seats."""
    return phase(
        state=state, opens_at=OPENS, closes_at=CLOSES, starts_on=START, ends_on=END, quota=16,
        seats_taken=taken,
        now=now, zone=zone,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("now", "taken", "expected"),
    [
        (OPENS - timedelta(seconds=1), 0, Phase.NOT_OPEN),
        (OPENS, 0, Phase.OPEN),
        (INSIDE, 11, Phase.OPEN),
        (INSIDE, 12, Phase.OPEN),
        (INSIDE, 13, Phase.FEW_LEFT),
        (INSIDE, 15, Phase.FEW_LEFT),
        (INSIDE, 16, Phase.WAITLIST),
        (CLOSES - timedelta(seconds=1), 16, Phase.WAITLIST),
        (CLOSES, 3, Phase.CLOSED),
        (datetime(2026, 12, 6, 16, 59, tzinfo=UTC), 3, Phase.CLOSED),
        (datetime(2026, 12, 6, 17, 0, tzinfo=UTC), 3, Phase.RUNNING),
        (datetime(2026, 12, 9, 16, 59, tzinfo=UTC), 3, Phase.RUNNING),
        (datetime(2026, 12, 9, 17, 0, tzinfo=UTC), 3, Phase.ASSESSING),
    ],
)
def test_phase_of_a_published_batch(now: datetime, taken: int, expected: Phase) -> None:
    assert at(now, taken) is expected


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("draft", Phase.DRAFT),
        ("postponed", Phase.POSTPONED),
        ("cancelled", Phase.CANCELLED),
        ("finalized", Phase.FINISHED),
    ],
)
def test_other_states_are_their_phase_whatever_the_moment(state: str, expected: Phase) -> None:
    assert {at(now, state=state) for now in (OPENS, INSIDE, datetime(2027, 5, 1, tzinfo=UTC))} == {expected}


def test_days_are_those_of_the_place() -> None:
    moment = datetime(2026, 12, 6, 15, 30, tzinfo=UTC)  # already Monday in Jayapura, still Sunday in Jakarta
    assert at(moment, 3, zone="Asia/Jayapura") is Phase.RUNNING
    assert at(moment, 3) is Phase.CLOSED


def test_every_state_has_its_moves_and_ends_stay() -> None:
    assert not LEGAL_MOVES["cancelled"]
    assert not LEGAL_MOVES["finalized"]
    assert all(target in LEGAL_MOVES for targets in LEGAL_MOVES.values() for target in targets)


@pytest.mark.parametrize(("quota", "taken", "left"), [(16, 0, 16), (16, 16, 0), (16, 20, 0)])
def test_seats_left(quota: int, taken: int, left: int) -> None:
    assert seats_left(quota, taken) == left


@pytest.mark.parametrize(
    ("given", "left"),
    [
        ({"seats_taken": 4}, 6),
        ({"seats_taken": 4, "pilot_taken": 4}, 10),
        ({"seats_taken": 12}, 0),
        ({"seats_taken": 12, "is_pilot": True}, 4),
        ({"seats_taken": 12, "pilot_until": INSIDE}, 4),
        ({"seats_taken": 12, "pilot_until": INSIDE + timedelta(hours=1)}, 0),
        ({"seats_taken": 16, "is_pilot": True}, 0),
    ],
)
def test_pilot_seats_are_kept_until_their_day(given: dict[str, Any], left: int) -> None:
    assert open_seats(quota=16, pilot_seats=6, now=INSIDE, **given) == left


@pytest.mark.parametrize(
    ("person", "codes"),
    [
        ({"kind": "village", "post": "chair", "region_code": "61.05.01.2001"}, []),
        ({"kind": None, "post": None, "region_code": None}, []),
        ({"kind": "worker", "post": "chair", "region_code": "61.05"}, ["kind_not_meant"]),
        ({"kind": "village", "post": "member", "region_code": "61.05"}, ["post_not_meant"]),
        ({"kind": "village", "post": "chair", "region_code": "61.050"}, ["region_not_meant"]),
        ({"kind": "worker", "post": "member", "region_code": "33"},
         ["kind_not_meant", "post_not_meant", "region_not_meant"]),
    ],
)  # fmt: skip
def test_audience_gives_every_reason(person: dict[str, Any], codes: list[str]) -> None:
    found = may_join(
        phase=Phase.OPEN, kinds=["village"], posts=["chair", "treasurer"], regions=["61.05"], **person
    )
    assert [blocker.code for blocker in found] == codes
    assert all(blocker.message.endswith(".") and blocker.remedy for blocker in found)


@pytest.mark.parametrize("now", list(Phase))
def test_only_open_phases_take_applications(now: Phase) -> None:
    blockers = may_join(phase=now)
    assert bool(blockers) is (now not in (Phase.OPEN, Phase.FEW_LEFT, Phase.WAITLIST))


def test_posts_are_named_in_words() -> None:
    blocker = may_join(phase=Phase.OPEN, posts=["chair", "secretary", "treasurer"], post="member")[0]
    assert blocker.message == "Angkatan ini untuk Ketua, Sekretaris, atau Bendahara, bukan Anggota."
