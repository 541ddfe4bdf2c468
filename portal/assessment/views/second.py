"""The second assessor's desk: a word on each verdict, before the first one's is shown."""

from __future__ import annotations

from typing import Any

from flask import request, url_for

from portal.assessment import labels, queries, services
from portal.assessment.forms.objections import SecondForm, text
from portal.assessment.views.acting import act
from portal.assessment.views.blueprint import blueprint
from portal.core import clock, htmx
from portal.core.forms import row_number
from portal.core.permissions import Permission, current_actor, requires


@blueprint.get("/instruktur/hasil/<int:batch_id>/kedua")
@requires(Permission.VERDICT_SECOND)
def second(batch_id: int) -> Any:
    """Everybody whose verdicts need a second word; what was given is shown beside the first."""
    return _page(batch_id, SecondForm(), 200)


@blueprint.post("/instruktur/hasil/<int:batch_id>/kedua")
@requires(Permission.VERDICT_SECOND)
def record_second(batch_id: int) -> Any:
    """One second word."""
    form = SecondForm.parse()
    value = request.form.get("value", "")
    person = request.form.get("enrollment", 0, type=row_number)
    target = url_for("assessment.second", batch_id=batch_id, orang=person, _anchor=f"p{person}")
    return act(
        form,
        lambda actor, now: services.record_second(
            batch_id=batch_id, verdict_id=form.verdict_id, value=value, note=text(form.note), actor=actor,
            now=now,
        ),
        target,
        lambda form, status: _page(batch_id, form, status),
    )  # fmt: skip


def _page(batch_id: int, form: Any, status: int) -> Any:
    actor, now = current_actor(), clock.now()
    head = queries.get_head(actor, batch_id)
    people = queries.candidates_of(batch_id)
    desk = queries.second_desk(head, actor, services.own_people(people, actor, now))
    first = next((i for i, cells in desk.items() if any(one.is_to_give for one in cells)), 0)
    return htmx.render(
        "assessment/second.html", status=status, head=head, form=form, desk=desk, labels=labels,
        people=[person for person in people if person.enrollment_id in desk],
        opened=request.values.get("enrollment", request.args.get("orang", first)),
        closed=services.closed_reason(head, now, after_signing=True),
        waiting=sum(one.state == "missing" for cells in desk.values() for one in cells),
        disputed=sum(one.state == "disagreed" for cells in desk.values() for one in cells),
    )  # fmt: skip
