"""Scoring closed attempts, unit by unit, by the keys in force."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from portal.assessment.models import Attempt
from portal.assessment.queries import written
from portal.assessment.rules import keys, scoring
from portal.assessment.rules.keys import Corrected
from portal.assessment.rules.scoring import Drawn, Score, UnitScore
from portal.core.db import db
from portal.core.errors import NotFound


def score_attempt(attempt_id: int, *, now: datetime) -> Score:
    """Work out and store the score of a closed attempt: {unit id as text: [points, of]}.

    The answers in force count, judged by the newest corrected key that fits the version drawn. The same
    again stores the same. Five statements. Raises NotFound for an attempt that is missing, running or void.
    """
    found = score_attempts([attempt_id], now=now)
    if attempt_id not in found:
        raise NotFound()
    return found[attempt_id]


def score_attempts(attempt_ids: Collection[int], *, now: datetime) -> dict[int, Score]:
    """`score_attempt` for many, in a bounded number of statements; those not closed are left out."""
    closed: list[int] = []
    for part in written.chunks(attempt_ids):
        wanted = sa.select(Attempt.id).where(Attempt.id.in_(part), Attempt.state.in_(written.CLOSED))
        closed += db.session.scalars(wanted)
    scores = {attempt_id: scoring.stored(units) for attempt_id, units in compute(closed).items()}
    store_scores(scores)
    return scores


def store_scores(scores: Mapping[int, Score]) -> None:
    """Write scores to their attempts; one statement for all."""
    if not scores:
        return
    table = Attempt.__table__
    statement = (
        sa.update(table).where(table.c.id == sa.bindparam("b_id")).values(score=sa.bindparam("b_score"))
    )
    rows = [{"b_id": attempt_id, "b_score": score} for attempt_id, score in scores.items()]
    db.session.connection().execute(statement, rows)


def compute(
    attempt_ids: Collection[int],
    *,
    unit_id: int | None = None,
    as_if: Sequence[Corrected] = (),
    answered: Mapping[int, Mapping[int, Any]] | None = None,
) -> dict[int, dict[int, UnitScore]]:
    """attempt id -> unit id -> score, nothing written. Only thought of are `as_if`, corrections, and
    `answered`, answers (attempt id -> position -> answer) over those in force.

    An attempt without questions (of the unit) has no units.
    """
    items = written.held_items(attempt_ids, unit_id)
    versions = written.versions_by_id({item.version_id for item in items})
    corrections = written.corrected_keys({item.question_id for item in items})
    for one in as_if:
        corrections.setdefault(one.question_id, []).append(one)
    contents = {
        version.id: (version.kind, _judged_by(version, corrections.get(version.question_id, ())))
        for version in versions.values()
    }
    answers = written.answers_in_force(attempt_ids)
    for attempt_id, given in (answered or {}).items():
        answers[attempt_id] = {**answers.get(attempt_id, {}), **given}
    drawn: dict[int, list[Drawn]] = {attempt_id: [] for attempt_id in attempt_ids}
    for item in items:
        drawn[item.attempt_id].append(Drawn(item.position, item.unit_id, item.version_id))
    return {
        attempt_id: scoring.unit_scores(held, answers.get(attempt_id, {}), contents)
        for attempt_id, held in drawn.items()
    }


def _judged_by(version: written.HeldVersion, corrections: Iterable[Corrected]) -> dict[str, Any]:
    found = keys.in_force(version.version, version.content, corrections)
    return dict(found.content) if found else version.content
