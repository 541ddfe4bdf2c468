"""Keeping the question bank: new questions, versions, states, copies. All run inside `transaction()`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from portal.assessment.models import Question, QuestionVersion
from portal.assessment.queries import bank, pictures
from portal.assessment.queries.bank import QuestionRow
from portal.assessment.rules.content import content_problems, images_of, tidy
from portal.assessment.rules.content_check import KINDS, tidy_text
from portal.assessment.rules.versions import carried
from portal.catalog.models import CompetencyUnit
from portal.core import audit
from portal.core.blockers import Blocker
from portal.core.db import db
from portal.core.errors import Conflict, DomainError, NotFound
from portal.core.permissions import Actor, Permission, require
from portal.core.words import gettext as _

NAME_LIMIT = 120
NOTE_LIMIT = 300
#: From which state a question may go to which.
MOVES = {"draft": ("active", "retired"), "active": ("retired",), "retired": ("active",)}
_EVENTS = {"active": "question.activated", "retired": "question.retired"}


@dataclass(frozen=True)
class Wanted:
    """A question as somebody wants it to be."""

    name: str
    content: Mapping[str, Any]
    note: str = ""


def create_question(
    *, unit_id: int, center_id: int | None, kind: str, wanted: Wanted, actor: Actor, now: datetime
) -> int:
    """Put a new question, a draft, in a bank of the actor; returns its id. A case may still lack its parts.

    Raises NotFound for a foreign bank or unit, DomainError `name_*` (field name), `content` (details:
    `problems`, a list of Blocker).
    """
    _check_bank(actor, center_id)
    _lock_unit(unit_id)
    name, content = _checked(kind, wanted.name, tidy(kind, wanted.content), is_draft=True)
    _check_free(unit_id, center_id, name)
    question = Question(
        unit_id=unit_id, center_id=center_id, name=name, kind=kind, state="draft", version=1,
        created_by=actor.user_id, created_at=now,
    )  # fmt: skip
    db.session.add(question)
    db.session.flush()
    _add_version(question.id, 1, content, wanted.note, actor, now)
    _record("question.created", question, actor, now, kind=kind, unit=unit_id)
    return question.id


def edit_question(
    *, question_id: int, wanted: Wanted, expected_version: int | None, actor: Actor, now: datetime
) -> bool:
    """Change a question: a changed content is a new version, a changed name alone is none; False when nothing
    changed. Tests that drew an older version keep it.

    Raises as `create_question`, and Conflict `question_changed` when the version is not the expected one.
    """
    row = _lock(actor, question_id)
    content = carried(row.kind, row.content, tidy(row.kind, wanted.content))
    name, content = _checked(row.kind, wanted.name, content, is_draft=row.state == "draft")
    if expected_version is not None and expected_version != row.version:
        message = _("Soal ini sudah diubah orang lain. Bandingkan dulu, lalu simpan lagi bila masih perlu.")
        raise Conflict("question_changed", message)
    is_new = content != row.content
    if name != row.name:
        _check_free(row.unit_id, row.center_id, name, but=question_id)
    elif not is_new:
        return False
    question = db.session.get_one(Question, question_id)
    question.name = name
    if is_new:
        question.version = row.version + 1
        _add_version(question_id, question.version, content, wanted.note, actor, now)
    _record("question.edited", question, actor, now, version=question.version, renamed=name != row.name)
    return True


def set_question_state(*, question_id: int, state: str, actor: Actor, now: datetime) -> bool:
    """Activate or retire; False when it is so already.

    Raises NotFound, DomainError `state_move`, and `content` for a case without parts.
    """
    row = _lock(actor, question_id)
    if row.state == state:
        return False
    if state not in MOVES.get(row.state, ()):
        raise DomainError("state_move", _("Soal tidak dapat dipindah ke keadaan ini."))
    if state == "active":
        checked_content(row.kind, row.content, is_draft=False)
    question = db.session.get_one(Question, question_id)
    question.state = state
    _record(_EVENTS[state], question, actor, now)
    return True


def copy_question(*, question_id: int, center_id: int | None, actor: Actor, now: datetime) -> int:
    """Copy a question that the actor sees to a bank of theirs, as a draft; returns the copy's id."""
    source = bank.get_question(actor, question_id)
    _check_bank(actor, center_id)
    _lock_unit(source.unit_id)
    name = _free_name(source.unit_id, center_id, source.name)
    content = {key: value for key, value in source.content.items() if key not in ("void", "also")}
    return create_question(
        unit_id=source.unit_id,
        center_id=center_id,
        kind=source.kind,
        wanted=Wanted(name, content, _("Salinan dari «%(name)s»", name=source.name)[:NOTE_LIMIT]),
        actor=actor,
        now=now,
    )


