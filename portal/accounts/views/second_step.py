"""The second step of a sign-in, and proving oneself again before something important."""

from __future__ import annotations

from typing import Any

from flask import current_app, request, url_for

from portal.accounts import identity
from portal.accounts.forms.factor import CodeForm, PaperForm
from portal.accounts.queries.factor import get_factors, has_factor
from portal.accounts.rules import is_local_path
from portal.accounts.rules.factor import is_strong
from portal.accounts.services import steps
from portal.accounts.views.blueprint import answer, blueprint, local_target, next_url
from portal.core import browser, clock, htmx
from portal.core.db import transaction
from portal.core.errors import DomainError
from portal.core.forms import BaseForm
from portal.core.permissions import public

PAPER = "kertas"


def current_step(target: str = "") -> steps.Step | None:
    """The second step in front of this browser: after a first proof, or of a session from before the factor
    was set."""
    step = steps.find_step(browser.held("second_step"), clock.now())
    here = identity.current_session()
    if step is not None or here is None or here.actor.user_id is None or is_strong(here.factor):
        return step
    if not has_factor(here.actor.user_id):
        return None
    return steps.Step(here.actor.user_id, target, session_id=here.session_id)


def demo_code(user_id: int) -> str:
    """On a demo portal the code that a demo account's phone would show now; else nothing."""
    shown = current_app.extensions.get("demo_code")
    return (shown(user_id, clock.now()) or "") if shown else ""


def _page(form: BaseForm, step: steps.Step, error: DomainError | None = None) -> Any:
    return answer(
        "accounts/second_step.html",
        form,
        error,
        factors=get_factors(step.user_id),
        is_paper=isinstance(form, PaperForm),
        demo_code=demo_code(step.user_id),
    )


@blueprint.get("/masuk/langkah-dua")
@public()
def second_step() -> Any:
    """Ask for the second proof; whoever has given it already goes on."""
    target = local_target()
    step = current_step(target)
    if step is not None:
        form_class = PaperForm if request.args.get("cara") == PAPER else CodeForm
        return _page(form_class(lanjut=target), step)
    here = identity.current_session()
    if here is not None:
        return htmx.redirect(next_url(target))
    return answer("accounts/second_step_over.html", BaseForm())


@blueprint.post("/masuk/langkah-dua")
@public()
def second_step_post() -> Any:
    """Check the code and open the session."""
    is_paper = request.form.get("cara") == PAPER
    form = PaperForm.parse() if is_paper else CodeForm.parse()
    target = form.lanjut.data if is_local_path(form.lanjut.data) else ""
    step = current_step(target)
    if step is None:
        # Over, or the second half of a double click: the page says which.
        return htmx.redirect(url_for("accounts.second_step"))
    if not form.validate():
        return _page(form, step)
    try:
        passed = _try(step, form.code.data, is_paper)
    except DomainError as error:
        if error.code == "step_over":
            return htmx.redirect(url_for("accounts.second_step"))
        form.add_error(error)
        return _page(form, step, error)
    identity.begin_cookie(passed)
    return htmx.redirect(url_for("accounts.security", kertas=1) if is_paper else next_url(step.target))


def _try(step: steps.Step, code: str, is_paper: bool) -> str:
    """The token of the new session. Raises DomainError once what the try leaves behind is kept."""
    now, address = clock.now(), request.remote_addr
    with transaction():
        steps.begin_try(user_id=step.user_id, address=address, now=now)
    attempt = steps.pass_with_paper if is_paper else steps.pass_with_code
    with transaction():
        passed = attempt(step, code=code, address=address, agent=request.user_agent.string, now=now)
    if passed.refused is not None:
        raise passed.refused
    return passed.token
