"""Nominations as pages show them: of a cooperative, of a link, of a person; scoped to whoever looks."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from portal.accounts.models import User
from portal.batches.models import Batch
from portal.batches.queries import batches_by_ids
from portal.catalog.models import Program
from portal.cooperatives.models import ChairClaim, Cooperative
from portal.cooperatives.queries.claims import hides_names
from portal.core.crypto import token_hash
from portal.core.db import db
from portal.core.errors import NotFound
from portal.core.mail.outbox import OutboxMessage
from portal.core.paging import Page, cut
from portal.core.permissions import Actor, Permission
from portal.enrollment import rules_nominating as rules_n
from portal.enrollment.models import Enrollment, Nomination, NominationGroup, NominationState
from portal.people.models import Person

PAGE = 10
#: A claim that ended before anybody decided on it stays what it was: unverified.
_CLAIM_STATE: Any = sa.case(
    (sa.and_(ChairClaim.state == "ended", ChairClaim.decided_at.is_(None)), "pending"),
    else_=ChairClaim.state,
)
INVITED = "nomination.invited"


@dataclass(frozen=True)
class NomineeRow:
    """One person of a group. `sent`: what became of the invitation (an outbox state), "" for none yet."""

    nomination: Nomination
    name: str
    has_nik: bool
    enrollment: Enrollment | None
    sent: str = ""
    channel: str = ""
    replaced_by: str = ""
    batch: Any | None = None


@dataclass(frozen=True)
class GroupRow:
    """One act of proposing. `claim_state` is "pending" while nobody has verified who sent it, "" for none."""

    group: NominationGroup
    program: Program
    batch: Any | None
    proposer: str
    claim_state: str
    people: Sequence[NomineeRow]

    @property
    def is_unverified(self) -> bool:
        """Sent under a claim that waits."""
        return self.claim_state == "pending"


def check_scope(actor: Actor, cooperative_id: int) -> None:
    """Raises NotFound where the actor may not propose people for a cooperative."""
    scope = actor.scope(Permission.NOMINATE)
    if not (scope.everything or cooperative_id in scope.cooperatives):
        raise NotFound()


def list_groups(actor: Actor, cooperative_id: int, number: int = 1, *, only_own: bool = False) -> Page:
    """The groups of a cooperative, the newest first, ten a page; `only_own`: those the actor sent. Seven
    statements, however many people."""
    check_scope(actor, cooperative_id)
    statement = _groups().where(NominationGroup.cooperative_id == cooperative_id)
    if only_own:
        statement = statement.where(NominationGroup.made_by == actor.user_id)
    rows = db.session.execute(
        statement.order_by(NominationGroup.id.desc()).offset((number - 1) * PAGE).limit(PAGE + 1)
    ).all()
    page = cut(rows, number, PAGE)
    return Page(_with_people(page.items), page.number, page.has_next)


def get_group(actor: Actor, cooperative_id: int, group_id: int, *, only_own: bool = False) -> GroupRow:
    """One group of a cooperative. Raises NotFound."""
    check_scope(actor, cooperative_id)
    statement = _groups().where(
        NominationGroup.id == group_id, NominationGroup.cooperative_id == cooperative_id
    )
    if only_own:
        statement = statement.where(NominationGroup.made_by == actor.user_id)
    rows = db.session.execute(statement).all()
    if not rows:
        raise NotFound()
    return _with_people(rows)[0]


def get_nomination(actor: Actor, cooperative_id: int, nomination_id: int) -> Nomination:
    """A nomination that somebody of the cooperative sent by name; whoever shows nothing but a paper of their
    own reaches those they sent themselves. Raises NotFound."""
    check_scope(actor, cooperative_id)
    found = db.session.get(Nomination, nomination_id)
    if found is None or found.cooperative_id != cooperative_id or found.group_id is None:
        raise NotFound()
    if hides_names(actor, cooperative_id):
        group = db.session.get(NominationGroup, found.group_id)
        if group is None or group.made_by != actor.user_id:
            raise NotFound()
    return found


def _groups() -> Any:
    return (
        sa.select(NominationGroup, Program, User.name, _CLAIM_STATE)
        .join(Program, Program.id == NominationGroup.program_id)
        .outerjoin(User, User.id == NominationGroup.made_by)
        .outerjoin(ChairClaim, ChairClaim.id == NominationGroup.claim_id)
    )


def _with_people(rows: Sequence[Any]) -> list[GroupRow]:
    people, batches = _people([group.id for group, *_rest in rows])
    return [
        GroupRow(
            group, program, batches.get(group.batch_id), proposer or "", claim_state or "",
            people.get(group.id, ()),
        )
        for group, program, proposer, claim_state in rows
    ]  # fmt: skip


_AFTER, _NAME_AFTER = aliased(Nomination), aliased(Person)


def _people(group_ids: Collection[int]) -> tuple[dict[int, list[NomineeRow]], dict[int, Any]]:
    """The people of groups, and the batches of both by id: one proposed for a program is placed later."""
    if not group_ids:
        return {}, {}
    statement = (
        sa.select(Nomination, Person.name, Person.nik_index.is_not(None), Enrollment, _NAME_AFTER.name)
        .join(Person, Person.id == Nomination.person_id)
        .outerjoin(
            Enrollment,
            sa.and_(Enrollment.nomination_id == Nomination.id, Enrollment.batch_id == Nomination.batch_id),
        )
        .outerjoin(_AFTER, _AFTER.id == Nomination.replaced_by_id)
        .outerjoin(_NAME_AFTER, _NAME_AFTER.id == _AFTER.person_id)
        .where(Nomination.group_id.in_(group_ids))
        .order_by(Nomination.id)
    )
    rows = db.session.execute(statement).all()
    sent = _sent([row[0] for row in rows])
    of_groups = sa.select(NominationGroup.batch_id).where(
        NominationGroup.id.in_(group_ids), NominationGroup.batch_id.is_not(None)
    )
    numbers = {row[0].batch_id for row in rows if row[0].batch_id is not None}
    batches = batches_by_ids(numbers | {int(n) for n in db.session.scalars(of_groups) if n is not None})
    found: dict[int, list[NomineeRow]] = {}
    for nomination, name, has_nik, enrollment, replaced_by in rows:
        state, channel = sent.get(invitation_key(nomination), ("", ""))
        batch = batches.get(nomination.batch_id or 0)
        row = NomineeRow(nomination, name, has_nik, enrollment, state, channel, replaced_by or "", batch)
        found.setdefault(nomination.group_id or 0, []).append(row)
    return found, batches


def invitation_key(nomination: Nomination) -> str:
    """What makes the invitation once: a new link is a new invitation."""
    return f"{INVITED}:{nomination.id}:{(nomination.link_hash or '')[:12]}"


def _sent(nominations: Iterable[Nomination]) -> dict[str, tuple[str, str]]:
    keys = [invitation_key(one) for one in nominations if one.link_hash]
    if not keys:
        return {}
    columns = sa.select(OutboxMessage.key, OutboxMessage.state, OutboxMessage.channel)
    rows = db.session.execute(columns.where(OutboxMessage.key.in_(keys)))
    return {key: (state, channel) for key, state, channel in rows}


# ---- the person's own ----


@dataclass(frozen=True)
class OwnNomination:
    """A nomination as the person sees it."""

    nomination: Nomination
    person: Person
    cooperative: Cooperative
    program: Program
    batch: Any | None
    proposer: str
    is_unverified: bool
    enrollment: Enrollment | None


def find_by_link(token: str, now: datetime) -> OwnNomination | None:
    """Whose link it is, or None for one that is unknown or over."""
    own = _own(Nomination.link_hash == token_hash(token), Nomination.link_until > now)
    return own[0] if own else None


def get_own_nomination(actor: Actor, nomination_id: int) -> OwnNomination:
    """The signed-in person's own nomination by name. Raises NotFound."""
    if actor.person_id is None:
        raise NotFound()
    own = _own(Nomination.id == nomination_id, Nomination.person_id == actor.person_id)
    if not own:
        raise NotFound()
    return own[0]


