"""Who may apply for a batch, and every reason why not."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from portal.batches.rules import Phase, may_join
from portal.core.blockers import Blocker
from portal.enrollment import messages
from portal.enrollment.models import State

#: Blockers that only keep a person from a seat: the waitlist is still open.
SEAT_ONLY = frozenset({"pilot_window", "post_window", "cooperative_full"})


@dataclass(frozen=True)
class BatchFacts:
    """What eligibility needs of a batch. `free` counts seats nobody holds or is being screened for;
    `free_for_person` those of them that are not kept for others; `kept_posts`: the posts they are kept for;
    `cap`: the most people of one cooperative."""

    phase: Phase
    starts_on: date
    free: int
    kinds: Collection[str] = ()
    posts: Collection[str] = ()
    regions: Collection[str] = ()
    free_for_person: int | None = None
    pilot_until: datetime | None = None
    kept_posts: Collection[str] = ()
    cap: int | None = None
    zone: str = "Asia/Jakarta"


@dataclass(frozen=True)
class Applicant:
    """What eligibility needs of a person. None is not judged; `overlapping` are labels of other batches;
    `lacks` what the batch asks for and the person does not hold on its first day; `is_capped`: the
    cooperative has as many people in the batch as it may have."""

    kind: str | None = None
    post: str | None = None
    region_code: str | None = None
    is_pilot: bool = False
    state_here: State | None = None
    overlapping: Sequence[str] = ()
    has_certificate: bool = False
    lacks: Sequence[Blocker] = ()
    is_capped: bool = False


def eligibility(batch: BatchFacts, person: Applicant) -> list[Blocker]:
    """Every reason why this person cannot apply for this batch now; [] when nothing stands in the way.

    A full batch is no reason: the answer is the waitlist. Seats kept for others and a cooperative with
    enough people (SEAT_ONLY) leave the waitlist open.
    """
    if person.state_here is not None and person.state_here not in (State.WITHDRAWN, State.EXPIRED):
        if person.state_here == State.REJECTED:
            return [messages.was_rejected()]
        return [messages.already_here()]
    found = may_join(
        phase=batch.phase,
        kinds=batch.kinds,
        posts=batch.posts,
        regions=batch.regions,
        kind=person.kind,
        post=person.post,
        region_code=person.region_code,
    )
    found += person.lacks
    found += [messages.overlapping(label) for label in person.overlapping]
    if person.has_certificate:
        found.append(messages.has_certificate())
    if person.is_capped and batch.cap is not None:
        found.append(messages.cooperative_full(batch.cap))
    for_person = batch.free if batch.free_for_person is None else batch.free_for_person
    if batch.free > 0 and for_person == 0 and not person.is_pilot:
        posts = [post for post in batch.kept_posts if post != person.post]
        if posts:
            found.append(messages.post_window(posts, batch.pilot_until, batch.zone))
        else:
            found.append(messages.pilot_window(batch.pilot_until, batch.zone))
    return found


def hard_blockers(blockers: Iterable[Blocker]) -> list[Blocker]:
    """Those that the waitlist does not answer."""
    return [blocker for blocker in blockers if blocker.code not in SEAT_ONLY]
