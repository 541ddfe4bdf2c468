"""What enrollment holds of a person, for their own copy: nominations, applications, calls, choices."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from portal.catalog.models import Program
from portal.cooperatives.models import Cooperative
from portal.core.db import db
from portal.enrollment import queries
from portal.enrollment.models import Contact, MoveChoice, Nomination


def personal_data(person_id: int) -> dict[str, Any]:
    """Applications with the calls about them and the answers to moved dates; nominations."""
    own = queries.enrollments_of_person(person_id)
    ids = [line.enrollment.id for line in own]
    calls = _by_enrollment(Contact, ids)
    moves = _by_enrollment(MoveChoice, ids)
    return {
        "applications": [
            {
                "reference": line.enrollment.reference,
                "program": line.batch.program.name,
                "number": line.batch.number,
                "center": line.batch.center.name,
                "starts_on": line.batch.starts_on.isoformat(),
                "post": line.enrollment.post,
                "stated_cooperative": line.enrollment.stated_cooperative or None,
                "state": line.enrollment.state,
                "state_reason": line.enrollment.state_reason or None,
                "applied_at": _text(line.enrollment.applied_at),
                "confirmed_at": _text(line.enrollment.confirmed_at),
                "was_helped": line.enrollment.helped_by is not None,
                "was_moved_on_waitlist": line.enrollment.moved_class is not None,
                "calls": [
                    {
                        "at": _text(c.made_at),
                        "channel": c.channel,
                        "outcome": c.outcome,
                        "note": c.note or None,
                    }
                    for c in calls[line.enrollment.id]
                ],
                "moves": [
                    {
                        "cause": m.cause,
                        "choice": m.choice,
                        "at": _text(m.created_at),
                        "answered_at": _text(m.answered_at),
                    }
                    for m in moves[line.enrollment.id]
                ],
            }
            for line in own
        ],
        "nominations": _nominations(person_id),
    }


def _nominations(person_id: int) -> list[dict[str, Any]]:
    statement = (
        sa.select(Nomination, Program.name, Cooperative.name)
        .join(Program, Program.id == Nomination.program_id)
        .join(Cooperative, Cooperative.id == Nomination.cooperative_id)
        .where(Nomination.person_id == person_id)
        .order_by(Nomination.id)
    )
    return [
        {
            "program": program,
            "cooperative": cooperative,
            "post": row.post,
            "state": row.state,
            "at": _text(row.created_at),
            "answered_at": _text(row.answered_at),
            "answer": row.answer_note or None,
        }
        for row, program, cooperative in db.session.execute(statement)
    ]


def _by_enrollment(table: Any, ids: list[int]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = defaultdict(list)
    for row in db.session.scalars(sa.select(table).where(table.enrollment_id.in_(ids)).order_by(table.id)):
        found[row.enrollment_id].append(row)
    return found


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
