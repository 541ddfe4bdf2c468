"""Who speaks for a cooperative: the state of an account's claim, and the claims that wait for an office."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from portal.accounts.models import User
from portal.cooperatives.models import ChairClaim, ChairCode, Cooperative, PostTerm
from portal.cooperatives.queries.posts import own_cooperatives
from portal.core.clock import local_date
from portal.core.db import db
from portal.core.errors import NotFound
from portal.core.paging import Page, cut
from portal.core.permissions import Actor, Permission, Role
from portal.people.models import Person
from portal.regions.queries import paths_of

PAGE = 20
OPEN = ("pending", "verified")


def claim_state(actor: Actor, cooperative_id: int) -> str:
    """How an account came to speak for a cooperative: none, pending_decree, pending_code or verified.

    A chair without a claim was given the role by an office and counts as verified. Whoever is
    `pending_decree` has shown nothing but a paper of their own and sees no names of others. A founder's own
    registration reads as `pending_code`: every name there is one they wrote.
    """
    if actor.user_id is None:
        return "none"
    claim = _open_claim(actor.user_id, cooperative_id)
    if claim is not None:
        if claim.state == "verified":
            return "verified"
        return "pending_decree" if claim.method == "decree" else "pending_code"
    is_chair = actor.has_role(Role.CHAIR) and cooperative_id in (
        actor.scope(Permission.COOPERATIVE_EDIT).cooperatives
    )
    return "verified" if is_chair else "none"


def open_claim_id(actor: Actor, cooperative_id: int) -> int | None:
    """The actor's claim that nobody has verified yet, or None."""
    claim = _open_claim(actor.user_id, cooperative_id) if actor.user_id is not None else None
    return claim.id if claim is not None and claim.state == "pending" else None


def _open_claim(user_id: int, cooperative_id: int) -> Any:
    statement = sa.select(ChairClaim.id, ChairClaim.state, ChairClaim.method).where(
        ChairClaim.user_id == user_id,
        ChairClaim.cooperative_id == cooperative_id,
        ChairClaim.state.in_(OPEN),
    )
    return db.session.execute(statement).first()


def hides_names(actor: Actor, cooperative_id: int) -> bool:
    """Whether a page of this cooperative names nobody but those whom the actor wrote down themselves."""
    return claim_state(actor, cooperative_id) == "pending_decree"


@dataclass(frozen=True)
class ClaimLine:
    """One claim for those who decide. `rivals`: names of other accounts with an open claim or the role;
    `chair`: who holds the post today; `is_holder`: whether that is the claimant."""

    id: int
    cooperative_id: int
    cooperative: str
    kind: str
    region_code: str
    place: str
    claimant: str
    user_id: int
    person_id: int | None
    method: str
    state: str
    asked_at: datetime
    document_id: int | None
    note: str
    chair: str
    is_holder: bool
    rivals: tuple[str, ...]
    is_own: bool


def in_regions(regions: Collection[str]) -> sa.ColumnElement[bool]:
    """Whether a cooperative lies in one of these regions ("" is the country)."""
    if "" in regions:
        return sa.true()
    parts = [
        sa.or_(Cooperative.region_code == r, Cooperative.region_code.startswith(f"{r}.", autoescape=True))
        for r in sorted(regions)
    ]
    return sa.or_(sa.false(), *parts)


def regions_of(actor: Actor) -> frozenset[str]:
    """Where the actor verifies chairs; {""} for the whole country."""
    scope = actor.scope(Permission.CHAIR_VERIFY)
    return frozenset({""}) if scope.everything else scope.regions


def claims_pending(regions: Collection[str]) -> int:
    """How many claims wait in these regions."""
    statement = (
        sa.select(sa.func.count())
        .select_from(ChairClaim)
        .join(Cooperative, Cooperative.id == ChairClaim.cooperative_id)
        .where(ChairClaim.state == "pending", in_regions(regions))
    )
    return db.session.scalar(statement) or 0


def list_claims(actor: Actor, now: datetime, number: int = 1, *, is_open: bool = True) -> Page:
    """Claims in the actor's regions, 20 a page: waiting ones by time, decided ones the newest first."""
    order = ChairClaim.id if is_open else ChairClaim.id.desc()
    state = ChairClaim.state == "pending" if is_open else ChairClaim.state != "pending"
    statement = _claims().where(state, in_regions(regions_of(actor))).order_by(order)
    rows = db.session.execute(statement.offset((number - 1) * PAGE).limit(PAGE + 1)).all()
    page = cut(rows, number, PAGE)
    return Page(_lines(page.items, actor, now), page.number, page.has_next)