def own_of(nomination_id: int) -> OwnNomination:
    """A nomination by name as its person sees it, for those whose scope was checked. Raises NotFound."""
    own = _own(Nomination.id == nomination_id)
    if not own:
        raise NotFound()
    return own[0]


def open_nominations(person_id: int) -> list[OwnNomination]:
    """Nominations by name that wait for the person's answer, the oldest first."""
    return _own(Nomination.person_id == person_id, Nomination.state == NominationState.PROPOSED)


def _own(*where: Any) -> list[OwnNomination]:
    statement = (
        sa.select(Nomination, Person, Cooperative, Program, User.name, _CLAIM_STATE, Enrollment)
        .join(NominationGroup, NominationGroup.id == Nomination.group_id)
        .join(Person, Person.id == Nomination.person_id)
        .join(Cooperative, Cooperative.id == Nomination.cooperative_id)
        .join(Program, Program.id == Nomination.program_id)
        .outerjoin(User, User.id == NominationGroup.made_by)
        .outerjoin(ChairClaim, ChairClaim.id == NominationGroup.claim_id)
        .outerjoin(
            Enrollment,
            sa.and_(Enrollment.nomination_id == Nomination.id, Enrollment.batch_id == Nomination.batch_id),
        )
        .where(*where)
        .order_by(Nomination.id)
        .limit(20)
    )
    rows = db.session.execute(statement).all()
    batches = batches_by_ids({row[0].batch_id for row in rows if row[0].batch_id is not None})
    return [
        OwnNomination(
            nomination, person, cooperative, program, batches.get(nomination.batch_id or 0), proposer or "",
            claim == "pending", enrollment,
        )
        for nomination, person, cooperative, program, proposer, claim, enrollment in rows
    ]  # fmt: skip


