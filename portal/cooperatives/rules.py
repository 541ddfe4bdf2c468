"""When two spellings mean the same cooperative, and how a hall stands: pure rules."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from portal.people.rules import read_cooperative_name

KEY_LENGTH = 200
VILLAGE_KINDS = frozenset({"village", "urban_village"})
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


def match_key(kind: str, name: str, region_code: str) -> str:
    """One key for all spellings of a cooperative in a place: `<kind>|<region code>|<letters of its name>`.

    Case, accents, punctuation, spaces and the words every name of its kind carries ("Koperasi Desa Merah
    Putih", "KDMP") do not count. Names are only compared within one kind and one region.
    """
    own = read_cooperative_name(name).own_part if kind in VILLAGE_KINDS else _without_general_words(name)
    return f"{kind}|{region_code}|{_letters(own)}"[:KEY_LENGTH]


def _without_general_words(name: str) -> str:
    kept = re.sub(r"\b(?:koperasi|koprasi|kop)\b", " ", name, flags=re.IGNORECASE)
    return kept if _letters(kept) else name


def _letters(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in plain if c.isalnum())


def display_name(name: str) -> str:
    """A name as it is stored: white space collapsed, at most 160 characters."""
    return " ".join(unicodedata.normalize("NFC", name).split())[:160]


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
