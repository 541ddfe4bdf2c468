"""Decrees that extend validity: the list, a draft, its preview, the two decisions, the progress."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import request, url_for

from portal.catalog.queries import program_names
from portal.certificates.forms_decree import AdoptForm, DecreeForm, UndoForm, filled
from portal.certificates.models import Decree
from portal.certificates.queries import decrees as queries
from portal.certificates.services import decrees
from portal.certificates.views import blueprint
from portal.core import clock, htmx, jobs
from portal.core.db import transaction
from portal.core.errors import Conflict, DomainError
from portal.core.forms import TokenForm
from portal.core.idempotency import claim
from portal.core.paging import page_number
from portal.core.permissions import Permission, current_actor, requires
from portal.core.words import gettext as _

EDIT = Permission.DECREE_EDIT


@blueprint.get("/admin/keputusan")
@requires(EDIT)
def decree_list() -> Any:
    """Every decree, the newest first."""
    number = page_number(request.args.get("hal"))
    return htmx.render(
        "certificates/decree_list.html", listing=queries.list_decrees(current_actor(), number), page_no=number
    )


@blueprint.get("/admin/keputusan/baru")
@requires(EDIT)
def decree_new() -> Any:
    """A new draft."""
    return _form_page(DecreeForm(), None)


@blueprint.post("/admin/keputusan/baru")
@requires(EDIT)
def decree_new_post() -> Any:
    """Keep it as a draft."""
    return _save(DecreeForm.parse(), None)


@blueprint.get("/admin/keputusan/<int:decree_id>/ubah")
@requires(EDIT)
def decree_edit(decree_id: int) -> Any:
    """Change a draft; one that was adopted stays as it is."""
    decree = queries.get_decree(current_actor(), decree_id)
    if decree.state != "draft":
        return htmx.redirect(url_for("certificates.decree", decree_id=decree_id))
    words = queries.scope_words(decree)
    return _form_page(
        DecreeForm(data=filled(decree, ", ".join(words.codes), ", ".join(decree.regions))), decree
    )


@blueprint.post("/admin/keputusan/<int:decree_id>/ubah")
@requires(EDIT)
def decree_edit_post(decree_id: int) -> Any:
    """Keep the change; whoever changed it cannot adopt it."""
    decree = queries.get_decree(current_actor(), decree_id)
    return _save(DecreeForm.parse(), decree)


def _form_page(form: DecreeForm, decree: Decree | None, status: int = 200) -> Any:
    form.offer(program_names())
    return htmx.render("certificates/decree_form.html", None, status, form=form, decree=decree)


def _save(form: DecreeForm, decree: Decree | None) -> Any:
    actor, now = current_actor(), clock.now()
    form.offer(program_names())
    if not form.validate():
        return _form_page(form, decree, 422)
    try:
        centers = queries.find_centers(form.centers.data or "")
        text = form.as_text(centers, queries.find_regions(form.regions.data or ""))
        number = decree.id if decree else None
        with transaction():
            op = claim(form.op.data, actor=actor, now=now)
            if op.is_new:
                made = decrees.save_decree(text=text, decree_id=number, actor=actor, now=now)
                op.finish(url_for("certificates.decree", decree_id=made.id))
    except DomainError as error:
        form.add_error(error)
        return _form_page(form, decree, error.status)
    return htmx.redirect(op.outcome)


@blueprint.get("/admin/keputusan/<int:decree_id>")
@requires(EDIT)
def decree(decree_id: int) -> Any:
    """One decree: whom it reaches, the decisions, the progress."""
    return _page(decree_id)


def _page(decree_id: int, status: int = 200, **forms: Any) -> Any:
    found, actor = queries.get_decree(current_actor(), decree_id), current_actor()
    job = jobs.find_job(found.job_id)
    people = (found.prepared_by, found.adopted_by, found.undo_asked_by, found.undone_by)
    preview = queries.preview(found) if found.state == "draft" else None
    known = {
        "adopt_form": AdoptForm(mark=preview.mark if preview else ""),
        "undo_form": UndoForm(),
        "form": TokenForm(),
    }
    return htmx.render(
        "certificates/decree.html",
        "certificates/_decree_progress.html" if job else None,
        status,
        decree=found,
        words=queries.scope_words(found),
        preview=preview,
        count=preview.count if preview else queries.extended_count(found.id),
        job=job,
        names=queries.names_of(people),
        may_adopt=found.state == "draft" and found.prepared_by != actor.user_id,
        may_undo=found.undo_asked_by is not None and found.undo_asked_by != actor.user_id,
        **{**known, **forms},
    )


@blueprint.get("/admin/keputusan/<int:decree_id>/sertifikat")
@requires(EDIT)
def decree_reached(decree_id: int) -> Any:
    """Everybody it reaches, page by page."""
    found, number = queries.get_decree(current_actor(), decree_id), page_number(request.args.get("hal"))
    return htmx.render(
        "certificates/decree_reached.html",
        decree=found,
        listing=queries.page_of_reached(found, number),
        page_no=number,
    )


def _act(decree_id: int, form: Any, name: str, work: Callable[..., Any], to: str | None = None) -> Any:
    """One decision, once, and the page again; `name` is the form that shows what was refused."""
    actor, now = current_actor(), clock.now()
    queries.get_decree(actor, decree_id)
    if not form.validate():
        return _page(decree_id, 422, **{name: form})
    try:
        with transaction():
            op = claim(form.op.data, actor=actor, now=now)
            if op.is_new:
                work(decree_id=decree_id, actor=actor, now=now)
                op.finish(to or url_for("certificates.decree", decree_id=decree_id))
    except DomainError as error:
        if error.code == "preview_changed":
            form = AdoptForm()
            form.mark.data = queries.preview(queries.get_decree(actor, decree_id)).mark
        form.add_error(error)
        return _page(decree_id, error.status, **{name: form})
    return htmx.redirect(op.outcome)


@blueprint.post("/admin/keputusan/<int:decree_id>/berlakukan")
@requires(EDIT)
def decree_adopt(decree_id: int) -> Any:
    """The second person puts it into force."""
    form = AdoptForm.parse()
    mark = form.mark.data or ""
    return _act(decree_id, form, "adopt_form", lambda **who: decrees.adopt_decree(mark=mark, **who))


@blueprint.post("/admin/keputusan/<int:decree_id>/buang")
@requires(EDIT)
def decree_discard(decree_id: int) -> Any:
    """Throw a draft away."""
    to = url_for("certificates.decree_list")
    return _act(decree_id, TokenForm.parse(), "form", decrees.discard_decree, to)


@blueprint.post("/admin/keputusan/<int:decree_id>/batalkan")
@requires(EDIT)
def decree_undo(decree_id: int) -> Any:
    """Ask that it be undone."""
    form = UndoForm.parse()
    reason = form.reason.data or ""
    return _act(decree_id, form, "undo_form", lambda **who: decrees.ask_undo(reason=reason, **who))


@blueprint.post("/admin/keputusan/<int:decree_id>/pembatalan")
@requires(EDIT)
def decree_undo_decide(decree_id: int) -> Any:
    """The second person undoes it, or lets it stand."""
    said = request.form.get("keputusan")

    def decide(**who: Any) -> None:
        if said not in ("setuju", "tolak"):
            raise DomainError("decision_missing", _("Pilih Setujui atau Tolak."))
        decrees.decide_undo(approve=said == "setuju", **who)

    return _act(decree_id, TokenForm.parse(), "form", decide)


@blueprint.post("/admin/keputusan/<int:decree_id>/ulangi")
@requires(EDIT)
def decree_retry(decree_id: int) -> Any:
    """Set a failed job going again from where it stood."""

    def retry(decree_id: int, **who: Any) -> None:
        job_id = queries.get_decree(who["actor"], decree_id).job_id
        if job_id is None:
            raise Conflict("decree_fixed", _("Keadaan keputusan ini sudah berubah. Muat ulang halamannya."))
        jobs.retry_job(job_id=job_id, **who)

    return _act(decree_id, TokenForm.parse(), "form", retry)
