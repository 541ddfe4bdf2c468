"""Helping somebody without seeing their data."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import request, url_for

from portal.core import clock, htmx
from portal.core.db import transaction
from portal.core.errors import DomainError, NotFound
from portal.core.forms import BaseForm, TokenForm
from portal.core.idempotency import claim
from portal.core.mail.resending import can_retry, retry_message
from portal.core.permissions import Permission, current_actor, requires
from portal.desks import services
from portal.desks.forms_helpdesk import HelpForm, SeeDataForm
from portal.desks.helpdesk_labels import lock_label, message_label, message_tag, shown_rows
from portal.desks.links import link
from portal.desks.message_labels import message_note
from portal.desks.queries import helpdesk as queries
from portal.desks.views.blueprint import blueprint
from portal.enrollment.labels import state_tag
from portal.people.queries import shown_again

P = Permission
WORDS = {"akun": "user", "orang": "person"}


@blueprint.get("/admin/bantuan")
@requires(P.HELPDESK)
def helpdesk() -> Any:
    """Find somebody by something they have in hand."""
    text = (request.args.get("q") or "").strip()[:80]
    found = queries.find_case(text)
    case = queries.get_case(*found, clock.now()) if found else None
    return htmx.render(
        "desks/helpdesk.html",
        "desks/_helpdesk_found.html",
        q=text,
        case=case,
        url=_url(*found) if found else "",
    )


def _url(kind: str, number: int) -> str:
    word = "akun" if kind == "user" else "orang"
    return url_for("desks.helpdesk_case", word=word, number=number)


@blueprint.get("/admin/bantuan/<any(akun,orang):word>/<int:number>")
@requires(P.HELPDESK)
def helpdesk_case(word: str, number: int) -> Any:
    """One account, or one person without an account."""
    return _page(word, number)


def _page(
    word: str,
    number: int,
    help_form: HelpForm | None = None,
    see_form: SeeDataForm | None = None,
    status: int = 200,
) -> Any:
    now = clock.now()
    case = queries.get_case(WORDS[word], number, now)
    user_id = case.user.id if case.user else None
    return htmx.render(
        "desks/helpdesk_case.html",
        None,
        status,
        case=case,
        shown=shown_rows(shown_again(current_actor(), case.person_id, now)) if case.person_id else [],
        form=help_form or HelpForm(),
        see_form=see_form or SeeDataForm(),
        token_form=TokenForm(),
        here=url_for("desks.helpdesk_case", word=word, number=number),
        recovery_url=link("accounts.recovery_ask", user_id=user_id) if user_id else None,
        account_url=link("desks.account", user_id=user_id) if user_id else None,
        can_retry=can_retry,
        lock_label=lock_label,
        message_label=message_label,
        message_note=message_note,
        message_tag=message_tag,
        state_tag=state_tag,
        now=now,
    )


def _do(form: BaseForm, target: str, work: Callable[..., Any], refused: Callable[[int], Any]) -> Any:
    """One use case once, and back to the page; refused: the page again with the form's errors."""
    actor, now = current_actor(), clock.now()
    if not form.validate():
        return refused(422)
    try:
        with transaction():
            op = claim(form.op.data, actor=actor, now=now)
            if op.is_new:
                work(actor=actor, now=now)
                op.finish(target)
    except DomainError as error:
        if error.status == 404:
            raise
        form.add_error(error)
        return refused(error.status)
    return htmx.redirect(op.outcome)


@blueprint.post("/admin/bantuan/<any(akun,orang):word>/<int:number>")
@requires(P.HELPDESK)
def helpdesk_act(word: str, number: int) -> Any:
    """Sign an account out everywhere, or forget its counted tries."""
    form = HelpForm.parse()
    user = queries.get_case(WORDS[word], number, clock.now()).user
    if user is None:
        raise NotFound()
    return _do(
        form,
        url_for("desks.helpdesk_case", word=word, number=number, tersimpan=form.action.data),
        lambda **who: services.help_account(
            user=user, action=form.action.data or "", reason=form.reason.data, **who
        ),
        lambda status: _page(word, number, help_form=form, status=status),
    )


@blueprint.post("/admin/bantuan/<any(akun,orang):word>/<int:number>/lihat")
@requires(P.HELPDESK)
def helpdesk_see(word: str, number: int) -> Any:
    """See chosen data in full, with a reason that the owner is told."""
    form, person_id = SeeDataForm.parse(), queries.get_case(WORDS[word], number, clock.now()).person_id
    if person_id is None:
        raise NotFound()
    return _do(
        form,
        url_for("desks.helpdesk_case", word=word, number=number),
        lambda **who: services.see_data(
            person_id=person_id, fields=form.which.data or [], reason=form.see_reason.data or "",
            op_id=form.op.data, **who,
        ),
        lambda status: _page(word, number, see_form=form, status=status),
    )  # fmt: skip


@blueprint.post("/admin/bantuan/pesan/<int:message_id>")
@requires(P.HELPDESK)
def helpdesk_send(message_id: int) -> Any:
    """Send a message that failed, or may have been lost, once more."""
    target = _url(*queries.message_owner(message_id))
    return _do(
        TokenForm.parse(),
        f"{target}?tersimpan=send",
        lambda **who: retry_message(message_id=message_id, **who),
        lambda _status: htmx.redirect(f"{target}?tersimpan=not_sent"),
    )
