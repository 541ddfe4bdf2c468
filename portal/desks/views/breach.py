"""The breach register."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

from flask import request, url_for

from portal.core import clock, htmx
from portal.core.clock import local_date
from portal.core.db import transaction
from portal.core.errors import DomainError
from portal.core.forms import BaseForm
from portal.core.idempotency import claim
from portal.core.paging import page_number
from portal.core.permissions import Permission, current_actor, requires
from portal.desks.forms_breach import ZONE, BreachForm, CloseForm, MeasureForm, ToldForm
from portal.desks.labels_breach import clock_words
from portal.desks.queries.people import names_of_users
from portal.desks.views.blueprint import blueprint
from portal.people.queries import breaches as queries
from portal.people.services import breaches

MANAGE = Permission.PRIVACY_MANAGE
# Where a domain error about a moment belongs
FIELDS = {"found_at": "found_on", "at": "told_on"}


@blueprint.get("/admin/insiden")
@requires(MANAGE)
def breach_list() -> Any:
    """The register, the open entries first."""
    number = page_number(request.args.get("hal"))
    listing = queries.list_breaches(number, clock.now())
    return htmx.render("desks/breach_list.html", listing=listing, page_no=number, clock_words=clock_words)


@blueprint.get("/admin/insiden/baru")
@requires(MANAGE)
def breach_new() -> Any:
    """A new entry."""
    now = clock.now()
    time = now.astimezone(ZoneInfo(ZONE)).strftime("%H.%M")
    return htmx.render(
        "desks/breach_new.html", form=BreachForm(found_on=local_date(now, ZONE), found_time=time)
    )


@blueprint.post("/admin/insiden/baru")
@requires(MANAGE)
def breach_new_post() -> Any:
    """Record it; its clock runs."""
    form = BreachForm.parse()
    return _save(
        form,
        lambda **who: breaches.record_breach(
            title=form.title.data or "",
            found_at=form.found_at,
            description=form.description.data or "",
            data_kinds=form.data_kinds.data or "",
            people_count=form.people_count.data,
            measures=form.measures.data or "",
            **who,
        ),
        lambda status: htmx.render("desks/breach_new.html", None, status, form=form),
    )


def _save(form: BaseForm, work: Callable[..., Any], refused: Callable[[int], Any]) -> Any:
    """One change of the register, and the page of the entry."""
    actor, now = current_actor(), clock.now()
    if not form.validate():
        return refused(422)
    try:
        with transaction():
            op = claim(form.op.data, actor=actor, now=now)
            if op.is_new:
                row = work(actor=actor, now=now)
                op.finish(url_for("desks.breach", breach_id=row.id))
    except DomainError as error:
        if error.status == 404:
            raise
        error.field = FIELDS.get(error.field or "", error.field)
        form.add_error(error)
        return refused(error.status)
    return htmx.redirect(op.outcome)


def _page(breach_id: int, status: int = 200, **forms: BaseForm) -> Any:
    view = queries.get_breach(breach_id, clock.now())
    known = {"measure_form": MeasureForm(), "told_form": ToldForm(), "close_form": CloseForm()}
    return htmx.render(
        "desks/breach.html",
        None,
        status,
        view=view,
        b=view.row,
        clock_words=clock_words,
        names=names_of_users({view.row.recorded_by, view.row.closed_by}),
        **{**known, **forms},
    )


@blueprint.get("/admin/insiden/<int:breach_id>")
@requires(MANAGE)
def breach(breach_id: int) -> Any:
    """One entry with its clock."""
    return _page(breach_id)


@blueprint.post("/admin/insiden/<int:breach_id>/catatan")
@requires(MANAGE)
def breach_measure(breach_id: int) -> Any:
    """Add what was done or learned."""
    form = MeasureForm.parse()
    return _save(
        form,
        lambda **who: breaches.add_measure(
            breach_id=breach_id, measure=form.measure.data or "", people_count=form.people_count.data, **who
        ),
        lambda status: _page(breach_id, status, measure_form=form),
    )


@blueprint.post("/admin/insiden/<int:breach_id>/diberitahu")
@requires(MANAGE)
def breach_told(breach_id: int) -> Any:
    """Note when the people or the institution were told."""
    form = ToldForm.parse()
    return _save(
        form,
        lambda **who: breaches.mark_told(breach_id=breach_id, whom=form.whom.data or "", at=form.at, **who),
        lambda status: _page(breach_id, status, told_form=form),
    )


@blueprint.post("/admin/insiden/<int:breach_id>/tutup")
@requires(MANAGE)
def breach_close(breach_id: int) -> Any:
    """Close the entry."""
    form = CloseForm.parse()
    return _save(
        form,
        lambda **who: breaches.close_breach(breach_id=breach_id, note=form.note.data or "", **who),
        lambda status: _page(breach_id, status, close_form=form),
    )


@blueprint.get("/admin/insiden/<int:breach_id>/pemberitahuan")
@requires(MANAGE)
def breach_notice(breach_id: int) -> Any:
    """The written notice that UU PDP article 46 asks for, to print or to copy."""
    view = queries.get_breach(breach_id, clock.now())
    return htmx.render("desks/breach_notice.html", b=view.row, now=clock.now())
