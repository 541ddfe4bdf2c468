"""Signing in and out, a new account, taking over a record, a new password."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, make_response, request, url_for
from flask_babel import gettext as _

from portal.accounts import identity, passwords, services
from portal.accounts.forms import ClaimForm, NewAccountForm, PasswordForm, SignInForm
from portal.accounts.rules import ACCOUNT_LIMIT, is_local_path, network_of
from portal.core import clock, htmx
from portal.core.db import transaction
from portal.core.errors import DomainError
from portal.core.idempotency import claim
from portal.core.permissions import current_actor, public, signed_in
from portal.people.services import CONSENT_PURPOSES, CONSENT_TRAINING

blueprint = Blueprint("accounts", __name__)


def _next_url(target: str | None) -> str:
    """Where a signed-in person goes: the page asked for when it is one of ours, else their desk."""
    return target if target and is_local_path(target) else url_for("desks.home")


def _answer(page: str, form: Any, error: DomainError | None = None, **context: Any) -> Any:
    """The page with its form; 422 for a form that needs repair, the error's own status otherwise."""
    status = error.status if error else (422 if form.error_list else 200)
    response = make_response(htmx.render(page, None, status, form=form, **context))
    if error and "retry_after" in error.details:
        response.headers["Retry-After"] = str(error.details["retry_after"])
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.get("/masuk")
@public()
def sign_in() -> Any:
    """The sign-in page; somebody who is signed in already goes on."""
    target = request.args.get("lanjut")
    if current_actor().is_authenticated:
        return htmx.redirect(_next_url(target))
    return _answer("accounts/sign_in.html", SignInForm(lanjut=target if is_local_path(target) else ""))


@blueprint.post("/masuk")
@public()
def sign_in_post() -> Any:
    """Check a sign-in name and password; the answer for a known and an unknown name is the same."""
    form = SignInForm.parse()
    if not form.validate():
        return _answer("accounts/sign_in.html", form)
    asked = {"login": form.login.data, "address": request.remote_addr, "now": clock.now()}
    try:
        with transaction():
            services.begin_sign_in(**asked)
        user_id = services.verify_password(login=form.login.data, password=form.password.data)
    except DomainError as error:
        form.add_error(error)
        return _answer("accounts/sign_in.html", form, error)
    with transaction():
        token = services.open_session(user_id, agent=request.user_agent.string, **asked)
    identity.begin_cookie(token)
    return htmx.redirect(_next_url(form.lanjut.data))


@blueprint.post("/keluar")
@public()
def sign_out() -> Any:
    """End this session; without one it simply leads home."""
    actor, token = current_actor(), identity.end_cookie()
    if token is not None:
        with transaction():
            services.sign_out(token=token, actor=actor, now=clock.now())
    return htmx.redirect(url_for("accounts.sign_in"))


@blueprint.get("/akun/buat")
@public()
def new_account() -> Any:
    """The form for an account of one's own."""
    target = request.args.get("lanjut")
    form = NewAccountForm(lanjut=target if is_local_path(target) else "")
    return _answer("accounts/new_account.html", form, purpose=CONSENT_PURPOSES[CONSENT_TRAINING])


@blueprint.post("/akun/buat")
@public()
def new_account_post() -> Any:
    """Make the account and sign it in."""
    form = NewAccountForm.parse()
    purpose = CONSENT_PURPOSES[CONSENT_TRAINING]
    if not form.validate():
        return _answer("accounts/new_account.html", form, purpose=purpose)
    try:
        # Counted before it is looked at and in its own transaction: a name that is taken counts too.
        with transaction():
            services.count_try(ACCOUNT_LIMIT, network_of(request.remote_addr), now=clock.now())
        hashed = passwords.protect(form.password.data, (form.login.data, form.name.data))
        token = _make_account(form, hashed)
    except DomainError as error:
        form.add_error(error)
        return _answer("accounts/new_account.html", form, error, purpose=purpose)
    if token is None:
        return htmx.redirect(url_for("accounts.sign_in"))
    identity.begin_cookie(token)
    return htmx.redirect(_next_url(form.lanjut.data))


