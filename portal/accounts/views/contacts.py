"""The phones and addresses of one's own account."""

from __future__ import annotations

from typing import Any

from flask import request, url_for

from portal.accounts.forms.contact import CodeForm, NewContactForm
from portal.accounts.queries import contact as queries
from portal.accounts.rules import is_local_path
from portal.accounts.services import contacts, one_time
from portal.accounts.views.blueprint import answer, ask_again, blueprint, local_target
from portal.core import browser, clock, htmx
from portal.core.db import transaction
from portal.core.edge import language
from portal.core.errors import DomainError
from portal.core.formatting import phone as spoken
from portal.core.forms import TokenForm
from portal.core.idempotency import claim
from portal.core.permissions import current_actor, signed_in


def _security(saved: str = "") -> str:
    """The page that lists the contacts."""
    return url_for("accounts.security", tersimpan=saved or None)


@blueprint.get("/akun/kontak")
@signed_in
def contact_new() -> Any:
    """Add a phone or an address; what the record of the person says is filled in."""
    actor, again = current_actor(), ask_again(htmx.current_path())
    if again:
        return htmx.redirect(again)
    found = queries.unverified_of(actor.person_id, actor.user_id)
    value = (spoken(found[1]) if found[0] == "phone" else found[1]) if found else ""
    return _new_page(NewContactForm(contact=value, lanjut=local_target()))


def _back(target: str | None) -> str:
    """Where "not now" leads."""
    return target if target and is_local_path(target) else _security()


def _new_page(form: NewContactForm, error: DomainError | None = None) -> Any:
    return answer("accounts/contact_new.html", form, error, back=_back(form.lanjut.data))


@blueprint.post("/akun/kontak")
@signed_in
def contact_new_post() -> Any:
    """Send a code there."""
    form, again = NewContactForm.parse(), ask_again(url_for("accounts.contact_new"))
    if again:
        return htmx.redirect(again)
    if not form.validate():
        return _new_page(form)
    try:
        browser.keep("contact", _ask(form))
    except DomainError as error:
        form.add_error(error)
        return _new_page(form, error)
    return htmx.redirect(url_for("accounts.contact_code"))


def _ask(form: NewContactForm) -> str:
    now, op, actor = clock.now(), form.op.data or "", current_actor()
    with transaction():
        if not claim(op, actor=actor, now=now).is_new:
            return one_time.handle_of(op)
        return contacts.ask_contact_code(
            text=form.contact.data or "",
            op=op,
            target=form.lanjut.data or "",
            language=language(),
            address=request.remote_addr,
            actor=actor,
            now=now,
        )


@blueprint.get("/akun/kontak/kode")
@signed_in
def contact_code() -> Any:
    """The page for the six digits."""
    found = one_time.look("contact", browser.held("contact"), clock.now())
    if found is None:
        return htmx.redirect(url_for("accounts.contact_new"))
    return answer("accounts/contact_code.html", CodeForm(), hint=found["hint"])


@blueprint.post("/akun/kontak/kode")
@signed_in
def contact_code_post() -> Any:
    """Compare the code; the contact is one's own from now on."""
    form, handle, now = CodeForm.parse(), browser.held("contact"), clock.now()
    found = one_time.look("contact", handle, now) or {}
    if not form.validate():
        return answer("accounts/contact_code.html", form, hint=found.get("hint", ""))
    asked: dict[str, Any] = {"handle": handle, "address": request.remote_addr, "now": now}
    try:
        with transaction():
            one_time.begin_check(kind="contact", **asked)
        with transaction():
            contacts.confirm_contact(code=form.code.data or "", actor=current_actor(), **asked)
    except DomainError as error:
        form.add_error(error)
        return answer("accounts/contact_code.html", form, error, hint=found.get("hint", ""))
    browser.drop("contact")
    target = found.get("target", "")
    return htmx.redirect(_back(target) if target else _security("kontak"))


@blueprint.post("/akun/kontak/<int:contact_id>/dipakai")
@signed_in
def contact_use(contact_id: int) -> Any:
    """Be called and written to at this one."""
    form, actor, now = TokenForm.parse(), current_actor(), clock.now()
    with transaction():
        op = claim(form.op.data, actor=actor, now=now)
        if op.is_new:
            contacts.use_contact(contact_id=contact_id, actor=actor, now=now)
            op.finish(_security("kontak"))
    return htmx.redirect(op.outcome)


@blueprint.post("/akun/kontak/<int:contact_id>/hapus")
@signed_in
def contact_remove(contact_id: int) -> Any:
    """Take a contact away."""
    form, actor, now, again = TokenForm.parse(), current_actor(), clock.now(), ask_again(_security())
    if again:
        return htmx.redirect(again)
    with transaction():
        op = claim(form.op.data, actor=actor, now=now)
        if op.is_new:
            contacts.remove_contact(contact_id=contact_id, actor=actor, now=now)
            op.finish(_security("kontak"))
    return htmx.redirect(op.outcome)
