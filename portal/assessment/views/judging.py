"""Results of a batch for its judges: per person and unit, one person at a time, and the signature."""

from __future__ import annotations

from typing import Any

from flask import request, url_for

from portal.assessment import forms, labels, queries, services
from portal.assessment.queries import Candidate, SheetHead
from portal.assessment.queries.written import written_of_batch
from portal.assessment.views.blueprint import blueprint
from portal.catalog.queries import units_of
from portal.core import clock, htmx
from portal.core.db import transaction
from portal.core.errors import DomainError
from portal.core.forms import BaseForm, row_number
from portal.core.idempotency import claim
from portal.core.permissions import Permission, current_actor, requires


@blueprint.get("/instruktur/hasil/<int:batch_id>")
@requires(Permission.VERDICT_RECORD)
def results(batch_id: int) -> Any:
    """Everybody with their units, K or BK."""
    return _results(batch_id)


@blueprint.post("/instruktur/hasil/<int:batch_id>")
@requires(Permission.VERDICT_RECORD)
def record(batch_id: int) -> Any:
    """One unit of one person. With htmx that unit and the person's count; else back to the same place."""
    entry = forms.one_entry()
    try:
        with transaction():
            services.record_verdicts(
                batch_id=batch_id, entries=[entry], actor=current_actor(), now=clock.now()
            )
    except DomainError as error:
        return _refused(error, batch_id, entry)
    if not htmx.is_fragment():
        return htmx.redirect(_back(batch_id, entry.enrollment_id, entry.unit_id))
    return _unit(batch_id, entry.enrollment_id, entry.unit_id)


@blueprint.post("/instruktur/hasil/<int:batch_id>/<int:enrollment_id>/kompeten")
@requires(Permission.VERDICT_RECORD)
def judge_rest(batch_id: int, enrollment_id: int) -> Any:
    """All units of one person that have no verdict yet are K."""
    actor = current_actor()
    with transaction():
        services.judge_rest(batch_id=batch_id, enrollment_id=enrollment_id, actor=actor, now=clock.now())
    if not htmx.is_fragment():
        return htmx.redirect(_back(batch_id, enrollment_id))
    context = _context(queries.get_head(actor, batch_id), [queries.get_candidate(batch_id, enrollment_id)])
    person = context["people"][0]
    return htmx.render(
        "assessment/results.html", "assessment/_person.html", person=person, number=None, oob=True, **context
    )


@blueprint.get("/instruktur/hasil/<int:batch_id>/<int:enrollment_id>")
@requires(Permission.VERDICT_RECORD)
def person(batch_id: int, enrollment_id: int) -> Any:
    """One person: all units in one form, with criteria, notes and earlier versions."""
    return _person(batch_id, enrollment_id)


@blueprint.post("/instruktur/hasil/<int:batch_id>/<int:enrollment_id>")
@requires(Permission.VERDICT_RECORD)
def record_person(batch_id: int, enrollment_id: int) -> Any:
    """All units of one person at once, all or nothing."""
    actor = current_actor()
    head = queries.get_head(actor, batch_id)
    queries.get_candidate(batch_id, enrollment_id)
    entries = forms.whole_person(enrollment_id, [unit[0] for unit in queries.units_in(head.curriculum_id)])
    try:
        with transaction():
            if entries:
                services.record_verdicts(batch_id=batch_id, entries=entries, actor=actor, now=clock.now())
    except DomainError as error:
        if error.status in (403, 404):
            raise
        return _person(batch_id, enrollment_id, error.status, typed=forms.typed(entries), problem=error)
    return htmx.redirect(_back(batch_id, enrollment_id))


@blueprint.get("/instruktur/hasil/<int:batch_id>/tutup")
@requires(Permission.SHEET_FINALIZE)
def closing(batch_id: int) -> Any:
    """What is still blank, and the signature."""
    return _closing(batch_id, BaseForm())


@blueprint.post("/instruktur/hasil/<int:batch_id>/tutup")
@requires(Permission.SHEET_FINALIZE)
def close(batch_id: int) -> Any:
    """Sign."""
    actor, now, form = current_actor(), clock.now(), BaseForm.parse()
    try:
        with transaction():
            op = claim(form.op.data, actor=actor, now=now)
            if op.is_new:
                services.finalize_sheet(batch_id=batch_id, actor=actor, now=now)
                op.finish(url_for("assessment.results", batch_id=batch_id))
    except DomainError as error:
        if error.status in (403, 404):
            raise
        form.add_error(error)
        return _closing(batch_id, form, error.status)
    return htmx.redirect(op.outcome)


@blueprint.get("/balai/angkatan/<int:batch_id>/hasil")
@requires(Permission.BATCH_VIEW)
def overview(batch_id: int) -> Any:
    """People x units, read-only, for the center."""
    batch = queries.get_center_head(current_actor(), batch_id)
    people, units = queries.candidates_of(batch_id), units_of(batch.curriculum_id)
    verdicts = queries.verdicts_of_batch(batch_id)
    return htmx.render(
        "assessment/overview.html", batch=batch, people=people, units=units, verdicts=verdicts,
        tally={person.enrollment_id: _tally(person.enrollment_id, units, verdicts) for person in people},
        signature=queries.find_signature(batch_id),
        may_correct=current_actor().may(Permission.RESULT_CORRECT),
    )  # fmt: skip


