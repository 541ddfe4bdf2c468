"""The answer for people who are to be proposed, before and while they are; see queries.nominating."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from portal.batches.models import Batch
from portal.batches.rules import audience_fits, phase_of
from portal.catalog.queries import prerequisites_of
from portal.catalog.rules import RULE_ZONE, prerequisite_blockers
from portal.core.blockers import Blocker
from portal.core.clock import local_date
from portal.core.ports import HeldCertificate, ports
from portal.core.words import gettext
from portal.enrollment import messages_nominating as messages
from portal.enrollment import rules
from portal.enrollment import rules_nominating as rules_n
from portal.enrollment.models import State
from portal.enrollment.queries.counts import room_for
from portal.enrollment.queries.nominating import Act, Ground, Known, Proposed
from portal.enrollment.queries.waitlist import open_posts


@dataclass(frozen=True)
class Judged:
    """The answer for a group, and what it was made from. `people` are those that were asked about, by key,
    with the post and name on record."""

    decision: rules_n.Decision
    people: dict[str, Proposed]
    act: Act
    priority: int


def judge(
    ground: Ground,
    act: Act,
    known: dict[int, Known],
    people: Sequence[Proposed],
    *,
    mode: str,
    keep_together: bool,
    now: datetime,
) -> Judged:
    """Decide about these people as they stand now; at most one statement more, two where the program asks for
    certificates."""
    batch = ground.batch
    on = batch.starts_on if batch is not None else local_date(now, ground.zone)
    held = ports().held_by_people(sorted(known), on) if known else {}
    lacks = _lacking(batch, [*known, None], held) if batch is not None and act.asks else {}
    is_pilot = ground.cooperative.is_pilot
    priority = rules.priority_class(is_pilot=is_pilot, is_nominated=True)
    room = room_for(batch, act.holding(batch.id), now) if batch is not None else None
    kept = open_posts(room) if room is not None else set()
    seen: dict[str, Proposed] = {}
    candidates = []
    for one in people:
        person = known.get(one.person_id) if one.person_id is not None else None
        if person is not None:
            one = Proposed(one.key, person.name, person.post or one.post, one.phone, person.person_id)
        seen[one.key] = one
        candidates.append(
            rules_n.Candidate(
                one.key,
                one.post,
                ground.cooperative.id,
                is_pilot,
                rules.queue_class(priority, one.post, kept),
                _blockers(ground, person, one, lacks, held, now),
            )
        )
    reserves = sum(line.people for line in act.of_state(State.RESERVE))
    waiting = [
        (rules.queue_class(line.priority, line.post, kept, line.moved_class), line.people)
        for line in act.of_state(State.WAITLISTED)
    ]
    decision = rules_n.decide_group(
        candidates,
        mode=mode,
        keep_together=keep_together,
        room=room,
        waiting=waiting,
        reserves_left=max(batch.reserve_seats - reserves, 0) if batch is not None else 0,
    )
    return Judged(decision, seen, act, priority)


def _lacking(batch: Batch, people: Sequence[int | None], held: Any) -> dict[int | None, list[Blocker]]:
    """What each of these people lacks on the first day; a stranger (None) holds nothing. One statement."""
    days = {batch.id: (local_date(batch.created_at, RULE_ZONE), batch.starts_on)}
    needs = prerequisites_of(batch.program_id, days).get(batch.id)
    if needs is None:
        return {}
    return {
        number: prerequisite_blockers(
            needs.groups,
            held.get(number, ()),
            on=batch.starts_on,
            names=needs.names,
            graces=needs.graces,
            _=gettext,
        )
        for number in people
    }


def _blockers(
    ground: Ground,
    person: Known | None,
    one: Proposed,
    lacks: dict[int | None, list[Blocker]],
    held: Any,
    now: datetime,
) -> list[Blocker]:
    batch, program, cooperative = ground.batch, ground.program, ground.cooperative
    number = person.person_id if person else None
    certified = person is not None and _is_certified(program.id, held.get(number, ()), ground, now)
    if batch is None:
        reasons = audience_fits(
            kinds=program.kinds, posts=program.posts, regions=(), kind=cooperative.kind, post=one.post
        )
    else:
        facts = rules.BatchFacts(
            phase=phase_of(batch, now, ground.zone),
            starts_on=batch.starts_on,
            free=1,
            kinds=batch.kinds,
            posts=batch.posts,
            regions=batch.regions,
        )
        applicant = rules.Applicant(
            kind=cooperative.kind,
            post=one.post,
            region_code=cooperative.region_code,
            is_pilot=cooperative.is_pilot,
            state_here=State(person.state_here) if person and person.state_here else None,
            overlapping=person.overlaps if person else (),
            has_certificate=certified,
            lacks=lacks.get(number, ()),
        )
        reasons = rules.hard_blockers(rules.eligibility(facts, applicant))
    return rules_n.nominee_blockers(
        rules_n.Facts(
            is_erased=bool(person and person.is_erased),
            is_refusing=bool(person and person.is_refusing),
            is_open=bool(person and person.nomination_state in rules_n.OPEN_NOMINATIONS),
            has_certificate=certified,
            reasons=[_third_person(reason, person) for reason in reasons],
        )
    )


def _third_person(reason: Blocker, person: Known | None) -> Blocker:
    """The sentences of applying speak to the person; here somebody else reads them."""
    if reason.code == "already_enrolled":
        return messages.already_here()
    if reason.code == "was_rejected":
        return messages.was_rejected()
    if reason.code == "has_certificate":
        return messages.has_certificate()
    if reason.code == "overlapping" and person is not None:
        return messages.overlapping("; ".join(person.overlaps))
    if reason.code == "post_not_meant":
        return messages.post_not_meant(reason.message)
    return reason


def _is_certified(program_id: int, held: Sequence[HeldCertificate], ground: Ground, now: datetime) -> bool:
    on = ground.batch.starts_on if ground.batch is not None else local_date(now, ground.zone)
    return any(
        one.program_id == program_id and one.state == "valid" and (one.expires is None or one.expires >= on)
        for one in held
    )
