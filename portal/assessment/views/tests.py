"""Planning the written tests of a batch: for its assessors and its center's administrator."""

from __future__ import annotations

from typing import Any

from flask import flash, url_for

from portal.assessment import pages_tests as pages
from portal.assessment.forms.tests import ExtraForm, PlanForm, ReasonForm
from portal.assessment.queries import tests as queries
from portal.assessment.services import allowances
from portal.assessment.services import tests as services
from portal.assessment.views.blueprint import blueprint
from portal.core import clock, htmx
from portal.core.db import transaction
from portal.core.errors import DomainError
from portal.core.forms import TokenForm
from portal.core.idempotency import claim
from portal.core.permissions import Permission, current_actor, requires
from portal.core.words import gettext as _


@blueprint.get("/balai/angkatan/<int:batch_id>/uji")
@requires(Permission.TEST_EDIT)
def tests(batch_id: int) -> Any:
    """The tests of a batch."""
    actor = current_actor()
    head = queries.get_plan(actor, batch_id)
    return htmx.render("assessment/tests/list.html", **pages.list_page(head, actor, clock.now()))


@blueprint.get("/balai/angkatan/<int:batch_id>/uji/baru")
@requires(Permission.TEST_EDIT)
def test_new(batch_id: int) -> Any:
    """An empty plan."""
    head = queries.get_plan(current_actor(), batch_id)
    return _new(head, PlanForm.of(None, head.zone))


@blueprint.post("/balai/angkatan/<int:batch_id>/uji/baru")
@requires(Permission.TEST_EDIT)
def test_new_post(batch_id: int) -> Any:
    """Keep it as a draft."""
    actor, now = current_actor(), clock.now()
    head = queries.get_plan(actor, batch_id)
    form = PlanForm.sent(services.unit_titles(head))
    try:
        with transaction():
            op = claim(form.op.data, actor=actor, now=now)
            if op.is_new:
                test = services.create_test(
                    batch_id=batch_id, plan=form.plan(head.zone), actor=actor, now=now
                )
                op.finish(url_for("assessment.test", batch_id=batch_id, test_id=test.id))
    except DomainError as error:
        if error.status in (403, 404):
            raise
        form.refuse(error)
        return _new(head, form, error.status)
    return htmx.redirect(op.outcome)


@blueprint.get("/balai/angkatan/<int:batch_id>/uji/<int:test_id>")
@requires(Permission.TEST_EDIT)
def test(batch_id: int, test_id: int) -> Any:
    """A test: what it asks, who gets longer, publishing and calling off."""
    return _test(batch_id, test_id)


@blueprint.get("/balai/angkatan/<int:batch_id>/uji/<int:test_id>/ubah")
@requires(Permission.TEST_EDIT)
def test_edit(batch_id: int, test_id: int) -> Any:
    """The plan, to be changed."""
    head = queries.get_plan(current_actor(), batch_id)
    return _edit(head, test_id, PlanForm.of(queries.get_test(batch_id, test_id), head.zone))


@blueprint.post("/balai/angkatan/<int:batch_id>/uji/<int:test_id>/ubah")
@requires(Permission.TEST_EDIT)
def test_edit_post(batch_id: int, test_id: int) -> Any:
    """Change it, as long as nobody has started."""
    actor = current_actor()
    head = queries.get_plan(actor, batch_id)
    form = PlanForm.sent(services.unit_titles(head))
    try:
        with transaction():
            services.edit_test(
                batch_id=batch_id, test_id=test_id, plan=form.plan(head.zone), actor=actor, now=clock.now()
            )
    except DomainError as error:
        if error.status in (403, 404):
            raise
        form.refuse(error)
        return _edit(head, test_id, form, error.status)
    flash(_("Rencana uji disimpan."), "ok")
    return htmx.redirect(url_for("assessment.test", batch_id=batch_id, test_id=test_id))


