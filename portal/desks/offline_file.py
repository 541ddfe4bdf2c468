"""The report about a queue that came as a file: every operation in words, with what became of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from portal.attendance.labels import mark_label
from portal.batches.models import ClassSession, SessionStaff
from portal.catalog.models import CompetencyUnit
from portal.centers.models import Staff
from portal.core.db import db
from portal.core.permissions import Actor
from portal.core.words import gettext as _
from portal.desks.offline_sync import MARK, Answer, Operation
from portal.enrollment.models import Enrollment
from portal.people.models import Person


@dataclass(frozen=True)
class Row:
    """One operation of the file. `what` and `wish` are in words; `name` is "" for people the actor does not
    teach or assess."""

    name: str
    what: str
    wish: str
    outcome: str
    message: str


def report_rows(operations: Sequence[Operation], answers: Sequence[Answer], actor: Actor) -> list[Row]:
    """In the order of the file; three statements."""
    names = _names({op.payload.get("enrollment") for op in operations}, actor)
    sessions = _named(ClassSession.id, ClassSession.position, _values(operations, "session"))
    units = _named(CompetencyUnit.id, CompetencyUnit.title, _values(operations, "unit"))
    rows = []
    for op, answer in zip(operations, answers, strict=True):
        name = names.get(op.payload.get("enrollment"), "")
        what, wish = _words(op, sessions, units) if name else ("", "")
        rows.append(Row(name, what, wish, answer.outcome, answer.message))
    return rows


def _words(op: Operation, sessions: dict[int, Any], units: dict[int, Any]) -> tuple[str, str]:
    if op.endpoint == MARK:
        position = sessions.get(op.payload["session"], "")
        return _("Pertemuan %(num)s", num=position), mark_label(op.payload["mark"])
    return units.get(op.payload["unit"], ""), "K" if op.payload["value"] == "competent" else "BK"


def _values(operations: Iterable[Operation], key: str) -> set[Any]:
    return {op.payload.get(key) for op in operations} - {None}


def _named(key: Any, value: Any, wanted: set[Any]) -> dict[int, Any]:
    return dict(db.session.execute(sa.select(key, value).where(key.in_(wanted))).all()) if wanted else {}


def _names(wanted: set[Any], actor: Actor) -> dict[Any, str]:
    """Names of those people of the file that sit in a class of the actor."""
    mine = (
        sa.select(ClassSession.batch_id)
        .join(SessionStaff, SessionStaff.session_id == ClassSession.id)
        .join(Staff, Staff.id == SessionStaff.staff_id)
        .where(Staff.user_id == actor.user_id, Staff.is_active)
    )
    statement = (
        sa.select(Enrollment.id, Person.name)
        .join(Person, Person.id == Enrollment.person_id)
        .where(Enrollment.id.in_(wanted - {None}), Enrollment.batch_id.in_(mine))
    )
    return {row.id: row.name for row in db.session.execute(statement)}
