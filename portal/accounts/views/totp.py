"""Setting up a second factor: the choice, and the code generator."""

from __future__ import annotations

from typing import Any

import pyotp
from flask import request, url_for

from portal.accounts import identity
from portal.accounts.forms.factor import CodeForm
from portal.accounts.queries.factor import find_totp, get_factors, totp_secret
from portal.accounts.rules import is_local_path
from portal.accounts.services import factors, recovery_codes, totp
from portal.accounts.views.blueprint import answer, ask_again, blueprint, local_target, next_url
from portal.accounts.views.security import own_id, security_page
from portal.core import browser, clock, htmx
from portal.core.db import transaction
from portal.core.errors import DomainError
from portal.core.forms import TokenForm
from portal.core.permissions import current_actor, signed_in
from portal.core.words import gettext as _

ISSUER = "Balai"


@blueprint.get("/akun/keamanan/siapkan")
@signed_in
def factor_setup() -> Any:
    """Staff who have no second factor yet choose one; whoever has one sees it on the page of their safety."""
    user_id, here = own_id(), identity.current_session()
    if get_factors(user_id).count:
        return htmx.redirect(url_for("accounts.security"))
    return answer(
        "accounts/factor_setup.html",
        TokenForm(),
        is_needed=bool(here and here.withheld),
        target=local_target(),
    )


@blueprint.post("/akun/keamanan/aplikasi")
@signed_in
def begin_totp() -> Any:
    """Begin, or go on with, setting up a code generator."""
    target = request.form.get("lanjut")
    page = url_for("accounts.totp_setup", lanjut=target if is_local_path(target) else None)
    again = ask_again(page)
    if not again:
        with transaction():
            here = identity.current_session()
            since = here.created_at if here else None
            totp.begin_totp(actor=current_actor(), now=clock.now(), since=since)
    return htmx.redirect(again or page)


@blueprint.get("/akun/keamanan/aplikasi")
@signed_in
def totp_setup() -> Any:
    """The QR code and the seed of the generator being set up."""
    target = local_target()
    again = ask_again(url_for("accounts.totp_setup", lanjut=target or None))
    return htmx.redirect(again) if again else _page(CodeForm(lanjut=target))


def _page(form: CodeForm, error: DomainError | None = None) -> Any:
    draft = find_totp(own_id(), is_draft=True)
    secret = totp_secret(draft) if draft else ""
    return answer(
        "accounts/totp_setup.html",
        form,
        error,
        secret=" ".join(secret[at : at + 4] for at in range(0, len(secret), 4)),
        address=pyotp.TOTP(secret).provisioning_uri(name=identity.current_login(), issuer_name=ISSUER)
        if secret
        else "",
        replaces=find_totp(own_id()) is not None,
        target=form.lanjut.data or "",
    )


@blueprint.post("/akun/keamanan/aplikasi/pasang")
@signed_in
def confirm_totp() -> Any:
    """The first code of the phone ends the set-up."""
    form = CodeForm.parse()
    target = form.lanjut.data if is_local_path(form.lanjut.data) else ""
    again = ask_again(url_for("accounts.totp_setup", lanjut=target or None))
    if again:
        return htmx.redirect(again)
    if find_totp(own_id(), is_draft=True) is None:
        return htmx.redirect(url_for("accounts.totp_setup", lanjut=target or None))
    if not form.validate():
        return _page(form)
    actor, now = current_actor(), clock.now()
    with transaction():
        fits = totp.confirm_totp(code=form.code.data, actor=actor, now=now)
        settled = settle("totp") if fits else None
    if settled is None:
        sentence = _(
            "Kode tidak cocok. Pastikan jam ponsel Anda otomatis, lalu ketik kode yang sedang tampil."
        )
        error = DomainError("code_wrong", sentence, "code")
        form.add_error(error)
        return _page(form, error)
    return after_settling(settled, target)


def settle(factor: str) -> tuple[str, str]:
    """Inside the transaction that added a factor: (token of the new session, handle of the codes to show)."""
    actor, now = current_actor(), clock.now()
    token, codes = factors.settle_factor(
        factor=factor,
        session_id=identity.current_session_id(),
        agent=request.user_agent.string,
        actor=actor,
        now=now,
    )
    handle = recovery_codes.keep_to_show(user_id=own_id(), codes=codes, now=now) if codes else ""
    return token, handle


def after_settling(settled: tuple[str, str], target: str) -> Any:
    """Take the new session into the cookie and lead on, past the new recovery codes if there are any."""
    token, handle = settled
    identity.begin_cookie(token)
    if handle:
        browser.keep("show", handle)
        return htmx.redirect(url_for("accounts.show_codes", lanjut=target or None))
    return htmx.redirect(next_url(target) if target else url_for("accounts.security", tersimpan="faktor"))


@blueprint.post("/akun/keamanan/aplikasi/hapus")
@signed_in
def remove_totp() -> Any:
    """Take the code generator away."""
    again = ask_again(url_for("accounts.security"))
    if again:
        return htmx.redirect(again)
    try:
        with transaction():
            here = identity.current_session_id()
            factors.remove_totp(actor=current_actor(), session_id=here, now=clock.now())
    except DomainError as error:
        if error.status == 404:
            raise
        return security_page(error)
    return htmx.redirect(url_for("accounts.security", tersimpan="dihapus"))
