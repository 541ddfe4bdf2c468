"""Putting a wrong answer key right: what it would change, shown first, and adopted as one audited act."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from portal.assessment.models import KeyCorrection, Question, QuestionVersion
from portal.assessment.queries import keys as queries
from portal.assessment.queries import written
from portal.assessment.queries.keys import Holder, KeyedQuestion
from portal.assessment.rules import keys as rules
from portal.assessment.rules.clock import ANSWERS_KEPT
from portal.assessment.rules.judging import judge_blockers
from portal.assessment.rules.keys import Corrected, KeyEdit
from portal.assessment.rules.proposals import digest
from portal.assessment.services.changing import change_verdicts
from portal.assessment.services.rescoring import Effect, effect_of, with_certificates
from portal.assessment.services.scoring import compute, store_scores
from portal.assessment.services.storing import hold_batch
from portal.cooperatives.queries import own_cooperatives
from portal.core import audit
from portal.core.db import db
from portal.core.errors import Conflict, DomainError, Forbidden
from portal.core.permissions import Actor, Permission, require
from portal.core.words import gettext as _


@dataclass(frozen=True)
class Preview:
    """The dry run: the corrected content, everybody it moves, how many answered, and how many of them other
    options (whom it cannot reach). `own`: why this actor may not adopt it, or ""."""

    question: KeyedQuestion
    content: dict[str, Any]
    effects: tuple[Effect, ...]
    asked: int
    other_options: int
    own: str = ""

    @property
    def moved(self) -> list[Effect]:
        """Those whose points or verdict change."""
        return [one for one in self.effects if one.moves]

    def of_fate(self, *fates: str) -> list[Effect]:
        """Those with one of these fates."""
        return [one for one in self.moved if one.fate in fates]

    @property
    def is_idle(self) -> bool:
        """True when the key stands already and nobody's points change."""
        return self.content == self.question.content and not self.moved

    @property
    def digest(self) -> str:
        """The fingerprint of what adopting would do."""
        head = [[self.question.id, self.question.version, self.content]]
        return digest(head + [one.row for one in self.moved])


def preview_correction(*, question_id: int, edit: KeyEdit, actor: Actor, now: datetime) -> Preview:
    """What the corrected key would change; nothing is written. Whose answers are not kept any more
    (`rules.clock.ANSWERS_KEPT`) is not scored again. Statements grow by one for each 500 people.

    Raises NotFound (out of reach), DomainError (the first of `edit_problems`).
    """
    require(actor, Permission.QUESTION_EDIT)
    question = queries.get_question(actor, question_id)
    for field, problem in rules.edit_problems(question.kind, question.content, edit, _):
        raise DomainError(problem.code, problem.message, field)
    content = rules.with_key(question.kind, question.content, edit)
    holders = queries.holders_of(question_id, now - ANSWERS_KEPT)
    versions = written.versions_by_id({one.version_id for one in holders})
    same = [one for one in holders if rules.same_options(versions[one.version_id].content, content)]
    effects = tuple(_effects(question, content, same))
    touched = [(one.holder.person_id, one.holder.cooperative_id) for one in effects if one.moves]
    # Whoever is being asked the question now is scored by the new key once they hand in.
    own = _own_problem(actor, touched + queries.sitting_now(question_id), now)
    return Preview(question, content, effects, len(holders), len(holders) - len(same), own)


def adopt_correction(
    *, question_id: int, edit: KeyEdit, reason: str, seen: str, actor: Actor, now: datetime
) -> KeyCorrection | None:
    """Make the corrected key the question's new version, score again who answered, and change the verdicts
    that rest on it: all or nothing, as the dry run of fingerprint `seen` said. None: it stood already.

    What a judge said by hand stays; a K that a certificate rests on does not fall and is kept in `changes` as
    not applied. Raises NotFound, Forbidden (own people), DomainError (`reason_needed`), Conflict
    (`preview_changed` when anything is other than it was shown).
    """
    require(actor, Permission.QUESTION_EDIT)
    problem = rules.reason_problem(reason, _)
    if problem:
        raise DomainError(problem.code, problem.message, "reason")
    _hold(question_id, actor)
    preview = preview_correction(question_id=question_id, edit=edit, actor=actor, now=now)
    if preview.is_idle:
        return None
    if preview.digest != seen:
        message = _("Ada yang berubah sejak dampaknya ditunjukkan. Periksa lagi, lalu tetapkan.")
        raise Conflict("preview_changed", message)
    if preview.own:
        raise Forbidden("own_people", preview.own)
    correction = _store(preview, reason.strip(), actor, now)
    _rescore(preview)
    changes = [one.change(key=correction.id) for one in preview.of_fate(rules.CHANGED)]
    change_verdicts(changes, source="key", actor=actor, now=now)
    return correction


