"""What holds for nominations, as pure functions: moves, who fits, how a group is decided as a whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from portal.core.blockers import Blocker
from portal.core.errors import Conflict, DomainError
from portal.enrollment import messages_nominating as messages
from portal.enrollment.models import NominationState as N
from portal.enrollment.models import State
from portal.enrollment.rules import Room, seat_in_turn, seat_together
from portal.enrollment.rules.places import CAPPED
from portal.enrollment.rules.queue import NOMINATED

#: People in one act: more than any board with its supervisors and managers.
MOST_PEOPLE = 30
#: People whom one account proposes within a day, each of whom gets a message: before anybody has verified
#: that it speaks for the cooperative, and after.
MOST_A_DAY, MOST_A_DAY_VERIFIED = 60, 300
#: How long a link lives where no batch, and so no end of registration, is named.
LINK_DAYS = 30

#: State -> states it may become (FLOWS: States). Who ended may be proposed anew.
NOMINATION_MOVES: dict[N, frozenset[N]] = {
    N.PROPOSED: frozenset({N.CONSENTED, N.PLACED, N.DECLINED, N.WITHDRAWN, N.REJECTED, N.REPLACED}),
    N.CONSENTED: frozenset({N.PLACED, N.DECLINED, N.WITHDRAWN, N.REJECTED, N.REPLACED}),
    N.PLACED: frozenset({N.DECLINED, N.WITHDRAWN, N.REJECTED, N.REPLACED}),
    N.DECLINED: frozenset({N.PROPOSED}),
    N.WITHDRAWN: frozenset({N.PROPOSED}),
    N.REJECTED: frozenset({N.PROPOSED}),
    N.REPLACED: frozenset({N.PROPOSED}),
}
OPEN_NOMINATIONS = frozenset({N.PROPOSED, N.CONSENTED, N.PLACED})
ENDED_NOMINATIONS = frozenset(N) - OPEN_NOMINATIONS
#: Enrollments that a swap or a withdrawal of the nomination ends; what was decided in class stays.
ENDABLE = frozenset({State.APPLIED, State.OFFERED, State.CONFIRMED, State.WAITLISTED, State.RESERVE})
#: The state in which the new one takes the place of the old: a seat has to be offered anew.
SUCCEEDS = {
    State.APPLIED: State.APPLIED,
    State.OFFERED: State.APPLIED,
    State.CONFIRMED: State.APPLIED,
    State.WAITLISTED: State.WAITLISTED,
    State.RESERVE: State.RESERVE,
}


class Mode(StrEnum):
    """How a group is taken: all of it or nobody, or as many as fit with the others on the waitlist."""

    ALL = "all"
    FIT = "fit"


class Outcome(StrEnum):
    """What becomes of one person of a group."""

    SEAT = "seat"
    RESERVE = "reserve"
    WAIT = "wait"
    PROGRAM = "program"
    NO = "no"


def check_nomination_move(old: N | str, new: N | str) -> None:
    """Nothing when the move is legal. Raises DomainError `illegal_move`."""
    if N(new) not in NOMINATION_MOVES[N(old)]:
        raise DomainError("illegal_move", messages.illegal_move(str(N(old)), str(N(new))))


def check_before_deadline(closes_at: datetime | None, now: datetime) -> None:
    """Swapping and withdrawing end with the registration. Raises Conflict `deadline_over`."""
    if closes_at is not None and now >= closes_at:
        raise Conflict("deadline_over", messages.deadline_over())


def has_begun(starts_on: date, today: date) -> bool:
    """Whether a class goes on whatever becomes of who proposed its people; `today` in the class's zone."""
    return starts_on <= today


def link_end(closes_at: datetime | None, now: datetime) -> datetime:
    """Until when the person's own link works: the end of the registration, else thirty days."""
    return closes_at if closes_at is not None else now + timedelta(days=LINK_DAYS)


@dataclass(frozen=True)
class Facts:
    """What is known about somebody who may be proposed; `is_open`: by an open nomination for the program.
    `reasons` are those of `rules.eligibility`, worded for the one who proposes."""

    is_erased: bool = False
    is_refusing: bool = False
    is_open: bool = False
    has_certificate: bool = False
    reasons: Sequence[Blocker] = ()