def checked_content(kind: str, content: Mapping[str, Any], *, is_draft: bool) -> dict[str, Any]:
    """The content tidied. Raises DomainError `content` (details: `problems`) when it may not be stored; a
    draft of a case may lack its parts."""
    if kind not in KINDS:
        raise DomainError("kind_unknown", _("Jenis soal ini tidak dikenal."))
    neat = tidy(kind, content)
    problems = content_problems(kind, neat, _)
    if is_draft:
        problems = [one for one in problems if one.code != "parts_count" or neat["parts"]]
    named = images_of(neat)
    if named and not set(named) <= pictures.known_pictures(named):
        problems.append(Blocker("images_unknown", _("Ada gambar yang tidak dikenal. Unggah lagi gambarnya.")))
    if problems:
        raise DomainError("content", problems[0].message, problems=problems)
    return neat


def _check_bank(actor: Actor, center_id: int | None) -> None:
    require(actor, Permission.QUESTION_EDIT)
    if not bank.reach_of(actor).edits(center_id):
        raise NotFound()


def _lock_unit(unit_id: int) -> None:
    """Who names questions of a unit does so one after the other; the unique index stands behind it."""
    found = db.session.execute(
        sa.select(CompetencyUnit.id).where(CompetencyUnit.id == unit_id).with_for_update(key_share=True)
    ).first()
    if found is None:
        raise NotFound()


def _lock(actor: Actor, question_id: int) -> QuestionRow:
    """The question as it stands now, held until the end of the transaction."""
    require(actor, Permission.QUESTION_EDIT)
    row = bank.get_question(actor, question_id, to_edit=True)
    _lock_unit(row.unit_id)
    return bank.get_question(actor, question_id, to_edit=True)


def _checked(
    kind: str, name: str, content: Mapping[str, Any], *, is_draft: bool
) -> tuple[str, dict[str, Any]]:
    """Name and content as they are stored. Raises DomainError with everything that is wrong at once."""
    name = " ".join(tidy_text(name).split())
    problem = _name_problem(name)
    try:
        neat = checked_content(kind, content, is_draft=is_draft)
    except DomainError as error:
        if problem and "problems" in error.details:
            error.details["problems"].insert(0, problem)
        raise
    if problem:
        raise DomainError(problem.code, problem.message, "name")
    return name, neat


def _name_problem(name: str) -> Blocker | None:
    if not name:
        return Blocker("name_missing", _("Beri nama soal ini, supaya mudah ditemukan lagi."))
    if len(name) > NAME_LIMIT:
        return Blocker("name_long", _("Paling panjang %(limit)s huruf.", limit=NAME_LIMIT))
    return None


def _check_free(unit_id: int, center_id: int | None, name: str, but: int | None = None) -> None:
    found = bank.named_in(unit_id, center_id, [name]).get(name)
    if found is not None and found.id != but:
        raise DomainError("name_taken", _("Sudah ada soal dengan nama ini di unit ini."), "name")


def _free_name(unit_id: int, center_id: int | None, name: str) -> str:
    """The name, or the name with the first number behind it that is free."""
    tried = [name, *(f"{name[: NAME_LIMIT - 14]} (salinan {number})" for number in range(1, 500))]
    taken = bank.named_in(unit_id, center_id, tried)
    return next(one for one in tried if one not in taken)


def _add_version(
    question_id: int, version: int, content: Mapping[str, Any], note: str, actor: Actor, now: datetime
) -> None:
    db.session.add(
        QuestionVersion(
            question_id=question_id, version=version, content=dict(content),
            note=" ".join(tidy_text(note).split())[:NOTE_LIMIT], created_by=actor.user_id, created_at=now,
        )
    )  # fmt: skip
    db.session.flush()


def _record(action: str, question: Question, actor: Actor, now: datetime, **data: Any) -> None:
    audit.record(
        action, "question", question.id, actor=actor, now=now, scope=scope_of(question.center_id), **data
    )


def scope_of(center_id: int | None) -> str:
    """The audit's scope of a bank."""
    return f"center:{center_id}" if center_id is not None else ""
