"""Appeals at the center, with their clock, and at the desk of the assessor who answers."""

from __future__ import annotations

from typing import Any

from flask import flash, request, url_for

from portal.assessment import labels, queries, rules, services
from portal.assessment.forms.objections import AnswerForm, AssignForm, text
from portal.assessment.views.acting import act
from portal.assessment.views.blueprint import blueprint
from portal.core import clock, htmx
from portal.core.permissions import Permission, current_actor, requires
from portal.core.words import gettext as _


@blueprint.get("/balai/banding")
@requires(Permission.APPEAL_ASSIGN)
def appeal_list() -> Any:
    """The center's appeals with their clock, the overdue first."""
    rows = queries.appeals_of_centers(current_actor())
    return _list("assessment/appeals.html", rows)


@blueprint.get("/balai/banding/<int:appeal_id>")
@requires(Permission.APPEAL_ASSIGN)
def appeal_page(appeal_id: int) -> Any:
    """One appeal, and who could answer it with why not."""
    return _assign_page(appeal_id, AssignForm(), 200)


@blueprint.post("/balai/banding/<int:appeal_id>")
@requires(Permission.APPEAL_ASSIGN)
def appeal_assign(appeal_id: int) -> Any:
    """Give it to somebody uninvolved."""
    form = AssignForm.parse()
    queries.get_center_appeal(current_actor(), appeal_id)

    def work(actor: Any, now: Any) -> None:
        services.assign_appeal(appeal_id=appeal_id, staff_id=form.staff_id, actor=actor, now=now)
        flash(_("Banding diserahkan kepada asesor."), "ok")

    return act(
        form,
        work,
        url_for("assessment.appeal_list"),
        lambda form, status: _assign_page(appeal_id, form, status),
    )


@blueprint.get("/instruktur/banding")
@requires(Permission.APPEAL_DECIDE)
def appeal_desk() -> Any:
    """The appeals that went to this account."""
    return _list("assessment/appeal_desk.html", queries.appeals_for(current_actor().user_id))


@blueprint.get("/instruktur/banding/<int:appeal_id>")
@requires(Permission.APPEAL_DECIDE)
def appeal_case(appeal_id: int) -> Any:
    """The result, what it rests on, the objection, and the answer."""
    return _case_page(appeal_id, AnswerForm(), 200)


@blueprint.post("/instruktur/banding/<int:appeal_id>")
@requires(Permission.APPEAL_DECIDE)
def appeal_decide(appeal_id: int) -> Any:
    """Answer it."""
    form, state = AnswerForm.parse(), request.form.get("state", "")
    queries.get_assigned_appeal(current_actor(), appeal_id)

    def work(actor: Any, now: Any) -> None:
        services.decide_appeal(
            appeal_id=appeal_id, state=state, decision=text(form.decision), actor=actor, now=now
        )
        flash(_("Banding dijawab. Peserta diberi tahu."), "ok")

    return act(
        form,
        work,
        url_for("assessment.appeal_desk"),
        lambda form, status: _case_page(appeal_id, form, status),
    )


def _list(template: str, rows: list[queries.AppealRow]) -> Any:
    now = clock.now()
    return htmx.render(
        template, open=[row for row in rows if row.is_open], past=[row for row in rows if not row.is_open],
        left={row.id: rules.days_left(row.due_at, now) for row in rows}, labels=labels,
    )  # fmt: skip


def _assign_page(appeal_id: int, form: Any, status: int) -> Any:
    row, now = queries.get_center_appeal(current_actor(), appeal_id), clock.now()
    people = queries.deciders_of(row, now, _) if row.is_open else []
    free = [one for one in people if not one.blockers]
    form.offer(free)
    return htmx.render(
        "assessment/appeal_assign.html", status=status, row=row, form=form, free=free, labels=labels,
        involved=[one for one in people if one.blockers], left=rules.days_left(row.due_at, now),
    )  # fmt: skip


def _case_page(appeal_id: int, form: Any, status: int) -> Any:
    row = queries.get_assigned_appeal(current_actor(), appeal_id)
    unit = next(u for u in queries.verdicts_of_enrollment(row.enrollment_id) if u.unit_id == row.unit_id)
    return htmx.render(
        "assessment/appeal_case.html", status=status, row=row, unit=unit, form=form, labels=labels,
        verdict=queries.verdicts_of(row.enrollment_id).get(row.unit_id),
        versions=queries.versions_of(row.enrollment_id).get(row.unit_id, []),
        observed=queries.observations_of(row.enrollment_id, row.unit_id),
        criteria=queries.criteria_words(row.unit_id), left=rules.days_left(row.due_at, clock.now()),
    )  # fmt: skip
