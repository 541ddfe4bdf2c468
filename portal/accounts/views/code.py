"""Signing in with a code sent to a phone or an address; a shared phone asks which person."""

from __future__ import annotations

from typing import Any

from flask import request, url_for

from portal.accounts.forms.contact import AskCodeForm, CodeForm, WhoForm
from portal.accounts.queries import contact as queries
from portal.accounts.rules.contact import tell_apart
from portal.accounts.services import contacts, one_time
from portal.accounts.views.blueprint import answer, blueprint, go_on, local_target, next_url
from portal.core import browser, clock, htmx
from portal.core.db import transaction
from portal.core.edge import language
from portal.core.errors import DomainError
from portal.core.forms import row_number
from portal.core.idempotency import claim
from portal.core.permissions import current_actor, public


@blueprint.get("/masuk/kode")
@public()
def code() -> Any:
    """Ask for a phone or an address."""
    if current_actor().is_authenticated:
        return htmx.redirect(next_url(local_target()))
    return answer("accounts/code_ask.html", AskCodeForm(lanjut=local_target()))


@blueprint.post("/masuk/kode")
@public()
def code_post() -> Any:
    """Send a code; the answer is the same for a contact that nobody has."""
    form = AskCodeForm.parse()
    if not form.validate():
        return answer("accounts/code_ask.html", form)
    try:
        browser.keep("sign_in", _ask(form))
    except DomainError as error:
        form.add_error(error)
        return answer("accounts/code_ask.html", form, error)
    return htmx.redirect(url_for("accounts.code_check"))


def _ask(form: AskCodeForm) -> str:
    now = clock.now()
    with transaction():
        if not claim(form.op.data, actor=current_actor(), now=now).is_new:
            return one_time.handle_of(form.op.data or "")
        return contacts.ask_sign_in_code(
            text=form.contact.data or "",
            op=form.op.data or "",
            target=form.lanjut.data or "",
            language=language(),
            address=request.remote_addr,
            now=now,
        )


@blueprint.get("/masuk/kode/periksa")
@public()
def code_check() -> Any:
    """The page for the six digits."""
    found = one_time.look("sign_in", browser.held("sign_in"), clock.now())
    if found is None:
        return htmx.redirect(url_for("accounts.code"))
    return answer("accounts/code_check.html", CodeForm(), hint=found["hint"])


@blueprint.post("/masuk/kode/periksa")
@public()
def code_check_post() -> Any:
    """Compare the code; sign in, or ask which person of a shared phone."""
    form, handle, now = CodeForm.parse(), browser.held("sign_in"), clock.now()
    found = one_time.look("sign_in", handle, now) or {}
    if not form.validate():
        return answer("accounts/code_check.html", form, hint=found.get("hint", ""))
    asked: dict[str, Any] = {"handle": handle, "address": request.remote_addr, "now": now}
    try:
        with transaction():
            one_time.begin_check(kind="sign_in", **asked)
        with transaction():
            users = contacts.confirm_sign_in_code(code=form.code.data or "", **asked)
    except DomainError as error:
        form.add_error(error)
        return answer("accounts/code_check.html", form, error, hint=found.get("hint", ""))
    return one_or_ask(users, factor="code", target=found.get("target", ""))


def one_or_ask(users: list[int], *, factor: str, target: str, login: str = "") -> Any:
    """Go on as the one account that a proof stands for, or to the page that asks which of several."""
    if len(users) == 1:
        return go_on(users[0], factor=factor, target=target, login=login)
    data = {"users": users, "purpose": "sign_in", "factor": factor, "target": target, "login": login}
    with transaction():
        handle = one_time.make("choose", data=data, now=clock.now())
    browser.keep("choose", handle)
    return htmx.redirect(url_for("accounts.who"))


@blueprint.get("/masuk/siapa")
@public()
def who() -> Any:
    """The people of a shared phone, by what they are called."""
    return _who_page(WhoForm())


def _who_page(form: WhoForm, error: DomainError | None = None) -> Any:
    found = one_time.look("choose", browser.held("choose"), clock.now()) or {}
    if found.get("purpose") != "sign_in":
        return htmx.redirect(url_for("accounts.sign_in"))
    people = queries.accounts_of(found["users"])
    names = tell_apart([(person.name, person.login) for person in people])
    choices = [(person.id, name) for person, name in zip(people, names, strict=True)]
    return answer("accounts/who.html", form, error, choices=choices)


@blueprint.post("/masuk/siapa")
@public()
def who_post() -> Any:
    """Go on as the chosen person."""
    form = WhoForm.parse()
    user_id = request.form.get("who", type=row_number) or 0
    if not form.validate():
        return _who_page(form)
    try:
        with transaction():
            found = contacts.choose_account(handle=browser.held("choose"), user_id=user_id, now=clock.now())
    except DomainError as error:
        form.add_error(error)
        return _who_page(form, error)
    return go_on(user_id, factor=found["factor"], target=found["target"], login=found["login"])
