"""Posts and terms of a cooperative on a day, their history, and the change of a board in one form."""

from __future__ import annotations

from typing import Any

from flask import flash, request, url_for

from portal.accounts.queries import actor_of
from portal.cooperatives.forms.board import BoardForm, per_day, rows_for
from portal.cooperatives.labels import kind_label, post_label
from portal.cooperatives.links import cooperative_tabs
from portal.cooperatives.queries import board as queries
from portal.cooperatives.queries import claims
from portal.cooperatives.queries.cooperatives import get_cooperative, may_edit
from portal.cooperatives.queries.warnings import board_warnings
from portal.cooperatives.services.board import change_board
from portal.cooperatives.views.blueprint import blueprint
from portal.core import clock, htmx
from portal.core.clock import local_date
from portal.core.db import transaction
from portal.core.errors import DomainError
from portal.core.forms import TokenForm
from portal.core.idempotency import claim
from portal.core.paging import page_number
from portal.core.permissions import Permission, current_actor, requires
from portal.core.words import gettext as _

P = Permission
ZONE = "Asia/Jakarta"


@blueprint.get("/koperasi/<int:cooperative_id>/pengurus")
@requires(P.COOPERATIVE_VIEW, P.REGISTRY_EDIT)
def board(cooperative_id: int) -> Any:
    """Who holds which post on a day, and every change before."""
    actor, now = current_actor(), clock.now()
    cooperative = get_cooperative(actor, cooperative_id)
    today = local_date(now, ZONE)
    on, hides = per_day(request.args.get("per"), today), claims.hides_names(actor, cooperative_id)
    number = page_number(request.args.get("hal"))
    return htmx.render(
        "cooperatives/board.html", "cooperatives/_board_day.html", cooperative=cooperative, on=on,
        today=today,
        board=queries.board_on(cooperative, on), hides=hides, now=now, kind_label=kind_label,
        warnings=board_warnings(cooperative_id, on, with_names=not hides), post_label=post_label,
        token_form=TokenForm(),
        history=queries.board_history(cooperative_id, number), may_edit=_may_edit(actor, cooperative, hides),
        tabs=cooperative_tabs(cooperative_id, "pengurus", cooperative.kind, actor),
    )  # fmt: skip


def _may_edit(actor: Any, cooperative: Any, hides: bool) -> bool:
    return may_edit(actor, cooperative) and not hides and cooperative.kind != "prospective"


def _form_page(cooperative: Any, form: BoardForm, status: int = 200, warnings: Any = ()) -> Any:
    return htmx.render(
        "cooperatives/board_change.html", None, status, cooperative=cooperative, form=form, rows=form.rows,
        warnings=warnings, post_label=post_label, kind_label=kind_label, per=request.args.get("per") or "",
    )  # fmt: skip


def _form(cooperative: Any, *, is_posted: bool = False) -> BoardForm:
    today = local_date(clock.now(), ZONE)
    on = per_day(request.args.get("per"), today)
    rows = rows_for(cooperative.kind, queries.board_on(cooperative, on))
    people = queries.people_to_choose(cooperative.id)
    seen = queries.board_seen(cooperative.id)
    return BoardForm.build(
        rows, people, is_posted=is_posted, seen=seen, effective_on=on, is_correction=on < today
    )


def _editable(cooperative_id: int) -> Any:
    """The cooperative for somebody who may change its board; who waits to be checked is sent elsewhere."""
    actor = current_actor()
    cooperative = queries.get_edited_cooperative(actor, cooperative_id)
    if claims.hides_names(actor, cooperative_id) or cooperative.kind == "prospective":
        return cooperative, htmx.redirect(url_for("cooperatives.board", cooperative_id=cooperative_id))
    return cooperative, None


@blueprint.get("/koperasi/<int:cooperative_id>/pengurus/ubah")
@requires(P.COOPERATIVE_EDIT, P.REGISTRY_EDIT)
def board_change(cooperative_id: int) -> Any:
    """The form of a change, one row a post."""
    cooperative, elsewhere = _editable(cooperative_id)
    return elsewhere or _form_page(cooperative, _form(cooperative))


@blueprint.post("/koperasi/<int:cooperative_id>/pengurus/ubah")
@requires(P.COOPERATIVE_EDIT, P.REGISTRY_EDIT)
def board_change_post(cooperative_id: int) -> Any:
    """Change the board, all or nothing."""
    cooperative, elsewhere = _editable(cooperative_id)
    if elsewhere:
        return elsewhere
    form = _form(cooperative, is_posted=True)
    if not form.validate():
        return _form_page(cooperative, form, 422)
    try:
        outcome = _change(cooperative_id, form)
    except DomainError as error:
        if error.status in (403, 404):
            raise
        if error.code == "board_changed":
            form.seen.data = queries.board_seen(cooperative_id)
        for field, message in error.details.get("problems", [(error.field, error.message)]):
            form.add_error(DomainError(error.code, message, field))
        return _form_page(cooperative, form, error.status, error.details.get("warnings", ()))
    return htmx.redirect(outcome)


def _change(cooperative_id: int, form: BoardForm) -> str:
    """Make the change once, however often the form arrives; answers where it leads."""
    actor, now, day = current_actor(), clock.now(), form.effective_on.data
    assert day is not None
    with transaction():
        op = claim(form.op.data, actor=actor, now=now)
        if op.is_new:
            change_board(
                cooperative_id=cooperative_id, effective_on=day, seen=form.seen.data or "",
                endings=form.endings(), beginnings=form.beginnings(), file=form.upload(),
                note=form.note.data or "", is_correction=bool(form.is_correction.data),
                accepts_warnings=bool(form.confirm.data), actor=actor, now=now,
            )  # fmt: skip
            op.finish(_after(actor, cooperative_id, now))
    return op.outcome


def _after(actor: Any, cooperative_id: int, now: Any) -> str:
    """The board; a chair who has just left may no longer see it and goes to their own page."""
    still = actor_of(actor.user_id, now)
    scope = still.scope(P.COOPERATIVE_VIEW)
    if cooperative_id in scope.cooperatives or still.may(P.REGISTRY_EDIT):
        flash(_("Susunan pengurus tersimpan. Sertifikat tetap pada orangnya."), "ok")
        return url_for("cooperatives.board", cooperative_id=cooperative_id)
    return url_for("desks.me")