def _hold(question_id: int, actor: Actor) -> None:
    """Question, attempts, batches: always in this order."""
    queries.get_question(actor, question_id)
    queries.hold_question(question_id)
    for batch_id in queries.hold_attempts(question_id):
        hold_batch(batch_id)
    db.session.expire_all()


def _effects(question: KeyedQuestion, content: dict[str, Any], holders: Sequence[Holder]) -> list[Effect]:
    fresh = Corrected(question.id, question.version + 1, 0, content)
    scores = compute([one.attempt_id for one in holders], unit_id=question.unit_id, as_if=[fresh])
    verdicts = queries.verdicts_on({one.enrollment_id for one in holders}, question.unit_id)
    return with_certificates(
        effect_of(
            holder, question.unit_id, scores[holder.attempt_id][question.unit_id],
            verdicts.get(holder.enrollment_id),
        )
        for holder in holders
    )  # fmt: skip


def _own_problem(actor: Actor, touched: Sequence[tuple[int, int | None]], now: datetime) -> str:
    """Nobody changes the result of themselves or of their own cooperative, also not by a key. `touched`:
    (person id, cooperative id)."""
    own = own_cooperatives(actor, now)
    for person_id, cooperative_id in touched:
        for _blocker in judge_blockers(
            judge_person=actor.person_id, judge_cooperatives=own, person_id=person_id,
            cooperative_id=cooperative_id,
        ):  # fmt: skip
            return _(
                "Koreksi ini mengubah nilai Anda sendiri atau peserta dari koperasi Anda. Orang lain yang "
                "menetapkannya."
            )
    return ""


def _store(preview: Preview, reason: str, actor: Actor, now: datetime) -> KeyCorrection:
    question = preview.question
    moved_on = db.session.execute(
        sa.update(Question)
        .where(Question.id == question.id, Question.version == question.version)
        .values(version=question.version + 1)
        .execution_options(synchronize_session=False)
    )
    if moved_on.rowcount != 1:  # type: ignore[attr-defined]
        raise Conflict("preview_changed", _("Soal ini baru saja diubah orang lain. Periksa lagi."))
    fresh = QuestionVersion(
        question_id=question.id, version=question.version + 1, content=preview.content, note=reason[:300],
        created_by=actor.user_id, created_at=now,
    )  # fmt: skip
    correction = KeyCorrection(
        question_id=question.id, old_version=question.version, new_version=question.version + 1,
        reason=reason, changes=[_kept(question, one) for one in preview.moved], adopted_by=actor.user_id,
        adopted_at=now,
    )  # fmt: skip
    db.session.add_all([fresh, correction])
    db.session.flush()
    audit.record(
        "key.corrected",
        "question",
        question.id,
        actor=actor,
        now=now,
        scope=f"center:{question.center_id}" if question.center_id else "",
        correction=correction.id,
        version=question.version + 1,
        void=bool(preview.content.get("void")),
        rescored=len(preview.moved),
        changed=len(preview.of_fate(rules.CHANGED)),
        certificates=len(preview.of_fate(rules.CERTIFIED)),
    )
    return correction


def _kept(question: KeyedQuestion, one: Effect) -> dict[str, Any]:
    """One row of `KeyCorrection.changes`."""
    return {
        "enrollment_id": one.holder.enrollment_id,
        "unit_id": question.unit_id,
        "test_id": one.holder.test_id,
        "old_score": one.old,
        "new_score": one.new,
        "of": one.of,
        "old": one.stands,
        "new": one.proposed,
        "applied": one.fate == rules.CHANGED,
        "certificate": one.certificate,
        "fate": one.fate,
    }


def _rescore(preview: Preview) -> None:
    """The unit's new points into the scores of the attempts; other units stay as they are."""
    unit = str(preview.question.unit_id)
    store_scores(
        {
            one.holder.attempt_id: {**one.holder.score, unit: [one.new, one.of]}
            for one in preview.moved
            if one.old != one.new
        }
    )
