"""Registers: upload, the dry run, writing with its progress, what came of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Response, request, url_for

from portal.cooperatives.export import XLSX
from portal.cooperatives.forms.registry import RegisterForm
from portal.cooperatives.pages_registry import import_context
from portal.cooperatives.queries.registry import list_registry_imports, registry_import_view
from portal.cooperatives.register.file import read_register_file
from portal.cooperatives.services import registry as services
from portal.cooperatives.views.blueprint import blueprint
from portal.core import clock, htmx
from portal.core.db import transaction
from portal.core.edge import takes_bytes
from portal.core.errors import DomainError
from portal.core.forms import TokenForm
from portal.core.idempotency import claim
from portal.core.paging import page_number
from portal.core.permissions import Permission, current_actor, requires
from portal.core.words import gettext as _

P = Permission
#: A register of the whole country as .csv with every column filled is about 17 MB.
REGISTER_BYTES = 24 * 1024 * 1024


def _list(form: RegisterForm, status: int = 200) -> Any:
    rows = list_registry_imports(current_actor(), page_number(request.args.get("hal")))
    return htmx.render("cooperatives/registry_import.html", None, status, rows=rows, form=form)


@blueprint.get("/registri/impor")
@requires(P.REGISTRY_EDIT)
def registry_import() -> Any:
    """The registers so far, and a file for the next one."""
    return _list(RegisterForm())


@blueprint.post("/registri/impor")
@takes_bytes(REGISTER_BYTES)
@requires(P.REGISTRY_EDIT)
def registry_import_post() -> Any:
    """Read a file; its rows are judged by a job."""
    actor, now, form = current_actor(), clock.now(), RegisterForm.posted()
    if not form.validate():
        return _list(form, 422)
    try:
        with transaction():
            services.count_upload(actor=actor, now=now)
        read = read_register_file(*form.content())
        with transaction():
            op = claim(form.op.data, actor=actor, now=now)
            if op.is_new:
                made = services.keep_register(read=read, actor=actor, now=now)
                op.finish(url_for("cooperatives.registry_file", import_id=made.id))
    except DomainError as error:
        form.add_error(error)
        return _list(form, error.status)
    return htmx.redirect(op.outcome)


def _page(import_id: int, form: TokenForm, status: int = 200) -> Any:
    now = clock.now()
    view = registry_import_view(current_actor(), import_id, page_number(request.args.get("hal")))
    said = {"announce": _("Registri sudah tersimpan.")} if view.found.state == "imported" else None
    return htmx.render(
        "cooperatives/registry_file.html", "cooperatives/_registry_file.html", status, trigger=said,
        form=form, **import_context(view, now),
    )  # fmt: skip


@blueprint.get("/registri/impor/<int:import_id>")
@requires(P.REGISTRY_EDIT)
def registry_file(import_id: int) -> Any:
    """One register: being read, its dry run, being written, or what came of it."""
    return _page(import_id, TokenForm())


@blueprint.post("/registri/impor/<int:import_id>/simpan")
@requires(P.REGISTRY_EDIT)
def registry_file_save(import_id: int) -> Any:
    """Write everything, or the good rows."""
    only_good = request.form.get("pilihan") == "baik"

    def save(**who: Any) -> None:
        services.start_registry_import(import_id=import_id, only_good=only_good, **who)

    return _act(import_id, save)


@blueprint.post("/registri/impor/<int:import_id>/buang")
@requires(P.REGISTRY_EDIT)
def registry_file_discard(import_id: int) -> Any:
    """Throw a dry run away."""

    def discard(**who: Any) -> None:
        services.discard_registry_import(import_id=import_id, **who)

    return _act(import_id, discard)


@blueprint.post("/registri/impor/<int:import_id>/lanjut")
@requires(P.REGISTRY_EDIT)
def registry_file_resume(import_id: int) -> Any:
    """Go on where it stopped half-way."""

    def resume(**who: Any) -> None:
        services.resume_registry_import(import_id=import_id, **who)

    return _act(import_id, resume)


def _act(import_id: int, use_case: Callable[..., None]) -> Any:
    """One effect a click; back to the page of the register."""
    actor, now, form = current_actor(), clock.now(), TokenForm.parse()
    try:
        with transaction():
            op = claim(form.op.data, actor=actor, now=now)
            if op.is_new:
                use_case(actor=actor, now=now)
                op.finish(url_for("cooperatives.registry_file", import_id=import_id))
    except DomainError as error:
        if error.status in (403, 404):
            raise
        form.add_error(error)
        return _page(import_id, form, error.status)
    return htmx.redirect(op.outcome)


@blueprint.post("/registri/impor/<int:import_id>/baris-bermasalah")
@requires(P.REGISTRY_EDIT)
def registry_file_bad_rows(import_id: int) -> Any:
    """The bad rows as a file with an "Alasan" column."""
    with transaction():
        content = services.take_bad_registry_rows(import_id=import_id, actor=current_actor(), now=clock.now())
    response = Response(content, mimetype=XLSX)
    name = f"registri-bermasalah-{import_id}.xlsx"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "no-store"
    return response
