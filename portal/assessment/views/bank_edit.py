"""Writing questions: a new one, an edit, the parts of a case."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import flash, request, url_for

from portal.assessment import labels_bank as labels
from portal.assessment.forms.bank import QuestionForm, bank_choices, bank_value, chosen_bank
from portal.assessment.queries import bank
from portal.assessment.queries.bank import QuestionRow
from portal.assessment.rules.content_check import KINDS, PART_KINDS
from portal.assessment.rules.versions import changes
from portal.assessment.services import bank as services
from portal.assessment.services.bank import Wanted
from portal.assessment.services.images import store_image
from portal.assessment.views.bank_act import Work, act_to
from portal.assessment.views.blueprint import blueprint
from portal.core import clock, htmx
from portal.core.blockers import Blocker
from portal.core.db import transaction
from portal.core.errors import DomainError, NotFound
from portal.core.forms import TokenForm
from portal.core.permissions import Actor, Permission, current_actor, requires
from portal.core.words import gettext as _

_EDIT = Permission.QUESTION_EDIT


@blueprint.get("/soal/unit/<int:unit_id>/baru")
@requires(_EDIT)
def bank_new(unit_id: int) -> Any:
    """The kinds to choose from; with `jenis` the form of that kind."""
    kind = request.args.get("jenis", "")
    if kind not in KINDS:
        return _kinds(unit_id, None, 200)
    return _new(unit_id, QuestionForm.blank(kind), 200)


@blueprint.post("/soal/unit/<int:unit_id>/baru")
@requires(_EDIT)
def bank_create(unit_id: int) -> Any:
    """Keep a new question, a draft, and show it."""
    kind, banks = request.form.get("kind", ""), bank.banks_of(current_actor())
    if kind not in KINDS:
        return _kinds(unit_id, None, 422)
    form = QuestionForm.posted(kind)
    try:
        center_id = chosen_bank(request.form.get("bank"), banks)
    except ValueError as error:
        raise NotFound() from error

    def create(actor: Actor, now: datetime) -> str:
        made = services.create_question(
            unit_id=unit_id, center_id=center_id, kind=kind, actor=actor, now=now,
            wanted=Wanted(form.name.data or "", form.content()),
        )  # fmt: skip
        return url_for("assessment.bank_question", question_id=made)

    return _write(form, create, lambda status: _new(unit_id, form, status))


@blueprint.get("/soal/<int:question_id>/ubah")
@requires(_EDIT)
def bank_edit(question_id: int) -> Any:
    """The form of a question."""
    row = bank.get_question(current_actor(), question_id, to_edit=True)
    return _edit(row, QuestionForm.of(row.kind, row.content, name=row.name, version=row.version), 200)


@blueprint.post("/soal/<int:question_id>/ubah")
@requires(_EDIT)
def bank_edit_post(question_id: int) -> Any:
    """Keep a new version; what did not change makes none."""
    row = bank.get_question(current_actor(), question_id, to_edit=True)
    form = QuestionForm.posted(row.kind)
    form.parts = list(row.content.get("parts", ()))

    def edit(actor: Actor, now: datetime) -> str:
        wanted = Wanted(form.name.data or "", form.content(form.parts), form.note.data or "")
        return _edited(question_id, wanted, form, actor, now)

    return _write(form, edit, lambda status: _edit(row, form, status))


@blueprint.get("/soal/<int:question_id>/bagian")
@requires(_EDIT)
def bank_part_new(question_id: int) -> Any:
    """The kinds of a further part of a case; with `jenis` the form of that kind."""
    row, kind = _case(question_id), request.args.get("jenis", "")
    if kind not in PART_KINDS:
        return _kinds(row.unit_id, row, 200)
    return _part(row, None, QuestionForm.blank(kind, is_part=True, version=row.version), 200)


@blueprint.post("/soal/<int:question_id>/bagian")
@requires(_EDIT)
def bank_part_create(question_id: int) -> Any:
    """Keep a further part of a case."""
    row, kind = _case(question_id), request.form.get("kind", "")
    if kind not in PART_KINDS:
        return _kinds(row.unit_id, row, 422)
    numbers = [int(part["id"]) for part in row.content["parts"] if part["id"].isdigit()]
    return _write_part(row, str(max(numbers, default=0) + 1), kind, is_new=True)


@blueprint.get("/soal/<int:question_id>/bagian/<int:part>")
@requires(_EDIT)
def bank_part(question_id: int, part: int) -> Any:
    """The form of one part of a case."""
    row = _case(question_id)
    found = _find_part(row, part)
    form = QuestionForm.of(found["kind"], found, version=row.version, is_part=True)
    return _part(row, part, form, 200)


@blueprint.post("/soal/<int:question_id>/bagian/<int:part>")
@requires(_EDIT)
def bank_part_post(question_id: int, part: int) -> Any:
    """Keep one part of a case, or with `buang` take it out."""
    row = _case(question_id)
    found = _find_part(row, part)
    if "buang" in request.form:
        return _drop_part(row, part)
    return _write_part(row, str(part), found["kind"], is_new=False)


def _case(question_id: int) -> QuestionRow:
    row = bank.get_question(current_actor(), question_id, to_edit=True)
    if row.kind != "case":
        raise NotFound()
    return row


def _find_part(row: QuestionRow, part: int) -> Any:
    found = next((one for one in row.content["parts"] if one["id"] == str(part)), None)
    if found is None:
        raise NotFound()
    return found


def _write_part(row: QuestionRow, name: str, kind: str, *, is_new: bool) -> Any:
    form = QuestionForm.posted(kind, is_part=True)

    def keep(actor: Actor, now: datetime) -> str:
        made = {"id": name, "kind": kind, **form.content()}
        parts = [*row.content["parts"], made] if is_new else [
            made if part["id"] == name else part for part in row.content["parts"]
        ]  # fmt: skip
        wanted = Wanted(row.name, {**row.content, "parts": parts}, form.note.data or "")
        return _edited(row.id, wanted, form, actor, now)

    ids = [part["id"] for part in row.content["parts"]]
    place = len(ids) + 1 if is_new else ids.index(name) + 1
    return _write(form, keep, lambda status: _part(row, None if is_new else int(name), form, status), place)


def _drop_part(row: QuestionRow, part: int) -> Any:
    found = _find_part(row, part)
    form = QuestionForm.of(found["kind"], found, version=row.version, is_part=True)
    form.op.data, form.version.data = request.form.get("op", ""), request.form.get("version", "")

    def drop(actor: Actor, now: datetime) -> str:
        parts = [one for one in row.content["parts"] if one["id"] != str(part)]
        wanted = Wanted(row.name, {**row.content, "parts": parts}, _("Bagian %(num)s dibuang", num=part))
        return _edited(row.id, wanted, form, actor, now)

    return _write(form, drop, lambda status: _part(row, part, form, status))


def _edited(question_id: int, wanted: Wanted, form: QuestionForm, actor: Actor, now: datetime) -> str:
    changed = services.edit_question(
        question_id=question_id, wanted=wanted, expected_version=form.expected_version, actor=actor, now=now
    )
    flash(
        _("Versi baru disimpan.") if changed else _("Tidak ada yang berubah, jadi tidak ada versi baru."),
        "ok",
    )
    return url_for("assessment.bank_question", question_id=question_id)


def _write(form: QuestionForm, work: Work, page: Callable[[int], Any], part: int = 0) -> Any:
    """Keep the picture first, so that it stays when something else has to be put right; then do the work."""
    if not form.validate() or not _keep_picture(form):
        return page(422)
    return act_to(form, work, page, lambda error: _put(form, error, part))


def _keep_picture(form: QuestionForm) -> bool:
    """False when the picture that was sent is refused; its reason is in the form."""
    sent = form.image.data
    if not getattr(sent, "filename", ""):
        return True
    try:
        with transaction():
            digest = store_image(data=sent.read(), actor=current_actor(), now=clock.now())
    except DomainError as error:
        form.add_error(error)
        return False
    form.add_image(digest)
    return True


def _put(form: QuestionForm, error: DomainError, part: int) -> None:
    """Reasons of a content beside their inputs; `part` is the place of the part that the form is of. Those of
    a case's other parts come at the top."""
    problems = error.details.get("problems")
    if not problems:
        form.add_error(error)
        return
    code = f"parts_{part}_" if part else ""
    said = _("Bagian %(number)s: %(reason)s", number=part, reason="")
    form.add_problems(
        Blocker(problem.code.removeprefix(code), problem.message.removeprefix(said)) for problem in problems
    )


