"""Corrections of signed results: asked for by a judge or the center, decided by its head."""

from __future__ import annotations

from typing import Any

from flask import flash, request, url_for

from portal.assessment import labels, queries, services
from portal.assessment.forms.objections import CorrectionAnswerForm, CorrectionForm, text
from portal.assessment.views.acting import act
from portal.assessment.views.blueprint import blueprint
from portal.core import htmx
from portal.core.errors import NotFound
from portal.core.permissions import Permission, current_actor, requires
from portal.core.words import gettext as _

PATH = "/hasil/<int:batch_id>/<int:enrollment_id>/unit/<int:unit_id>/koreksi"


@blueprint.get(PATH)
@requires(Permission.RESULT_CORRECT)
def verdict_correction(batch_id: int, enrollment_id: int, unit_id: int) -> Any:
    """The signed result, and the form."""
    return _ask_page((batch_id, enrollment_id, unit_id), CorrectionForm(), 200)


@blueprint.post(PATH)
@requires(Permission.RESULT_CORRECT)
def verdict_correction_post(batch_id: int, enrollment_id: int, unit_id: int) -> Any:
    """Ask for it."""
    form, cell = CorrectionForm.parse(), (batch_id, enrollment_id, unit_id)
    services.check_reach(current_actor(), batch_id)

    def work(actor: Any, now: Any) -> None:
        services.ask_correction(
            batch_id=batch_id, enrollment_id=enrollment_id, unit_id=unit_id,
            value=request.form.get("value", ""), note=text(form.note), reason=text(form.reason),
            actor=actor, now=now,
        )  # fmt: skip
        flash(_("Koreksi terkirim. Kepala balai memutuskannya."), "ok")

    target = url_for("assessment.verdict_correction", **_cell(cell))
    return act(form, work, target, lambda form, status: _ask_page(cell, form, status))


@blueprint.get("/balai/koreksi-hasil")
@requires(Permission.BATCH_VIEW)
def verdict_correction_list() -> Any:
    """The center's corrections of results, what waits first."""
    rows = queries.verdict_corrections(current_actor())
    return htmx.render(
        "assessment/corrections.html", open=[row for row in rows if row.is_open],
        past=[row for row in rows if not row.is_open], labels=labels,
    )  # fmt: skip


@blueprint.get("/balai/koreksi-hasil/<int:correction_id>")
@requires(Permission.BATCH_VIEW)
def verdict_correction_page(correction_id: int) -> Any:
    """What would change, why, and the decision."""
    return _decide_page(correction_id, CorrectionAnswerForm(), 200)


@blueprint.post("/balai/koreksi-hasil/<int:correction_id>")
@requires(Permission.RESULT_APPROVE)
def verdict_correction_decide(correction_id: int) -> Any:
    """Approve or refuse."""
    form = CorrectionAnswerForm.parse()
    queries.get_verdict_correction(current_actor(), correction_id, Permission.RESULT_APPROVE)

    def work(actor: Any, now: Any) -> None:
        services.decide_correction(
            correction_id=correction_id, approve=form.is_approved, note=text(form.note), actor=actor, now=now
        )
        flash(_("Keputusan tersimpan."), "ok")

    return act(
        form, work, url_for("assessment.verdict_correction_list"),
        lambda form, status: _decide_page(correction_id, form, status),
    )  # fmt: skip


def _cell(cell: tuple[int, int, int]) -> dict[str, Any]:
    return dict(zip(("batch_id", "enrollment_id", "unit_id"), cell, strict=True))


def _ask_page(cell: tuple[int, int, int], form: Any, status: int) -> Any:
    batch_id, enrollment_id, unit_id = cell
    services.check_reach(current_actor(), batch_id)
    person = queries.get_candidate(batch_id, enrollment_id)
    units = queries.verdicts_of_enrollment(enrollment_id)
    unit = next((one for one in units if one.unit_id == unit_id), None)
    if unit is None:
        raise NotFound()
    return htmx.render(
        "assessment/correction_ask.html", status=status, person=person, unit=unit, form=form, labels=labels,
        batch=queries.get_batch_head(batch_id), cell=_cell(cell),
        rows=queries.corrections_of_cell(enrollment_id, unit_id),
        signature=queries.find_signature(batch_id),
    )  # fmt: skip


def _decide_page(correction_id: int, form: Any, status: int) -> Any:
    actor = current_actor()
    row = queries.get_verdict_correction(actor, correction_id)
    return htmx.render(
        "assessment/correction_decide.html", status=status, row=row, form=form, labels=labels,
        certificate=services.certificate_in_the_way(row) if row.is_open else None,
        may_decide=actor.may(Permission.RESULT_APPROVE), is_own=row.asked_by == actor.user_id,
    )  # fmt: skip
