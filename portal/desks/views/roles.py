"""Granting and ending roles."""

from __future__ import annotations

from typing import Any

from flask import request, url_for
from wtforms import SelectChoice

from portal.accounts import queries as accounts
from portal.accounts import services
from portal.accounts.services.roles import SCOPE_OF_ROLE
from portal.cooperatives.queries import search_cooperatives
from portal.core import clock, htmx
from portal.core.db import transaction
from portal.core.errors import DomainError, NotFound
from portal.core.idempotency import claim
from portal.core.paging import page_number
from portal.core.permissions import Permission, Role, current_actor, requires
from portal.core.words import gettext as _
from portal.desks.forms import GRANTABLE, EndRoleForm, RoleForm
from portal.desks.labels import ROLE_NOTES, role_label, scope_label
from portal.desks.queries import platform
from portal.desks.views.blueprint import blueprint


@blueprint.get("/admin/peran")
@requires(Permission.ROLES_GRANT)
def roles() -> Any:
    """Who holds which role where; searched by name, narrowed by role."""
    text, role = (request.args.get("q") or "")[:80], request.args.get("peran") or ""
    page = accounts.list_grants(text, role, page_number(request.args.get("hal")), clock.now())
    return htmx.render(
        "desks/roles.html",
        "desks/_role_list.html",
        listing=page,
        q=text,
        role=role,
        choices=GRANTABLE,
        names=platform.scope_names([row[0] for row in page.items]),
        role_label=role_label,
        scope_label=scope_label,
    )


def _form_page(form: RoleForm, status: int = 200) -> Any:
    role = form.role.data if form.role.data in dict(GRANTABLE) else ""
    kind = SCOPE_OF_ROLE[Role(role)] if role else ""
    if kind == "center":
        choices = [("", _("Pilih balai")), *platform.center_choices()]
        form.center_id.choices = [SelectChoice(str(value), label) for value, label in choices]
    return htmx.render(
        "desks/role_form.html", None, status, form=form, role=role, kind=kind, choices=GRANTABLE,
        note=ROLE_NOTES.get(role, ""), role_label=role_label,
    )  # fmt: skip


@blueprint.get("/admin/peran/beri")
@requires(Permission.ROLES_GRANT)
def role_new() -> Any:
    """First which role, then to whom, where and from when."""
    return _form_page(RoleForm(role=request.args.get("peran"), starts_on=accounts.today(clock.now())))


@blueprint.post("/admin/peran/beri")
@requires(Permission.ROLES_GRANT)
def role_new_post() -> Any:
    """Grant the role."""
    form, actor, now = RoleForm.parse(), current_actor(), clock.now()
    if not form.validate():
        return _form_page(form, 422)
    scope_kind = SCOPE_OF_ROLE[Role(form.role.data)]
    try:
        scope_id = _scope(form, scope_kind)
        with transaction():
            op = claim(form.op.data, actor=actor, now=now)
            if op.is_new:
                _grant(form, scope_kind, scope_id)
                op.finish(url_for("desks.roles", tersimpan="beri"))
    except DomainError as error:
        form.add_error(_beside_input(error, scope_kind))
        return _form_page(form, error.status)
    return htmx.redirect(op.outcome)


def _grant(form: RoleForm, scope_kind: str, scope_id: str) -> None:
    user = accounts.find_user(form.login.data)
    if user is None:
        raise DomainError("account_missing", _("Tidak ada akun dengan nama masuk ini."), "login")
    assert form.starts_on.data is not None
    services.grant_role(
        user_id=user.id,
        role=form.role.data,
        scope_kind=scope_kind,
        scope_id=scope_id,
        starts_on=form.starts_on.data,
        ends_on=form.ends_on.data,
        reason=form.reason.data,
        actor=current_actor(),
        now=clock.now(),
    )


_INPUT_OF_KIND = {
    "center": "center_id",
    "region": "region_code",
    "cooperative": "cooperative",
    "organization": "organization_id",
}


def _scope(form: RoleForm, kind: str) -> str:
    """The id of the place that was chosen. Raises DomainError on its input."""
    if kind == "cooperative":
        return _cooperative_id((form.cooperative.data or "").strip())
    text = (form[_INPUT_OF_KIND[kind]].data or "").strip() if kind in _INPUT_OF_KIND else ""
    known = {str(center_id) for center_id, _name in platform.center_choices()} if kind == "center" else set()
    if kind == "center" and text not in known:
        raise DomainError("scope_missing", _("Pilih balai pelatihannya."), "center_id")
    if kind == "region" and not text and form.role.data != Role.REGULATOR:
        raise DomainError("scope_missing", _("Tulis kode wilayahnya."), "region_code")
    return text


def _cooperative_id(text: str) -> str:
    if text.isascii() and text.isdigit():
        return text
    found = search_cooperatives(text, limit=6) if len(text) >= 3 else []
    if len(found) == 1:
        return str(found[0].id)
    if not found:
        raise DomainError("scope_missing", _("Tidak ada koperasi dengan nama ini."), "cooperative")
    names = "; ".join(f"{cooperative.name} ({cooperative.id})" for cooperative in found[:5])
    raise DomainError(
        "scope_several", _("Beberapa koperasi cocok. Tulis nomornya: %(names)s.", names=names), "cooperative"
    )


def _beside_input(error: DomainError, kind: str) -> DomainError:
    if error.field == "scope_id":
        error.field = _INPUT_OF_KIND.get(kind)
    return error


@blueprint.get("/admin/peran/<int:grant_id>/akhiri")
@requires(Permission.ROLES_GRANT)
def role_end(grant_id: int) -> Any:
    """Ask for the reason."""
    return _end_page(grant_id, EndRoleForm())


def _end_page(grant_id: int, form: EndRoleForm, status: int = 200) -> Any:
    grant, user = accounts.get_grant(grant_id)
    names = platform.scope_names([grant])
    return htmx.render(
        "desks/role_end.html", None, status, form=form, grant=grant, user=user,
        role=role_label(grant.role), place=scope_label(grant.scope_kind, grant.scope_id, names),
    )  # fmt: skip


@blueprint.post("/admin/peran/<int:grant_id>/akhiri")
@requires(Permission.ROLES_GRANT)
def role_end_post(grant_id: int) -> Any:
    """End the grant; it counts from that account's next request."""
    form, actor, now = EndRoleForm.parse(), current_actor(), clock.now()
    if not form.validate():
        return _end_page(grant_id, form, 422)
    try:
        with transaction():
            services.end_role(grant_id=grant_id, reason=form.reason.data, actor=actor, now=now)
    except NotFound:
        raise
    except DomainError as error:
        form.add_error(error)
        return _end_page(grant_id, form, error.status)
    return htmx.redirect(url_for("desks.roles", tersimpan="akhiri"))