def _kinds(unit_id: int, row: QuestionRow | None, status: int) -> Any:
    return htmx.render(
        "assessment/bank/kinds.html", status=status, unit=bank.get_unit(unit_id), row=row, labels=labels,
        kinds=PART_KINDS if row else KINDS,
    )  # fmt: skip


def _new(unit_id: int, form: QuestionForm, status: int) -> Any:
    banks = bank.banks_of(current_actor())
    if not banks:
        raise NotFound()
    return htmx.render(
        "assessment/bank/edit.html", status=status, unit=bank.get_unit(unit_id), row=None, form=form,
        banks=bank_choices(banks), bank=request.form.get("bank") or bank_value(banks[0].center_id),
        stands=None, labels=labels,
    )  # fmt: skip


def _edit(row: QuestionRow, form: QuestionForm, status: int) -> Any:
    stands = _stands(row, form) if status == 409 else None
    return htmx.render(
        "assessment/bank/edit.html", status=status, unit=bank.get_unit(row.unit_id), row=row, form=form,
        banks=[], bank="", stands=stands, labels=labels,
    )  # fmt: skip


def _part(row: QuestionRow, part: int | None, form: QuestionForm, status: int) -> Any:
    if status == 409:
        row = _case(row.id)
        form.version.data = str(row.version)
    return htmx.render(
        "assessment/bank/part.html", status=status, unit=bank.get_unit(row.unit_id), row=row, part=part,
        form=form, discard=TokenForm(), labels=labels,
    )  # fmt: skip


def _stands(row: QuestionRow, form: QuestionForm) -> Any:
    """What somebody else made of it meanwhile, against what is in the form; saving again comes on top."""
    now_there = bank.get_question(current_actor(), row.id, to_edit=True)
    form.version.data = str(now_there.version)
    versions = bank.versions_of(row.id)
    return versions[0], changes(row.kind, form.content(form.parts), now_there.content, _)
