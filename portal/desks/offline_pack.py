"""What an instructor's device takes along for a class without signal: names and marks, and no more.

Never in it: NIK, phone, birth date, and the tokens of cards. A card is known again by a hash that is salted
anew for each pack.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from portal.assessment import queries as results
from portal.assessment import services as judging
from portal.attendance import queries as rolls
from portal.attendance import services as marking
from portal.batches.models import Batch, ClassSession
from portal.catalog.models import Program
from portal.catalog.queries import units_of
from portal.centers.models import TrainingCenter
from portal.core import clock
from portal.core.db import db
from portal.core.errors import Conflict, NotFound
from portal.core.formatting import clock_range, long_date, moment
from portal.core.permissions import Actor, Permission
from portal.core.words import gettext as _
from portal.desks.rules_offline import good_until
from portal.enrollment.models import Enrollment

#: Reasons that pass by themselves: who prepares the evening before may.
_PASSING = frozenset({"session_not_begun", "batch_not_begun"})


@dataclass(frozen=True)
class SessionHead:
    """A session as the pack names it."""

    session_id: int
    batch_id: int
    position: int
    starts_at: datetime
    ends_at: datetime
    hours: int
    program: str
    number: int
    curriculum_id: int
    zone: str


_HEAD = (
    sa.select(
        ClassSession.id,
        ClassSession.batch_id,
        ClassSession.position,
        ClassSession.starts_at,
        ClassSession.ends_at,
        ClassSession.hours,
        Program.short_name,
        Batch.number,
        Batch.curriculum_id,
        TrainingCenter.zone,
    )
    .join(Batch, Batch.id == ClassSession.batch_id)
    .join(Program, Program.id == Batch.program_id)
    .join(TrainingCenter, TrainingCenter.id == Batch.center_id)
    .where(ClassSession.id == sa.bindparam("session"))
)


def get_pack(actor: Actor, session_id: int, now: datetime) -> dict[str, Any]:
    """The pack of a session as JSON, at a fixed number of statements.

    {v, session, batch, user, made, until (ms), until_words, title, position, when, time, hours, salt,
    can_mark, can_judge, people: [{id, name, cooperative, mark, missed, version, card, own, verdicts: {unit:
    [value, version, note, criteria]}}], units: [{id, position, title, required, elements: [{title, criteria:
    [{id, text}]}]}]}. Raises NotFound for a session that the actor neither teaches nor assesses, and Conflict
    where nothing may be noted in it any more.
    """
    head = _head(session_id)
    sheet = _reach(actor, Permission.ATTENDANCE_RECORD, lambda: rolls.get_sheet(actor, session_id))
    judged = _reach(actor, Permission.VERDICT_RECORD, lambda: results.get_head(actor, head.batch_id))
    if sheet is None and judged is None:
        raise NotFound()
    closed = [
        marking.closed_reason(sheet, now) if sheet else None,
        judging.closed_reason(judged, now) if judged else None,
    ]
    can_mark, can_judge = (
        there is not None and (reason is None or reason.code in _PASSING)
        for there, reason in zip((sheet, judged), closed, strict=True)
    )
    if not (can_mark or can_judge):
        reason = next(one for one in closed if one)
        raise Conflict(reason.code, f"{reason.message} {reason.remedy}".strip())
    salt = secrets.token_hex(16)
    return {
        **_about(head, now),
        "user": actor.user_id,
        "salt": salt,
        "can_mark": can_mark,
        "can_judge": can_judge,
        "people": _people(head, actor, salt, can_mark, judged if can_judge else None, now),
        "units": _units(head.curriculum_id) if can_judge else [],
    }


def _head(session_id: int) -> SessionHead:
    row = db.session.execute(_HEAD, {"session": session_id}).first()
    if row is None:
        raise NotFound()
    return SessionHead(*list(row))


def _reach(actor: Actor, permission: Permission, read: Callable[[], Any]) -> Any:
    """What a room shows this actor of the class, or None."""
    if not actor.may(permission):
        return None
    try:
        return read()
    except NotFound:
        return None


def _about(head: SessionHead, now: datetime) -> dict[str, Any]:
    day = clock.local_date(head.starts_at, head.zone)
    until = good_until(clock.at(day + timedelta(days=1), 23, 59, head.zone), now)
    return {
        "v": 1,
        "session": head.session_id,
        "batch": head.batch_id,
        "made": _ms(now),
        "until": _ms(until),
        "until_words": moment(until, head.zone),
        "title": f"{head.program}, {_('Angkatan %(num)s', num=head.number)}",
        "position": head.position,
        "when": long_date(day),
        "time": clock_range(head.starts_at, head.ends_at, head.zone),
        "hours": head.hours,
    }


def _ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)


def _people(
    head: SessionHead, actor: Actor, salt: str, can_mark: bool, judged: Any, now: datetime
) -> list[dict[str, Any]]:
    people = results.candidates_of(head.batch_id)
    rows = rolls.sheet_rows(head.session_id) if can_mark else []
    own = marking.own_rows(rows, actor, now)
    own_results = judging.own_people(people, actor, now)
    marks = {row.enrollment_id: row for row in rows}
    verdicts = results.verdicts_of_batch(head.batch_id) if judged else {}
    # A second assessor takes no first word along that they may not see.
    blind = results.blind_cells(judged, actor) if judged else set()
    cards = _cards(head.batch_id)
    found = []
    for person in people:
        row = marks.get(person.enrollment_id)
        found.append(
            {
                "id": person.enrollment_id,
                "name": person.name,
                "cooperative": person.cooperative_name or "",
                "mark": row.mark if row and not row.is_open else "",
                "missed": row.hours_missed if row else 0,
                "version": row.version if row else 0,
                "card": hashlib.sha256(f"{salt}{cards[person.enrollment_id]}".encode()).hexdigest(),
                "own": own.get(person.enrollment_id, ""),
                "own_result": own_results.get(person.enrollment_id, ""),
                "verdicts": {
                    str(unit): [verdict.value, verdict.version, verdict.note, verdict.criteria]
                    for (someone, unit), verdict in verdicts.items()
                    if someone == person.enrollment_id and (someone, unit) not in blind
                },
            }
        )
    return found


def _cards(batch_id: int) -> dict[int, str]:
    rows = db.session.execute(
        sa.select(Enrollment.id, Enrollment.card_token).where(Enrollment.batch_id == batch_id)
    )
    return {row.id: row.card_token for row in rows}


def _units(curriculum_id: int) -> list[dict[str, Any]]:
    return [
        {
            "id": unit.id,
            "position": unit.position,
            "title": unit.title,
            "required": unit.is_required,
            "elements": [
                {
                    "title": element.title,
                    "criteria": [{"id": one.id, "text": one.text} for one in element.criteria],
                }
                for element in unit.elements
            ],
        }
        for unit in units_of(curriculum_id)
    ]
