"""A new account of one's own."""

from __future__ import annotations

from typing import Any

from flask import request, url_for

from portal.accounts import identity, passwords, services
from portal.accounts.forms import NewAccountForm
from portal.accounts.rules import ACCOUNT_LIMIT, is_local_path, network_of
from portal.accounts.views.blueprint import answer, blueprint, next_url
from portal.core import clock, htmx
from portal.core.db import transaction
from portal.core.errors import DomainError
from portal.core.idempotency import claim
from portal.core.permissions import current_actor, public
from portal.people.services import CONSENT_PURPOSES, CONSENT_TRAINING


@blueprint.get("/akun/buat")
@public()
def new_account() -> Any:
    """The form for an account of one's own."""
    target = request.args.get("lanjut")
    form = NewAccountForm(lanjut=target if is_local_path(target) else "")
    return answer("accounts/new_account.html", form, purpose=CONSENT_PURPOSES[CONSENT_TRAINING])


@blueprint.post("/akun/buat")
@public()
def new_account_post() -> Any:
    """Make the account and sign it in."""
    form = NewAccountForm.parse()
    purpose = CONSENT_PURPOSES[CONSENT_TRAINING]
    if not form.validate():
        return answer("accounts/new_account.html", form, purpose=purpose)
    try:
        # Counted before it is looked at and in its own transaction: a name that is taken counts too.
        with transaction():
            services.count_try(ACCOUNT_LIMIT, network_of(request.remote_addr), now=clock.now())
        hashed = passwords.protect(form.password.data, (form.login.data, form.name.data))
        token = _make_account(form, hashed)
    except DomainError as error:
        form.add_error(error)
        return answer("accounts/new_account.html", form, error, purpose=purpose)
    if token is None:
        return htmx.redirect(url_for("accounts.sign_in"))
    identity.begin_cookie(token)
    return htmx.redirect(next_url(form.lanjut.data))


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