def _make_account(form: NewAccountForm, hashed: passwords.HashedPassword) -> str | None:
    """The token of the new session; None for the second half of a double click."""
    now, purpose = clock.now(), CONSENT_PURPOSES[CONSENT_TRAINING]
    with transaction():
        op = claim(form.op.data, actor=current_actor(), now=now)
        if not op.is_new:
            return None
        user = services.create_user(
            login=form.login.data,
            name=form.name.data,
            password=hashed,
            consent=(purpose.code, purpose.version),
            actor=current_actor(),
            now=now,
        )
        op.finish(url_for("desks.home"))
        return services.open_session(user.id, agent=request.user_agent.string, now=now)


@blueprint.get("/klaim")
@public()
def claim_record() -> Any:
    """The page for somebody with a printed letter."""
    return _answer("accounts/claim.html", ClaimForm())


@blueprint.post("/klaim")
@public()
def claim_record_post() -> Any:
    """Spend the printed code and sign in."""
    form = ClaimForm.parse()
    if not form.validate():
        return _answer("accounts/claim.html", form)
    now, address = clock.now(), request.remote_addr
    try:
        hashed = passwords.protect(form.password.data, (form.login.data,))
        with transaction():
            services.begin_claim(code=form.code.data, address=address, now=now)
        token = _spend_code(form, hashed)
    except DomainError as error:
        if error.field == "login":
            with transaction():
                services.forgive_claim(code=form.code.data, address=address)
        form.add_error(error)
        return _answer("accounts/claim.html", form, error)
    identity.begin_cookie(token)
    return htmx.redirect(url_for("desks.home"))


def _spend_code(form: ClaimForm, hashed: passwords.HashedPassword) -> str:
    now, birth_date = clock.now(), form.birth_date.data
    assert birth_date is not None
    with transaction():
        user = services.claim_record(
            code=form.code.data,
            birth_date=birth_date,
            login=form.login.data,
            password=hashed,
            now=now,
        )
        services.forgive_claim(code=form.code.data, address=request.remote_addr)
        return services.open_session(user.id, agent=request.user_agent.string, now=now)


@blueprint.get("/akun/sandi")
@signed_in
def password() -> Any:
    """The form for a new password; after a change it says so."""
    return _answer("accounts/password.html", PasswordForm(), login=identity.current_login())


@blueprint.post("/akun/sandi")
@signed_in
def password_post() -> Any:
    """Change the password and end every other session."""
    form, login = PasswordForm.parse(), identity.current_login()
    if not form.validate():
        return _answer("accounts/password.html", form, login=login)
    try:
        _change_password(form, login)
    except DomainError as error:
        if error.code == "sign_in_refused":
            error = DomainError("password_wrong", _("Kata sandi sekarang tidak cocok."), "current")
        form.add_error(error)
        return _answer("accounts/password.html", form, error, login=login)
    return htmx.redirect(url_for("accounts.password", tersimpan=1))


def _change_password(form: PasswordForm, login: str) -> None:
    actor, now, address = current_actor(), clock.now(), request.remote_addr
    with transaction():
        services.begin_sign_in(login=login, address=address, now=now)
    user_id = services.verify_password(login=login, password=form.current.data)
    hashed = passwords.protect(form.password.data, (login, actor.name))
    keep = identity.current_session_id()
    with transaction():
        services.forgive_sign_in(login=login, address=address)
        services.change_password(user_id=user_id, password=hashed, actor=actor, now=now, keep_session=keep)


@blueprint.post("/saya/profil/keluar-semua")
@signed_in
def sign_out_everywhere() -> Any:
    """End every session of this account, this one too."""
    with transaction():
        services.end_other_sessions(actor=current_actor(), session_id=None, now=clock.now())
    identity.end_cookie()
    return htmx.redirect(url_for("accounts.sign_in"))


@blueprint.post("/saya/profil/keluar-lain")
@signed_in
def sign_out_others() -> Any:
    """End every session of this account but this one."""
    here = identity.current_session_id()
    with transaction():
        services.end_other_sessions(actor=current_actor(), session_id=here, now=clock.now())
    return htmx.redirect(url_for("desks.profile", tersimpan="sesi"))
