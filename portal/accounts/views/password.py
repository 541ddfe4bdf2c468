"""A new password."""

from __future__ import annotations

from typing import Any

from flask import request, url_for

from portal.accounts import identity, passwords, services
from portal.accounts.forms import PasswordForm
from portal.accounts.views.blueprint import answer, blueprint
from portal.core import clock, htmx
from portal.core.db import transaction
from portal.core.errors import DomainError
from portal.core.permissions import current_actor, signed_in
from portal.core.words import gettext as _


@blueprint.get("/akun/sandi")
@signed_in
def password() -> Any:
    """The form for a new password; after a change it says so."""
    return answer("accounts/password.html", PasswordForm(), login=identity.current_login())


@blueprint.post("/akun/sandi")
@signed_in
def password_post() -> Any:
    """Change the password and end every other session."""
    form, login = PasswordForm.parse(), identity.current_login()
    if not form.validate():
        return answer("accounts/password.html", form, login=login)
    try:
        _change_password(form, login)
    except DomainError as error:
        if error.code == "sign_in_refused":
            error = DomainError("password_wrong", _("Kata sandi sekarang tidak cocok."), "current")
        form.add_error(error)
        return answer("accounts/password.html", form, error, login=login)
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
