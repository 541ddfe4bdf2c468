"""What the page of one cooperative is made from: six statements, plain rows, whatever their number."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from portal.cooperatives.models import (
    ChairClaim,
    ChecklistEntry,
    ChecklistItem,
    Cooperative,
    Founding,
    MemberGroup,
    PostTerm,
)
from portal.cooperatives.rules import BOARD_POSTS, SUPERVISOR_POSTS
from portal.cooperatives.rules.checklist import applies, last_day
from portal.core.db import among, read
from portal.core.errors import NotFound
from portal.core.permissions import Actor, Permission
from portal.people.models import Person
from portal.readiness.queries.lines import LineRow, line_rows
from portal.readiness.queries.sources import (
    ProofRow,
    TermRow,
    TrainingRow,
    held_by_person,
    holdings,
    in_class,
    proof_rows,
    training_rows,
)
from portal.readiness.rules import Held, Holding, LineVerdict, judge_line
from portal.regions.models import Region

LEGAL_ENTITY = "legal_entity"


class FoundingDays(NamedTuple):
    """How far one that is being founded has come; None for a step that is not done or not asked."""

    meeting_on: date | None
    name_approved_on: date | None
    deed_on: date | None
    legal_on: date | None


class Head(NamedTuple):
    """The cooperative itself. `place`: the names of its regions, the smallest first. `hides_names`: the actor
    claimed it with a paper of their own that no office has read yet."""

    id: int
    name: str
    kind: str
    number: str | None
    is_pilot: bool
    region_code: str
    legal_on: date | None
    group_roles: tuple[str, ...]
    place: tuple[str, ...]
    founding: FoundingDays
    hides_names: bool


class Item(NamedTuple):
    """A paper of the institution. `is_done`: there is an entry; `until`: its last day, None for good."""

    code: str
    name: str
    name_en: str
    is_done: bool
    until: date | None

    def title(self, lang: str) -> str:
        """The name in a language."""
        return self.name_en if lang == "en" and self.name_en else self.name


@dataclass(frozen=True)
class Board:
    """Who holds what on a day, and how the cooperative stands toward each line for its kind."""

    head: Head
    on: date
    terms: Sequence[TermRow]
    elsewhere: Mapping[int, Sequence[str]]
    proofs: Sequence[ProofRow]
    training: Sequence[TrainingRow]
    items: Sequence[Item]
    lines: Sequence[tuple[LineRow, LineVerdict]]
    holdings: Sequence[Holding]
    held: Mapping[int, Sequence[Held]]

    @property
    def today(self) -> list[TermRow]:
        """The terms in force on the day."""
        return [
            t for t in self.terms if t.starts_on <= self.on and (t.ends_on is None or t.ends_on >= self.on)
        ]

    def facts(self) -> tuple[Hashable, ...]:
        """All of it as the database told it: what is judged from equal facts is equal."""
        return (
            self.head,
            self.on,
            tuple(self.terms),
            tuple((person, tuple(names)) for person, names in self.elsewhere.items()),
            tuple(self.proofs),
            tuple(self.training),
            tuple(self.items),
            tuple(row for row, _verdict in self.lines),
        )

    def standing_items(self) -> dict[str, date | None]:
        """item code -> the last day that counts, as the rules want it."""
        return {item.code: item.until for item in self.items if item.is_done}


_ID: sa.BindParameter[Any] = sa.bindparam("id")
_ON = sa.bindparam("on", type_=sa.Date())
_VILLAGE, _DISTRICT, _REGENCY, _PROVINCE = (aliased(Region) for _level in range(4))
_PREFIXES = ((_DISTRICT, 8), (_REGENCY, 5), (_PROVINCE, 2))
_GROUPS = (
    sa.select(sa.func.aggregate_strings(MemberGroup.role, ","))
    .where(MemberGroup.cooperative_id == Cooperative.id)
    .correlate(Cooperative)
    .scalar_subquery()
)
_BY_DECREE = sa.exists().where(
    ChairClaim.cooperative_id == Cooperative.id,
    ChairClaim.user_id == sa.bindparam("user"),
    ChairClaim.state == "pending",
    ChairClaim.method == "decree",
)


def _head_statement() -> sa.Select[Any]:
    statement = (
        sa.select(
            Cooperative.id,
            Cooperative.name,
            Cooperative.kind,
            Cooperative.cooperative_number,
            Cooperative.is_pilot,
            Cooperative.region_code,
            Cooperative.legal_on,
            _GROUPS,
            _VILLAGE.name,
            _DISTRICT.name,
            _REGENCY.name,
            _PROVINCE.name,
            Founding.meeting_on,
            Founding.name_approved_on,
            Founding.deed_on,
            Founding.legal_on,
            _BY_DECREE,
        )
        .outerjoin(_VILLAGE, _VILLAGE.code == Cooperative.region_code)
        .outerjoin(Founding, Founding.cooperative_id == Cooperative.id)
        .where(Cooperative.id == _ID)
    )
    for level, length in _PREFIXES:
        parent = sa.and_(
            level.code == sa.func.substr(Cooperative.region_code, 1, length), level.code != _VILLAGE.code
        )
        statement = statement.outerjoin(level, parent)
    return statement


_HEAD = _head_statement()


def find_head(actor: Actor, cooperative_id: int) -> Head:
    """The cooperative where the actor leads or accompanies it, or keeps the registry of its region.

    Raises the same NotFound for a foreign and a missing one. One statement.
    """
    row: Any = read(_HEAD, {"id": cooperative_id, "user": actor.user_id or 0}).first()
    if row is None or not _may_see(actor, cooperative_id, row[5]):
        raise NotFound()
    places = tuple(dict.fromkeys(name for name in row[8:12] if name))
    groups = tuple((row[7] or "").split(",")) if row[7] else ()
    return Head._make((*row[:7], groups, places, FoundingDays(*row[12:16]), bool(row[16])))


def _may_see(actor: Actor, cooperative_id: int, region_code: str) -> bool:
    own = actor.scope(Permission.COOPERATIVE_VIEW)
    if own.everything or cooperative_id in own.cooperatives:
        return True
    return actor.scope(Permission.REGISTRY_EDIT).covers_region(region_code)


_TERM = (
    PostTerm.cooperative_id,
    PostTerm.person_id,
    Person.name,
    PostTerm.post,
    PostTerm.starts_on,
    PostTerm.ends_on,
    PostTerm.is_ex_officio,
    Person.sex,
)
_NOT_OVER = sa.or_(PostTerm.ends_on.is_(None), PostTerm.ends_on >= _ON)
_OWN_TERMS = (
    sa.select(*_TERM, sa.literal("", sa.String()), PostTerm.id)
    .join(Person, Person.id == PostTerm.person_id)
    .where(PostTerm.cooperative_id == _ID)
)
_OTHER_TERMS = (
    sa.select(*_TERM, Cooperative.name, PostTerm.id)
    .join(Person, Person.id == PostTerm.person_id)
    .join(Cooperative, Cooperative.id == PostTerm.cooperative_id)
    .where(
        PostTerm.person_id.in_(
            sa.select(PostTerm.person_id).where(PostTerm.cooperative_id == _ID, _NOT_OVER).scalar_subquery()
        ),
        PostTerm.cooperative_id != _ID,
        among(PostTerm.post, (*BOARD_POSTS, *SUPERVISOR_POSTS)),
        PostTerm.starts_on <= _ON,
        _NOT_OVER,
    )
)
_TERMS = sa.union_all(_OWN_TERMS, _OTHER_TERMS)


def _terms(cooperative_id: int, on: date) -> tuple[list[TermRow], dict[int, list[str]]]:
    """(every term of the cooperative by name, person id -> other cooperatives where they lead)."""
    own: list[tuple[str, int, TermRow]] = []
    elsewhere: dict[int, list[str]] = {}
    for *columns, cooperative, number in read(_TERMS, {"id": cooperative_id, "on": on}):
        term = TermRow(*columns)
        if term.cooperative_id == cooperative_id:
            own.append((term.name, number, term))
        else:
            elsewhere.setdefault(term.person_id, []).append(cooperative)
    return [term for _name, _number, term in sorted(own)], elsewhere


_NEWEST = (
    sa.select(ChecklistEntry.item_code, sa.func.max(ChecklistEntry.done_on).label("done_on"))
    .where(
        ChecklistEntry.cooperative_id == _ID,
        ChecklistEntry.withdrawn_at.is_(None),
        ChecklistEntry.done_on <= _ON,
    )
    .group_by(ChecklistEntry.item_code)
    .subquery()
)
_ITEMS = (
    sa.select(
        ChecklistItem.code,
        ChecklistItem.name,
        ChecklistItem.name_en,
        ChecklistItem.valid_months,
        ChecklistItem.kinds,
        _NEWEST.c.done_on,
    )
    .outerjoin(_NEWEST, _NEWEST.c.item_code == ChecklistItem.code)
    .where(ChecklistItem.is_active)
    .order_by(ChecklistItem.position, ChecklistItem.code)
)


def _items(head: Head, on: date) -> list[Item]:
    found = []
    for code, name, name_en, months, kinds, done_on in read(_ITEMS, {"id": head.id, "on": on}):
        if not applies(kinds, head.kind):
            continue
        # The legal approval of the registry counts as a legal entity (cooperatives.checklist_standing).
        registered = head.legal_on if code == LEGAL_ENTITY and head.legal_on and head.legal_on <= on else None
        days = [day for day in (done_on, registered) if day is not None]
        until = last_day(max(days), months) if days else None
        found.append(Item(code, name, name_en, bool(days), until))
    return found


def load_board(head: Head, on: date, lines: Sequence[LineRow] | None = None) -> Board:
    """The board of a cooperative on a day and its lines judged. Five statements, one less with the lines."""
    terms, elsewhere = _terms(head.id, on)
    proofs, training = proof_rows([head.id], on), training_rows([head.id], on)
    items, lines = _items(head, on), line_rows() if lines is None else lines
    own, held = holdings(terms), held_by_person(proofs)
    done = {item.code: item.until for item in items if item.is_done}
    classes = in_class(training)
    judged = [
        (
            row,
            judge_line(
                row.rule, kind=head.kind, holdings=own, held=held, items=done, training=classes, on=on
            ),
        )
        for row in lines
    ]
    fitting = [(row, verdict) for row, verdict in judged if verdict is not None]
    return Board(head, on, terms, elsewhere, proofs, training, items, fitting, own, held)


def wanted_programs(lines: Iterable[tuple[LineRow, LineVerdict]]) -> set[int]:
    """The programs by which the gaps of these lines could be closed."""
    return {program for _row, verdict in lines for gap in verdict.gaps for program in gap.programs}
