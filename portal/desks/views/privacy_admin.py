"""The administrator's part of people's rights: erasures to carry out, holds, and how long things are kept.

Nobody is named on these pages: a person is a number here.
"""

from __future__ import annotations

from typing import Any

from flask import request, url_for

from portal.core import clock, htmx, retention
from portal.core.db import transaction
from portal.core.errors import DomainError
from portal.core.forms import TokenForm
from portal.core.idempotency import claim
from portal.core.paging import page_number
from portal.core.permissions import Permission, current_actor, requires
from portal.core.words import gettext as _
from portal.desks.data_labels import REQUEST_WORDS
from portal.desks.forms_rights import DecisionForm, HoldForm
from portal.desks.queries.people import names_of_users, person_by_number
from portal.desks.telling import tell_refused_erasure
from portal.desks.views.blueprint import blueprint
from portal.people import queries as people
from portal.people import services

MANAGE = Permission.PRIVACY_MANAGE


@blueprint.get("/admin/penghapusan")
@requires(MANAGE)
def erasure_list() -> Any:
    """Requests to be forgotten, those that wait first."""
    listing = people.list_erasures(page_number(request.args.get("hal")))
    return htmx.render("desks/erasure_list.html", listing=listing, words=REQUEST_WORDS)


def _erasure_page(erasure_id: int, form: DecisionForm, status: int = 200) -> Any:
    actor, row = current_actor(), people.get_erasure(erasure_id)
    is_open = row.state == "asked"
    preview = (
        services.preview_erasure(person_id=row.person_id, actor=actor, now=clock.now()) if is_open else None
    )
    return htmx.render(
        "desks/erasure_decide.html",
        None,
        status,
        row=row,
        form=form,
        preview=preview,
        words=REQUEST_WORDS,
        names=names_of_users({row.decided_by}),
        is_own=row.person_id == actor.person_id,
    )


@blueprint.get("/admin/penghapusan/<int:erasure_id>")
@requires(MANAGE)
def erasure_page(erasure_id: int) -> Any:
    """One request with what would go and stay."""
    return _erasure_page(erasure_id, DecisionForm())


@blueprint.post("/admin/penghapusan/<int:erasure_id>")
@requires(MANAGE)
def erasure_decide(erasure_id: int) -> Any:
    """Carry it out, or refuse it with a reason."""
    form, actor, now = DecisionForm.parse(), current_actor(), clock.now()
    people.get_erasure(erasure_id)
    if not form.validate() or form.decision.data not in ("setuju", "tolak"):
        return _erasure_page(erasure_id, form, 422)
    who: dict[str, Any] = {"request_id": erasure_id, "actor": actor, "now": now}
    try:
        with transaction():
            op = claim(form.op.data, actor=actor, now=now)
            if op.is_new:
                if form.decision.data == "setuju":
                    services.carry_out_erasure(**who)
                else:
                    tell_refused_erasure(services.refuse_erasure(note=form.note.data or "", **who), now=now)
                op.finish(url_for("desks.erasure_page", erasure_id=erasure_id, tersimpan="putus"))
    except DomainError as error:
        if error.status in (403, 404):
            raise
        form.add_error(error)
        return _erasure_page(erasure_id, form, error.status)
    return htmx.redirect(op.outcome)


def _holds_page(form: HoldForm, status: int = 200) -> Any:
    listing = people.list_holds(page_number(request.args.get("hal")))
    return htmx.render(
        "desks/holds.html",
        None,
        status,
        form=form,
        listing=listing,
        names=names_of_users({one for row in listing.items for one in (row.placed_by, row.lifted_by)}),
        today=clock.local_date(clock.now(), "Asia/Jakarta"),
        token_form=TokenForm(),
    )


@blueprint.get("/admin/penahanan")
@requires(MANAGE)
def holds() -> Any:
    """People whose records may not be erased, and placing one more hold."""
    return _holds_page(HoldForm())


@blueprint.post("/admin/penahanan")
@requires(MANAGE)
def hold_post() -> Any:
    """Place a hold."""
    form, actor, now = HoldForm.parse(), current_actor(), clock.now()
    if not form.validate() or form.until.process_errors:
        return _holds_page(form, 422)
    try:
        with transaction():
            op = claim(form.op.data, actor=actor, now=now)
            if op.is_new:
                person_id = person_by_number(form.person.data)
                if person_id is None:
                    raise DomainError("person_unknown", _("Tidak ada orang dengan nomor ini."), "person")
                services.place_hold(
                    person_id=person_id, reason=form.reason.data, until=form.until.data, actor=actor, now=now
                )
                op.finish(url_for("desks.holds", tersimpan="tahan"))
    except DomainError as error:
        if error.status in (403, 404):
            raise
        form.add_error(error)
        return _holds_page(form, error.status)
    return htmx.redirect(op.outcome)


@blueprint.post("/admin/penahanan/<int:hold_id>/cabut")
@requires(MANAGE)
def hold_lift(hold_id: int) -> Any:
    """Lift a hold."""
    actor, now = current_actor(), clock.now()
    people.get_hold(hold_id)
    with transaction():
        op = claim(TokenForm.parse().op.data, actor=actor, now=now)
        if op.is_new:
            services.lift_hold(hold_id=hold_id, actor=actor, now=now)
            op.finish(url_for("desks.holds", tersimpan="cabut"))
    return htmx.redirect(op.outcome)


@blueprint.get("/admin/retensi")
@requires(MANAGE)
def retention_rules() -> Any:
    """How long what is kept and why, what is due now, and the latest run."""
    return htmx.render(
        "desks/retention.html",
        standings=retention.standings(clock.now()),
        run=retention.latest_run(),
        token_form=TokenForm(),
        now=clock.now(),
    )


@blueprint.post("/admin/retensi")
@requires(MANAGE)
def retention_run() -> Any:
    """Sweep what is due, as a job."""
    actor, now = current_actor(), clock.now()
    with transaction():
        op = claim(TokenForm.parse().op.data, actor=actor, now=now)
        if op.is_new:
            retention.start_run(actor=actor, now=now)
            op.finish(url_for("desks.retention_rules", tersimpan="jalan"))
    return htmx.redirect(op.outcome)
