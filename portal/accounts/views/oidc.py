"""Signing in through an office's provider, and connecting one's account with it."""

from __future__ import annotations

from typing import Any

from flask import Flask, current_app, make_response, request, url_for

from portal.accounts import identity, services
from portal.accounts.forms.oidc import ConnectForm
from portal.accounts.queries.oidc import find_linked_user, identity_of
from portal.accounts.rules import OIDC_LIMIT, is_local_path, network_of
from portal.accounts.services import oidc as flows
from portal.accounts.views.blueprint import answer, ask_again, blueprint, go_on, next_url
from portal.core import browser, clock, htmx
from portal.core.db import transaction
from portal.core.errors import DomainError
from portal.core.idempotency import claim
from portal.core.permissions import current_actor, public, signed_in
from portal.core.words import gettext as _
from portal.core.words import lazy_gettext as _l

WAY, ALLOWED = "oidc", "oidc_connect"
LONGEST = 4000


def _issuer() -> str | None:
    issuer: str | None = current_app.extensions["portal_settings"].oidc_issuer
    return issuer


def _provider() -> Any:
    from portal.accounts.oidc import provider

    return provider()


@blueprint.get("/masuk/lewat")
@public()
def oidc_start() -> Any:
    """Send the browser to the provider, to sign in or, with a fresh permission, to connect."""
    if _issuer() is None:
        return htmx.redirect(url_for("accounts.sign_in"))
    wants_link = request.args.get("sambung") == "1"
    target = request.args.get("lanjut", "")
    target = target if is_local_path(target) else url_for("desks.home")
    if current_actor().is_authenticated and not wants_link:
        return htmx.redirect(next_url(target))
    try:
        return _to_provider(target, browser.take(ALLOWED) if wants_link else None)
    except DomainError as error:
        return _failed(error)


def _to_provider(target: str, allowed: str | None) -> Any:
    now, provider = clock.now(), _provider()
    provider.metadata()  # before anything is written, and outside the transaction
    with transaction():
        services.count_try(OIDC_LIMIT, network_of(request.remote_addr), now=now)
    with transaction():
        way = flows.begin_oidc(target=target, now=now, connect=allowed, actor=current_actor())
    browser.keep(WAY, way.handle)
    return htmx.redirect(provider.authorization_url(state=way.state, nonce=way.nonce, verifier=way.verifier))


@blueprint.get("/masuk/lewat/kembali")
@public()
def oidc_return() -> Any:
    """Come back from the provider: check everything, then sign in or connect."""
    if _issuer() is None:
        return htmx.redirect(url_for("accounts.sign_in"))
    sent = {name: value[:LONGEST] for name, value in request.args.items()}
    actor, now = current_actor(), clock.now()
    try:
        with transaction():
            way = flows.end_oidc(handle=browser.held(WAY), state=sent.get("state", ""), actor=actor, now=now)
        browser.drop(WAY)
        who = _redeem(way, sent)
        if way.intent == flows.CONNECT:
            with transaction():
                flows.link_identity(issuer=who.issuer, subject=who.subject, actor=actor, now=now)
            return htmx.redirect(url_for("accounts.oidc_connect", tersimpan=1))
    except DomainError as error:
        return _failed(error)
    return _sign_in(who, way.target)


def _redeem(way: flows.Ended, sent: dict[str, str]) -> Any:
    if "error" in sent or not sent.get("code"):
        raise DomainError(
            "oidc_denied",
            _("Masuk lewat akun kantor dibatalkan atau ditolak di sana. Anda belum masuk."),
        )
    return _provider().redeem(
        code=sent["code"], nonce=way.nonce, verifier=way.verifier, issuer=sent.get("iss"), now=clock.now()
    )


def _sign_in(who: Any, target: str) -> Any:
    user_id = find_linked_user(who.issuer, who.subject)
    if user_id is None:
        return _page("accounts/oidc_unknown.html", 403)
    with transaction():
        flows.note_identity_use(issuer=who.issuer, subject=who.subject, now=clock.now())
    return go_on(user_id, factor="oidc", target=target)


@blueprint.get("/akun/keamanan/lewat")
@signed_in
def oidc_connect() -> Any:
    """Connect or disconnect: asks for the password; after it, the link to the provider."""
    if _issuer() is None:
        return htmx.redirect(url_for("accounts.security"))
    again = ask_again(url_for("accounts.oidc_connect"))
    return htmx.redirect(again) if again else _connect_page(ConnectForm())


@blueprint.post("/akun/keamanan/lewat")
@signed_in
def oidc_connect_post() -> Any:
    """With the password: allow connecting for ten minutes, or disconnect."""
    form, issuer = ConnectForm.parse(), _issuer()
    again = ask_again(url_for("accounts.oidc_connect"))
    if issuer is None or again:
        return htmx.redirect(again or url_for("accounts.security"))
    if not form.validate():
        return _connect_page(form)
    try:
        _check_password(form.password.data)
        _connect_or_end(form, issuer)
    except DomainError as error:
        form.add_error(error)
        return _connect_page(form, error)
    return htmx.redirect(url_for("accounts.oidc_connect"))


def _connect_or_end(form: ConnectForm, issuer: str) -> None:
    actor, now = current_actor(), clock.now()
    with transaction():
        if not claim(form.op.data, actor=actor, now=now).is_new:
            return
        if form.what.data == "disconnect":
            flows.unlink_identity(issuer=issuer, actor=actor, now=now)
        else:
            browser.keep(ALLOWED, flows.allow_connect(actor=actor, now=now))


def _check_password(password: str) -> None:
    login, address = identity.current_login(), request.remote_addr
    with transaction():
        services.begin_sign_in(login=login, address=address, now=clock.now())
    try:
        services.verify_password(login=login, password=password)
    except DomainError as error:
        if error.code != "sign_in_refused":
            raise
        raise DomainError("password_wrong", _("Kata sandi tidak cocok."), "password") from None
    with transaction():
        services.forgive_sign_in(login=login, address=address)


def _connect_page(form: ConnectForm, error: DomainError | None = None) -> Any:
    linked = identity_of(current_actor().user_id, _issuer() or "")
    form.what.data = "disconnect" if linked else "connect"
    is_allowed = linked is None and bool(browser.held(ALLOWED))
    return answer("accounts/oidc_connect.html", form, error, linked=linked, is_allowed=is_allowed)


def _failed(error: DomainError) -> Any:
    response = _page("accounts/oidc_failed.html", error.status, message=error.message)
    if "retry_after" in error.details:
        response.headers["Retry-After"] = str(error.details["retry_after"])
    return response


def _page(name: str, status: int, **context: Any) -> Any:
    response = make_response(htmx.render(name, None, status, **context))
    response.headers["Cache-Control"] = "no-store"
    return response


def panel(actor: Any, now: Any) -> tuple[str, dict[str, Any]]:
    """The part of the page of one's own security: whether the account is connected."""
    linked = identity_of(actor.user_id, _issuer() or "")
    return "accounts/_identities.html", {"linked": linked}


def install(app: Flask) -> None:
    """With a provider: its words on the button and its panel. Without: nothing."""
    settings = app.extensions["portal_settings"]
    if settings.oidc_issuer:
        app.jinja_env.globals["oidc_label"] = settings.oidc_label or _l("akun kantor")
        app.extensions.setdefault("security_panels", []).append(panel)