def nominee_blockers(facts: Facts) -> list[Blocker]:
    """Every reason why this person cannot be proposed; [] when nothing stands in the way."""
    if facts.is_erased:
        return [messages.gone()]
    found = list(facts.reasons)
    if facts.is_refusing:
        found.insert(0, messages.refuses())
    if facts.is_open:
        found.insert(0, messages.open_already())
    if facts.has_certificate and not any(blocker.code == "has_certificate" for blocker in found):
        found.append(messages.has_certificate())
    return found


@dataclass(frozen=True)
class Candidate:
    """One person of a group, as somebody who wants a place (rules.places.Comer): `key` tells them apart,
    `blockers` are the hard ones, `queue` is their class on the waitlist."""

    key: str
    post: str
    cooperative_id: int | None = None
    is_pilot: bool = False
    queue: int = NOMINATED
    blockers: Sequence[Blocker] = ()


@dataclass(frozen=True)
class Answer:
    """What becomes of one person; `place` is the waitlist place they would have (from 1), 0 for none; `why`
    a seat is not theirs (rules.places): full, kept or capped."""

    key: str
    outcome: Outcome
    place: int = 0
    blockers: Sequence[Blocker] = ()
    why: str = ""


@dataclass(frozen=True)
class Decision:
    """What becomes of a group. `stops` are reasons for which nothing is sent at all."""

    answers: Sequence[Answer]
    stops: Sequence[Blocker] = ()

    @property
    def going(self) -> list[Answer]:
        """Those who are proposed."""
        return [answer for answer in self.answers if answer.outcome != Outcome.NO]

    def count(self, outcome: Outcome) -> int:
        """How many have this outcome."""
        return sum(answer.outcome == outcome for answer in self.answers)


def decide_group(
    people: Sequence[Candidate],
    *,
    mode: Mode | str,
    keep_together: bool,
    room: Room | None,
    waiting: Sequence[tuple[int, int]] = (),
    reserves_left: int = 0,
) -> Decision:
    """Decide for the whole group at once; the same answer before sending and while sending.

    room: what is left of the batch, None where no batch is named. waiting: (class, people) of those who wait
    already. In mode `all` one blocker stops everybody, and so does a missing seat, unless the group wants to
    stay together: then all of it waits. In mode `fit` those who are blocked stay behind.
    """
    able = [one for one in people if not one.blockers]
    refusals, short = _seats(able, mode, room)
    ahead = list(waiting)
    answers = []
    for one in people:
        why = refusals.get(one.key, "")
        if one.blockers:
            answers.append(Answer(one.key, Outcome.NO, blockers=one.blockers))
        elif room is None:
            answers.append(Answer(one.key, Outcome.PROGRAM))
        elif not why:
            answers.append(Answer(one.key, Outcome.SEAT))
        else:
            place = 1 + sum(count for queue, count in ahead if queue <= one.queue)
            ahead.append((one.queue, 1))
            outcome = Outcome.RESERVE if place <= reserves_left else Outcome.WAIT
            answers.append(Answer(one.key, outcome, place, why=why))
    return Decision(answers, _stops(people, able, mode, "" if keep_together else short, room))


def _seats(able: Sequence[Candidate], mode: Mode | str, room: Room | None) -> tuple[dict[str, str], str]:
    """(why each one gets no seat, why the whole finds too few)."""
    if room is None:
        return {}, ""
    if mode == Mode.ALL:
        short = seat_together(room, able)
        return {one.key: short for one in able}, short
    return dict(zip([one.key for one in able], seat_in_turn(room, able), strict=True)), ""


def _stops(
    people: Sequence[Candidate], able: Sequence[Candidate], mode: str, short: str, room: Room | None
) -> list[Blocker]:
    if not people:
        return [messages.nobody()]
    if not able:
        return [messages.nobody_fits()]
    if mode == Mode.ALL and len(able) < len(people):
        return [messages.not_all_fit(len(people) - len(able))]
    if mode == Mode.ALL and short == CAPPED and room is not None and room.cap is not None:
        return [messages.over_cap(room.cap)]
    if mode == Mode.ALL and short:
        return [messages.too_few_seats(len(people))]
    return []


def needs_consent(*, group_id: int | None, link_hash: str | None, state: str | None) -> bool:
    """True for somebody nominated by name who has not answered yet: no seat may be offered to them. A roster
    (neither group nor link) is answered by telephone."""
    return state == N.PROPOSED and (group_id is not None or link_hash is not None)
