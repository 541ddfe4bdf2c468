"""The center's list of batches, and the workspace of one."""

from __future__ import annotations

from typing import Any

from flask import flash, request, url_for
from flask_babel import gettext as _

from portal.batches import queries, services
from portal.batches.cards import batch_url, length_of, seats_text
from portal.batches.desk_pages import when_options, workspace_page
from portal.batches.forms.editing import ConfirmForm
from portal.batches.rules import phase_of
from portal.batches.views import blueprint
from portal.catalog.queries import list_programs
from portal.centers.queries import choose_center
from portal.core import clock, htmx
from portal.core.db import transaction
from portal.core.idempotency import claim
from portal.core.paging import page_number
from portal.core.permissions import Permission, current_actor, requires


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
    number = page_number(request.args.get("hal"))
    found = queries.list_center_batches(center.id, wanted, number, now, center.zone)
    own: dict[str, Any] = {"blk": center.slug} if len(centers) > 1 else {}
    params = {
        "waktu": wanted.when,
        "program": wanted.program,
        "gelombang": wanted.series,
        "q": wanted.text,
        **own,
    }
    params = {name: value for name, value in params.items() if value}
    phases = [phase_of(row, now, row.zone) for row in found.items]
    return htmx.render(
        "batches/desk.html",
        "batches/_desk_list.html",
        center=center,
        centers=centers if len(centers) > 1 else [],
        own=own,
        wanted=wanted,
        when_options=when_options(),
        programs=[] if htmx.is_fragment() else [(p.slug, p.short_name) for p in list_programs()],
        series=queries.list_series(actor, center.id),
        rows=[
            (row, phase, length_of(row), seats_text(row, phase, 0, row.zone))
            for row, phase in zip(found.items, phases, strict=True)
        ],
        total=found.total or 0,
        prefix=url_for("batches.workspace", batch_id=0).removesuffix("0"),
        next_url=url_for("batches.manage", hal=number + 1, **params) if found.has_next else None,
        previous_url=url_for("batches.manage", hal=number - 1, **params) if number > 1 else None,
        first=(number - 1) * 20 + 1,
        may_edit=actor.may(Permission.BATCH_EDIT),
    )


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
