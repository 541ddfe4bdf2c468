"""The center's list of batches, and the workspace of one."""

from __future__ import annotations

from typing import Any

from flask import flash, request, url_for

from portal.batches import queries, services
from portal.batches.cards import batch_url
from portal.batches.desk_pages import list_page, when_options, workspace_page
from portal.batches.forms.editing import ConfirmForm
from portal.batches.views import blueprint
from portal.centers.queries import choose_center
from portal.core import clock, htmx
from portal.core.db import transaction
from portal.core.idempotency import claim
from portal.core.paging import page_number
from portal.core.permissions import Permission, current_actor, requires
from portal.core.words import gettext as _


@blueprint.get("/balai/angkatan")
@requires(Permission.BATCH_VIEW)
def manage() -> Any:
    """A center's batches with filters."""
    actor, now = current_actor(), clock.now()
    center, centers = choose_center(actor, Permission.BATCH_VIEW, request.args.get("blk"))
    when = request.args.get("waktu", "upcoming")
    wanted = queries.CenterFilter(
        when=when if when in dict(when_options()) else "upcoming",
        program=request.args.get("program", "")[:80],
        series=request.args.get("gelombang", "")[:60],
        text=request.args.get("q", "")[:60],
    )
    page = list_page(center, centers, wanted, page_number(request.args.get("hal")), actor, now)
    return htmx.render("batches/desk.html", "batches/_desk_list.html", **page)


@blueprint.get("/balai/angkatan/<int:batch_id>")
@requires(Permission.BATCH_VIEW)
def workspace(batch_id: int) -> Any:
    """Facts, sessions and everything that can be done with a batch."""
    actor = current_actor()
    batch = queries.get_batch_for_center(actor, batch_id, Permission.BATCH_VIEW)
    return htmx.render(
        "batches/workspace.html",
        form=ConfirmForm(),
        public_url=batch_url(batch.id, batch.slug) if batch.state != "draft" else None,
        **workspace_page(batch, actor, clock.now()),
    )


@blueprint.post("/balai/angkatan/<int:batch_id>/umumkan")
@requires(Permission.BATCH_EDIT)
def publish(batch_id: int) -> Any:
    """Show a draft to everybody."""
    actor, now, form = current_actor(), clock.now(), ConfirmForm.parse()
    url = url_for("batches.workspace", batch_id=batch_id)
    with transaction():
        op = claim(form.op.data, actor=actor, now=now)
        if op.is_new:
            services.publish_batch(batch_id=batch_id, actor=actor, now=now)
            op.finish(url)
    flash(_("Angkatan diumumkan. Halamannya kini terbuka untuk umum."), "ok")
    return htmx.redirect(url)
