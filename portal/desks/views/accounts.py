"""Accounts for the administrator: find, close, reopen, sign out everywhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import request, url_for

from portal.accounts import queries as accounts
from portal.accounts import services
from portal.accounts.services.users import sign_out_account
from portal.core import clock, htmx
from portal.core.db import transaction
from portal.core.errors import DomainError
from portal.core.idempotency import claim
from portal.core.paging import page_number
from portal.core.permissions import Permission, current_actor, requires
from portal.desks.forms import AccountReasonForm
from portal.desks.labels import role_label, scope_label
from portal.desks.queries import accounts as queries
from portal.desks.queries import platform
from portal.desks.views.blueprint import blueprint


@blueprint.get("/admin/akun")
@requires(Permission.ROLES_GRANT)
def account_list() -> Any:
    """The accounts; searched by sign-in name or name, narrowed to open or closed ones."""
    text, state = (request.args.get("q") or "")[:80], request.args.get("keadaan") or ""
    state = state if state in queries.STATES else ""
    page = queries.list_accounts(text, state, page_number(request.args.get("hal")))
    return htmx.render(
        "desks/accounts.html",
        "desks/_account_list.html",
        listing=page,
        q=text,
        state=state,
        grants=queries.grants_of([row.id for row in page.items], clock.now()),
        role_label=role_label,
    )


@blueprint.get("/admin/akun/<int:user_id>")
@requires(Permission.ROLES_GRANT)
def account(user_id: int) -> Any:
    """One account: since when, last used, its roles, and what can be done."""
    return _page(user_id, AccountReasonForm())


def _page(user_id: int, form: AccountReasonForm, status: int = 200) -> Any:
    now, user = clock.now(), accounts.get_user(user_id)
    grants = queries.grants_of([user_id], now).get(user_id, [])
    return htmx.render(
        "desks/account.html",
        None,
        status,
        form=form,
        user=user,
        is_own=current_actor().user_id == user_id,
        seen=queries.last_sign_in(user_id),
        sessions=len(accounts.list_sessions(user_id, now)),
        grants=grants,
        names=platform.scope_names(grants),
        role_label=role_label,
        scope_label=scope_label,
    )


def _with_reason(user_id: int, saved: str, change: Callable[..., Any]) -> Any:
    """One change with its reason, and back to the account."""
    form, actor, now = AccountReasonForm.parse(), current_actor(), clock.now()
    accounts.get_user(user_id)
    if not form.validate():
        return _page(user_id, form, 422)
    try:
        with transaction():
            op = claim(form.op.data, actor=actor, now=now)
            if op.is_new:
                change(user_id=user_id, reason=form.reason.data or "", actor=actor, now=now)
                op.finish(url_for("desks.account", user_id=user_id, tersimpan=saved))
    except DomainError as error:
        form.add_error(error)
        return _page(user_id, form, error.status)
    return htmx.redirect(op.outcome)


@blueprint.post("/admin/akun/<int:user_id>/tutup")
@requires(Permission.ROLES_GRANT)
def account_close(user_id: int) -> Any:
    """Close the account and end its sessions."""
    return _with_reason(
        user_id, "tutup", lambda **change: services.set_account_active(is_active=False, **change)
    )


@blueprint.post("/admin/akun/<int:user_id>/buka")
@requires(Permission.ROLES_GRANT)
def account_reopen(user_id: int) -> Any:
    """Let the account sign in again."""
    return _with_reason(
        user_id, "buka", lambda **change: services.set_account_active(is_active=True, **change)
    )


@blueprint.post("/admin/akun/<int:user_id>/keluarkan")
@requires(Permission.ROLES_GRANT)
def account_sign_out(user_id: int) -> Any:
    """End all sessions of the account."""
    return _with_reason(user_id, "keluar", sign_out_account)
