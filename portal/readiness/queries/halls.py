"""The hall of a cooperative: a pillar a post, from the rows of its board."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from portal.cooperatives.rules import Seat, hall_seats
from portal.readiness.queries.page import Board
from portal.readiness.queries.sources import in_class
from portal.readiness.rules import PROSPECTIVE, Proof

#: A pillar that stands on a verified outside record alone.
OUTSIDE = "out"
#: A cooperative is founded by at least so many.
FOUNDERS = 9


def board_seats(board: Board) -> list[Seat]:
    """The pillars in the order of posts: up with a certificate of this portal, soon in class, out with a
    verified outside record alone, else down."""
    certified = {proof.person_id for proof in board.proofs if proof.proof == Proof.PORTAL}
    verified = {proof.person_id for proof in board.proofs if proof.proof == Proof.VERIFIED}
    seats = hall_seats(
        board.head.kind,
        [(term.post, term.person_id) for term in board.today],
        certified,
        set(in_class(board.training)),
    )
    return [
        replace(seat, state=OUTSIDE) if seat.state == "down" and seat.person_id in verified else seat
        for seat in seats
    ]


def hall_states(kind: str, seats: Sequence[Seat]) -> list[str]:
    """A word a pillar, for `hall()`; one that is being founded waits for nine founders."""
    states = [seat.state for seat in seats]
    missing = FOUNDERS - len(states) if kind == PROSPECTIVE else 0
    return states + ["down"] * missing


def pillar_counts(states: Sequence[str]) -> tuple[int, int, int, int]:
    """(certified, in class, outside, missing)."""
    return states.count("up"), states.count("soon"), states.count(OUTSIDE), states.count("down")
