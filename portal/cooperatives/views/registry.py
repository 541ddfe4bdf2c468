"""The registry of a region: the list with its filters, adding and correcting a cooperative, the export."""

from __future__ import annotations

from typing import Any

from flask import Response, flash, request, url_for

from portal.cooperatives.export import XLSX, export_pieces, export_workbook
from portal.cooperatives.forms.registry import CooperativeForm, filter_values, read_filters
from portal.cooperatives.labels import KIND_LABELS, kind_label
from portal.cooperatives.queries.cooperatives import get_cooperative, is_registrar
from portal.cooperatives.queries.places import typed_village
from portal.cooperatives.queries.registry import list_registry, region_choices
from portal.cooperatives.services.keeping import correct_cooperative, register_cooperative
from portal.cooperatives.services.registry import count_export
from portal.cooperatives.views.blueprint import blueprint
from portal.core import clock, htmx
from portal.core.db import transaction
from portal.core.errors import DomainError, NotFound
from portal.core.idempotency import claim
from portal.core.paging import page_number
from portal.core.permissions import Permission, current_actor, requires
from portal.core.words import gettext as _

P = Permission


@blueprint.get("/registri")
@requires(P.REGISTRY_EDIT)
def registry() -> Any:
    """The cooperatives of the actor's region."""
    actor, filters = current_actor(), read_filters(request.args)
    page = list_registry(actor, filters, page_number(request.args.get("hal")))
    return htmx.render(
        "cooperatives/registry.html", "cooperatives/_registry_list.html", listing=page, filters=filters,
        given=filter_values(filters), kinds=KIND_LABELS.items(), kind_label=kind_label,
        regions=region_choices(actor), first=(page.number - 1) * 30 + 1,
        may_verify=actor.may(Permission.CHAIR_VERIFY),
    )  # fmt: skip


def _form_page(form: CooperativeForm, status: int = 200, found: Any = None, twin: int | None = None) -> Any:
    return htmx.render(
        "cooperatives/registry_form.html", None, status, form=form, found=found, twin=twin,
        action=url_for("cooperatives.registry_edit_post", cooperative_id=found.id)
        if found
        else url_for("cooperatives.registry_new_post"),
    )  # fmt: skip


@blueprint.get("/registri/tambah")
@requires(P.REGISTRY_EDIT)
def registry_new() -> Any:
    """The form for a cooperative that the registry lacks."""
    return _form_page(CooperativeForm())


@blueprint.post("/registri/tambah")
@requires(P.REGISTRY_EDIT)
def registry_new_post() -> Any:
    """Add a cooperative."""
    form: CooperativeForm = CooperativeForm.parse()

    def add(region_code: str, **who: Any) -> int:
        return register_cooperative(facts=form.facts(region_code), **who).id

    return _save(form, add, None, _("Koperasi tercatat di registri."))


def _registered(cooperative_id: int) -> Any:
    """A cooperative whose registrar the actor is. Raises NotFound."""
    found = get_cooperative(current_actor(), cooperative_id)
    if not is_registrar(current_actor(), found):
        raise NotFound()
    return found


@blueprint.get("/registri/<int:cooperative_id>")
@requires(P.REGISTRY_EDIT)
def registry_edit(cooperative_id: int) -> Any:
    """The form with what the registry says of a cooperative."""
    found = _registered(cooperative_id)
    return _form_page(CooperativeForm.of(found, found.region_code), found=found)


@blueprint.post("/registri/<int:cooperative_id>")
@requires(P.REGISTRY_EDIT)
def registry_edit_post(cooperative_id: int) -> Any:
    """Correct it, unless somebody else did meanwhile."""
    found, form = _registered(cooperative_id), CooperativeForm.parse()

    def correct(region_code: str, **who: Any) -> int:
        return correct_cooperative(
            cooperative_id=cooperative_id, facts=form.facts(region_code), version=form.seen_version(), **who
        ).id

    return _save(form, correct, found, _("Perubahan tersimpan."))


def _save(form: CooperativeForm, work: Any, found: Any, said: str) -> Any:
    """One effect a click, then the page of the institution; refusals stand beside their cause."""
    actor, now = current_actor(), clock.now()
    if not form.validate():
        return _form_page(form, 422, found)
    try:
        with transaction():
            op = claim(form.op.data, actor=actor, now=now)
            if op.is_new:
                typed = form.village.data or ""
                place = typed if found is not None and typed == found.region_code else typed_village(typed)
                number = work(place, actor=actor, now=now)
                op.finish(url_for("cooperatives.institution", cooperative_id=number))
    except DomainError as error:
        if error.status in (403, 404):
            raise
        form.add_error(error)
        return _form_page(form, error.status, found, error.details.get("twin"))
    flash(said, "ok")
    return htmx.redirect(op.outcome)


@blueprint.get("/registri/ekspor.<any(csv, xlsx):kind>")
@requires(P.REGISTRY_EDIT)
def registry_export(kind: str) -> Any:
    """What the list shows, all of it, as a file that an import reads again."""
    actor, filters = current_actor(), read_filters(request.args)
    with transaction():
        count_export(actor=actor, now=clock.now())
    if kind == "csv":
        response = Response(export_pieces(actor, filters), mimetype="text/csv; charset=utf-8")
    else:
        response = Response(export_workbook(actor, filters), mimetype=XLSX)
    name = f"registri-koperasi-{clock.now():%Y%m%d}.{kind}"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "no-store"
    return response