def _context(head: SheetHead, people: list[Candidate]) -> dict[str, Any]:
    """What the result templates need; a fixed number of statements."""
    actor, now = current_actor(), clock.now()
    units = units_of(head.curriculum_id)
    alone = people[0].enrollment_id if len(people) == 1 else None
    if alone is None:
        verdicts = queries.verdicts_of_batch(head.batch_id)
    else:
        verdicts = {(alone, unit_id): row for unit_id, row in queries.verdicts_of(alone).items()}
    blind = queries.blind_cells(head, actor)
    # What may not be seen yet is not counted either.
    seen = {cell: row for cell, row in verdicts.items() if cell not in blind}
    waiting = {
        person.enrollment_id: sum(cell[0] == person.enrollment_id for cell in blind) for person in people
    }
    return {
        "head": head,
        "people": people,
        "units": units,
        "verdicts": verdicts,
        "tally": {i: _tally(i, units, seen, hidden) for i, hidden in waiting.items()},
        "own": services.own_people(people, actor, now),
        "closed": services.closed_reason(head, now),
        "blind": blind,
        "url": url_for("assessment.results", batch_id=head.batch_id),
    }


def _tally(enrollment_id: int, units: Any, verdicts: Any, hidden: int = 0) -> dict[str, int]:
    """How many units of one person are K, BK and not judged. `hidden`: how many were judged but are left out
    of `verdicts`."""
    values = [verdicts.get((enrollment_id, unit.id)) for unit in units]
    return {
        "k": sum(v is not None and v.value == "competent" for v in values),
        "bk": sum(v is not None and v.value != "competent" for v in values),
        "blank": sum(v is None for v in values) - hidden,
    }


def _results(batch_id: int, status: int = 200, refused: Any = None) -> Any:
    head = queries.get_head(current_actor(), batch_id)
    context = _context(head, queries.candidates_of(batch_id))
    tallies = context["tally"].items()
    first_open = next((i for i, count in tallies if count["blank"]), -1)
    opened = request.args.get("orang", first_open, type=row_number)
    return htmx.render(
        "assessment/results.html", status=status, refused=refused,
        opened=refused[0].enrollment_id if refused else opened,
        blank=sum(count["blank"] for _person, count in tallies), may_second=_may_second(head),
        signature=queries.find_signature(batch_id) if head.state == "finalized" else None,
        may_sign=current_actor().may(Permission.SHEET_FINALIZE), **context,
    )  # fmt: skip


def _may_second(head: SheetHead) -> bool:
    return head.second_assessor and current_actor().may(Permission.VERDICT_SECOND)


def _unit(batch_id: int, enrollment_id: int, unit_id: int, status: int = 200, refused: Any = None) -> Any:
    """One unit of one person as htmx swaps it, with the person's count."""
    head = queries.get_head(current_actor(), batch_id)
    someone = queries.get_candidate(batch_id, enrollment_id)
    context = _context(head, [someone])
    unit = next((unit for unit in context["units"] if unit.id == unit_id), None)
    if unit is None:
        return _results(batch_id, status, refused)
    return htmx.render(
        "assessment/results.html", "assessment/_unit.html", status, person=someone, unit=unit,
        refused=refused, oob=True, **context,
    )  # fmt: skip


def _refused(error: DomainError, batch_id: int, entry: services.VerdictEntry) -> Any:
    """The unit with the reason and what was typed (htmx), or the whole page with it open."""
    if error.status in (403, 404) or error.code in ("outside_batch", "unit_foreign"):
        raise error
    refused = (entry, error)
    if htmx.is_fragment():
        return _unit(batch_id, entry.enrollment_id, entry.unit_id, error.status, refused)
    return _results(batch_id, error.status, refused)


def _person(
    batch_id: int, enrollment_id: int, status: int = 200, typed: Any = None, problem: Any = None
) -> Any:
    head = queries.get_head(current_actor(), batch_id)
    someone = queries.get_candidate(batch_id, enrollment_id)
    context = _context(head, [someone])
    observed = queries.observed_in(batch_id, [enrollment_id])
    return htmx.render(
        "assessment/person.html", status=status, person=someone, typed=typed or {}, problem=problem,
        versions=queries.versions_of(enrollment_id), observed=observed,
        proposed=_proposed(context["units"], observed),
        written=written_of_batch(batch_id), retests=queries.open_retests(batch_id), labels=labels,
        seconds=queries.seconds_of_batch(batch_id) if head.second_assessor else {},
        **context,
    )  # fmt: skip


def _proposed(units: Any, observed: Any) -> dict[int, str]:
    """unit id -> what its observation proposes, K or BK."""
    found: dict[int, str] = {}
    known = {u.id: [c.id for element in u.elements for c in element.criteria] for u in units}
    for (_person, unit_id), seen in observed.items():
        found[unit_id] = seen.proposes(known.get(unit_id, ()))
    return found


def _closing(batch_id: int, form: BaseForm, status: int = 200) -> Any:
    head = queries.get_head(current_actor(), batch_id)
    blanks = services.find_blanks(head)
    return htmx.render(
        "assessment/closing.html", status=status, head=head, form=form,
        marks=[blank for blank in blanks if blank.session_id],
        missing=[blank for blank in blanks if blank.unit_id and not blank.is_second],
        seconds=[blank for blank in blanks if blank.is_second], may_second=_may_second(head),
        closed=services.closed_reason(head, clock.now()), signature=queries.find_signature(batch_id),
        url=url_for("assessment.results", batch_id=batch_id), actor_name=current_actor().name,
    )  # fmt: skip


def _back(batch_id: int, enrollment_id: int, unit_id: int | None = None) -> str:
    """The results again, this person open, at the unit."""
    anchor = f"u{enrollment_id}-{unit_id}" if unit_id else f"p{enrollment_id}"
    return url_for("assessment.results", batch_id=batch_id, orang=enrollment_id, _anchor=anchor)
