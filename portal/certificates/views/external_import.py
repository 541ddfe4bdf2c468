"""Lists of outside records: upload, preview, save, progress, the bad rows, an empty list to fill in."""

from __future__ import annotations

from typing import Any

from flask import Response, request, url_for

from portal.certificates.external_sample import sample
from portal.certificates.forms_external import OpForm, UploadForm
from portal.certificates.pages_external import import_tiles
from portal.certificates.queries import external_imports as queries
from portal.certificates.services import external_import as services
from portal.certificates.services.external_check import check_external_file
from portal.certificates.views import blueprint
from portal.core import clock, htmx
from portal.core.db import transaction
from portal.core.errors import DomainError
from portal.core.idempotency import claim
from portal.core.paging import page_number
from portal.core.permissions import Permission, current_actor, requires
from portal.core.words import gettext as _

RECORD = Permission.EXTERNAL_RECORD
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def _list(form: UploadForm, status: int = 200) -> Any:
    rows = queries.list_external_imports(current_actor(), page_number(request.args.get("hal")))
    return htmx.render("certificates/external_imports.html", None, status, rows=rows, form=form)


@blueprint.get("/catatan-luar/impor")
@requires(RECORD)
def external_imports() -> Any:
    """One's own lists so far, and a file for the next one."""
    return _list(UploadForm())


@blueprint.post("/catatan-luar/impor")
@requires(RECORD)
def external_upload() -> Any:
    """Read a file and keep its preview."""
    actor, now, form = current_actor(), clock.now(), UploadForm.posted()
    if not form.validate():
        return _list(form, 422)
    try:
        content, name = form.file.data.read(), form.file.data.filename or ""
        with transaction():
            services.count_upload(actor=actor, now=now)
        checked = check_external_file(content, file_name=name, actor=actor, now=now)
        with transaction():
            op = claim(form.op.data, actor=actor, now=now)
            if op.is_new:
                made = services.keep_external_preview(checked=checked, actor=actor, now=now)
                op.finish(url_for("certificates.external_import", import_id=made.id))
    except DomainError as error:
        form.add_error(error)
        return _list(form, error.status)
    return htmx.redirect(op.outcome)


@blueprint.get("/catatan-luar/contoh.xlsx")
@requires(RECORD)
def external_sample() -> Any:
    """An empty list with the columns that are read."""
    response = Response(sample(), mimetype=XLSX)
    response.headers["Content-Disposition"] = 'attachment; filename="contoh-catatan-luar.xlsx"'
    return response


def _page(import_id: int, form: OpForm, status: int = 200) -> Any:
    view = queries.external_import_view(current_actor(), import_id, page_number(request.args.get("hal")))
    over = view.job is not None and view.job.is_over and view.found.state == "imported"
    said = {"announce": _("Semua catatan sudah tersimpan.")} if over else None
    return htmx.render(
        "certificates/external_import.html", "certificates/_external_import.html", status, trigger=said,
        form=form, view=view, found=view.found, job=view.job, tiles=import_tiles(view.found),
        here=url_for("certificates.external_import", import_id=import_id),
    )  # fmt: skip


@blueprint.get("/catatan-luar/impor/<int:import_id>")
@requires(RECORD)
def external_import(import_id: int) -> Any:
    """One list: its preview, its progress, or what came of it. htmx asks for the changing part alone."""
    return _page(import_id, OpForm())


def _act(import_id: int, use_case: Any) -> Any:
    """One effect a click; back to the page of the list."""
    actor, now, form = current_actor(), clock.now(), OpForm.parse()
    here = url_for("certificates.external_import", import_id=import_id)
    try:
        with transaction():
            op = claim(form.op.data, actor=actor, now=now)
            if op.is_new:
                use_case(import_id=import_id, actor=actor, now=now)
                op.finish(here)
    except DomainError as error:
        if error.status == 404:
            raise
        form.add_error(error)
        return _page(import_id, form, error.status)
    return htmx.redirect(op.outcome)


@blueprint.post("/catatan-luar/impor/<int:import_id>/simpan")
@requires(RECORD)
def external_import_save(import_id: int) -> Any:
    """Save everything, or the good rows."""
    only_good = request.form.get("pilihan") == "baik"

    def save(**said: Any) -> None:
        services.start_external_import(only_good=only_good, **said)

    return _act(import_id, save)


@blueprint.post("/catatan-luar/impor/<int:import_id>/buang")
@requires(RECORD)
def external_import_discard(import_id: int) -> Any:
    """Throw a preview away."""
    return _act(import_id, services.discard_external_import)


@blueprint.post("/catatan-luar/impor/<int:import_id>/ulangi")
@requires(RECORD)
def external_import_retry(import_id: int) -> Any:
    """Go on with a save that failed."""
    return _act(import_id, services.retry_external_import)


@blueprint.post("/catatan-luar/impor/<int:import_id>/baris-bermasalah")
@requires(RECORD)
def external_bad_rows(import_id: int) -> Any:
    """The bad rows as a file, for whoever uploaded them."""
    with transaction():
        content = services.take_bad_external_rows(import_id=import_id, actor=current_actor(), now=clock.now())
    response = Response(content, mimetype=XLSX)
    name = f"baris-bermasalah-{import_id}.xlsx"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
