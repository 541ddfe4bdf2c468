"""A re-test of one unit of one person: opened, given its result, or called off."""

from __future__ import annotations

from typing import Any

from flask import request, url_for

from portal.assessment import labels, queries, services
from portal.assessment.forms.objections import ResultForm, RetestForm, text
from portal.assessment.queries.written import written_of_batch
from portal.assessment.views.acting import act
from portal.assessment.views.blueprint import blueprint
from portal.catalog.queries import units_of
from portal.core import clock, htmx
from portal.core.errors import NotFound
from portal.core.permissions import Permission, current_actor, requires

PATH = "/instruktur/hasil/<int:batch_id>/<int:enrollment_id>/unit/<int:unit_id>/ulang"
Cell = tuple[int, int, int]


@blueprint.get(PATH)
@requires(Permission.VERDICT_RECORD)
def retest(batch_id: int, enrollment_id: int, unit_id: int) -> Any:
    """Open one, or what the open one came to."""
    return _page((batch_id, enrollment_id, unit_id), RetestForm(), 200)


@blueprint.post(PATH)
@requires(Permission.VERDICT_RECORD)
def retest_post(batch_id: int, enrollment_id: int, unit_id: int) -> Any:
    """`langkah` says which: buka, hasil or batal."""
    cell = (batch_id, enrollment_id, unit_id)
    head = queries.get_head(current_actor(), batch_id)
    queries.get_candidate(batch_id, enrollment_id)
    if (enrollment_id, unit_id) in queries.blind_cells(head, current_actor()):
        return _second_first(cell)
    step = request.form.get("langkah", "buka")
    running = queries.open_retests(batch_id).get((enrollment_id, unit_id))
    if step == "hasil":
        return _close(cell, running)
    if step == "batal":
        return _cancel(cell, running)
    form = RetestForm.parse()
    return act(
        form,
        lambda actor, now: services.open_retest(
            batch_id=batch_id, enrollment_id=enrollment_id, unit_id=unit_id, test_id=form.test_id,
            note=text(form.note), actor=actor, now=now,
        ),
        _here(cell),
        lambda form, status: _page(cell, form, status),
    )  # fmt: skip


def _close(cell: Cell, running: Any) -> Any:
    form, value = ResultForm.parse(), request.form.get("value", "")
    return act(
        form,
        lambda actor, now: services.close_retest(_id(running), value, {}, actor, now, text(form.note)),
        _here(cell),
        lambda form, status: _page(cell, form, status),
    )


def _cancel(cell: Cell, running: Any) -> Any:
    return act(
        ResultForm.parse(),
        lambda actor, now: services.cancel_retest(retest_id=_id(running), actor=actor, now=now),
        _here(cell),
        lambda form, status: _page(cell, form, status),
    )


def _id(running: Any) -> int:
    if running is None:
        raise NotFound()
    return int(running.id)


def _second_first(cell: Cell) -> Any:
    """Whose second word is wanted gives it before the first one is shown, here as everywhere."""
    return htmx.redirect(url_for("assessment.second", batch_id=cell[0], orang=cell[1], _anchor=f"p{cell[1]}"))


def _here(cell: Cell) -> str:
    return url_for("assessment.retest", batch_id=cell[0], enrollment_id=cell[1], unit_id=cell[2])


def _page(cell: Cell, form: Any, status: int) -> Any:
    batch_id, enrollment_id, unit_id = cell
    actor, now = current_actor(), clock.now()
    head = queries.get_head(actor, batch_id)
    person = queries.get_candidate(batch_id, enrollment_id)
    if (enrollment_id, unit_id) in queries.blind_cells(head, actor):
        return _second_first(cell)
    unit = next((one for one in units_of(head.curriculum_id) if one.id == unit_id), None)
    if unit is None:
        raise NotFound()
    rows = [one for one in queries.retests_of(enrollment_id) if one.unit_id == unit_id]
    opening = form if isinstance(form, RetestForm) else RetestForm()
    papers = queries.retest_papers(batch_id, unit_id, enrollment_id)
    opening.offer(papers)
    return htmx.render(
        "assessment/retest.html", status=status, head=head, person=person, unit=unit, form=form,
        opening=opening, result=form if isinstance(form, ResultForm) else ResultForm(), labels=labels,
        running=next((one for one in rows if one.is_open), None),
        past=[one for one in rows if not one.is_open][::-1],
        verdict=queries.verdicts_of(enrollment_id).get(unit_id), papers={row.id: row for row in papers},
        seen=queries.observed_in(batch_id, [enrollment_id]).get((enrollment_id, unit_id)),
        written=written_of_batch(batch_id).get((enrollment_id, unit_id)),
        closed=services.closed_reason(head, now, after_signing=True),
        own=services.own_people([person], actor, now),
    )  # fmt: skip
