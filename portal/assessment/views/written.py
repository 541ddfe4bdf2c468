"""Results of a written test: people x units, what they propose, and taking them over as verdicts."""

from __future__ import annotations

from typing import Any

from flask import request, url_for

from portal.assessment import queries
from portal.assessment.forms.keys import SeenForm
from portal.assessment.labels import points
from portal.assessment.queries import keys, results
from portal.assessment.queries.bank import reach_of
from portal.assessment.rules.judging import COMPETENT
from portal.assessment.rules.scoring import needed_points
from portal.assessment.services import own_people
from portal.assessment.services import written as services
from portal.assessment.views.blueprint import blueprint
from portal.core import clock, htmx
from portal.core.db import transaction
from portal.core.errors import DomainError
from portal.core.forms import BaseForm
from portal.core.idempotency import claim
from portal.core.permissions import Permission, current_actor, requires
from portal.core.words import gettext as _


@blueprint.get("/instruktur/uji/<int:test_id>/hasil")
@requires(Permission.VERDICT_RECORD)
def test_results(test_id: int) -> Any:
    """Everybody with their points by unit, and what would be taken over."""
    return _results(test_id, BaseForm())


@blueprint.post("/instruktur/uji/<int:test_id>/hasil")
@requires(Permission.VERDICT_RECORD)
def test_results_apply(test_id: int) -> Any:
    """Take the proposals over as verdicts."""
    actor, now, form = current_actor(), clock.now(), SeenForm.parse()
    try:
        with transaction():
            op = claim(form.op.data, actor=actor, now=now)
            if op.is_new:
                services.apply_results(test_id=test_id, seen=form.seen.data or "", actor=actor, now=now)
                op.finish(url_for("assessment.test_results", test_id=test_id, diterapkan=1))
    except DomainError as error:
        if error.status in (403, 404):
            raise
        fresh = BaseForm()
        fresh.add_error(error)
        return _results(test_id, fresh, error.status)
    return htmx.redirect(op.outcome)


def _results(test_id: int, form: BaseForm, status: int = 200) -> Any:
    """The page; a fixed number of statements."""
    actor, now = current_actor(), clock.now()
    head = results.get_test_head(actor, test_id)
    found, plan = services.proposals_of(head, actor, now)
    people = queries.candidates_of(head.batch.batch_id)
    units = results.units_named(head.needed)
    blind = queries.blind_cells(head.batch, actor)
    verdicts = {c: row for c, row in queries.verdicts_of_batch(head.batch.batch_id).items() if c not in blind}
    attempts = results.attempts_of_test(test_id)
    asked = {cell[0] for cell in results.retests_of_test(test_id)} if head.is_retest else None
    shown = [one for one in people if asked is None or one.enrollment_id in asked]
    return htmx.render(
        "assessment/written/results.html", status=status, head=head, form=form, units=units,
        rows=[_row(one, attempts.get(one.enrollment_id), units, found, plan, verdicts) for one in shown],
        counts=_counts(shown, attempts, found, plan, verdicts), seen=services.plan_digest(found, plan),
        names={one.enrollment_id: one.name for one in people}, plan=plan, letters=_letters(plan, found),
        own=own_people(shown, actor, now), closed=services.closed_for(head, now), shown=points,
        needed={unit.id: head.needed[unit.id] for unit in units}, just_applied="diterapkan" in request.args,
        questions=results.questions_of_test(test_id), reach=reach_of(actor),
        may_look=actor.may(Permission.QUESTION_EDIT),
        corrections=keys.corrections_of_batch(head.batch.batch_id),
    )  # fmt: skip


def _row(person: Any, attempt: Any, units: Any, found: Any, plan: Any, verdicts: Any) -> dict[str, Any]:
    """One person: where their sitting stands, and a cell for each unit (None: nothing was scored)."""
    cells = []
    for unit in units:
        cell = (person.enrollment_id, unit.id)
        one, verdict = found.get(cell), verdicts.get(cell)
        cells.append(
            one
            and {
                "points": points(one.points),
                "of": points(one.of),
                "percent": 100 * one.points / one.of if one.of else 0,
                "needed_pct": one.needed_pct,
                "needed": points(needed_points(one.of, one.needed_pct)),
                "is_k": one.value == COMPETENT,
                "kept": verdict if cell in plan.kept and verdict else None,
                "was": verdict if cell in plan.apply and verdict and verdict.value != one.value else None,
            }
        )
    return {"person": person, "state": _state(attempt), "cells": cells}


def _state(attempt: Any) -> tuple[str, str, str] | None:
    """(kind, icon, words) of a sitting without a score; None when there is one."""
    if attempt is None:
        return "warn", "circle-dashed", _("Belum mengerjakan")
    if attempt.state == "void":
        return "err", "ban", _("Dibatalkan")
    if attempt.state == "running" and attempt.is_paper:
        return "warn", "printer", _("Kertas belum dimasukkan")
    if attempt.state == "running":
        return "info", "hourglass", _("Sedang mengerjakan")
    return None


def _counts(people: Any, attempts: Any, found: Any, plan: Any, verdicts: Any) -> dict[str, int]:
    done = {cell[0] for cell in found}
    return {
        "people": len(people),
        "done": len(done),
        "missing": sum(one.enrollment_id not in attempts for one in people),
        "k": sum(one.value == COMPETENT for one in found.values()),
        "bk": sum(one.value != COMPETENT for one in found.values()),
        "apply": len(plan.apply),
        "turned": sum(cell in verdicts and verdicts[cell].value != found[cell].value for cell in plan.apply),
    }


def _letters(plan: Any, found: Any) -> dict[str, int]:
    """How many K and BK would be taken over."""
    values = [found[cell].value for cell in plan.apply]
    return {"k": values.count(COMPETENT), "bk": len(values) - values.count(COMPETENT)}
