"""Rosters: upload, preview, save, progress; and spreading the people over classes."""

from __future__ import annotations

from typing import Any

from flask import Response, request, url_for

from portal.catalog.queries import get_program, list_programs
from portal.core import clock, htmx
from portal.core.db import transaction
from portal.core.errors import DomainError
from portal.core.idempotency import claim
from portal.core.paging import page_number
from portal.core.permissions import Permission, current_actor, requires
from portal.core.words import gettext as _
from portal.enrollment import queries, services
from portal.enrollment.forms_roster import OpForm, UploadForm
from portal.enrollment.pages_roster import import_context, next_steps
from portal.enrollment.views.blueprint import blueprint

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def _list(form: UploadForm, status: int = 200) -> Any:
    actor = current_actor()
    rows = queries.list_imports(actor, page_number(request.args.get("hal")))
    steps = next_steps(rows.items, actor)
    return htmx.render("enrollment/roster/list.html", None, status, rows=rows, steps=steps, form=form)


@blueprint.get("/pengusulan")
@requires(Permission.ROSTER_IMPORT)
def roster_list() -> Any:
    """The rosters so far, and a file for the next one."""
    return _list(UploadForm.of(list_programs()))


@blueprint.post("/pengusulan")
@requires(Permission.ROSTER_IMPORT)
def roster_upload() -> Any:
    """Read a file and keep its preview."""
    actor, now, form = current_actor(), clock.now(), UploadForm.of(list_programs(), posted=True)
    if not form.validate():
        return _list(form, 422)
    try:
        content, name = form.content()
        program = get_program(form.program.data)
        checked = services.check_roster_file(content, file_name=name, now=now)
        with transaction():
            op = claim(form.op.data, actor=actor, now=now)
            if op.is_new:
                made = services.keep_preview(checked=checked, program_id=program.id, actor=actor, now=now)
                op.finish(url_for("enrollment.roster_import", import_id=made.id))
    except DomainError as error:
        form.add_error(error)
        return _list(form, error.status)
    return htmx.redirect(op.outcome)


def _page(import_id: int, form: OpForm, status: int = 200) -> Any:
    view = queries.import_view(current_actor(), import_id, page_number(request.args.get("hal")))
    over = view.job is not None and view.job.is_over and view.found.state == "imported"
    said = {"announce": _("Semua orang sudah tersimpan.")} if over else None
    return htmx.render(
        "enrollment/roster/show.html", "enrollment/roster/_import.html", status, trigger=said,
        form=form, **import_context(view, current_actor()),
    )  # fmt: skip


@blueprint.get("/pengusulan/<int:import_id>")
@requires(Permission.ROSTER_IMPORT)
def roster_import(import_id: int) -> Any:
    """One roster: its preview, its progress, or what came of it. htmx asks for the changing part alone."""
    return _page(import_id, OpForm())


@blueprint.post("/pengusulan/<int:import_id>/simpan")
@requires(Permission.ROSTER_IMPORT)
def roster_save(import_id: int) -> Any:
    """Save everything, or the good rows."""
    only_good = request.form.get("pilihan") == "baik"

    def save(**who: Any) -> None:
        services.start_import(import_id=import_id, only_good=only_good, **who)

    return _act(import_id, save)


@blueprint.post("/pengusulan/<int:import_id>/buang")
@requires(Permission.ROSTER_IMPORT)
def roster_discard(import_id: int) -> Any:
    """Throw a preview away."""

    def discard(**who: Any) -> None:
        services.discard_import(import_id=import_id, **who)

    return _act(import_id, discard)


@blueprint.post("/pengusulan/<int:import_id>/ulangi")
@requires(Permission.ROSTER_IMPORT)
def roster_retry(import_id: int) -> Any:
    """Go on with a save that failed."""

    def retry(**who: Any) -> None:
        services.retry_import(import_id=import_id, **who)

    return _act(import_id, retry)


def _act(import_id: int, use_case: Any) -> Any:
    """One effect a click; back to the roster's page."""
    actor, now, form = current_actor(), clock.now(), OpForm.parse()
    here = url_for("enrollment.roster_import", import_id=import_id)
    try:
        with transaction():
            op = claim(form.op.data, actor=actor, now=now)
            if op.is_new:
                use_case(actor=actor, now=now)
                op.finish(here)
    except DomainError as error:
        if error.status == 404:
            raise
        form.add_error(error)
        return _page(import_id, form, error.status)
    return htmx.redirect(op.outcome)


@blueprint.post("/pengusulan/<int:import_id>/baris-bermasalah")
@requires(Permission.ROSTER_IMPORT)
def roster_bad_rows(import_id: int) -> Any:
    """The bad rows as a file, for whoever uploaded them."""
    with transaction():
        content = services.take_bad_rows(import_id=import_id, actor=current_actor(), now=clock.now())
    response = Response(content, mimetype=XLSX)
    name = f"baris-bermasalah-{import_id}.xlsx"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
