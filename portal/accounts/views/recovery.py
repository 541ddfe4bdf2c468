"""A staff account given back in person: asked by one, approved by another, used by its owner."""

from __future__ import annotations

from typing import Any

from flask import request, url_for

from portal.accounts import passwords
from portal.accounts.forms.contact import AskRecoveryForm, DecideRecoveryForm, RecoverForm
from portal.accounts.queries import recovery as queries
from portal.accounts.services import recovery
from portal.accounts.views.blueprint import answer, blueprint, go_on
from portal.core import clock, htmx
from portal.core.db import transaction
from portal.core.errors import DomainError, NotFound
from portal.core.idempotency import claim
from portal.core.mail.content import address as absolute
from portal.core.permissions import Permission, current_actor, public, requires


@blueprint.get("/pemulihan")
@requires(Permission.ACCESS_RECOVER)
def recoveries() -> Any:
    """The requests, and a search for the account of a colleague."""
    actor, now = current_actor(), clock.now()
    text = (request.args.get("q") or "").strip()[:80]
    found = queries.search_recoverable(text, actor, now) if len(text) > 1 else []
    return htmx.render(
        "accounts/recoveries.html",
        "accounts/_recovery_results.html",
        rows=queries.list_requests(actor, now),
        q=text,
        found=found[: queries.LIMIT],
        more=len(found) > queries.LIMIT,
        me=actor.user_id,
    )


@blueprint.get("/pemulihan/ajukan/<int:user_id>")
@requires(Permission.ACCESS_RECOVER)
def recovery_ask(user_id: int) -> Any:
    """How it was made sure who it is."""
    return _ask_page(user_id, AskRecoveryForm())


def _ask_page(user_id: int, form: AskRecoveryForm, error: DomainError | None = None) -> Any:
    user = queries.get_recoverable(user_id, current_actor(), clock.now())
    return answer("accounts/recovery_ask.html", form, error, user=user)


@blueprint.post("/pemulihan/ajukan/<int:user_id>")
@requires(Permission.ACCESS_RECOVER)
def recovery_ask_post(user_id: int) -> Any:
    """File the request for another person to decide."""
    form, actor, now = AskRecoveryForm.parse(), current_actor(), clock.now()
    queries.get_recoverable(user_id, actor, now)
    if not form.validate():
        return _ask_page(user_id, form)
    try:
        with transaction():
            op = claim(form.op.data, actor=actor, now=now)
            if op.is_new:
                recovery.ask_recovery(user_id=user_id, reason=form.reason.data or "", actor=actor, now=now)
                op.finish(url_for("accounts.recoveries", tersimpan="ajukan"))
    except NotFound:
        raise
    except DomainError as error:
        form.add_error(error)
        return _ask_page(user_id, form, error)
    return htmx.redirect(op.outcome)


@blueprint.get("/pemulihan/<int:request_id>")
@requires(Permission.ACCESS_RECOVER)
def recovery_request(request_id: int) -> Any:
    """The request, and the decision for whoever may take it."""
    return _decide_page(request_id, DecideRecoveryForm())


def _decide_page(request_id: int, form: DecideRecoveryForm, error: DomainError | None = None) -> Any:
    case = queries.get_case(request_id, current_actor(), clock.now())
    return answer("accounts/recovery_request.html", form, error, case=case)


@blueprint.post("/pemulihan/<int:request_id>/setujui")
@requires(Permission.ACCESS_RECOVER)
def recovery_approve(request_id: int) -> Any:
    """Approve, and show the code once on a page to print (201: something was made, and only here)."""
    form, actor, now, code = DecideRecoveryForm.parse(), current_actor(), clock.now(), ""
    case = queries.get_case(request_id, actor, now)
    try:
        with transaction():
            op = claim(form.op.data, actor=actor, now=now)
            if op.is_new:
                note = (form.note.data or "")[:200]
                _row, code = recovery.decide_recovery(
                    request_id=request_id, approve=True, note=note, actor=actor, now=now
                )
                op.finish(url_for("accounts.recoveries"))
    except DomainError as error:
        form.add_error(error)
        return _decide_page(request_id, form, error)
    if not code:
        return htmx.redirect(op.outcome)
    url = absolute(url_for("accounts.recover"))
    page = htmx.render("accounts/recovery_code.html", None, 201, case=case, code=code, now=now, url=url)
    page.headers["Cache-Control"] = "no-store"
    return page


@blueprint.post("/pemulihan/<int:request_id>/tolak")
@requires(Permission.ACCESS_RECOVER)
def recovery_refuse(request_id: int) -> Any:
    """Refuse; whoever asked takes their request back in the same way."""
    form, actor, now = DecideRecoveryForm.parse(), current_actor(), clock.now()
    queries.get_case(request_id, actor, now)
    try:
        with transaction():
            op = claim(form.op.data, actor=actor, now=now)
            if op.is_new:
                note = (form.note.data or "")[:200]
                recovery.decide_recovery(
                    request_id=request_id, approve=False, note=note, actor=actor, now=now
                )
                op.finish(url_for("accounts.recoveries", tersimpan="tolak"))
    except DomainError as error:
        form.add_error(error)
        return _decide_page(request_id, form, error)
    return htmx.redirect(op.outcome)


@blueprint.get("/pulihkan")
@public()
def recover() -> Any:
    """The page for somebody with the printed sheet."""
    return answer("accounts/recover.html", RecoverForm())


@blueprint.post("/pulihkan")
@public()
def recover_post() -> Any:
    """Spend the printed code; a new second factor is the next thing asked for."""
    form = RecoverForm.parse()
    if not form.validate():
        return answer("accounts/recover.html", form)
    login = form.login.data or ""
    asked: dict[str, Any] = {"address": request.remote_addr, "now": clock.now()}
    try:
        with transaction():
            recovery.begin_recovery(login=login, **asked)
        hashed = passwords.protect(form.password.data or "", (login,))
        with transaction():
            user = recovery.recover_access(login=login, code=form.code.data or "", password=hashed, **asked)
    except DomainError as error:
        form.add_error(error)
        return answer("accounts/recover.html", form, error)
    return go_on(user.id, factor="paper", target=None)
