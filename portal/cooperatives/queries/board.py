"""Posts and terms of a cooperative as its board page shows them: on a day, and how they came about."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from portal.accounts.models import User
from portal.cooperatives.models import BoardChange, Cooperative, PostTerm
from portal.cooperatives.queries.cooperatives import may_edit
from portal.cooperatives.queries.posts import in_force
from portal.cooperatives.rules import OTHER_HALL, POST_ORDER, VILLAGE_HALL, VILLAGE_KINDS
from portal.cooperatives.rules.change import Term
from portal.core.db import db
from portal.core.errors import NotFound
from portal.core.paging import Page, cut
from portal.core.permissions import Actor
from portal.people.models import Person

HISTORY = 20
_ORDER = {post: place for place, post in enumerate(POST_ORDER)}


def get_edited_cooperative(actor: Actor, cooperative_id: int) -> Cooperative:
    """A cooperative whose board the actor may change; NotFound otherwise."""
    found = db.session.get(Cooperative, cooperative_id)
    if found is None or not may_edit(actor, found):
        raise NotFound()
    return found


def all_terms(cooperative_id: int) -> list[Term]:
    """Every term of a cooperative, past ones too, in the order in which they were written."""
    columns = sa.select(PostTerm.id, PostTerm.person_id, PostTerm.post, PostTerm.starts_on, PostTerm.ends_on)
    statement = columns.where(PostTerm.cooperative_id == cooperative_id).order_by(PostTerm.id)
    return [Term(*row) for row in db.session.execute(statement)]


def board_seen(cooperative_id: int) -> str:
    """A short word for the whole state of a board; another one as soon as any term differs."""
    text = "|".join(str(term) for term in all_terms(cooperative_id))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Held:
    """One post on a day. `person_id` and `name` are None for a post that nobody holds; `term_id` 0 then."""

    term_id: int
    post: str
    person_id: int | None
    name: str | None
    starts_on: date | None
    ends_on: date | None
    is_ex_officio: bool = False
    source: str = ""


def board_on(cooperative: Cooperative, on: date) -> list[Held]:
    """The posts of a cooperative on a day in the order of posts: every holder, and each post of its kind
    that nobody held. One statement."""
    statement = (
        sa.select(
            PostTerm.id, PostTerm.post, PostTerm.person_id, Person.name, PostTerm.starts_on, PostTerm.ends_on,
            PostTerm.is_ex_officio, PostTerm.source,
        )
        .join(Person, Person.id == PostTerm.person_id)
        .where(PostTerm.cooperative_id == cooperative.id, in_force(on))
    )  # fmt: skip
    held = [Held(*row) for row in db.session.execute(statement)]
    posts = [one.post for one in held]
    for post in dict.fromkeys(hall_of(cooperative.kind)):
        missing = hall_of(cooperative.kind).count(post) - posts.count(post)
        held += [Held(0, post, None, None, None, None)] * max(0, missing)
    return sorted(held, key=lambda one: (_ORDER[one.post], not one.term_id, one.name or "", one.term_id))


def hall_of(kind: str) -> tuple[str, ...]:
    """The posts that a cooperative of a kind has."""
    return VILLAGE_HALL if kind in VILLAGE_KINDS else () if kind == "prospective" else OTHER_HALL


def people_to_choose(cooperative_id: int) -> list[tuple[int, str]]:
    """(person id, name) of everybody who holds or held a post here and is not erased, by name."""
    statement = (
        sa.select(Person.id, Person.name)
        .join(PostTerm, PostTerm.person_id == Person.id)
        .where(PostTerm.cooperative_id == cooperative_id, Person.erased_at.is_(None))
        .distinct()
        .order_by(Person.name, Person.id)
    )
    return [(number, name) for number, name in db.session.execute(statement)]


@dataclass(frozen=True)
class ChangeLine:
    """One change of the board; `lines`: (began?, post, name or None)."""

    id: int
    effective_on: date
    made_at: datetime
    made_by: str
    note: str
    document_id: int | None
    summary: dict[str, int]
    lines: tuple[tuple[bool, str, str | None], ...]


def board_history(cooperative_id: int, number: int = 1) -> Page:
    """The changes of a board, the newest first, 20 a page. Two statements."""
    statement = (
        sa.select(BoardChange, User.name)
        .outerjoin(User, User.id == BoardChange.made_by)
        .where(BoardChange.cooperative_id == cooperative_id)
        .order_by(BoardChange.effective_on.desc(), BoardChange.id.desc())
        .offset((number - 1) * HISTORY)
        .limit(HISTORY + 1)
    )
    page = cut(db.session.execute(statement).all(), number, HISTORY)
    moves = _moves(cooperative_id, [change for change, _name in page.items])
    lines = [
        ChangeLine(
            change.id, change.effective_on, change.made_at, name or "", change.note, change.document_id,
            change.summary, tuple(moves.get(change.id, ())),
        )
        for change, name in page.items
    ]  # fmt: skip
    return Page(lines, page.number, page.has_next)


def _moves(cooperative_id: int, changes: Sequence[BoardChange]) -> dict[int, list[Any]]:
    """By change: the terms that began with it and those whose last day is the day before it."""
    if not changes:
        return {}
    by_day = {change.effective_on - timedelta(days=1): change.id for change in reversed(changes)}
    statement = (
        sa.select(PostTerm.change_id, PostTerm.ends_on, PostTerm.post, Person.name)
        .join(Person, Person.id == PostTerm.person_id)
        .where(
            PostTerm.cooperative_id == cooperative_id,
            sa.or_(PostTerm.change_id.in_([c.id for c in changes]), PostTerm.ends_on.in_(list(by_day))),
        )
        .order_by(PostTerm.id)
    )
    found: dict[int, list[Any]] = {}
    for change_id, ends_on, post, name in db.session.execute(statement):
        if change_id is not None:
            found.setdefault(change_id, []).append((True, post, name))
        if ends_on in by_day:
            found.setdefault(by_day[ends_on], []).append((False, post, name))
    for lines in found.values():
        lines.sort(key=lambda line: (_ORDER[line[1]], line[0]))
    return found
