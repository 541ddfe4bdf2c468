"""A cooperative as its chair and companion see it: posts, certificates and training, never scores."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from portal.cooperatives.labels import POST_LABELS, post_label
from portal.cooperatives.rules import BoardWarning, Seat, board_warnings
from portal.cooperatives.rules import TermRow as RuleTerm
from portal.core.clock import local_date
from portal.core.permissions import Actor
from portal.readiness.queries.halls import board_seats, hall_states, pillar_counts
from portal.readiness.queries.nearest import Course, nearest_courses
from portal.readiness.queries.page import Board, Head, find_head, load_board, wanted_programs
from portal.readiness.queries.sources import ProofRow, TermRow, TrainingRow
from portal.readiness.rules import Proof
from portal.readiness.rules_coverage import ZONE


@dataclass(frozen=True)
class SeatRow:
    """One pillar with the person behind it; `name` is empty for a post nobody holds.

    certificate: the newest of this portal; outside: records from elsewhere.
    """

    seat: Seat
    name: str
    starts_on: date | None
    ends_on: date | None
    certificate: ProofRow | None
    outside: Sequence[ProofRow]
    training: TrainingRow | None


@dataclass(frozen=True)
class CooperativePage:
    """Everything the page shows. `states`: a word a pillar; `counts`: up, in class, outside, missing."""

    head: Head
    board: Board
    courses: Mapping[int, Course]
    seats: list[SeatRow]
    members: list[SeatRow]
    states: list[str]
    counts: tuple[int, int, int, int]
    warnings: list[BoardWarning]


def find_board(actor: Actor, cooperative_id: int, now: datetime) -> tuple[Board, dict[int, Course]]:
    """What the page of a cooperative in the actor's scope is made from: its board judged, and the courses by
    which gaps could be closed. Raises NotFound. Seven statements."""
    on = local_date(now, ZONE)
    board = load_board(find_head(actor, cooperative_id), on)
    wanted = wanted_programs(board.lines)
    return board, nearest_courses(board.head.kind, board.head.region_code, wanted, on, now)


def cooperative_page(board: Board, courses: Mapping[int, Course]) -> CooperativePage:
    """The page of what `find_board` found; no statement."""
    seats, make = board_seats(board), _row_maker(board)
    states = hall_states(board.head.kind, seats)
    terms = {(term.post, term.person_id): term for term in board.today}
    return CooperativePage(
        head=board.head,
        board=board,
        courses=courses,
        seats=[make(seat, terms.get((seat.post, seat.person_id or 0))) for seat in seats],
        members=[make(Seat("member", t.person_id, ""), t) for t in board.today if t.post == "member"],
        states=states,
        counts=pillar_counts(states),
        warnings=_warnings(board),
    )


def _row_maker(board: Board) -> Callable[[Seat, TermRow | None], SeatRow]:
    own: dict[int, ProofRow] = {}
    outside: dict[int, list[ProofRow]] = {}
    for proof in board.proofs:
        if proof.proof == Proof.PORTAL:
            own[proof.person_id] = max(own.get(proof.person_id, proof), proof, key=lambda p: p.since)
        else:
            outside.setdefault(proof.person_id, []).append(proof)
    training: dict[int, TrainingRow] = {}
    for row in sorted(board.training, key=lambda r: r.starts_on or date.max):
        training.setdefault(row.person_id, row)

    def make(seat: Seat, term: TermRow | None) -> SeatRow:
        if term is None:
            return SeatRow(seat, "", None, None, None, (), None)
        person = term.person_id
        return SeatRow(
            seat, term.name, term.starts_on, term.ends_on, own.get(person), outside.get(person, ()),
            training.get(person),
        )  # fmt: skip

    return make


def _warnings(board: Board) -> list[BoardWarning]:
    """What is unusual about the institution (cooperatives.rules.board_warnings), from the rows at hand."""
    names = {} if board.head.hides_names else {term.person_id: term.name for term in board.terms}
    return board_warnings(
        kind=board.head.kind,
        terms=[RuleTerm(t.person_id, t.post, t.starts_on, t.ends_on, t.is_ex_officio) for t in board.terms],
        on=board.on,
        group_roles=board.head.group_roles,
        elsewhere=board.elsewhere,
        declared_no_relatives=any(item.code == "no_relatives" and item.is_done for item in board.items),
        names=names,
        posts={post: post_label(post) for post in POST_LABELS},
    )
