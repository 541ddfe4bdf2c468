"""Targets, figures of others and remote regions, edited by the platform's administrator."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import flash, url_for

from portal.core import clock, htmx
from portal.core.db import transaction
from portal.core.errors import DomainError, NotFound
from portal.core.forms import BaseForm, TokenForm
from portal.core.idempotency import claim
from portal.core.permissions import Permission, current_actor, requires
from portal.core.words import gettext as _
from portal.readiness.forms_figures import FigureForm, RemoteForm, TargetForm, forms
from portal.readiness.labels import STATUSES, SUBJECTS
from portal.readiness.queries.figures import list_kept
from portal.readiness.services import figures as services
from portal.readiness.views.blueprint import blueprint

EDIT = Permission.COVERAGE_EDIT


def _page(status: int = 200, **given: BaseForm) -> Any:
    kept, shown = list_kept(), forms(**given)
    if "remote" not in given and kept.remote:
        listed = "\n".join(row.region_code for row in kept.remote)
        shown["remote"] = RemoteForm(data={"codes": listed, "remote_source": kept.remote[0].source})
    wrong = next((form for form in shown.values() if form.error_list), shown["target"])
    return htmx.render(
        "readiness/figures.html",
        None,
        status,
        kept=kept,
        forms=shown,
        wrong=wrong,
        subjects=SUBJECTS,
        statuses=STATUSES,
        remove=TokenForm(),
    )


def _save(form: BaseForm, name: str, work: Callable[[], Any], done: str) -> Any:
    """Run a use case once and lead back; or the page again with what is wrong."""
    url = url_for("readiness.figures")
    try:
        with transaction():
            op = claim(form.op.data, actor=current_actor(), now=clock.now())
            if op.is_new:
                work()
                op.finish(url)
    except NotFound:
        raise
    except DomainError as error:
        form.add_error(error)
        return _page(error.status, **{name: form})
    flash(done, "ok")
    return htmx.redirect(url)


@blueprint.get("/admin/cakupan")
@requires(EDIT)
def figures() -> Any:
    """Everything that coverage is held against, with a form for each."""
    return _page()


@blueprint.post("/admin/cakupan/target")
@requires(EDIT)
def target_set() -> Any:
    """Set a target."""
    form = TargetForm.parse()
    if not form.validate():
        return _page(422, target=form)
    amount, measure = form.amount.data, form.measure.data
    return _save(
        form,
        "target",
        lambda: services.set_target(
            region_code=form.region_code.data,
            year=form.year.data,
            per_cooperative=amount if measure == "per_cooperative" else None,
            people=amount if measure == "people" else None,
            source=form.source.data,
            source_status=form.source_status.data,
            actor=current_actor(),
            now=clock.now(),
        ),
        _("Target disimpan."),
    )


@blueprint.post("/admin/cakupan/target/<int:target_id>/hapus")
@requires(EDIT)
def target_remove(target_id: int) -> Any:
    """Take a target away."""
    actor, now = current_actor(), clock.now()
    return _save(
        TokenForm.parse(),
        "target",
        lambda: services.remove_target(target_id=target_id, actor=actor, now=now),
        _("Target dihapus."),
    )


@blueprint.post("/admin/cakupan/angka")
@requires(EDIT)
def figure_keep() -> Any:
    """Keep a figure of somebody else."""
    form = FigureForm.parse()
    if not form.validate():
        return _page(422, figure=form)
    return _save(
        form,
        "figure",
        lambda: services.keep_figure(
            region_code=form.region_code.data,
            subject=form.subject.data,
            value=form.value.data,
            as_of=form.as_of.data,
            source=form.source.data,
            actor=current_actor(),
            now=clock.now(),
        ),
        _("Angka disimpan."),
    )


@blueprint.post("/admin/cakupan/angka/<int:figure_id>/hapus")
@requires(EDIT)
def figure_remove(figure_id: int) -> Any:
    """Take a figure away."""
    actor, now = current_actor(), clock.now()
    return _save(
        TokenForm.parse(),
        "figure",
        lambda: services.remove_figure(figure_id=figure_id, actor=actor, now=now),
        _("Angka dihapus."),
    )


@blueprint.post("/admin/cakupan/terpencil")
@requires(EDIT)
def remote_set() -> Any:
    """Replace the list of remote regencies."""
    form = RemoteForm.parse()
    if not form.validate():
        return _page(422, remote=form)
    return _save(
        form,
        "remote",
        lambda: services.set_remote_regions(
            codes=form.codes.data, source=form.remote_source.data, actor=current_actor(), now=clock.now()
        ),
        _("Daftar daerah terpencil disimpan."),
    )
