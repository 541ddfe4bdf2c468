"""Reads of the question bank: what an editor sees, and of which banks they may change questions.

A bank is the whole country's (`center_id` None, kept by platform administrators) or a center's (kept by the
active assessors of that center). Everybody who may edit sees the country's bank.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from portal.accounts.models import User
from portal.assessment.models import Attempt, AttemptItem, Question, QuestionVersion
from portal.catalog.models import CompetencyUnit, Curriculum, Program
from portal.centers.models import Staff, TrainingCenter
from portal.core.db import db
from portal.core.errors import NotFound
from portal.core.paging import Page, cut
from portal.core.permissions import Actor, Permission

PAGE_SIZE = 20
STATES = ("active", "draft", "retired")


@dataclass(frozen=True)
class Bank:
    """A bank that an actor may change; `center_id` None: the whole country's."""

    center_id: int | None
    name: str


@dataclass(frozen=True)
class Reach:
    """What an editor sees and may change. `everything` is for commands alone; `is_shut`: they sit a test
    themselves just now, and see nothing until it is over."""

    centers: frozenset[int]
    national: bool
    everything: bool = False
    is_shut: bool = False

    def edits(self, center_id: int | None) -> bool:
        """True when questions of that bank may be changed."""
        return self.everything or (self.national if center_id is None else center_id in self.centers)


def reach_of(actor: Actor) -> Reach:
    """Which banks are the actor's. One statement, and one more for an account that belongs to a person."""
    scope = actor.scope(Permission.QUESTION_EDIT)
    if actor.user_id is None:
        return Reach(frozenset(), False, scope.everything)
    if actor.person_id is not None and _sits(actor.person_id):
        return Reach(frozenset(), False, is_shut=True)
    found = db.session.scalars(
        sa.select(Staff.center_id).where(
            Staff.user_id == actor.user_id, Staff.is_active, Staff.can_assess, sa.literal(scope.own)
        )
    )
    return Reach(frozenset(found), scope.everything)


def _sits(person_id: int) -> bool:
    """True while that person sits a written test: the bank holds its keys."""
    running = sa.exists().where(Attempt.person_id == person_id, Attempt.state == "running")
    return bool(db.session.scalar(sa.select(running)))


def banks_of(actor: Actor) -> list[Bank]:
    """The banks an actor may change, the country's first. Two statements."""
    reach = reach_of(actor)
    centers = sa.select(TrainingCenter.id, TrainingCenter.short_name).where(
        TrainingCenter.id.in_(reach.centers)
    )
    named = [Bank(*row) for row in db.session.execute(centers.order_by(TrainingCenter.short_name))]
    return ([Bank(None, "")] if reach.national else []) + named


def visible(reach: Reach) -> sa.ColumnElement[bool]:
    """SQL: the question is one that this reach sees."""
    if reach.everything or reach.is_shut:
        return sa.true() if reach.everything else sa.false()
    return sa.or_(Question.center_id.is_(None), Question.center_id.in_(reach.centers))


@dataclass(frozen=True)
class UnitHead:
    """A unit of a curriculum, for the head of a page."""

    id: int
    title: str
    position: int
    code: str | None
    program: str
    curriculum: int
    is_retired: bool = False


_UNIT = (
    sa.select(
        CompetencyUnit.id,
        CompetencyUnit.title,
        CompetencyUnit.position,
        CompetencyUnit.code,
        Program.short_name,
        Curriculum.version,
        Curriculum.retired_on.is_not(None),
    )
    .join(Curriculum, Curriculum.id == CompetencyUnit.curriculum_id)
    .join(Program, Program.id == Curriculum.program_id)
)


def get_unit(unit_id: int) -> UnitHead:
    """The unit of an id. Raises NotFound."""
    row = db.session.execute(_UNIT.where(CompetencyUnit.id == unit_id)).first()
    if row is None:
        raise NotFound()
    return UnitHead(*row)


@dataclass
class UnitCount:
    """A unit with how many questions it has: by state, and the active ones by kind."""

    head: UnitHead
    states: dict[str, int] = field(default_factory=dict)
    kinds: dict[str, int] = field(default_factory=dict)


def bank_overview(actor: Actor) -> dict[str, list[UnitCount]]:
    """Program -> its units with counts; of curricula that are over only units that have questions. Three
    statements."""
    counts: dict[int, UnitCount] = {}
    order = (Program.track, Program.name, Curriculum.version.desc(), CompetencyUnit.position)
    for row in db.session.execute(_UNIT.where(Program.is_active).order_by(*order)):
        counts[row.id] = UnitCount(UnitHead(*row))
    statement = (
        sa.select(Question.unit_id, Question.state, Question.kind, sa.func.count())
        .where(visible(reach_of(actor)))
        .group_by(Question.unit_id, Question.state, Question.kind)
    )
    for unit_id, state, kind, many in db.session.execute(statement):
        if unit_id not in counts:
            continue
        found = counts[unit_id]
        found.states[state] = found.states.get(state, 0) + many
        if state == "active":
            found.kinds[kind] = found.kinds.get(kind, 0) + many
    programs: dict[str, list[UnitCount]] = {}
    for found in counts.values():
        if found.states or not found.head.is_retired:
            programs.setdefault(found.head.program, []).append(found)
    return programs


