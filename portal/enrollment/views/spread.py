"""Spreading a regency's people over classes: the proposal, one class of it, and confirming."""

from __future__ import annotations

from typing import Any

from flask import request, url_for

from portal.core import clock, htmx
from portal.core.db import transaction
from portal.core.errors import Conflict, DomainError, NotFound
from portal.core.idempotency import claim
from portal.core.paging import page_number
from portal.core.permissions import Permission, current_actor, requires
from portal.enrollment import queries, services
from portal.enrollment.forms_roster import SpreadForm, chosen_classes, moves
from portal.enrollment.pages_roster import class_context, left_context, spread_context
from portal.enrollment.views.blueprint import blueprint

SPREAD = Permission.ROSTER_SPREAD


def _proposal(import_id: int) -> Any:
    """The import's roster, checked, and the proposal for the classes ticked in the address or the form."""
    found = queries.get_import(current_actor(), import_id, SPREAD)
    proposal = services.propose_spread(
        import_id=import_id, batch_ids=chosen_classes(request.values), actor=current_actor(), now=clock.now()
    )
    return found, proposal


def _page(import_id: int, status: int = 200, refused: DomainError | None = None) -> Any:
    found, proposal = _proposal(import_id)
    form = SpreadForm(fingerprint=proposal.fingerprint)
    context = spread_context(found, proposal, chosen_classes(request.values), current_actor(), clock.now())
    return htmx.render("enrollment/roster/spread.html", None, status, form=form, refused=refused, **context)


@blueprint.get("/pengusulan/<int:import_id>/bagi")
@requires(SPREAD)
def roster_spread(import_id: int) -> Any:
    """Who would sit in which class."""
    return _page(import_id)


@blueprint.post("/pengusulan/<int:import_id>/bagi")
@requires(SPREAD)
def roster_confirm(import_id: int) -> Any:
    """Make the proposal real, all of it or nothing."""
    actor, now, form = current_actor(), clock.now(), SpreadForm.parse()
    try:
        with transaction():
            op = claim(form.op.data, actor=actor, now=now)
            if op.is_new:
                services.confirm_import_spread(
                    import_id=import_id, fingerprint=form.fingerprint.data or "",
                    batch_ids=chosen_classes(request.form), actor=actor, now=now,
                )  # fmt: skip
                op.finish(url_for("enrollment.roster_import", import_id=import_id))
    except Conflict as error:
        return _page(import_id, error.status, error)
    return htmx.redirect(op.outcome)


@blueprint.post("/pengusulan/<int:import_id>/bagi/ulang")
@requires(SPREAD)
def roster_reset(import_id: int) -> Any:
    """Forget the changes by hand and propose afresh."""
    with transaction():
        services.reset_spread(import_id=import_id, actor=current_actor(), now=clock.now())
    return htmx.redirect(url_for("enrollment.roster_spread", import_id=import_id))


def _people(import_id: int, batch_id: int, status: int = 200, refused: DomainError | None = None) -> Any:
    found, proposal = _proposal(import_id)
    form = SpreadForm(fingerprint=proposal.fingerprint)
    picked = chosen_classes(request.values)
    if batch_id:
        if batch_id not in proposal.rows:
            raise NotFound()
        context = class_context(found, proposal, picked, batch_id)
    else:
        context = left_context(found, proposal, picked, page_number(request.args.get("hal")))
    return htmx.render("enrollment/roster/class.html", None, status, form=form, refused=refused, **context)


@blueprint.get("/pengusulan/<int:import_id>/bagi/<int:batch_id>")
@requires(SPREAD)
def roster_class(import_id: int, batch_id: int) -> Any:
    """The people of one class, each with a way to another; class 0 is everybody without one."""
    return _people(import_id, batch_id)


@blueprint.post("/pengusulan/<int:import_id>/bagi/<int:batch_id>")
@requires(SPREAD)
def roster_move(import_id: int, batch_id: int) -> Any:
    """Move the people whose select was changed."""
    actor, now, form = current_actor(), clock.now(), SpreadForm.parse()
    try:
        with transaction():
            op = claim(form.op.data, actor=actor, now=now)
            if op.is_new:
                services.move_people(
                    import_id=import_id, changes=moves(request.form), fingerprint=form.fingerprint.data or "",
                    batch_ids=chosen_classes(request.form), actor=actor, now=now,
                )  # fmt: skip
                op.finish(url_for("enrollment.roster_spread", import_id=import_id))
    except Conflict as error:
        return _people(import_id, batch_id, error.status, error)
    return htmx.redirect(op.outcome)
