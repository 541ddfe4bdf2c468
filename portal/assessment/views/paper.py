"""A written test on paper: who gets a sheet, the sheets as PDF, keying them in, and what differs."""

from __future__ import annotations

from typing import Any

from flask import make_response, request, url_for

from portal.assessment import pages_paper as pages
from portal.assessment.forms import paper as forms
from portal.assessment.queries import get_candidate
from portal.assessment.queries import paper as queries
from portal.assessment.queries.tests import get_watch
from portal.assessment.rules.paper import sheet_code, typed_sheet
from portal.assessment.services import paper as services
from portal.assessment.views.blueprint import blueprint
from portal.core import clock, htmx
from portal.core.db import transaction
from portal.core.errors import Conflict, DomainError
from portal.core.forms import BaseForm, TokenForm, row_number
from portal.core.idempotency import claim
from portal.core.permissions import Permission, current_actor, requires
from portal.core.words import gettext as _

P = Permission


@blueprint.get("/instruktur/uji/<int:test_id>/kertas")
@requires(P.TEST_INVIGILATE)
def papers(test_id: int) -> Any:
    """Whose sheet is where; a typed code leads to its sheet."""
    head = get_watch(current_actor(), test_id)
    typed = request.args.get("kode", "").strip()
    found = pages.find_by_code(test_id, typed) if typed else None
    if found is not None:
        return htmx.redirect(url_for("assessment.paper_entry", test_id=test_id, enrollment_id=found))
    return _list(head, BaseForm(), typed=typed)


@blueprint.post("/instruktur/uji/<int:test_id>/kertas")
@requires(P.TEST_INVIGILATE)
def papers_prepare(test_id: int) -> Any:
    """Draw sheets for the chosen people, or for everybody."""
    actor, now, form = current_actor(), clock.now(), TokenForm.parse()
    try:
        with transaction():
            op = claim(form.op.data, actor=actor, now=now)
            if op.is_new:
                made = services.prepare_sheets(
                    test_id=test_id, enrollment_ids=forms.chosen_people(), actor=actor, now=now
                )
                op.finish(url_for("assessment.papers", test_id=test_id, siap=len(made)))
    except DomainError as error:
        if error.status in (403, 404):
            raise
        fresh = BaseForm()
        fresh.add_error(error)
        return _list(get_watch(actor, test_id), fresh, error.status)
    return htmx.redirect(op.outcome)


@blueprint.get("/instruktur/uji/<int:test_id>/kertas.pdf")
@requires(P.TEST_INVIGILATE)
def papers_pdf(test_id: int) -> Any:
    """The sheets that are not keyed in yet, of everybody or of those in the address."""
    actor = current_actor()
    head = get_watch(actor, test_id)
    chosen = request.args.getlist("orang", type=row_number)
    body = pages.sheets_pdf(head, chosen or None, actor, clock.now())
    if body is None:
        raise Conflict("nobody_to_print", _("Tidak ada lembar yang perlu dicetak. Siapkan lembarnya dulu."))
    response = make_response(body)
    response.headers["Content-Type"] = "application/pdf"
    response.headers["Content-Disposition"] = f'inline; filename="lembar-uji-{test_id}.pdf"'
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.get("/instruktur/uji/<int:test_id>/kertas/<int:enrollment_id>")
@requires(P.TEST_INVIGILATE)
def paper_entry(test_id: int, enrollment_id: int) -> Any:
    """The lines of a sheet to key in. What somebody else keyed in is not shown."""
    return _entry(test_id, enrollment_id)


@blueprint.post("/instruktur/uji/<int:test_id>/kertas/<int:enrollment_id>")
@requires(P.TEST_INVIGILATE)
def paper_key_in(test_id: int, enrollment_id: int) -> Any:
    """Key a sheet in; where the two differ, on to what differs."""
    actor, now = current_actor(), clock.now()
    get_watch(actor, test_id)
    typed = forms.typed_lines(line for line, _hint in pages.lines_page(_views(test_id, enrollment_id)))
    try:
        with transaction():
            op = claim(request.form.get("op"), actor=actor, now=now)
            if op.is_new:
                keyed = services.key_in(
                    test_id=test_id, enrollment_id=enrollment_id, typed=typed, actor=actor, now=now
                )
                op.finish(_after(test_id, enrollment_id, keyed))
    except DomainError as error:
        return _refused(error, _entry, test_id, enrollment_id, typed)
    return htmx.redirect(op.outcome)


@blueprint.get("/instruktur/uji/<int:test_id>/kertas/<int:enrollment_id>/selisih")
@requires(P.TEST_INVIGILATE)
def paper_differences(test_id: int, enrollment_id: int) -> Any:
    """What differs, for the second person alone."""
    return _differences(test_id, enrollment_id, forms.KeyingForm())