# ---- for the center ----


def not_consented(enrollment_ids: Collection[int]) -> set[int]:
    """Those of these enrollments whose person was proposed by name and has not answered. One statement for
    each 500."""
    wanted, found = list(enrollment_ids), set[int]()
    for start in range(0, len(wanted), 500):
        statement = (
            sa.select(Enrollment.id)
            .join(Nomination, Nomination.id == Enrollment.nomination_id)
            .where(
                Enrollment.id.in_(wanted[start : start + 500]),
                Enrollment.group_id.is_not(None),
                Nomination.state == NominationState.PROPOSED,
            )
        )
        found |= set(db.session.scalars(statement))
    return found


@dataclass(frozen=True)
class Mark:
    """What a center sees of a nomination: the group, whether the person has answered, whether the claim of
    who sent it waits."""

    group_id: int
    state: str
    is_unverified: bool


def marks_of(enrollment_ids: Collection[int]) -> dict[int, Mark]:
    """By enrollment, for those proposed by name. One statement."""
    if not enrollment_ids:
        return {}
    statement = (
        sa.select(Enrollment.id, NominationGroup.id, Nomination.state, _CLAIM_STATE)
        .join(Nomination, Nomination.id == Enrollment.nomination_id)
        .join(NominationGroup, NominationGroup.id == Enrollment.group_id)
        .outerjoin(ChairClaim, ChairClaim.id == NominationGroup.claim_id)
        .where(Enrollment.id.in_(list(enrollment_ids)))
    )
    return {
        number: Mark(group_id, state, claim == "pending")
        for number, group_id, state, claim in db.session.execute(statement)
    }


# ---- what comes round ----


def uninvited_groups(limit: int = 50) -> list[int]:
    """Groups with somebody who waits for a link: what stopped between sending and inviting. One statement."""
    statement = (
        sa.select(Nomination.group_id)
        .where(
            Nomination.group_id.is_not(None),
            Nomination.link_hash.is_(None),
            Nomination.state == NominationState.PROPOSED,
        )
        .distinct()
        .order_by(Nomination.group_id)
        .limit(limit)
    )
    return [int(number) for number in db.session.scalars(statement) if number is not None]


def closes_of(batch_id: int | None) -> datetime | None:
    """When the registration of a batch ends; None without one."""
    if batch_id is None:
        return None
    found: datetime | None = db.session.scalar(sa.select(Batch.closes_at).where(Batch.id == batch_id))
    return found


def can_change(row: NomineeRow) -> bool:
    """Whether the nomination is still open."""
    return row.nomination.state in rules_n.OPEN_NOMINATIONS