@dataclass(frozen=True)
class Filter:
    """What a list of questions is narrowed to; "" is no matter."""

    state: str = ""
    kind: str = ""
    text: str = ""


@dataclass(frozen=True)
class QuestionRow:
    """A question with its version in force. `bank` is its center's name, "" for the country's."""

    id: int
    unit_id: int
    center_id: int | None
    name: str
    kind: str
    state: str
    version: int
    content: Mapping[str, Any]
    version_id: int
    bank: str
    can_edit: bool
    changed_at: datetime


def _rows(reach: Reach) -> Any:
    return (
        sa.select(
            Question.id,
            Question.unit_id,
            Question.center_id,
            Question.name,
            Question.kind,
            Question.state,
            Question.version,
            QuestionVersion.content,
            QuestionVersion.id.label("version_id"),
            sa.func.coalesce(TrainingCenter.short_name, "").label("bank"),
            QuestionVersion.created_at.label("changed_at"),
        )
        .join(
            QuestionVersion,
            sa.and_(QuestionVersion.question_id == Question.id, QuestionVersion.version == Question.version),
        )
        .outerjoin(TrainingCenter, TrainingCenter.id == Question.center_id)
        .where(visible(reach))
    )


def _row(row: Any, reach: Reach) -> QuestionRow:
    values = row._asdict()
    return QuestionRow(**values, can_edit=reach.edits(values["center_id"]))


def list_questions(actor: Actor, unit_id: int, chosen: Filter, number: int) -> Page:
    """A page of the unit's questions that the actor sees, by name. Three statements."""
    reach = reach_of(actor)
    statement = _rows(reach).where(Question.unit_id == unit_id)
    if chosen.state in STATES:
        statement = statement.where(Question.state == chosen.state)
    if chosen.kind:
        statement = statement.where(Question.kind == chosen.kind)
    if chosen.text:
        statement = statement.where(_holds(chosen.text))
    total = db.session.scalar(sa.select(sa.func.count()).select_from(statement.subquery()))
    statement = statement.order_by(Question.name, Question.id).limit(PAGE_SIZE + 1)
    rows = db.session.execute(statement.offset((number - 1) * PAGE_SIZE)).all()
    return cut([_row(row, reach) for row in rows], number, PAGE_SIZE, total)


def _holds(text: str) -> sa.ColumnElement[bool]:
    """SQL: the name or the content holds this text, whatever its case."""
    # The content is stored as JSON text: a quote and a backslash stand in it escaped.
    inside = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    content = sa.type_coerce(QuestionVersion.content, sa.Text)
    return sa.or_(Question.name.icontains(text, autoescape=True), content.icontains(inside, autoescape=True))


def get_question(actor: Actor, question_id: int, *, to_edit: bool = False) -> QuestionRow:
    """A question that the actor sees (`to_edit`: may change). Raises NotFound for any other."""
    reach = reach_of(actor)
    row = db.session.execute(_rows(reach).where(Question.id == question_id)).first()
    if row is None or (to_edit and not reach.edits(row.center_id)):
        raise NotFound()
    return _row(row, reach)


def questions_to_export(actor: Actor, unit_id: int, state: str = "") -> list[QuestionRow]:
    """Every question of a unit that the actor sees, by name; retired ones only when asked for."""
    reach = reach_of(actor)
    states = (state,) if state in STATES else ("active", "draft")
    statement = _rows(reach).where(Question.unit_id == unit_id, Question.state.in_(states))
    return [_row(row, reach) for row in db.session.execute(statement.order_by(Question.name, Question.id))]


@dataclass(frozen=True)
class VersionRow:
    """One version: its content, who made it and when, and in how many attempts it was drawn."""

    id: int
    version: int
    content: Mapping[str, Any]
    note: str
    by: str
    at: datetime
    drawn: int


def versions_of(question_id: int) -> list[VersionRow]:
    """Every version of a question, the newest first. The caller checks who sees it."""
    drawn = (
        sa.select(sa.func.count())
        .select_from(AttemptItem)
        .where(AttemptItem.question_id == question_id, AttemptItem.version_id == QuestionVersion.id)
        .scalar_subquery()
    )
    rows = db.session.execute(
        sa.select(
            QuestionVersion.id,
            QuestionVersion.version,
            QuestionVersion.content,
            QuestionVersion.note,
            sa.func.coalesce(User.name, ""),
            QuestionVersion.created_at,
            drawn,
        )
        .outerjoin(User, User.id == QuestionVersion.created_by)
        .where(QuestionVersion.question_id == question_id)
        .order_by(QuestionVersion.version.desc())
    )
    return [VersionRow(*row) for row in rows]


def named_in(unit_id: int, center_id: int | None, names: Sequence[str]) -> dict[str, QuestionRow]:
    """Name -> question of one bank's unit, for those of `names` that are there; a statement for each 500."""
    everything = Reach(frozenset(), True, True)
    same_bank = Question.center_id.is_(None) if center_id is None else Question.center_id == center_id
    found: dict[str, QuestionRow] = {}
    for start in range(0, len(names), 500):
        part = names[start : start + 500]
        statement = _rows(everything).where(Question.unit_id == unit_id, same_bank, Question.name.in_(part))
        found |= {row.name: _row(row, everything) for row in db.session.execute(statement)}
    return found
