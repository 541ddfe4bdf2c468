"""An account for somebody whom a cooperative or an office recorded with a phone, without a letter."""

from __future__ import annotations

from typing import Any

from flask import request, url_for

from portal.accounts import passwords
from portal.accounts.forms.contact import ActivateAccountForm, ActivateForm, CodeForm
from portal.accounts.services import activation, one_time
from portal.accounts.views.blueprint import answer, blueprint, go_on
from portal.core import browser, clock, htmx
from portal.core.db import transaction
from portal.core.edge import language
from portal.core.errors import DomainError
from portal.core.idempotency import claim
from portal.core.permissions import current_actor, public


@blueprint.get("/akun/aktifkan")
@public()
def activate() -> Any:
    """Ask for the phone and the birth date of the record."""
    return answer("accounts/activate.html", ActivateForm())


@blueprint.post("/akun/aktifkan")
@public()
def activate_post() -> Any:
    """Send a code to the phone of the record; the answer is the same where nobody is recorded so."""
    form = ActivateForm.parse()
    if not form.validate():
        return answer("accounts/activate.html", form)
    try:
        browser.keep("activation", _ask(form))
    except DomainError as error:
        form.add_error(error)
        return answer("accounts/activate.html", form, error)
    return htmx.redirect(url_for("accounts.activate_code"))


def _ask(form: ActivateForm) -> str:
    now, op, born = clock.now(), form.op.data or "", form.birth_date.data
    assert born is not None
    with transaction():
        if not claim(op, actor=current_actor(), now=now).is_new:
            return one_time.handle_of(op)
        return activation.ask_activation_code(
            phone=form.phone.data or "",
            birth_date=born,
            op=op,
            language=language(),
            address=request.remote_addr,
            now=now,
        )


@blueprint.get("/akun/aktifkan/kode")
@public()
def activate_code() -> Any:
    """The page for the six digits."""
    found = one_time.look("activation", browser.held("activation"), clock.now())
    if found is None:
        return htmx.redirect(url_for("accounts.activate"))
    return answer("accounts/activate_code.html", CodeForm(), hint=found["hint"])


@blueprint.post("/akun/aktifkan/kode")
@public()
def activate_code_post() -> Any:
    """Compare the code, then ask how to sign in from now on."""
    form, handle, now = CodeForm.parse(), browser.held("activation"), clock.now()
    hint = (one_time.look("activation", handle, now) or {}).get("hint", "")
    if not form.validate():
        return answer("accounts/activate_code.html", form, hint=hint)
    asked: dict[str, Any] = {"handle": handle, "address": request.remote_addr, "now": now}
    try:
        with transaction():
            one_time.begin_check(kind="activation", **asked)
        with transaction():
            browser.keep("choose", activation.confirm_activation(code=form.code.data or "", **asked))
    except DomainError as error:
        form.add_error(error)
        return answer("accounts/activate_code.html", form, error, hint=hint)
    return htmx.redirect(url_for("accounts.activate_account"))


def _is_ready() -> bool:
    """True while this browser has proved the phone of the record."""
    found = one_time.look("choose", browser.held("choose"), clock.now()) or {}
    return found.get("purpose") == "activation"


@blueprint.get("/akun/aktifkan/akun")
@public()
def activate_account() -> Any:
    """A sign-in name and a password."""
    if not _is_ready():
        return htmx.redirect(url_for("accounts.activate"))
    return answer("accounts/activate_account.html", ActivateAccountForm())


@blueprint.post("/akun/aktifkan/akun")
@public()
def activate_account_post() -> Any:
    """Make the account and go on."""
    form = ActivateAccountForm.parse()
    if not _is_ready():
        return htmx.redirect(url_for("accounts.activate"))
    if not form.validate():
        return answer("accounts/activate_account.html", form)
    try:
        login = form.login.data or ""
        hashed = passwords.protect(form.password.data or "", (login,))
        with transaction():
            user = activation.activate(
                handle=browser.held("choose"), login=login, password=hashed, now=clock.now()
            )
    except DomainError as error:
        form.add_error(error)
        return answer("accounts/activate_account.html", form, error)
    return go_on(user.id, factor="code", target=None)
