"""Questions, a written test and people's sittings as rows, for what comes after a test."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from typing import Any

import sqlalchemy as sa

from portal.assessment.models import Answer, Attempt, AttemptItem, Question, QuestionVersion, WrittenTest
from portal.assessment.services.scoring import score_attempts
from portal.core.db import db, transaction
from tests.support.classroom import START, Classroom

OPENS = START + timedelta(days=1)
_serial = count(1)


def single(key: str = "a", **more: Any) -> dict[str, Any]:
    """The content of a question with three options."""
    options = [{"id": i, "text": f"Pilihan {i}"} for i in "abc"]
    return {
        "stem": "Mana bukti kas masuk?",
        "images": [],
        "explanation": "",
        "options": options,
        "key": key,
        **more,
    }


@dataclass
class Made:
    """A class with questions by unit and a written test."""

    room: Classroom
    test_id: int
    needed_pct: int
    questions: dict[int, list[int]] = field(default_factory=dict)

    @property
    def all(self) -> list[tuple[int, int]]:
        """(unit id, question id) in the order of positions."""
        return [(unit, question) for unit, questions in self.questions.items() for question in questions]


def _add(row: Any) -> Any:
    db.session.add(row)
    db.session.flush()
    return row


def add_question(
    unit_id: int, content: Mapping[str, Any] | None = None, kind: str = "single", center_id: int | None = None
) -> int:
    """An active question with its first version; call inside a transaction."""
    number = next(_serial)
    question = _add(
        Question(
            unit_id=unit_id, center_id=center_id, name=f"Soal {number}", kind=kind, state="active",
            created_at=START,
        )
    )  # fmt: skip
    add_version(question.id, 1, content or single(stem=f"Mana bukti kas masuk {number}?"))
    return int(question.id)


def add_version(question_id: int, version: int, content: Mapping[str, Any]) -> int:
    """A version, which becomes the question's current one."""
    row = _add(
        QuestionVersion(question_id=question_id, version=version, content=dict(content), created_at=START)
    )
    db.session.execute(sa.update(Question).where(Question.id == question_id).values(version=version))
    return int(row.id)


def build_test(
    room: Classroom, per_unit: int = 3, units: int = 2, needed_pct: int = 60, is_retest: bool = False,
    state: str = "published", center_id: int | None = None,
) -> Made:  # fmt: skip
    """A written test over the first units, each with its own questions; committed."""
    with transaction():
        used = room.units[:units]
        blueprint = [{"unit_id": unit, "count": per_unit, "needed_pct": needed_pct} for unit in used]
        test = _add(
            WrittenTest(
                batch_id=room.batch_id, title="Uji tulis pembukuan", is_retest=is_retest, blueprint=blueprint,
                minutes=45, opens_at=OPENS, closes_at=OPENS + timedelta(hours=4), state=state,
                created_at=START,
            )
        )  # fmt: skip
        made = Made(room, test.id, needed_pct)
        for unit in used:
            made.questions[unit] = [add_question(unit, center_id=center_id) for _number in range(per_unit)]
    return made


def sit(
    made: Made, person: int, right: Sequence[int], *, state: str = "submitted", is_paper: bool = False,
    wrong: str = "b", score: bool = True,
) -> int:  # fmt: skip
    """One person's sitting; `right[n]`: how many questions of the n-th unit get "a", the rest `wrong`.

    Returns the attempt's id; committed and, when it is closed, scored.
    """
    begun = OPENS + timedelta(minutes=5)
    closed = None if state == "running" else begun + timedelta(minutes=30)
    with transaction():
        attempt = _add(
            Attempt(
                test_id=made.test_id, enrollment_id=made.room.enrollments[person],
                person_id=made.room.people[person], seed=f"{person:032x}", is_paper=is_paper, state=state,
                started_at=begun, deadline_at=begun + timedelta(minutes=45), closed_at=closed,
            )
        )  # fmt: skip
        good = dict(zip(made.questions, right, strict=True))
        for position, (unit, question) in enumerate(made.all, 1):
            version = db.session.scalars(
                sa.select(QuestionVersion.id)
                .where(QuestionVersion.question_id == question)
                .order_by(QuestionVersion.version.desc())
            ).first()
            _add(
                AttemptItem(
                    attempt_id=attempt.id, position=position, unit_id=unit, question_id=question,
                    version_id=version, options=["c", "a", "b"],
                )
            )  # fmt: skip
            answer = "a" if good[unit] > 0 else wrong
            good[unit] -= 1
            if not is_paper or state != "running":
                _add(
                    Answer(
                        attempt_id=attempt.id, position=position, seq=1, answer=answer, source="web",
                        received_at=begun + timedelta(minutes=position),
                    )
                )  # fmt: skip
        if score and closed:
            score_attempts([attempt.id], now=closed)
    return int(attempt.id)
