"""Signing in and out."""

from __future__ import annotations

from typing import Any

from flask import request, url_for

from portal.accounts import identity, services
from portal.accounts.forms import SignInForm
from portal.accounts.rules import is_local_path
from portal.accounts.rules.contact import read_identifier
from portal.accounts.services.contacts import verify_identifier
from portal.accounts.views.blueprint import answer, blueprint, next_url
from portal.accounts.views.code import one_or_ask
from portal.core import clock, htmx
from portal.core.db import transaction
from portal.core.errors import DomainError
from portal.core.permissions import current_actor, public, signed_in


@blueprint.get("/masuk")
@public()
def sign_in() -> Any:
    """The sign-in page; somebody who is signed in already goes on."""
    target = request.args.get("lanjut")
    if current_actor().is_authenticated:
        return htmx.redirect(next_url(target))
    return answer("accounts/sign_in.html", SignInForm(lanjut=target if is_local_path(target) else ""))


@blueprint.post("/masuk")
@public()
def sign_in_post() -> Any:
    """Check a sign-in name, phone or address and a password; the answer for a known and an unknown one is the
    same. A shared phone on which several have this password asks which person."""
    form = SignInForm.parse()
    if not form.validate():
        return answer("accounts/sign_in.html", form)
    typed = form.login.data or ""
    name = read_identifier(typed).value
    try:
        with transaction():
            services.begin_sign_in(login=name, address=request.remote_addr, now=clock.now())
        users = verify_identifier(text=typed, password=form.password.data or "")
    except DomainError as error:
        form.add_error(error)
        return answer("accounts/sign_in.html", form, error)
    return one_or_ask(users, factor="password", target=form.lanjut.data or "", login=name)


@blueprint.post("/keluar")
@public()
def sign_out() -> Any:
    """End this session; without one it simply leads home."""
    actor, token = current_actor(), identity.end_cookie()
    if token is not None:
        with transaction():
            services.sign_out(token=token, actor=actor, now=clock.now())
    return htmx.redirect(url_for("accounts.sign_in"))


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
