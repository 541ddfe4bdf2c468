"""What assessment holds of a person's written tests: for their own copy, and for being forgotten."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from portal.assessment.models import (
    Allowance,
    Answer,
    AssessmentSheet,
    Attempt,
    AttemptEvent,
    AttemptItem,
    PaperEntry,
    Question,
    QuestionVersion,
    WrittenTest,
)
from portal.assessment.rules.content import rights_of
from portal.catalog.models import CompetencyUnit
from portal.core.db import db
from portal.core.permissions import Actor
from portal.core.ports import Erasure
from portal.core.words import gettext as _
from portal.enrollment.models import Enrollment

ERASED = "Dihapus"


def personal_data(person_id: int) -> list[dict[str, Any]]:
    """Every sitting with its times, the questions as they were asked, the answers, what happened, and the
    score of each unit once the sheet is signed; extra time that was granted. Never a key. Five statements."""
    attempts = db.session.execute(
        sa.select(
            Attempt, WrittenTest.title, sa.exists().where(AssessmentSheet.batch_id == WrittenTest.batch_id)
        )
        .join(WrittenTest, WrittenTest.id == Attempt.test_id)
        .where(Attempt.person_id == person_id)
        .order_by(Attempt.id)
    ).all()  # fmt: skip
    ids = [attempt.id for attempt, _title, _signed in attempts]
    (asked, units), happened, extra = _asked(ids), _happened(ids), _extra(person_id)
    rows: list[dict[str, Any]] = []
    for attempt, title, is_signed in attempts:
        granted = extra.pop((attempt.test_id, attempt.enrollment_id), None)
        rows.append(
            {
                "test": title,
                "state": attempt.state,
                "started_at": attempt.started_at.isoformat(),
                "deadline": attempt.deadline_at.isoformat(),
                "closed_at": attempt.closed_at.isoformat() if attempt.closed_at else None,
                "extra_time": granted,
                "items": asked.get(attempt.id, []),
                "happened": happened.get(attempt.id, []),
                "scores": [
                    {"unit": units.get(int(unit), ""), "points": score[0], "of": score[1]}
                    for unit, score in (attempt.score or {}).items()
                ]
                if is_signed
                else [],
            }
        )
    return rows + [{"test": granted["test"], "extra_time": granted} for granted in extra.values()]


def _asked(ids: list[int]) -> tuple[dict[int, list[dict[str, Any]]], dict[int, str]]:
    """(attempt id -> its questions in words, with what counts as the answer; unit id -> its title)."""
    answers: dict[tuple[int, int], Any] = {}
    for row in db.session.execute(
        sa.select(Answer.attempt_id, Answer.position, Answer.answer)
        .where(Answer.attempt_id.in_(ids))
        .order_by(Answer.attempt_id, Answer.position, Answer.seq)
    ):
        answers[row[0], row[1]] = row[2]
    found: dict[int, list[dict[str, Any]]] = {}
    units: dict[int, str] = {}
    for attempt_id, position, kind, content, unit_id, title in db.session.execute(
        sa.select(
            AttemptItem.attempt_id, AttemptItem.position, Question.kind, QuestionVersion.content,
            CompetencyUnit.id, CompetencyUnit.title,
        )
        .join(Question, Question.id == AttemptItem.question_id)
        .join(CompetencyUnit, CompetencyUnit.id == AttemptItem.unit_id)
        .join(QuestionVersion, QuestionVersion.id == AttemptItem.version_id)
        .where(AttemptItem.attempt_id.in_(ids))
        .order_by(AttemptItem.attempt_id, AttemptItem.position)
    ):  # fmt: skip
        units[unit_id] = title
        told = in_words(kind, content, answers.get((attempt_id, position)))
        line = {"number": position, "question": content["stem"], "answer": told}
        found.setdefault(attempt_id, []).append(line)
    return found, units


def in_words(kind: str, content: dict[str, Any], answer: Any) -> str | None:
    """An answer as its candidate read it; None for none."""
    if answer is None:
        return None
    if kind in ("single", "multiple"):
        texts = {option["id"]: option["text"] for option in content["options"]}
        return "; ".join(texts.get(one, one) for one in ([answer] if kind == "single" else answer))
    if kind == "true_false":
        return _("Benar") if answer else _("Salah")
    if kind == "matching":
        lefts, rights = {pair["id"]: pair["left"] for pair in content["pairs"]}, rights_of(content)
        return "; ".join(
            f"{lefts.get(one, one)}: {rights.get(other, other)}" for one, other in answer.items()
        )
    if kind == "case":
        parts = {part["id"]: part for part in content["parts"]}
        told = [
            in_words(parts[one]["kind"], parts[one], given) for one, given in answer.items() if one in parts
        ]
        return "; ".join(one for one in told if one)
    return str(answer)


def _happened(ids: list[int]) -> dict[int, list[dict[str, Any]]]:
    found: dict[int, list[dict[str, Any]]] = {}
    for row in db.session.scalars(
        sa.select(AttemptEvent).where(AttemptEvent.attempt_id.in_(ids)).order_by(AttemptEvent.id)
    ):
        told = {"action": row.kind, "at": row.at.isoformat(), "reason": row.detail.get("reason")}
        found.setdefault(row.attempt_id, []).append(told)
    return found


def _extra(person_id: int) -> dict[tuple[int, int], dict[str, Any]]:
    rows = db.session.execute(
        sa.select(Allowance, WrittenTest.title)
        .join(WrittenTest, WrittenTest.id == Allowance.test_id)
        .join(Enrollment, Enrollment.id == Allowance.enrollment_id)
        .where(Enrollment.person_id == person_id)
    )
    return {
        (one.test_id, one.enrollment_id): {"test": title, "minutes": one.minutes, "reason": one.reason}
        for one, title in rows
    }


def erase_person(*, person_id: int, actor: Actor, now: datetime, is_dry: bool) -> Erasure:
    """The answers and every reason that speaks of the person go; that a test was sat, and its scores, stay as
    numbers without a name. A test that is being sat stands in the way."""
    own = sa.select(Attempt.id).where(Attempt.person_id == person_id)
    running = sa.select(sa.exists().where(Attempt.person_id == person_id, Attempt.state == "running"))
    if db.session.scalar(running):
        return Erasure(blockers=(_("Sebuah uji tertulis sedang dikerjakan."),))
    if not is_dry:
        for table in (Answer, PaperEntry):
            db.session.execute(
                sa.delete(table).where(table.attempt_id.in_(own)).execution_options(synchronize_session=False)
            )
        for event in db.session.scalars(sa.select(AttemptEvent).where(AttemptEvent.attempt_id.in_(own))):
            if "reason" in event.detail:
                event.detail = {**event.detail, "reason": ERASED}
        enrollments = sa.select(Enrollment.id).where(Enrollment.person_id == person_id)
        db.session.execute(
            sa.update(Allowance)
            .where(Allowance.enrollment_id.in_(enrollments))
            .values(reason=ERASED)
            .execution_options(synchronize_session=False)
        )
    return Erasure(
        goes=(_("Jawaban uji tertulis Anda dan alasan tambahan waktu."),),
        stays=(_("Nilai uji tertulis, tanpa nama."),),
    )
