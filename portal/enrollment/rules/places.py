"""Places of a batch: what is free for whom, with the seats kept for pilot cooperatives and for posts, and the
most people of one cooperative.

Seats are kept while those they are kept for may still come: until `kept_until`. Pilots go first: what is kept
for them is set apart before what is kept for posts, and they may take any free seat. A person counts for
everything they are: a pilot cooperative's treasurer fills a pilot seat and one of the treasurers'. The cap
counts those who hold a seat or are screened for one; waiting is open to everybody.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

#: Why a free seat is not for somebody.
FULL, KEPT, CAPPED = "full", "kept", "capped"


class Comer(Protocol):
    """Somebody who wants a place."""

    @property
    def cooperative_id(self) -> int | None: ...
    @property
    def post(self) -> str: ...
    @property
    def is_pilot(self) -> bool: ...


@dataclass(frozen=True)
class Holdings:
    """Who holds a seat of a batch or is screened for one, as counts: all who are screened, those of pilot
    cooperatives, by post, by cooperative."""

    applied: int = 0
    pilots: int = 0
    posts: Mapping[str, int] = field(default_factory=dict)
    cooperatives: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Room:
    """What is left. left: seats that can still be given. pilots, posts: how many of them are wanted for pilot
    cooperatives and for posts; `kept_pilots` and `kept_posts` say what is really set apart."""

    left: int
    pilots: int = 0
    posts: Mapping[str, int] = field(default_factory=dict)
    cap: int | None = None
    cooperatives: Mapping[int, int] = field(default_factory=dict)

    @property
    def kept_pilots(self) -> int:
        """Seats set apart for pilot cooperatives; never more than are left."""
        return min(self.pilots, self.left)

    def kept_posts(self, but: str = "") -> int:
        """Seats set apart for the holders of posts, without those of one post; never more than are left once
        the pilots' are set apart."""
        wanted = sum(count for post, count in self.posts.items() if post != but)
        return min(wanted, self.left - self.kept_pilots)

    def for_(self, who: Comer) -> int:
        """How many of the seats this person could get, whatever the cap says."""
        if who.is_pilot:
            return self.left
        return self.left - self.kept_pilots - self.kept_posts(who.post)

    def under_cap(self, cooperative_id: int | None) -> int | None:
        """How many more of a cooperative may come; None without a cap. Negative when a cap was lowered."""
        if self.cap is None or cooperative_id is None:
            return None
        return self.cap - self.cooperatives.get(cooperative_id, 0)

    def refusal(self, who: Comer) -> str:
        """ "" when the person can get a place, else CAPPED, FULL or KEPT."""
        under = self.under_cap(who.cooperative_id)
        if under is not None and under <= 0:
            return CAPPED
        if self.left <= 0:
            return FULL
        return "" if self.for_(who) > 0 else KEPT

    def after(self, who: Comer) -> Room:
        """What is left once this person has a place."""
        posts, cooperatives = self.posts, self.cooperatives
        if posts.get(who.post):
            posts = {**posts, who.post: posts[who.post] - 1}
        if who.cooperative_id is not None:
            cooperatives = {**cooperatives, who.cooperative_id: cooperatives.get(who.cooperative_id, 0) + 1}
        pilots = max(self.pilots - int(who.is_pilot), 0)
        return replace(self, left=self.left - 1, pilots=pilots, posts=posts, cooperatives=cooperatives)


def room_of(
    *,
    quota: int,
    seats_taken: int,
    held: Holdings,
    pilot_seats: int = 0,
    post_quotas: Mapping[str, int] | None = None,
    kept_until: datetime | None = None,
    cooperative_cap: int | None = None,
    now: datetime,
    with_screening: bool = True,
) -> Room:
    """The room of a batch. with_screening: seats that somebody is screened for are not free (a new
    application); else only those that are held are taken (a seat is given away now)."""
    taken = seats_taken + (held.applied if with_screening else 0)
    keeps = kept_until is None or now < kept_until
    posts = {p: max(n - held.posts.get(p, 0), 0) for p, n in (post_quotas or {}).items()} if keeps else {}
    return Room(
        left=max(quota - taken, 0),
        pilots=max(pilot_seats - held.pilots, 0) if keeps else 0,
        posts=posts,
        cap=cooperative_cap,
        cooperatives=held.cooperatives,
    )


def places_for(room: Room, who: Comer) -> int:
    """How many places of a room this person, and others like them, could get: seats kept for others and the
    cap of the cooperative counted. Never below 0."""
    free, under = room.for_(who), room.under_cap(who.cooperative_id)
    return max(free if under is None else min(free, under), 0)


def seat_in_turn(room: Room, people: Sequence[Comer]) -> list[str]:
    """For each of the people in their order "" when they get a place, else CAPPED, FULL or KEPT; whoever gets
    one leaves less for those after them."""
    found = []
    for who in people:
        refusal = room.refusal(who)
        if not refusal:
            room = room.after(who)
        found.append(refusal)
    return found


def seat_together(room: Room, people: Iterable[Comer]) -> str:
    """ "" when all of them get places at once, else why not. Those for whom seats are kept are seated first,
    so that the order in which people were named does not matter."""
    turn = sorted(people, key=lambda who: (not who.is_pilot, not room.posts.get(who.post)))
    return next(filter(None, seat_in_turn(room, turn)), "")


@dataclass(frozen=True)
class Somebody:
    """The plainest Comer."""

    cooperative_id: int | None = None
    post: str = ""
    is_pilot: bool = False
