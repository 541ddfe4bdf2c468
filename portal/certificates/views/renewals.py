"""The center's renewals: what ends soon, who may renew and why not, asking the head."""

from __future__ import annotations

from typing import Any

from flask import request, url_for

from portal.certificates import queries
from portal.certificates.forms import OpForm
from portal.certificates.queries.renewals import list_renewals, outlook_of
from portal.certificates.services.renewals import prepare_renewal, prepare_renewals
from portal.certificates.views import blueprint
from portal.core import clock, htmx
from portal.core.db import transaction
from portal.core.errors import DomainError, NotFound
from portal.core.forms import row_number
from portal.core.idempotency import claim
from portal.core.paging import page_number
from portal.core.permissions import Permission, current_actor, requires
from portal.core.words import gettext as _


@blueprint.get("/balai/sertifikat/perpanjangan")
@requires(Permission.CERTIFICATE_VIEW)
def renewals() -> Any:
    """Certificates that end soon or may still be renewed, each with what is missing."""
    return _list_page(OpForm(), page_number(request.args.get("hal")))


def _list_page(form: OpForm, number: int, status: int = 200) -> Any:
    actor = current_actor()
    return htmx.render(
        "certificates/renewals.html",
        None,
        status,
        listing=list_renewals(actor, number, clock.now()),
        page_no=number,
        form=form,
        may_prepare=actor.may(Permission.CERTIFICATE_PREPARE),
    )


@blueprint.post("/balai/sertifikat/perpanjangan")
@requires(Permission.CERTIFICATE_PREPARE)
def renewals_prepare() -> Any:
    """Ask for the renewals that were ticked, all or none."""
    actor, now, form = current_actor(), clock.now(), OpForm.parse()
    try:
        chosen = _chosen()
        with transaction():
            op = claim(form.op.data, actor=actor, now=now)
            if op.is_new:
                prepare_renewals(certificate_ids=chosen, actor=actor, now=now)
                op.finish(url_for("certificates.requests"))
    except NotFound:
        raise
    except DomainError as error:
        form.add_error(error)
        return _list_page(form, 1, error.status)
    return htmx.redirect(op.outcome)


def _chosen() -> list[int]:
    """The certificates that were ticked. Raises DomainError for none, NotFound for what is no number."""
    try:
        chosen = [row_number(value) for value in request.form.getlist("pilih")]
    except ValueError as error:
        raise NotFound() from error
    if not chosen:
        raise DomainError("nothing_chosen", _("Pilih paling sedikit satu sertifikat."))
    return chosen


@blueprint.get("/balai/sertifikat/<code>/perpanjang")
@requires(Permission.CERTIFICATE_VIEW)
def renewal(code: str) -> Any:
    """One certificate: the courses that count, and what is missing."""
    return _page(code, OpForm())


def _page(code: str, form: OpForm, status: int = 200) -> Any:
    actor = current_actor()
    found = queries.get_certificate(actor, code)
    return htmx.render(
        "certificates/renewal.html",
        None,
        status,
        outlook=outlook_of(found, clock.now()),
        form=form,
        may_prepare=actor.may(Permission.CERTIFICATE_PREPARE),
    )


@blueprint.post("/balai/sertifikat/<code>/perpanjang")
@requires(Permission.CERTIFICATE_PREPARE)
def renewal_prepare(code: str) -> Any:
    """Ask the head to renew it."""
    actor, now, form = current_actor(), clock.now(), OpForm.parse()
    found = queries.get_certificate(actor, code)
    try:
        with transaction():
            op = claim(form.op.data, actor=actor, now=now)
            if op.is_new:
                made = prepare_renewal(certificate_id=found.id, actor=actor, now=now)
                op.finish(url_for("certificates.request_page", request_id=made.id))
    except DomainError as error:
        form.add_error(error)
        return _page(code, form, error.status)
    return htmx.redirect(op.outcome)
