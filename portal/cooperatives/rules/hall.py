"""How a hall stands, pillar by pillar: pure rules."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from portal.cooperatives.rules.naming import VILLAGE_KINDS

# The board and supervisors that a village cooperative has at least (odd numbers, 5 and 3), and its manager.
VILLAGE_HALL: tuple[str, ...] = (
    "chair",
    "vice_chair_business",
    "vice_chair_membership",
    "secretary",
    "treasurer",
    "supervisor_chair",
    "supervisor_member",
    "supervisor_member",
    "manager",
)
OTHER_HALL: tuple[str, ...] = (
    "chair",
    "secretary",
    "treasurer",
    "supervisor_chair",
    "supervisor_member",
    "supervisor_member",
    "manager",
)
POST_ORDER: tuple[str, ...] = (*dict.fromkeys(VILLAGE_HALL), "founder", "member")


@dataclass(frozen=True)
class Seat:
    """One post of a cooperative. `person_id` is None for a post nobody holds; state is up, soon or down."""

    post: str
    person_id: int | None
    state: str


def hall_seats(
    kind: str, holders: Iterable[tuple[str, int]], certified: set[int], training: set[int]
) -> list[Seat]:
    """The pillars of a cooperative in the order of posts: every holder, and each post still without one.

    holders: (post, person id). certified: people with a certificate in force; training: people nominated or
    in a batch. Ordinary members are no pillar.
    """
    held: dict[str, list[int]] = {}
    for post, person_id in holders:
        held.setdefault(post, []).append(person_id)
    wanted = VILLAGE_HALL if kind in VILLAGE_KINDS else () if kind == "prospective" else OTHER_HALL
    seats = []
    for post in POST_ORDER:
        if post == "member":
            continue
        people = held.get(post, [])
        seats += [Seat(post, p, _pillar(p, certified, training)) for p in people]
        seats += [Seat(post, None, "down")] * max(0, wanted.count(post) - len(people))
    return seats


def _pillar(person_id: int, certified: set[int], training: set[int]) -> str:
    return "up" if person_id in certified else "soon" if person_id in training else "down"


def count_states(seats: Sequence[Seat]) -> tuple[int, int, int]:
    """(certified, in training, missing) of a hall."""
    states = [seat.state for seat in seats]
    return states.count("up"), states.count("soon"), states.count("down")
