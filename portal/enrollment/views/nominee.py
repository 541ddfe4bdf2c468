"""The answer of the person who was nominated: by their own link without an account, or signed in."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import request, url_for

from portal.accounts import services as accounts
from portal.accounts.rules import Limit, network_of
from portal.core import clock, htmx
from portal.core.clock import local_date
from portal.core.db import transaction
from portal.core.errors import DomainError
from portal.core.permissions import current_actor, public, signed_in
from portal.enrollment import pages_nominating as pages
from portal.enrollment.forms_nominating import DeclineForm, NomineeForm, ProofForm
from portal.enrollment.queries import nominations
from portal.enrollment.queries.nominations import OwnNomination
from portal.enrollment.services import nominee as services
from portal.enrollment.views.blueprint import blueprint
from portal.people.services import CONSENT_CONTACT, CONSENT_PURPOSES, CONSENT_TRAINING
from portal.people.services.completing import Identity

# A link is of one person, who knows their own birth date: few tries a day, however many links are made and
# programs they are proposed for; the address is a whole village hall's.
LINK_LIMIT = Limit("nominee.link", 20, timedelta(days=1))
NETWORK_LIMIT = Limit("nominee.network", 200, timedelta(hours=1))


def _is_self(own: OwnNomination) -> bool:
    """Signed in as the one who was nominated, with an identity on record."""
    return current_actor().person_id == own.person.id and own.person.nik_index is not None


def _form(own: OwnNomination, formdata: Any = None) -> Any:
    """Who is on record shows that the link is theirs; the others say who they are."""
    today = local_date(clock.now(), pages.ZONE)
    if own.person.nik_index is not None and (own.person.birth_date is not None or _is_self(own)):
        return ProofForm(formdata, today=today, needs_birth=not _is_self(own))
    # The number on record is not shown: the link may lie in somebody else's hands.
    return NomineeForm(formdata, data={"name": own.person.name}, today=today)


def _page(own: OwnNomination, urls: dict[str, str], form: Any = None, status: int = 200, **more: Any) -> Any:
    form = form if form is not None else _form(own)
    page = htmx.render(
        "enrollment/nominee.html", None, status, own=own, form=form, urls=urls,
        decline_form=more.pop("decline_form", None) or DeclineForm(), facts=pages.own_facts(own, clock.now()),
        is_known=isinstance(form, ProofForm), is_self=_is_self(own),
        purposes={
            "training": CONSENT_PURPOSES[CONSENT_TRAINING].text,
            "contact": CONSENT_PURPOSES[CONSENT_CONTACT].text,
        },
        **more,
    )  # fmt: skip
    # A shared phone keeps nothing of what somebody was proposed for.
    page.headers["Cache-Control"] = "no-store"
    return page


def _identity(form: Any) -> Identity | None:
    if isinstance(form, NomineeForm):
        values = form.values()
        assert form.birth_date.data is not None  # the form is valid
        return Identity(
            values["name"], values["nik"], form.birth_date.data, values["sex"] or "", values["phone"]
        )
    return Identity("", "", form.birth_date.data) if "birth_date" in form else None


def _agree(own: OwnNomination, urls: dict[str, str]) -> Any:
    if own.nomination.state != "proposed":
        return htmx.redirect(urls["show"])  # answered, or ended by the cooperative: the page says which
    form = _form(own, request.form)
    if not form.validate():
        return _page(own, urls, form, 422)
    consent = services.Consent(_identity(form), bool(form.may_contact.data))
    try:
        _count(own.person.id)
        with transaction():
            services.consent_to_nomination(
                nomination_id=own.nomination.id, consent=consent, actor=current_actor(), now=clock.now()
            )
    except DomainError as error:
        if error.code == "nik_known":
            return _page(own, urls, form, error.status, is_foreign=True)
        form.add_error(error)
        return _page(own, urls, form, error.status)
    return htmx.redirect(urls["show"])


def _count(person_id: int) -> None:
    """Count the try before it is looked at."""
    now = clock.now()
    with transaction():
        accounts.count_try(LINK_LIMIT, f"person {person_id}", now=now)
        accounts.count_try(NETWORK_LIMIT, network_of(request.remote_addr), now=now)


def _decline(own: OwnNomination, urls: dict[str, str]) -> Any:
    if own.nomination.state == "placed" and current_actor().person_id != own.person.id:
        return htmx.redirect(urls["show"])  # a seat is given back by whoever holds it, not by a link
    form = DeclineForm(request.form)
    if not form.validate():
        return _page(own, urls, None, 422, decline_form=form)
    try:
        with transaction():
            services.decline_nomination(
                nomination_id=own.nomination.id, reason=form.reason.data or "", actor=current_actor(),
                now=clock.now(),
            )  # fmt: skip
    except DomainError as error:
        form.add_error(error)
        return _page(own, urls, None, error.status, decline_form=form)
    return htmx.redirect(urls["show"])


# ---- by the link ----


def _urls(token: str) -> dict[str, str]:
    return {
        "show": url_for("enrollment.nominee", token=token),
        "agree": url_for("enrollment.nominee_post", token=token),
        "decline": url_for("enrollment.nominee_decline", token=token),
    }


def _gone() -> Any:
    """One answer for a link that never was and one that is over."""
    return htmx.render("enrollment/nominee_gone.html", None, 404)


@blueprint.get("/usulan/<token>")
@public()
def nominee(token: str) -> Any:
    """Who proposed me for what, and my answer."""
    own = nominations.find_by_link(token, clock.now())
    return _page(own, _urls(token)) if own is not None else _gone()


@blueprint.post("/usulan/<token>")
@public()
def nominee_post(token: str) -> Any:
    """Say who I am and consent."""
    own = nominations.find_by_link(token, clock.now())
    return _agree(own, _urls(token)) if own is not None else _gone()


@blueprint.post("/usulan/<token>/tolak")
@public()
def nominee_decline(token: str) -> Any:
    """Say no."""
    own = nominations.find_by_link(token, clock.now())
    return _decline(own, _urls(token)) if own is not None else _gone()


# ---- signed in ----


def _own_urls(nomination_id: int) -> dict[str, str]:
    return {
        "show": url_for("enrollment.own_nomination", nomination_id=nomination_id),
        "agree": url_for("enrollment.own_nomination_post", nomination_id=nomination_id),
        "decline": url_for("enrollment.own_nomination_decline", nomination_id=nomination_id),
    }


@blueprint.get("/saya/usulan/<int:nomination_id>")
@signed_in
def own_nomination(nomination_id: int) -> Any:
    """The same page without a link, for the person who is signed in."""
    own = nominations.get_own_nomination(current_actor(), nomination_id)
    return _page(own, _own_urls(nomination_id))


@blueprint.post("/saya/usulan/<int:nomination_id>")
@signed_in
def own_nomination_post(nomination_id: int) -> Any:
    """Consent."""
    own = nominations.get_own_nomination(current_actor(), nomination_id)
    return _agree(own, _own_urls(nomination_id))


@blueprint.post("/saya/usulan/<int:nomination_id>/tolak")
@signed_in
def own_nomination_decline(nomination_id: int) -> Any:
    """Say no."""
    own = nominations.get_own_nomination(current_actor(), nomination_id)
    return _decline(own, _own_urls(nomination_id))
