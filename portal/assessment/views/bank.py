"""The question bank: units with counts, the questions of a unit, one question, its versions and figures."""

from __future__ import annotations

from typing import Any

from flask import Response, flash, request, url_for

from portal.assessment import labels_bank as labels
from portal.assessment.charts import scatter, span
from portal.assessment.forms.bank import BankForm, bank_value, chosen_bank
from portal.assessment.queries import bank, pictures, statistics
from portal.assessment.queries.bank import Filter
from portal.assessment.rules.content import shown
from portal.assessment.rules.versions import changes, key_told, told
from portal.assessment.services import bank as services
from portal.assessment.views.bank_act import act_to
from portal.assessment.views.blueprint import blueprint
from portal.core import htmx
from portal.core.errors import NotFound
from portal.core.forms import BaseForm, TokenForm
from portal.core.paging import page_number
from portal.core.permissions import Permission, current_actor, requires, signed_in
from portal.core.words import gettext as _

_EDIT = Permission.QUESTION_EDIT


@blueprint.get("/soal")
@requires(_EDIT)
def bank_home() -> Any:
    """Programs and their units, with how many questions each has."""
    actor = current_actor()
    return htmx.render(
        "assessment/bank/home.html",
        programs=bank.bank_overview(actor),
        banks=bank.banks_of(actor),
        labels=labels,
    )


@blueprint.get("/soal/unit/<int:unit_id>")
@requires(_EDIT)
def bank_unit(unit_id: int) -> Any:
    """The questions of a unit, filtered."""
    actor, unit = current_actor(), bank.get_unit(unit_id)
    args = request.args
    chosen = Filter(args.get("keadaan", ""), args.get("jenis", ""), args.get("q", "").strip()[:100])
    rows = bank.list_questions(actor, unit_id, chosen, page_number(args.get("hal")))
    given = {"keadaan": chosen.state, "jenis": chosen.kind, "q": chosen.text}
    given = {name: value for name, value in given.items() if value}
    return htmx.render(
        "assessment/bank/unit.html", "assessment/bank/_list.html", unit=unit, rows=rows, chosen=chosen,
        given=given, banks=bank.banks_of(actor), labels=labels,
    )  # fmt: skip


@blueprint.get("/soal/unit/<int:unit_id>/statistik")
@requires(_EDIT)
def bank_unit_statistics(unit_id: int) -> Any:
    """How the unit's questions behaved: a drawing and the same as a table."""
    actor, unit = current_actor(), bank.get_unit(unit_id)
    rows = bank.questions_to_export(actor, unit_id, "active")
    figures = statistics.statistics_of_unit(rows, unit_id)
    known = [(row, figures[row.id]) for row in rows if figures[row.id].is_enough]
    known.sort(key=lambda pair: (-len(pair[1].flags), pair[0].name))
    drawing = scatter([(row.name, figure) for row, figure in known])
    return htmx.render(
        "assessment/bank/unit_statistics.html", unit=unit, known=known, drawing=drawing,
        few=[(row, figures[row.id]) for row in rows if not figures[row.id].is_enough], labels=labels,
    )  # fmt: skip


@blueprint.get("/soal/<int:question_id>")
@requires(_EDIT)
def bank_question(question_id: int) -> Any:
    """One question as a candidate sees it, with its key, and what may be done with it."""
    return _question(question_id, TokenForm(), 200)


@blueprint.get("/soal/<int:question_id>/versi")
@requires(_EDIT)
def bank_versions(question_id: int) -> Any:
    """Every version: what changed, by whom and why."""
    row = bank.get_question(current_actor(), question_id)
    versions = bank.versions_of(question_id)
    older = [*versions[1:], None]
    steps = [
        (one, changes(row.kind, before.content, one.content, _) if before else [])
        for one, before in zip(versions, older, strict=True)
    ]
    return htmx.render(
        "assessment/bank/versions.html", row=row, unit=bank.get_unit(row.unit_id), steps=steps, labels=labels,
        first=told(row.kind, versions[-1].content, _),
    )  # fmt: skip


@blueprint.get("/soal/<int:question_id>/statistik")
@requires(_EDIT)
def bank_statistics(question_id: int) -> Any:
    """Facility, discrimination and distractors of one question."""
    row = bank.get_question(current_actor(), question_id)
    return htmx.render(
        "assessment/bank/statistics.html", row=row, unit=bank.get_unit(row.unit_id),
        figures=statistics.statistics_of(row), span=span, labels=labels,
    )  # fmt: skip


@blueprint.post("/soal/<int:question_id>/keadaan")
@requires(_EDIT)
def bank_state(question_id: int) -> Any:
    """Activate or retire."""
    form, state = TokenForm.parse(), request.form.get("state", "")

    def work(actor: Any, now: Any) -> str:
        services.set_question_state(question_id=question_id, state=state, actor=actor, now=now)
        flash(_("Keadaan soal diubah."), "ok")
        return url_for("assessment.bank_question", question_id=question_id)

    return act_to(form, work, lambda status: _question(question_id, form, status))


@blueprint.post("/soal/<int:question_id>/salin")
@requires(_EDIT)
def bank_copy(question_id: int) -> Any:
    """Copy to a bank of one's own, and go to the copy."""
    banks = bank.banks_of(current_actor())
    form = BankForm.of(banks, posted=True)

    def copied(actor: Any, now: Any) -> str:
        made = services.copy_question(
            question_id=question_id, center_id=_chosen(form, banks), actor=actor, now=now
        )
        flash(_("Soal disalin. Salinannya masih konsep."), "ok")
        return url_for("assessment.bank_question", question_id=made)

    return act_to(form, copied, lambda status: _question(question_id, form, status))


@blueprint.get("/soal/gambar/<sha256>")
@signed_in
def question_image(sha256: str) -> Any:
    """A picture, for editors who see a question with it and for whoever sits a test with it."""
    image = pictures.get_picture(current_actor(), sha256)
    response = Response(image.body, mimetype=image.media_type)
    # The address names the bytes. The browser may keep them as long as a test lasts, nobody in between.
    response.headers["Cache-Control"] = "private, max-age=3600, immutable"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Disposition"] = "inline"
    return response


def _question(question_id: int, form: BaseForm, status: int) -> Any:
    actor = current_actor()
    row, banks = bank.get_question(actor, question_id), bank.banks_of(actor)
    copying = form if isinstance(form, BankForm) else BankForm.of(banks)
    if not copying.bank.data and banks:
        copying.bank.data = bank_value(banks[0].center_id)
    return htmx.render(
        "assessment/bank/question.html", status=status, row=row, unit=bank.get_unit(row.unit_id), form=form,
        view=shown(row.kind, row.content), told=key_told(row.kind, row.content, _), banks=banks,
        copying=copying,
        moves=services.MOVES[row.state] if row.can_edit else (), labels=labels,
    )  # fmt: skip


def _chosen(form: BankForm, banks: Any) -> int | None:
    try:
        return chosen_bank(form.bank.data, banks)
    except ValueError as error:
        raise NotFound() from error
