"""Correcting an answer key: the form, the dry run, adopting it, and the record of what was adopted."""

from __future__ import annotations

from typing import Any

from flask import request, url_for

from portal.assessment import pages_keys as pages
from portal.assessment.forms import keys as forms
from portal.assessment.queries import keys as queries
from portal.assessment.queries.keys import KeyedQuestion
from portal.assessment.rules.keys import edit_of, edit_problems, reason_problem
from portal.assessment.services import keys as services
from portal.assessment.views.blueprint import blueprint
from portal.core import clock, htmx
from portal.core.db import transaction
from portal.core.errors import DomainError
from portal.core.idempotency import claim
from portal.core.permissions import Permission, current_actor, requires
from portal.core.words import gettext as _


@blueprint.get("/soal/<int:question_id>/kunci")
@requires(Permission.QUESTION_EDIT)
def key_form(question_id: int) -> Any:
    """The key as it stands, to be corrected."""
    question = queries.get_question(current_actor(), question_id)
    form = forms.KeyForm(edit_of(question.kind, question.content))
    return htmx.render(
        "assessment/keys/form.html", idle="tetap" in request.args, **pages.form_page(question, form)
    )


@blueprint.get("/soal/<int:question_id>/kunci/dampak")
@requires(Permission.QUESTION_EDIT)
def key_preview(question_id: int) -> Any:
    """What the typed key would change. Nothing is written."""
    question = queries.get_question(current_actor(), question_id)
    if not request.args:
        return htmx.redirect(url_for("assessment.key_form", question_id=question_id))
    return _preview(question, _typed(question, request.args))


@blueprint.post("/soal/<int:question_id>/kunci/dampak")
@requires(Permission.QUESTION_EDIT)
def key_adopt(question_id: int) -> Any:
    """Adopt the key as its dry run showed."""
    actor, now = current_actor(), clock.now()
    question = queries.get_question(actor, question_id)
    form = _typed(question, request.form)
    try:
        with transaction():
            op = claim(request.form.get("op"), actor=actor, now=now)
            if op.is_new:
                correction = services.adopt_correction(
                    question_id=question_id, edit=form.edit, reason=form.reason,
                    seen=request.form.get("seen", ""), actor=actor, now=now,
                )  # fmt: skip
                op.finish(_led_to(question_id, correction))
    except DomainError as error:
        if error.status in (403, 404):
            raise
        return _preview(queries.get_question(actor, question_id), form, error)
    return htmx.redirect(op.outcome)


@blueprint.get("/soal/<int:question_id>/kunci/<int:correction_id>")
@requires(Permission.QUESTION_EDIT)
def key_correction(question_id: int, correction_id: int) -> Any:
    """What a correction changed."""
    actor = current_actor()
    question = queries.get_question(actor, question_id)
    past = queries.get_correction(question_id, correction_id)
    return htmx.render("assessment/keys/record.html", **pages.record_page(question, past, actor))


def _typed(question: KeyedQuestion, sent: forms.Sent) -> forms.KeyForm:
    return forms.KeyForm(forms.read_edit(question.kind, question.content, sent), forms.read_reason(sent))


def _led_to(question_id: int, correction: Any) -> str:
    if correction is None:
        return url_for("assessment.key_form", question_id=question_id, tetap=1)
    return url_for("assessment.key_correction", question_id=question_id, correction_id=correction.id)


def _preview(question: KeyedQuestion, form: forms.KeyForm, refused: DomainError | None = None) -> Any:
    """The dry run, or the form again with what is wrong in it."""
    actor, now = current_actor(), clock.now()
    form.errors_at = _problems(question, form)
    if form.errors_at:
        return htmx.render(
            "assessment/keys/form.html", status=422, idle=False, **pages.form_page(question, form)
        )
    preview = services.preview_correction(question_id=question.id, edit=form.edit, actor=actor, now=now)
    if refused:
        form.add_error(refused)
    return htmx.render(
        "assessment/keys/preview.html", status=refused.status if refused else 200,
        **pages.preview_page(preview, form, actor),
    )  # fmt: skip


def _problems(question: KeyedQuestion, form: forms.KeyForm) -> dict[str, str]:
    """The name of each input that needs another look, and why."""
    typed = edit_problems(question.kind, question.content, form.edit, _)
    found = {field: problem.message for field, problem in typed}
    reason = reason_problem(form.reason, _)
    return found | ({"reason": reason.message} if reason else {})
