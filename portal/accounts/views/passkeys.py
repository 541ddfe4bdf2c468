"""Passkeys: a new one, and signing in with one, alone or as the second step.

The script fetches a challenge, asks the browser, puts the answer into the form's hidden field and sends the
form: the answers here are the pages and redirects of any form.
"""

from __future__ import annotations

import json
from typing import Any

from flask import current_app, jsonify, request, url_for

from portal.accounts import identity
from portal.accounts.forms.factor import CredentialForm, PasskeyForm
from portal.accounts.queries.factor import get_factors
from portal.accounts.rules import is_local_path
from portal.accounts.rules.factor import RelyingParty, passkey_address, relying_party
from portal.accounts.services import factors, passkeys, steps
from portal.accounts.services.passkeys import Asked
from portal.accounts.views.blueprint import (
    answer,
    ask_again,
    blueprint,
    go_on,
    local_target,
    next_url,
)
from portal.accounts.views.second_step import current_step
from portal.accounts.views.security import own_id, security_page
from portal.accounts.views.totp import after_settling, settle
from portal.core import browser, clock, htmx
from portal.core.db import transaction
from portal.core.errors import Conflict, DomainError
from portal.core.permissions import current_actor, public, signed_in
from portal.core.words import gettext as _


def party() -> RelyingParty | None:
    """Where passkeys live for this request; None at an address that knows none (a bare IP address)."""
    settings = current_app.extensions["portal_settings"]
    return relying_party(settings.base_url, request.host, settings.is_production)


def _party() -> RelyingParty:
    found = party()
    if found is None:
        raise Conflict("no_passkeys_here", _("Passkey tidak dapat dipakai di alamat ini."))
    return found


@blueprint.context_processor
def _about_passkeys() -> dict[str, Any]:
    """For the pages of accounts: whether this address knows passkeys, and which one does."""
    settings = current_app.extensions["portal_settings"]
    return {
        "has_passkeys": party() is not None,
        "passkey_address": passkey_address(settings.base_url, settings.is_production),
    }


def _challenge(asked: Asked) -> Any:
    browser.keep("passkey", asked.handle)
    response = jsonify(publicKey=json.loads(asked.options))
    response.headers["Cache-Control"] = "no-store"
    return response


def _held() -> str:
    """The handle of the challenge; one answer uses it up."""
    handle = browser.held("passkey")
    browser.drop("passkey")
    return handle


def _refusal(error: DomainError) -> Any:
    response = jsonify(error=error.message)
    if "retry_after" in error.details:
        response.headers["Retry-After"] = str(error.details["retry_after"])
    return response, error.status


@blueprint.post("/masuk/passkey/tantangan")
@public()
def passkey_challenge() -> Any:
    """A challenge for the passkey of whoever gave the first proof, is signed in, or comes with it alone."""
    step = current_step()
    user_id = step.user_id if step else current_actor().user_id
    try:
        with transaction():
            asked = passkeys.ask_to_sign_in(
                party=_party(), user_id=user_id, address=request.remote_addr, now=clock.now()
            )
    except DomainError as error:
        return _refusal(error)
    return _challenge(asked)


@blueprint.post("/masuk/passkey")
@public()
def passkey_sign_in() -> Any:
    """The passkey's answer: passes the second step, renews a session, or signs in alone."""
    form = CredentialForm.parse()
    form.validate()
    step, target = current_step(), form.lanjut.data if is_local_path(form.lanjut.data) else ""
    actor = current_actor()
    try:
        user_id = _answered(form, step.user_id if step else actor.user_id)
    except DomainError as error:
        back = "accounts.second_step" if step else "accounts.sign_in"
        return answer(
            "accounts/passkey_refused.html",
            form,
            error,
            reason=error.message,
            back=url_for(back, lanjut=target or None),
        )
    if step is None and not actor.is_authenticated:
        return go_on(user_id, factor="passkey", target=target)
    here = steps.Step(user_id, target, session_id=identity.current_session_id())
    with transaction():
        token = steps.finish_step(
            step or here, factor="passkey", address=request.remote_addr, agent=request.user_agent.string,
            now=clock.now(),
        )  # fmt: skip
    identity.begin_cookie(token)
    return htmx.redirect(next_url(target or (step.target if step else "")))


def _answered(form: CredentialForm, user_id: int | None) -> int:
    """The account that the passkey proves. Raises DomainError once what the try leaves behind is kept."""
    with transaction():
        found = passkeys.answer_challenge(
            answer=form.credential.data or "",
            handle=_held(),
            party=_party(),
            user_id=user_id,
            now=clock.now(),
        )
    if isinstance(found, DomainError):
        raise found
    return found


@blueprint.get("/akun/keamanan/passkey")
@signed_in
def passkey_new() -> Any:
    """Name a new passkey."""
    target = local_target()
    again = ask_again(url_for("accounts.passkey_new", lanjut=target or None))
    return htmx.redirect(again) if again else _new_page(PasskeyForm(), target)


def _new_page(form: PasskeyForm, target: str = "", error: DomainError | None = None) -> Any:
    known = get_factors(own_id()).passkeys
    return answer("accounts/passkey_new.html", form, error, target=target, known=known)


@blueprint.post("/akun/keamanan/passkey/tantangan")
@signed_in
def passkey_new_challenge() -> Any:
    """A challenge for a new passkey."""
    if ask_again(""):
        return jsonify(go=ask_again(url_for("accounts.passkey_new"))), 409
    try:
        with transaction():
            asked = passkeys.ask_to_register(party=_party(), actor=current_actor(), now=clock.now())
    except DomainError as error:
        return _refusal(error)
    return _challenge(asked)


@blueprint.post("/akun/keamanan/passkey")
@signed_in
def passkey_new_post() -> Any:
    """Keep the new passkey; the session is proved by it from now on."""
    form = PasskeyForm.parse()
    target = request.form.get("lanjut")
    target = target if target and is_local_path(target) else ""
    again = ask_again(url_for("accounts.passkey_new"))
    if again:
        return htmx.redirect(again)
    if not form.validate():
        return _new_page(form, target)
    with transaction():
        refused = passkeys.register_passkey(
            answer=form.credential.data or "", name=form.name.data.strip(),
            handle=_held(), party=_party(), actor=current_actor(), now=clock.now(),
        )  # fmt: skip
        settled = None if refused else settle("passkey")
    if settled is None:
        assert refused is not None
        form.add_error(refused)
        return _new_page(form, target, refused)
    return after_settling(settled, target)


@blueprint.post("/akun/keamanan/passkey/<int:passkey_id>/hapus")
@signed_in
def remove_passkey(passkey_id: int) -> Any:
    """Take one of one's own passkeys away."""
    again = ask_again(url_for("accounts.security"))
    if again:
        return htmx.redirect(again)
    actor, here = current_actor(), identity.current_session_id()
    try:
        with transaction():
            factors.remove_passkey(passkey_id=passkey_id, actor=actor, session_id=here, now=clock.now())
    except DomainError as error:
        if error.status == 404:
            raise
        return security_page(error)
    return htmx.redirect(url_for("accounts.security", tersimpan="dihapus"))
