"""Keeping watch over a written test: who sits it, extra time, a sitting that does not count, answer files."""

from __future__ import annotations

from typing import Any

from flask import flash, request, url_for
from flask_babel import ngettext

from portal.assessment import pages_file
from portal.assessment import pages_tests as pages
from portal.assessment.forms.tests import ExtraForm, FileForm, PersonForm
from portal.assessment.queries import tests as queries
from portal.assessment.services import allowances, closing
from portal.assessment.services import answer_files as files
from portal.assessment.views.blueprint import blueprint
from portal.core import clock, htmx
from portal.core.db import transaction
from portal.core.errors import DomainError
from portal.core.idempotency import claim
from portal.core.permissions import Permission, current_actor, requires
from portal.core.words import gettext as _


@blueprint.get("/instruktur/uji/<int:test_id>")
@requires(Permission.TEST_INVIGILATE)
def watch(test_id: int) -> Any:
    """Everybody of the batch: started, how far, how long, outages. Polls itself while the test is on."""
    return _watch(test_id)


@blueprint.post("/instruktur/uji/<int:test_id>/waktu")
@requires(Permission.TEST_INVIGILATE)
def watch_extend(test_id: int) -> Any:
    """More minutes for one person or for everybody who is sitting it."""
    actor, now, form = current_actor(), clock.now(), ExtraForm.parse()
    form.validate()
    minutes = -1 if form.minutes.data is None else form.minutes.data
    given: dict[str, Any] = {"test_id": test_id, "minutes": minutes, "reason": form.reason.data or ""}
    try:
        with transaction():
            op = claim(form.op.data, actor=actor, now=now)
            if op.is_new:
                if form.enrollment_id.data == "all":
                    allowances.extend_all(actor=actor, now=now, **given)
                else:
                    allowances.extend_one(enrollment_id=form.one(), actor=actor, now=now, **given)
                op.finish(url_for("assessment.watch", test_id=test_id))
    except DomainError as error:
        return _refused(test_id, error, extra=form)
    flash(_("Tambahan waktu diberikan. Halaman peserta menyesuaikan diri."), "ok")
    return htmx.redirect(op.outcome)


@blueprint.post("/instruktur/uji/<int:test_id>/batal")
@requires(Permission.TEST_INVIGILATE)
def watch_void(test_id: int) -> Any:
    """Declare one person's sitting void, with a reason."""
    actor, form = current_actor(), PersonForm.parse()
    try:
        with transaction():
            closing.void_attempt(
                test_id=test_id, enrollment_id=form.one(), reason=form.reason.data or "", actor=actor,
                now=clock.now(),
            )  # fmt: skip
    except DomainError as error:
        return _refused(test_id, error, void=form)
    flash(_("Uji peserta itu dibatalkan. Jawabannya tetap tercatat."), "ok")
    return htmx.redirect(url_for("assessment.watch", test_id=test_id))


@blueprint.get("/instruktur/uji/<int:test_id>/berkas")
@requires(Permission.TEST_INVIGILATE)
def answer_file(test_id: int) -> Any:
    """Where an answer file is handed in."""
    return _file(test_id, FileForm())


@blueprint.post("/instruktur/uji/<int:test_id>/berkas")
@requires(Permission.TEST_INVIGILATE)
def answer_file_post(test_id: int) -> Any:
    """Look into the file; with a reason, adopt what is new in it. Until then the form carries the file."""
    actor, now, form = current_actor(), clock.now(), FileForm.parse()
    sent = request.files.get("file")
    body = sent.stream.read(files.MOST_BYTES + 1) if sent and sent.filename else None
    body = body if body is not None else (form.kept.data or "").encode()
    opened = None
    try:
        opened = files.open_answer_file(test_id=test_id, body=body, actor=actor, now=now)
        form.kept.data = body.decode()
        if not request.form.get("terima"):
            return _file(test_id, form, 422, opened)
        with transaction():
            count = files.adopt_answer_file(
                test_id=test_id, body=body, reason=form.reason.data or "", seen=form.seen.data or "",
                actor=actor, now=now,
            )  # fmt: skip
    except DomainError as error:
        if error.status in (403, 404):
            raise
        form.refuse(error)
        return _file(test_id, form, error.status, opened)
    said = ngettext("%(num)d jawaban diterima.", "%(num)d jawaban diterima.", count)
    flash(" ".join([said, *pages_file.told(opened)]), "ok")
    return htmx.redirect(url_for("assessment.watch", test_id=test_id))


def _watch(test_id: int, status: int = 200, **forms: Any) -> Any:
    actor = current_actor()
    context = pages.watch_page(queries.get_watch(actor, test_id), actor, clock.now())
    extra, void = forms.get("extra") or ExtraForm(), forms.get("void") or PersonForm()
    return htmx.render(
        "assessment/tests/watch.html", "assessment/tests/_seats.html" if status == 200 else None, status,
        wrong=next((form for form in forms.values() if form.error_list), None),
        extra_form=pages.with_people(extra, context["running"], everybody=True),
        void_form=pages.with_people(void, context["sat"]), opened=next(iter(forms), ""), **context,
    )  # fmt: skip


def _refused(test_id: int, error: DomainError, **forms: Any) -> Any:
    if error.status in (403, 404):
        raise error
    for form in forms.values():
        form.add_error(error)
    return _watch(test_id, error.status, **forms)


def _file(test_id: int, form: FileForm, status: int = 200, opened: Any = None) -> Any:
    head = queries.get_watch(current_actor(), test_id)
    shown = pages_file.opened_page(opened, current_actor()) if opened else {}
    return htmx.render(
        "assessment/tests/file.html", status=status, head=head, form=form, opened=opened, now=clock.now(),
        **shown,
    )  # fmt: skip