def get_claim(actor: Actor, claim_id: int, now: datetime) -> ClaimLine:
    """One claim in the actor's regions. Raises NotFound."""
    row = db.session.execute(
        _claims().where(ChairClaim.id == claim_id, in_regions(regions_of(actor)))
    ).first()
    if row is None:
        raise NotFound()
    return _lines([row], actor, now)[0]


def _claims() -> Any:
    return (
        sa.select(ChairClaim, Cooperative, User.name)
        .join(Cooperative, Cooperative.id == ChairClaim.cooperative_id)
        .join(User, User.id == ChairClaim.user_id)
    )


def _lines(rows: Any, actor: Actor, now: datetime) -> list[ClaimLine]:
    ids = [cooperative.id for _claim, cooperative, _name in rows]
    places = paths_of({cooperative.region_code for _claim, cooperative, _name in rows}) if rows else {}
    chairs, rivals = _chairs(ids, now), _rivals(ids)
    own = own_cooperatives(actor, now) if rows else set()
    return [
        ClaimLine(
            claim.id, cooperative.id, cooperative.name, cooperative.kind, cooperative.region_code,
            ", ".join(reversed(places.get(cooperative.region_code, ()))), name, claim.user_id,
            claim.person_id,
            claim.method, claim.state, claim.asked_at, claim.document_id, claim.decision_note,
            ", ".join(chair for _person, chair in chairs.get(cooperative.id, ())),
            claim.person_id in {person for person, _chair in chairs.get(cooperative.id, ())},
            tuple(who for user_id, who in rivals.get(cooperative.id, ()) if user_id != claim.user_id),
            claim.user_id == actor.user_id
            or (claim.person_id is not None and claim.person_id == actor.person_id)
            or cooperative.id in own,
        )
        for claim, cooperative, name in rows
    ]  # fmt: skip


def _chairs(ids: Collection[int], now: datetime) -> dict[int, list[tuple[int, str]]]:
    """cooperative id -> (person id, name) of those who hold the post of chair today."""
    today = local_date(now, "Asia/Jakarta")
    statement = (
        sa.select(PostTerm.cooperative_id, PostTerm.person_id, Person.name)
        .join(Person, Person.id == PostTerm.person_id)
        .where(
            PostTerm.cooperative_id.in_(ids), PostTerm.post == "chair", PostTerm.starts_on <= today,
            sa.or_(PostTerm.ends_on.is_(None), PostTerm.ends_on >= today),
        )
    )  # fmt: skip
    found: dict[int, list[tuple[int, str]]] = {}
    for cooperative_id, person_id, name in db.session.execute(statement) if ids else ():
        found.setdefault(cooperative_id, []).append((person_id, name))
    return found


def _rivals(ids: Collection[int]) -> dict[int, list[tuple[int, str]]]:
    """cooperative id -> (user id, name) of every account with an open claim."""
    statement = (
        sa.select(ChairClaim.cooperative_id, ChairClaim.user_id, User.name)
        .join(User, User.id == ChairClaim.user_id)
        .where(ChairClaim.cooperative_id.in_(ids), ChairClaim.state.in_(OPEN))
        .order_by(ChairClaim.id)
    )
    found: dict[int, list[tuple[int, str]]] = {}
    for cooperative_id, user_id, name in db.session.execute(statement) if ids else ():
        found.setdefault(cooperative_id, []).append((user_id, name))
    return found


def codes_of(cooperative_id: int, now: datetime) -> list[Any]:
    """The codes of a cooperative that can still be used: rows (id, issued_at, expires_at)."""
    statement = sa.select(ChairCode.id, ChairCode.issued_at, ChairCode.expires_at).where(
        ChairCode.cooperative_id == cooperative_id,
        ChairCode.used_at.is_(None),
        ChairCode.revoked_at.is_(None),
        ChairCode.expires_at > now,
    )
    return list(db.session.execute(statement.order_by(ChairCode.id)))


def get_verified_cooperative(actor: Actor, cooperative_id: int) -> Cooperative:
    """A cooperative in a region where the actor verifies chairs. Raises NotFound."""
    found = db.session.get(Cooperative, cooperative_id)
    if found is None or not actor.scope(Permission.CHAIR_VERIFY).covers_region(found.region_code):
        raise NotFound()
    return found


def claims_of(user_id: int) -> list[Any]:
    """An account's own claims, the newest first: rows (ChairClaim, cooperative name)."""
    statement = (
        sa.select(ChairClaim, Cooperative.name)
        .join(Cooperative, Cooperative.id == ChairClaim.cooperative_id)
        .where(ChairClaim.user_id == user_id)
        .order_by(ChairClaim.id.desc())
        .limit(10)
    )
    return list(db.session.execute(statement))
