"""The blueprint of accounts, and what its pages share."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, make_response, request, url_for

from portal.accounts import identity, services
from portal.accounts.queries.factor import has_factor
from portal.accounts.rules import is_local_path
from portal.accounts.rules.factor import is_fresh, is_strong
from portal.accounts.services import steps
from portal.core import browser, clock, htmx
from portal.core.db import transaction
from portal.core.errors import DomainError, SignInNeeded

blueprint = Blueprint("accounts", __name__)


def next_url(target: str | None) -> str:
    """Where a signed-in person goes: the page asked for when it is one of ours, else their desk."""
    return target if target and is_local_path(target) else url_for("desks.home")


def local_target() -> str:
    """The page of ours that the address names to go on to, or an empty text."""
    target = request.args.get("lanjut")
    return target if target and is_local_path(target) else ""


def answer(page: str, form: Any, error: DomainError | None = None, **context: Any) -> Any:
    """The page with its form; 422 for a form that needs repair, the error's own status otherwise."""
    status = error.status if error else (422 if form.error_list else 200)
    response = make_response(htmx.render(page, None, status, form=form, **context))
    if error and "retry_after" in error.details:
        response.headers["Retry-After"] = str(error.details["retry_after"])
    response.headers["Cache-Control"] = "no-store"
    return response


def go_on(user_id: int, *, factor: str, target: str | None, login: str = "") -> Any:
    """After the first proof of a sign-in (`factor`: password, code, paper, oidc or passkey): ask for the
    second one where the account has one, else open the session and lead on.

    login: what was typed, whose counted tries are taken back. No session exists before the second step.
    """
    if not is_strong(factor) and has_factor(user_id):
        return _ask_second(user_id, factor, target, login)
    with transaction():
        token = services.open_session(
            user_id,
            agent=request.user_agent.string,
            login=login,
            address=request.remote_addr,
            now=clock.now(),
            factor=factor,
        )
    identity.begin_cookie(token)
    return htmx.redirect(next_url(target))


def _ask_second(user_id: int, factor: str, target: str | None, login: str) -> Any:
    with transaction():
        handle = steps.begin_step(
            user_id,
            first=factor,
            target=target if target and is_local_path(target) else "",
            login=login,
            address=request.remote_addr,
            now=clock.now(),
        )
    browser.forget()
    browser.keep("second_step", handle)
    return htmx.redirect(url_for("accounts.second_step"))


def ask_again(target: str) -> str:
    """Before the factors of an account are changed: where the person proves themselves again, or "".

    A session from before the factor was set has to pass it; any session has to be a few minutes old at most.
    """
    here = identity.current_session()
    if here is None or here.actor.user_id is None or here.created_at is None:
        raise SignInNeeded()
    if not is_strong(here.factor) and has_factor(here.actor.user_id):
        return url_for("accounts.second_step", lanjut=target)
    if not is_fresh(here.created_at, clock.now()):
        return url_for("accounts.prove", lanjut=target)
    return ""
