"""/akun/keamanan: factors, codes on paper, devices; and proving oneself again before they are changed."""

from __future__ import annotations

from typing import Any

from flask import current_app, render_template, request, url_for
from markupsafe import Markup

from portal.accounts import identity, queries, services
from portal.accounts.forms.factor import ProofForm
from portal.accounts.labels import device_label
from portal.accounts.queries.factor import get_factors
from portal.accounts.rules import is_local_path
from portal.accounts.rules.factor import code_digits
from portal.accounts.services import factors, recovery_codes, steps
from portal.accounts.views.blueprint import answer, ask_again, blueprint, local_target, next_url
from portal.accounts.views.second_step import demo_code
from portal.core import browser, clock, htmx
from portal.core.db import transaction
from portal.core.errors import DomainError, NotFound
from portal.core.forms import TokenForm
from portal.core.permissions import current_actor, signed_in
from portal.core.words import gettext as _


def own_id() -> int:
    """The account that is signed in. Raises NotFound."""
    user_id = current_actor().user_id
    if user_id is None:
        raise NotFound()
    return user_id


def _panels() -> list[Markup]:
    """The pieces that other topics add to the page."""
    actor, now = current_actor(), clock.now()
    found = [panel(actor, now) for panel in current_app.extensions["security_panels"]]
    pages = [render_template(page, **context) for page, context in filter(None, found)]
    return [Markup(page) for page in pages]  # noqa: S704  our own templates, which escape what they show


def security_page(error: DomainError | None = None) -> Any:
    """The page of the account's own safety; an error stands at its top."""
    user_id, now = own_id(), clock.now()
    form = TokenForm()
    if error is not None:
        form.add_error(error)
    return answer(
        "accounts/security.html",
        form,
        error,
        factors=get_factors(user_id),
        is_staff=factors.is_staff_account(user_id, now),
        has_password=bool(queries.get_user(user_id).password_hash),
        sessions=queries.list_sessions(user_id, now),
        here_id=identity.current_session_id(),
        asks_again=ask_again(url_for("accounts.security")),
        device_label=device_label,
        panels=_panels(),
    )


@blueprint.get("/akun/keamanan")
@signed_in
def security() -> Any:
    """How this account is proved, and where it is open."""
    return security_page()


@blueprint.post("/akun/keamanan/perangkat/<int:device_id>/keluarkan")
@signed_in
def end_device(device_id: int) -> Any:
    """End one of one's own sessions."""
    with transaction():
        factors.end_device(session_id=device_id, actor=current_actor(), now=clock.now())
    return htmx.redirect(url_for("accounts.security", tersimpan="perangkat"))


@blueprint.get("/akun/keamanan/pastikan")
@signed_in
def prove() -> Any:
    """Ask for the password or a code before something important."""
    return _prove_page(ProofForm(lanjut=local_target()))


def _prove_page(form: ProofForm, error: DomainError | None = None) -> Any:
    user_id = own_id()
    return answer(
        "accounts/prove.html",
        form,
        error,
        factors=get_factors(user_id),
        has_password=bool(queries.get_user(user_id).password_hash),
        demo_code=demo_code(user_id),
        login=identity.current_login(),
    )


@blueprint.post("/akun/keamanan/pastikan")
@signed_in
def prove_post() -> Any:
    """Check it and go on with a new session."""
    form = ProofForm.parse()
    if not form.validate():
        return _prove_page(form)
    try:
        token = _proved(form.proof.data)
    except DomainError as error:
        error.field = "proof"
        form.add_error(error)
        return _prove_page(form, error)
    identity.begin_cookie(token)
    return htmx.redirect(
        form.lanjut.data if is_local_path(form.lanjut.data) else url_for("accounts.security")
    )


def _proved(proof: str) -> str:
    """The token of a new session for whoever gave the password or a code. Raises DomainError."""
    here, actor, now = identity.current_session(), current_actor(), clock.now()
    if here is None:
        raise NotFound()
    if code_digits(proof):
        return _proved_by_code(proof)
    login, address = here.login, request.remote_addr
    with transaction():
        services.begin_sign_in(login=login, address=address, now=now)
    try:
        services.verify_password(login=here.login, password=proof)
    except DomainError:
        raise DomainError("proof_wrong", _("Kata sandi atau kode tidak cocok.")) from None
    with transaction():
        services.forgive_sign_in(login=login, address=address)
        return factors.renew_session(
            factor=here.factor,
            session_id=here.session_id,
            agent=request.user_agent.string,
            actor=actor,
            now=now,
        )


def _proved_by_code(code: str) -> str:
    here, now, address = identity.current_session(), clock.now(), request.remote_addr
    step = steps.Step(own_id(), session_id=here.session_id if here else None)
    with transaction():
        steps.begin_try(user_id=step.user_id, address=address, now=now)
    with transaction():
        passed = steps.pass_with_code(
            step, code=code, address=address, agent=request.user_agent.string, now=now
        )
    if passed.refused is not None:
        raise passed.refused
    return passed.token


@blueprint.post("/akun/keamanan/kode-cadangan")
@signed_in
def renew_codes() -> Any:
    """Ten new codes; every other device has to sign in again."""
    again = ask_again(url_for("accounts.security"))
    if again:
        return htmx.redirect(again)
    actor, now, here = current_actor(), clock.now(), identity.current_session_id()
    try:
        with transaction():
            codes = factors.renew_recovery_codes(actor=actor, session_id=here, now=now)
            handle = recovery_codes.keep_to_show(user_id=own_id(), codes=codes, now=now)
    except DomainError as error:
        return security_page(error)
    browser.keep("show", handle)
    return htmx.redirect(url_for("accounts.show_codes"))


@blueprint.get("/akun/keamanan/kode-cadangan")
@signed_in
def show_codes() -> Any:
    """The codes that were just made, until the person says that they are kept."""
    codes = recovery_codes.shown_codes(user_id=own_id(), handle=browser.held("show"), now=clock.now())
    target = local_target() or url_for("accounts.security")
    return answer("accounts/recovery_codes.html", TokenForm(), codes=codes, target=target)


@blueprint.post("/akun/keamanan/kode-cadangan/tersimpan")
@signed_in
def recovery_codes_kept() -> Any:
    """Forget the plain codes and go on."""
    with transaction():
        recovery_codes.end_showing(handle=browser.held("show"))
    browser.drop("show")
    target = request.form.get("lanjut")
    return htmx.redirect(next_url(target) if target else url_for("accounts.security"))
