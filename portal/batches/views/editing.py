"""Making, changing and copying batches: forms of the center's administrator."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, cast

from flask import flash, request, url_for
from flask_babel import ngettext

from portal.batches import queries, services
from portal.batches.forms.editing import BatchForm, CopyForm, form_of
from portal.batches.forms.parallel import ParallelForm
from portal.batches.regions_typed import region_codes
from portal.batches.views import blueprint
from portal.catalog.queries import list_programs
from portal.centers.models import TrainingCenter
from portal.centers.queries import choose_center, holidays_between, rooms_of, staff_of
from portal.core import clock, htmx
from portal.core.db import transaction
from portal.core.errors import DomainError, NotFound
from portal.core.forms import row_number
from portal.core.idempotency import claim
from portal.core.permissions import Permission, current_actor, requires
from portal.core.words import gettext as _
from portal.regions.queries import paths_of

EDIT = Permission.BATCH_EDIT


def _form_page(form: BatchForm, center: TrainingCenter, batch: Any = None, status: int | None = None) -> Any:
    rooms, people = rooms_of(center.id), staff_of(center.id)
    form.prepare(list_programs(), rooms, people)
    if status is None:
        status = form.status if form.error_list else 200
    return htmx.render("batches/edit.html", None, status, form=form, center=center, batch=batch)


def _apply_button(form: BatchForm, center: TrainingCenter) -> bool:
    """Read the sessions and change them as the pressed button asks: every button then saves. True when the
    work on the sessions goes on afterwards."""
    form.read_rows(request.form)
    button = request.form.get("do", "simpan")
    if button == "susun" or (not form.rows and button == "simpan"):
        start = form.starts_on.data
        span = (start, start + timedelta(days=400)) if start else None
        form.arrange(set(holidays_between(center.id, *span)) if span else set())
    elif button == "tambah":
        form.add_row()
    elif button.startswith("pakai:"):
        form.use_offer(button.removeprefix("pakai:"))
    return button in ("susun", "tambah")


def _save(form: BatchForm, center: TrainingCenter, batch_id: int | None) -> Any:
    """Store the batch; the redirect, or None with errors in their places."""
    actor, now = current_actor(), clock.now()
    goes_on = _apply_button(form, center)
    if not form.validate_all():
        return None
    try:
        program = next((p for p in list_programs() if p.id == form.program_id.data), None)
        if program is None:
            raise DomainError("program_unknown", _("Pilih program."), "program_id")
        plan = form.plan(center, region_codes(form.regions.data or ""), program, now)
        if plan is None:
            return None
        with transaction():
            op = claim(form.op.data, actor=actor, now=now)
            if op.is_new:
                batch_id = _store(form, plan, batch_id)
                page = "batches.edit" if goes_on else "batches.workspace"
                op.finish(url_for(page, batch_id=batch_id))
    except NotFound:
        raise
    except DomainError as error:
        form.refuse(error)
        return None
    flash(_("Angkatan disimpan. Periksa pertemuannya.") if goes_on else _("Angkatan disimpan."), "ok")
    return htmx.redirect(op.outcome)


def _store(form: BatchForm, plan: services.BatchPlan, batch_id: int | None) -> int:
    actor, now = current_actor(), clock.now()
    if batch_id is None:
        return services.create_batch(plan=plan, actor=actor, now=now).id
    expected = request.form.get("version", None, type=row_number)
    services.update_batch(batch_id=batch_id, plan=plan, expected_version=expected, actor=actor, now=now)
    return batch_id


@blueprint.get("/balai/angkatan/baru")
@requires(EDIT)
def create() -> Any:
    """The form of a new batch."""
    center, _centers = choose_center(current_actor(), EDIT, request.args.get("blk"))
    return _form_page(BatchForm(), center)


@blueprint.post("/balai/angkatan/baru")
@requires(EDIT)
def create_post() -> Any:
    """Store the draft; what the buttons do to the sessions is part of it."""
    center, _centers = choose_center(current_actor(), EDIT, request.args.get("blk"))
    form = BatchForm.parse()
    return _save(form, center, None) or _form_page(form, center)


@blueprint.get("/balai/angkatan/<int:batch_id>/ubah")
@requires(EDIT)
def edit(batch_id: int) -> Any:
    """The form of a batch that stands."""
    batch = queries.get_batch_for_center(current_actor(), batch_id, EDIT)
    paths = paths_of(batch.regions)
    return _form_page(
        form_of(batch, [paths[code][-1] for code in batch.regions if paths[code]]), batch.center, batch
    )


@blueprint.post("/balai/angkatan/<int:batch_id>/ubah")
@requires(EDIT)
def edit_post(batch_id: int) -> Any:
    """Change a batch."""
    batch = queries.get_batch_for_center(current_actor(), batch_id, EDIT)
    center, form = batch.center, BatchForm.parse()
    return _save(form, center, batch_id) or _form_page(form, center, batch)


# ---- copies ----


def _copy_page(form: CopyForm, batch: Any, error: DomainError | None = None) -> Any:
    return htmx.render(
        "batches/copy.html",
        None,
        error.status if error else (422 if form.error_list else 200),
        form=form,
        batch=batch,
        clashes=[clash["message"] for clash in error.details.get("clashes", [])] if error else [],
    )


@blueprint.route("/balai/angkatan/<int:batch_id>/salin", methods=["GET", "POST"])
@requires(EDIT)
def copy(batch_id: int) -> Any:
    """The same batch on another day."""
    actor, now = current_actor(), clock.now()
    batch = queries.get_batch_for_center(actor, batch_id, EDIT)
    form = CopyForm.parse() if request.method == "POST" else CopyForm(data={"series": batch.series})
    if request.method == "GET" or not form.validate():
        return _copy_page(form, batch)
    try:
        with transaction():
            op = claim(form.op.data, actor=actor, now=now)
            if op.is_new:
                made = services.copy_batch(
                    batch_id=batch_id,
                    starts_on=cast(date, form.starts_on.data),
                    series=form.series.data or "",
                    actor=actor,
                    now=now,
                )
                op.finish(url_for("batches.workspace", batch_id=made.id))
    except DomainError as error:
        error.field = "starts_on"
        form.add_error(error)
        return _copy_page(form, queries.get_batch_for_center(actor, batch_id, EDIT), error)
    flash(_("Salinan dibuat sebagai draf. Periksa, lalu umumkan."), "ok")
    return htmx.redirect(op.outcome)


@blueprint.route("/balai/angkatan/<int:batch_id>/paralel", methods=["GET", "POST"])
@requires(EDIT)
def parallel(batch_id: int) -> Any:
    """More classes on the same days in other rooms."""
    actor, now = current_actor(), clock.now()
    batch = queries.get_batch_for_center(actor, batch_id, EDIT)
    form = ParallelForm.parse() if request.method == "POST" else ParallelForm()
    form.prepare(batch, rooms_of(batch.center_id), staff_of(batch.center_id))
    drafts_url = url_for("batches.manage", waktu="draft", blk=batch.center.slug)
    if request.method == "GET":
        return htmx.render("batches/parallel.html", form=form, batch=batch)
    try:
        classes = form.classes()
        with transaction():
            op = claim(form.op.data, actor=actor, now=now)
            if op.is_new:
                made = services.copy_parallel(batch_id=batch_id, classes=classes, actor=actor, now=now)
                op.finish(drafts_url)
                flash(_made(len(made)), "ok")
    except DomainError as error:
        form.add_error(error)
        batch = queries.get_batch_for_center(actor, batch_id, EDIT)
        return htmx.render("batches/parallel.html", None, error.status, form=form, batch=batch)
    return htmx.redirect(op.outcome)


def _made(count: int) -> str:
    return str(ngettext("%(num)d draf dibuat.", "%(num)d draf dibuat.", count))


@blueprint.route("/balai/gelombang/salin", methods=["GET", "POST"])
@requires(EDIT)
def copy_wave() -> Any:
    """A whole series from another day on."""
    actor = current_actor()
    center, _centers = choose_center(actor, EDIT, request.args.get("blk"))
    name = request.args.get("gelombang", "")
    wave = next((found for found in queries.list_series(actor, center.id) if found[0] == name), None)
    if wave is None:
        raise NotFound("series_not_found", _("Gelombang ini tidak ditemukan."))
    form = CopyForm.parse() if request.method == "POST" else CopyForm()
    page: dict[str, Any] = {"form": form, "wave": wave, "center": center, "clashes": []}
    if request.method == "GET":
        return htmx.render("batches/copy_wave.html", **page)
    if not form.validate():
        return htmx.render("batches/copy_wave.html", None, 422, **page)
    try:
        return _copy_wave(form, name, center)
    except DomainError as error:
        error.field = "starts_on"
        form.add_error(error)
        page["clashes"] = [clash["message"] for clash in error.details.get("clashes", [])]
        return htmx.render("batches/copy_wave.html", None, error.status, **page)


def _copy_wave(form: CopyForm, name: str, center: TrainingCenter) -> Any:
    actor, now = current_actor(), clock.now()
    url = url_for("batches.manage", waktu="draft", blk=center.slug)
    with transaction():
        op = claim(form.op.data, actor=actor, now=now)
        if op.is_new:
            made = services.copy_series(
                series=name,
                center_id=center.id,
                starts_on=cast(date, form.starts_on.data),
                new_series=form.series.data or "",
                actor=actor,
                now=now,
            )
            op.finish(url)
            flash(_made(len(made)), "ok")
    return htmx.redirect(op.outcome)