@blueprint.post("/instruktur/uji/<int:test_id>/kertas/<int:enrollment_id>/selisih")
@requires(P.TEST_INVIGILATE)
def paper_settle(test_id: int, enrollment_id: int) -> Any:
    """What stands on the paper."""
    actor, now = current_actor(), clock.now()
    get_watch(actor, test_id)
    try:
        with transaction():
            op = claim(request.form.get("op"), actor=actor, now=now)
            if op.is_new:
                sheet = queries.get_sheet(test_id, enrollment_id)
                typed = forms.settled_lines(services.differences_of(sheet, actor))
                keyed = services.settle(
                    test_id=test_id, enrollment_id=enrollment_id, typed=typed, actor=actor, now=now
                )
                op.finish(_after(test_id, enrollment_id, keyed))
    except DomainError as error:
        return _refused(error, _differences, test_id, enrollment_id)
    return htmx.redirect(op.outcome)


@blueprint.post("/instruktur/uji/<int:test_id>/kertas/<int:enrollment_id>/tarik")
@requires(P.TEST_INVIGILATE)
def paper_withdraw(test_id: int, enrollment_id: int) -> Any:
    """Take a sheet back, so that its person sits the test on a screen."""
    actor, now, form = current_actor(), clock.now(), TokenForm.parse()
    try:
        with transaction():
            op = claim(form.op.data, actor=actor, now=now)
            if op.is_new:
                services.withdraw_sheet(test_id=test_id, enrollment_id=enrollment_id, actor=actor, now=now)
                op.finish(url_for("assessment.papers", test_id=test_id))
    except DomainError as error:
        return _refused(error, _entry, test_id, enrollment_id)
    return htmx.redirect(op.outcome)


def _list(head: Any, form: BaseForm, status: int = 200, typed: str = "") -> Any:
    return htmx.render(
        "assessment/paper/list.html", status=status, form=form, typed=typed,
        ready=request.args.get("siap", type=row_number), keyed=request.args.get("masuk", ""),
        **pages.list_page(head, current_actor(), clock.now()),
    )  # fmt: skip


def _views(test_id: int, enrollment_id: int) -> queries.Views:
    sheet = queries.get_sheet(test_id, enrollment_id)
    return queries.views_of([sheet.attempt_id])[0].get(sheet.attempt_id, [])


def _entry(test_id: int, enrollment_id: int, form: forms.KeyingForm | None = None, status: int = 200) -> Any:
    """The form; of one's own first keying with what was typed."""
    actor = current_actor()
    head = get_watch(actor, test_id)
    sheet, person = queries.get_sheet(test_id, enrollment_id), get_candidate(head.batch_id, enrollment_id)
    row = next(r for r in pages.list_page(head, actor, clock.now())["rows"] if r["id"] == enrollment_id)
    if row["action"] == "settle" and form is None:
        return htmx.redirect(
            url_for("assessment.paper_differences", test_id=test_id, enrollment_id=enrollment_id)
        )
    views = _views(test_id, enrollment_id)
    if form is None:
        own = queries.entries_of([sheet.attempt_id]).get(sheet.attempt_id, {}).get(1)
        is_mine = row["action"] == "mend" and own is not None
        form = forms.KeyingForm(typed_sheet(views, own.by_position) if is_mine and own else None)
    return htmx.render(
        "assessment/paper/entry.html", status=status, head=head, person=person, row=row, form=form,
        lines=pages.lines_page(views), code=sheet_code(sheet.seed),
    )  # fmt: skip


def _differences(test_id: int, enrollment_id: int, form: forms.KeyingForm, status: int = 200) -> Any:
    actor = current_actor()
    head = get_watch(actor, test_id)
    sheet, person = queries.get_sheet(test_id, enrollment_id), get_candidate(head.batch_id, enrollment_id)
    return htmx.render(
        "assessment/paper/differences.html", status=status, head=head, person=person, form=form,
        differs=services.differences_of(sheet, actor), code=sheet_code(sheet.seed), chosen=request.form,
        hints=dict(pages.lines_page(_views(test_id, enrollment_id))),
    )  # fmt: skip


def _after(test_id: int, enrollment_id: int, keyed: services.Keyed) -> str:
    """On to what differs, else back to the list."""
    if keyed.differs:
        return url_for("assessment.paper_differences", test_id=test_id, enrollment_id=enrollment_id)
    done = "selesai" if keyed.is_adopted else "pertama"
    return url_for("assessment.papers", test_id=test_id, masuk=done)


def _refused(
    error: DomainError, page: Any, test_id: int, enrollment_id: int, typed: dict[str, str] | None = None
) -> Any:
    """The same page with what is wrong and what was typed."""
    if error.status in (403, 404):
        raise error
    form = forms.KeyingForm(typed)
    form.errors_at = error.details.get("lines", {})
    if not form.errors_at:
        form.add_error(error)
    try:
        return page(test_id, enrollment_id, form, error.status)
    except DomainError:
        # The sheet was settled meanwhile: there is nothing left to show beside the reason.
        raise error from None
