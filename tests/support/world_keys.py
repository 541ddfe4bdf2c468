"""Sheets of paper tests and corrected keys of the small world."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from portal.assessment.models import Question
from portal.assessment.queries.paper import get_sheet, views_of
from portal.assessment.rules.blueprint import Need
from portal.assessment.rules.keys import KeyEdit
from portal.assessment.rules.paper import lines_of, typed_sheet
from portal.assessment.services import keys, paper
from portal.core.db import db, transaction
from portal.core.permissions import Actor, Role
from tests.support.classroom import Classroom
from tests.support.sat import a_test
from tests.support.tested import add_question

if TYPE_CHECKING:
    from tests.support.world import World


def keep_papers(world: World, now: datetime) -> dict[str, Any]:
    """Ids: `paper_test`; in it `sheet` (an enrollment whose sheet nobody keyed in) and `differing_sheet`
    (keyed in by the instructor and, otherwise, by the assessor); `away_sheet`; `keyed_question` with its
    `key_correction`, and away."""
    running, away = world.rooms["running"], world.rooms["away"]
    teacher, judge = world.actor("instructor", Role.INSTRUCTOR), world.actor("assessor", Role.ASSESSOR)
    test = a_test(
        running, now, actor=judge, needs=(Need(running.units[0], 6, 70),), minutes=60,
        closes_at=now + timedelta(hours=6), title="Uji di kertas",
    )  # fmt: skip
    first, second = running.enrollments[:2]
    _print(test, [first, second], judge, now)
    _print(world.ids["away_test"], away.enrollments[:1], away.assessor_actor(), now)
    for actor, answered in ((teacher, True), (judge, False)):
        _key(test, second, answered, actor, now)
    found: dict[str, Any] = {
        "paper_test": test, "sheet": first, "differing_sheet": second, "away_sheet": away.enrollments[0]
    }  # fmt: skip
    for name, room, actor in (("", running, judge), ("away_", away, away.assessor_actor())):
        found |= {f"{name}{key}": value for key, value in _correct(room, actor, now).items()}
    return found


def _print(test_id: int, enrollment_ids: list[int], actor: Actor, now: datetime) -> None:
    with transaction():
        paper.prepare_sheets(test_id=test_id, enrollment_ids=enrollment_ids, actor=actor, now=now)


def _key(test_id: int, enrollment_id: int, answered: bool, actor: Actor, now: datetime) -> None:
    """Everything left empty, or an answer on the first line."""
    with transaction():
        sheet = get_sheet(test_id, enrollment_id)
        views = views_of([sheet.attempt_id])[0][sheet.attempt_id]
        typed = typed_sheet(views, {})
        line, view = next(lines_of(views[0][1], str(views[0][0])))
        letters = {"true_false": "B", "number": "1", "matching": "A" * len(view.get("lefts", ()))}
        if answered:
            typed[line] = letters.get(view["kind"], "A")
        paper.key_in(test_id=test_id, enrollment_id=enrollment_id, typed=typed, actor=actor, now=now)


def _correct(room: Classroom, actor: Actor, now: datetime) -> dict[str, Any]:
    """A retired question, so that no test draws it, with a corrected key."""
    with transaction():
        question_id = add_question(room.units[0], center_id=room.center_id)
        db.session.execute(sa.update(Question).where(Question.id == question_id).values(state="retired"))
    edit = KeyEdit(("b",))
    seen = keys.preview_correction(question_id=question_id, edit=edit, actor=actor, now=now).digest
    with transaction():
        correction = keys.adopt_correction(
            question_id=question_id, edit=edit, reason="Kunci tertukar", seen=seen, actor=actor, now=now
        )
    assert correction is not None
    return {"keyed_question": question_id, "key_correction": correction.id}
