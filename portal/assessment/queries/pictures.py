"""Who may see a picture of the bank: editors of questions with it, and whoever sits or sat a test with it."""

from __future__ import annotations

import sqlalchemy as sa

from portal.assessment.models import Attempt, AttemptItem, Question, QuestionImage, QuestionVersion
from portal.assessment.queries.bank import reach_of, visible
from portal.core.db import db
from portal.core.errors import NotFound
from portal.core.permissions import Actor, Permission


def _names(sha256: str) -> sa.ColumnElement[bool]:
    """SQL: the content names this picture."""
    content = sa.type_coerce(QuestionVersion.content, sa.Text)
    return content.contains(f'"sha256":"{sha256}"', autoescape=True)


def get_picture(actor: Actor, sha256: str) -> QuestionImage:
    """The picture of a SHA-256 (hex), for whom it is shown to. Raises NotFound for everybody else."""
    image = db.session.get(QuestionImage, sha256)
    if image is None or not (_is_drawn_for(actor, sha256) or _is_editors(actor, image)):
        raise NotFound()
    return image


def _is_drawn_for(actor: Actor, sha256: str) -> bool:
    """An attempt of this very person holds a version with it."""
    if actor.person_id is None:
        return False
    held = (
        sa.select(sa.literal(1))
        .select_from(Attempt)
        .join(AttemptItem, AttemptItem.attempt_id == Attempt.id)
        .join(QuestionVersion, QuestionVersion.id == AttemptItem.version_id)
        .where(Attempt.person_id == actor.person_id, _names(sha256))
        .limit(1)
    )
    return db.session.scalar(held) is not None


def _is_editors(actor: Actor, image: QuestionImage) -> bool:
    """The actor uploaded it, or sees a question one of whose versions has it."""
    if not actor.may(Permission.QUESTION_EDIT):
        return False
    if actor.user_id is not None and image.created_by == actor.user_id:
        return True
    seen = (
        sa.select(sa.literal(1))
        .select_from(QuestionVersion)
        .join(Question, Question.id == QuestionVersion.question_id)
        .where(visible(reach_of(actor)), _names(image.sha256))
        .limit(1)
    )
    return db.session.scalar(seen) is not None


def known_pictures(digests: list[str]) -> set[str]:
    """Which of these SHA-256 have a picture. One statement."""
    return set(db.session.scalars(sa.select(QuestionImage.sha256).where(QuestionImage.sha256.in_(digests))))