@blueprint.post("/balai/angkatan/<int:batch_id>/uji/<int:test_id>/umumkan")
@requires(Permission.TEST_EDIT)
def test_publish(batch_id: int, test_id: int) -> Any:
    """Let the people of the batch see it."""
    form = TokenForm.parse()
    try:
        with transaction():
            services.publish_test(batch_id=batch_id, test_id=test_id, actor=current_actor(), now=clock.now())
    except DomainError as error:
        if error.status in (403, 404):
            raise
        form.form_errors += [one.message for one in error.details.get("blockers", ())] or [error.message]
        return _test(batch_id, test_id, error.status, publish=form)
    flash(_("Uji diumumkan. Peserta melihatnya di halaman mereka."), "ok")
    return htmx.redirect(url_for("assessment.test", batch_id=batch_id, test_id=test_id))


@blueprint.post("/balai/angkatan/<int:batch_id>/uji/<int:test_id>/batal")
@requires(Permission.TEST_EDIT)
def test_cancel(batch_id: int, test_id: int) -> Any:
    """Call it off, with a reason."""
    actor, now, form = current_actor(), clock.now(), ReasonForm.parse()
    try:
        with transaction():
            op = claim(form.op.data, actor=actor, now=now)
            if op.is_new:
                services.cancel_test(
                    batch_id=batch_id, test_id=test_id, reason=form.reason.data or "", actor=actor, now=now
                )
                op.finish(url_for("assessment.test", batch_id=batch_id, test_id=test_id))
    except DomainError as error:
        if error.status in (403, 404):
            raise
        form.add_error(error)
        return _test(batch_id, test_id, error.status, cancel=form)
    return htmx.redirect(op.outcome)


@blueprint.post("/balai/angkatan/<int:batch_id>/uji/<int:test_id>/waktu")
@requires(Permission.TEST_EDIT)
def test_allowance(batch_id: int, test_id: int) -> Any:
    """Extra time for one person."""
    actor, form = current_actor(), ExtraForm.parse()
    form.validate()
    try:
        with transaction():
            minutes = -1 if form.minutes.data is None else form.minutes.data
            allowances.set_allowance(
                batch_id=batch_id, test_id=test_id, enrollment_id=form.one(), minutes=minutes,
                reason=form.reason.data or "", actor=actor, now=clock.now(),
            )  # fmt: skip
    except DomainError as error:
        if error.status in (403, 404):
            raise
        form.add_error(error)
        return _test(batch_id, test_id, error.status, extra=form)
    flash(_("Tambahan waktu disimpan."), "ok")
    return htmx.redirect(url_for("assessment.test", batch_id=batch_id, test_id=test_id))


def _new(head: Any, form: PlanForm, status: int = 200) -> Any:
    action = url_for("assessment.test_new_post", batch_id=head.id)
    return htmx.render(
        "assessment/tests/form.html", status=status, action=action, back=action.removesuffix("/baru"),
        heading=_("Uji baru"), **pages.form_page(head, form),
    )  # fmt: skip


def _edit(head: Any, test_id: int, form: PlanForm, status: int = 200) -> Any:
    action = url_for("assessment.test_edit_post", batch_id=head.id, test_id=test_id)
    return htmx.render(
        "assessment/tests/form.html", status=status, action=action, back=action.removesuffix("/ubah"),
        heading=_("Ubah uji"), **pages.form_page(head, form),
    )  # fmt: skip


def _test(batch_id: int, test_id: int, status: int = 200, **forms: Any) -> Any:
    actor = current_actor()
    head = queries.get_plan(actor, batch_id)
    context = pages.test_page(head, queries.get_test(batch_id, test_id), actor, clock.now())
    extra = pages.with_people(forms.get("extra") or ExtraForm(), context["people"])
    wrong = next((form for form in forms.values() if form.error_list), None)
    return htmx.render(
        "assessment/tests/test.html", status=status, wrong=wrong, extra_form=extra,
        publish_form=forms.get("publish") or TokenForm(), cancel_form=forms.get("cancel") or ReasonForm(),
        **context,
    )  # fmt: skip
