"""The blueprint of accounts, and what its pages share."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, make_response, request, url_for

from portal.accounts import identity, services
from portal.accounts.rules import is_local_path
from portal.core import clock, htmx
from portal.core.db import transaction
from portal.core.errors import DomainError

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
    """After the first proof of a sign-in (`factor`: password, code, paper, oidc or passkey): open the session
    and lead on. `login`: what was typed, whose counted tries are taken back."""
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
