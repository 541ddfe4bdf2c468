"""Taking over a record with a printed code."""

from __future__ import annotations

from typing import Any

from flask import request, url_for

from portal.accounts import passwords, queries, services
from portal.accounts.forms import ClaimForm
from portal.accounts.queries import contact
from portal.accounts.views.blueprint import answer, blueprint, go_on
from portal.core import clock
from portal.core.db import transaction
from portal.core.errors import DomainError
from portal.core.permissions import public


@blueprint.get("/klaim")
@public()
def claim_record() -> Any:
    """The page for somebody with a printed letter."""
    return answer("accounts/claim.html", ClaimForm())


@blueprint.post("/klaim")
@public()
def claim_record_post() -> Any:
    """Spend the printed code and sign in."""
    form = ClaimForm.parse()
    if not form.validate():
        return answer("accounts/claim.html", form)
    now, address = clock.now(), request.remote_addr
    try:
        hashed = passwords.protect(form.password.data, (form.login.data,))
        with transaction():
            services.begin_claim(code=form.code.data, address=address, now=now)
        user_id = _spend_code(form, hashed)
    except DomainError as error:
        if error.field == "login":
            with transaction():
                services.forgive_claim(code=form.code.data, address=address)
        form.add_error(error)
        return answer("accounts/claim.html", form, error)
    return go_on(user_id, factor="paper", target=_offer(user_id))


def _offer(user_id: int) -> str | None:
    """Whoever is recorded with a phone is asked to prove it next: a way back when the password is lost."""
    person_id = queries.get_user(user_id).person_id
    if contact.unverified_of(person_id, user_id) is None:
        return None
    return url_for("accounts.contact_new", lanjut=url_for("desks.home"))


def _spend_code(form: ClaimForm, hashed: passwords.HashedPassword) -> int:
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
        return user.id
