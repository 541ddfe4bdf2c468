"""A lost password: a code to a contact, who of a shared phone, a new password."""

from __future__ import annotations

from typing import Any

from flask import request, url_for

from portal.accounts import passwords
from portal.accounts.forms.contact import CodeForm, ForgotForm, ResetForm
from portal.accounts.queries import contact as queries
from portal.accounts.rules.contact import tell_apart
from portal.accounts.services import one_time, reset
from portal.accounts.views.blueprint import answer, blueprint, go_on, next_url
from portal.core import browser, clock, htmx
from portal.core.db import transaction
from portal.core.edge import language
from portal.core.errors import DomainError
from portal.core.forms import row_number
from portal.core.idempotency import claim
from portal.core.permissions import current_actor, public


@blueprint.get("/masuk/lupa")
@public()
def forgot() -> Any:
    """Ask whose password is lost."""
    if current_actor().is_authenticated:
        return htmx.redirect(next_url(None))
    return answer("accounts/forgot.html", ForgotForm())


@blueprint.post("/masuk/lupa")
@public()
def forgot_post() -> Any:
    """Send a code where there is an account with a contact; the answer is the same where there is none."""
    form = ForgotForm.parse()
    if not form.validate():
        return answer("accounts/forgot.html", form)
    try:
        browser.keep("reset", _ask(form))
    except DomainError as error:
        form.add_error(error)
        return answer("accounts/forgot.html", form, error)
    return htmx.redirect(url_for("accounts.forgot_code"))


def _ask(form: ForgotForm) -> str:
    now, op = clock.now(), form.op.data or ""
    with transaction():
        if not claim(op, actor=current_actor(), now=now).is_new:
            return one_time.handle_of(op)
        return reset.ask_reset_code(
            text=form.login.data or "", op=op, language=language(), address=request.remote_addr, now=now
        )


@blueprint.get("/masuk/lupa/kode")
@public()
def forgot_code() -> Any:
    """The page for the six digits."""
    found = one_time.look("reset", browser.held("reset"), clock.now())
    if found is None:
        return htmx.redirect(url_for("accounts.forgot"))
    return answer("accounts/forgot_code.html", CodeForm(), hint=found["hint"])


@blueprint.post("/masuk/lupa/kode")
@public()
def forgot_code_post() -> Any:
    """Compare the code, then ask for the new password."""
    form, handle, now = CodeForm.parse(), browser.held("reset"), clock.now()
    hint = (one_time.look("reset", handle, now) or {}).get("hint", "")
    if not form.validate():
        return answer("accounts/forgot_code.html", form, hint=hint)
    asked: dict[str, Any] = {"handle": handle, "address": request.remote_addr, "now": now}
    try:
        with transaction():
            one_time.begin_check(kind="reset", **asked)
        with transaction():
            browser.keep("choose", reset.confirm_reset(code=form.code.data or "", **asked))
    except DomainError as error:
        form.add_error(error)
        return answer("accounts/forgot_code.html", form, error, hint=hint)
    return htmx.redirect(url_for("accounts.new_password"))


@blueprint.get("/masuk/lupa/sandi")
@public()
def new_password() -> Any:
    """The new password, and of a shared phone whose."""
    return _password_page(ResetForm())


def _people() -> list[Any]:
    """The accounts that the code of this browser stands for; none without one."""
    found = one_time.look("choose", browser.held("choose"), clock.now()) or {}
    return queries.accounts_of(found["users"]) if found.get("purpose") == "reset" else []


def _password_page(form: ResetForm, error: DomainError | None = None) -> Any:
    people = _people()
    if not people:
        return htmx.redirect(url_for("accounts.forgot"))
    names = tell_apart([(person.name, person.login) for person in people])
    form.offer([(str(person.id), name) for person, name in zip(people, names, strict=True)])
    return answer("accounts/new_password.html", form, error, people=people)


@blueprint.post("/masuk/lupa/sandi")
@public()
def new_password_post() -> Any:
    """Set it and sign in; staff go on to their second step."""
    form, people = ResetForm.parse(), _people()
    chosen = request.form.get("who", type=row_number) if len(people) > 1 else None
    person = people[0] if len(people) == 1 else next((p for p in people if p.id == chosen), None)
    if person is None and people:
        form.miss_who()
    if not form.validate() or person is None:
        return _password_page(form)
    try:
        hashed = passwords.protect(form.password.data or "", (person.login, person.name))
        with transaction():
            handle = browser.held("choose")
            reset.reset_password(handle=handle, user_id=person.id, password=hashed, now=clock.now())
    except DomainError as error:
        form.add_error(error)
        return _password_page(form, error)
    return go_on(person.id, factor="code", target=None)
