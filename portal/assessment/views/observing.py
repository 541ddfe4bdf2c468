"""The checklist of a practical observation, one person and one unit at a time."""

from __future__ import annotations

from typing import Any

from flask import flash, url_for

from portal.assessment import labels, queries, services
from portal.assessment.forms.observing import Noted, ObservationForm, noted
from portal.assessment.queries.written import written_of_batch
from portal.assessment.views.acting import act
from portal.assessment.views.blueprint import blueprint
from portal.catalog.queries import units_of
from portal.core import clock, htmx
from portal.core.errors import NotFound
from portal.core.permissions import Permission, current_actor, requires
from portal.core.words import gettext as _

PATH = "/instruktur/hasil/<int:batch_id>/<int:enrollment_id>/unit/<int:unit_id>/observasi"


@blueprint.get(PATH)
@requires(Permission.VERDICT_RECORD)
def observation(batch_id: int, enrollment_id: int, unit_id: int) -> Any:
    """Every criterion met, not met or not observed, and the notes of the interview."""
    return _page((batch_id, enrollment_id, unit_id), ObservationForm(), 200, None)


@blueprint.post(PATH)
@requires(Permission.VERDICT_RECORD)
def record_observation(batch_id: int, enrollment_id: int, unit_id: int) -> Any:
    """Write down what was seen."""
    sent, cell = noted(), (batch_id, enrollment_id, unit_id)
    target = url_for(
        "assessment.person", batch_id=batch_id, enrollment_id=enrollment_id, _anchor=f"u{unit_id}"
    )

    def work(actor: Any, now: Any) -> None:
        services.record_observation(
            batch_id=batch_id, enrollment_id=enrollment_id, unit_id=unit_id, criteria=sent.criteria,
            note=sent.note, interview=sent.interview, expected_version=sent.version, actor=actor, now=now,
        )  # fmt: skip
        flash(_("Pengamatan tersimpan. Sekarang nilai unitnya."), "ok")

    return act(ObservationForm.parse(), work, target, lambda form, status: _page(cell, form, status, sent))


def _page(cell: tuple[int, int, int], form: Any, status: int, sent: Noted | None) -> Any:
    batch_id, enrollment_id, unit_id = cell
    actor, now = current_actor(), clock.now()
    head = queries.get_head(actor, batch_id)
    person = queries.get_candidate(batch_id, enrollment_id)
    unit = next((one for one in units_of(head.curriculum_id) if one.id == unit_id), None)
    if unit is None:
        raise NotFound()
    versions = queries.observations_of(enrollment_id, unit_id)
    is_tested_again = (enrollment_id, unit_id) in queries.open_retests(batch_id)
    return htmx.render(
        "assessment/observation.html", status=status, head=head, person=person, unit=unit, form=form,
        sent=sent, current=versions[0] if versions else None, versions=versions,
        closed=services.closed_reason(head, now, is_tested_again), labels=labels,
        own=services.own_people([person], actor, now),
        written=written_of_batch(batch_id).get((enrollment_id, unit_id)),
    )  # fmt: skip
