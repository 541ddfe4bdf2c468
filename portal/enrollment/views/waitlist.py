"""The waitlist of a batch for its center: the order with its reasons, and changes of it by hand."""

from __future__ import annotations

from typing import Any

from flask import flash, request, url_for
from flask_babel import ngettext

from portal.batches.queries import get_batch, get_batch_for_center
from portal.core import clock, htmx
from portal.core.db import transaction
from portal.core.errors import DomainError, NotFound
from portal.core.idempotency import claim
from portal.core.paging import page_number
from portal.core.permissions import Permission, current_actor, requires
from portal.core.words import gettext as _
from portal.enrollment import pages, pages_waitlist, queries, services
from portal.enrollment.forms_waitlist import QueueForm
from portal.enrollment.models import Enrollment
from portal.enrollment.views.blueprint import blueprint

P = Permission


@blueprint.get("/balai/angkatan/<int:batch_id>/daftar-tunggu")
@requires(P.BATCH_VIEW)
def waitlist(batch_id: int) -> Any:
    """Who waits, in which order and why; who is next; what was changed by hand."""
    batch = get_batch_for_center(current_actor(), batch_id, P.BATCH_VIEW)
    number = page_number(request.args.get("hal"))
    page = pages_waitlist.waitlist_page(batch, number, current_actor(), clock.now())
    return htmx.render("enrollment/waitlist.html", **page)


def _form(found: Enrollment, form: QueueForm, status: int = 200) -> Any:
    batch = get_batch(found.batch_id)
    return htmx.render(
        "enrollment/queue_move.html",
        None,
        status,
        form=form.offer(pages_waitlist.move_choices(batch, found.id, clock.now())),
        case=queries.whole_case(found),
        has_group=found.group_id is not None,
        back_url=url_for("enrollment.waitlist", batch_id=found.batch_id),
    )


@blueprint.get("/balai/peserta/<int:enrollment_id>/urutan")
@requires(P.ENROLL_SCREEN)
def queue_move(enrollment_id: int) -> Any:
    """Ask before whom somebody is to wait, and why."""
    return _form(queries.get_enrollment_for_center(current_actor(), enrollment_id), QueueForm())


@blueprint.post("/balai/peserta/<int:enrollment_id>/urutan")
@requires(P.ENROLL_SCREEN)
def queue_move_post(enrollment_id: int) -> Any:
    """Change the order, or offer a whole group its seats out of turn."""
    found = queries.get_enrollment_for_center(current_actor(), enrollment_id)
    form = QueueForm.parse()
    if not form.validate():
        return _form(found, form, 422)
    target = url_for("enrollment.waitlist", batch_id=found.batch_id)
    try:
        with transaction():
            op = claim(form.op.data, actor=current_actor(), now=clock.now())
            if op.is_new:
                flash(_change(found, form), "ok")
                op.finish(target)
    except DomainError as error:
        form.add_error(error)
        return _form(found, form, error.status)
    return htmx.redirect(op.outcome)


def _change(found: Enrollment, form: QueueForm) -> str:
    values: dict[str, Any] = {
        "reason": form.reason.data or "",
        "actor": current_actor(),
        "now": clock.now(),
    }
    if request.form.get("do") == "rombongan":
        if found.group_id is None:
            raise NotFound()
        group = services.raise_group(group_id=found.group_id, batch_id=found.batch_id, **values)
        return ngettext("%(num)d orang ditawari kursi.", "%(num)d orang ditawari kursi.", len(group))
    services.move_in_queue(enrollment_id=found.id, before_id=pages.whole_number(form.before.data), **values)
    return _("Urutan diubah dan alasannya disimpan.")
