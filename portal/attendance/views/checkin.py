"""A trainee checks in: the page that the projector's QR opens, the typed code, and what came of it.

The browser carries one cookie for a day: a random mark of the device and the last ticket. It is not the
session, because signing in on the way empties that.
"""

from __future__ import annotations

import re
import secrets
from datetime import UTC, datetime
from typing import Any

from flask import current_app, request, session, url_for

from portal.attendance import forms, queries, rules
from portal.attendance.labels import mark_label
from portal.attendance.models import Evidence
from portal.attendance.rules import tokens
from portal.attendance.services import checkin, screen
from portal.attendance.services.checkin import CheckedIn
from portal.attendance.services.screen import Scan
from portal.attendance.views.blueprint import blueprint
from portal.core import clock, htmx
from portal.core.db import transaction
from portal.core.errors import DomainError, TooMany
from portal.core.permissions import current_actor, public
from portal.core.words import gettext as _

_DAY = 24 * 60 * 60
_SHOWN_FOR = 30 * 60
_CARRIED = re.compile(r"([0-9a-f]{32})\.([A-Z2-7]{40})?", re.ASCII)
# Refusals that the same form can mend; all others have a page of their own.
_ON_THE_FORM = {
    "card_needed", "card_unknown", "code_needed", "code_unknown", "other_class", "no_seat", "nothing_open",
}  # fmt: skip


@blueprint.get("/hadir/<token>")
@public()
def scanned(token: str) -> Any:
    """What the QR opens: the token becomes a ticket. Nothing is written."""
    device, ticket = _carried()
    try:
        scan = screen.exchange(token=token, device=device, ticket=ticket, now=clock.now())
    except DomainError as error:
        if error.code == "token_unknown":
            _count_miss()
            return _refused(error)
        return _already(token) or _refused(error)
    return _remember(_scan_page(scan, forms.ArriveForm(ticket=scan.ticket, token=token)), device, scan.ticket)


@blueprint.get("/HADIR/<token>")
@public()
def scanned_in_capitals(token: str) -> Any:
    """The address as the QR has it: without small letters it is smaller."""
    return scanned(token)


@blueprint.get("/hadir")
@public()
def code_page() -> Any:
    """The typed code."""
    device, ticket = _carried()
    return _remember(_code_page(forms.ArriveForm()), device, ticket)


@blueprint.post("/hadir")
@public()
def arrive() -> Any:
    """ "Saya hadir", by ticket or by code."""
    form, (device, ticket) = forms.ArriveForm.parse(), _carried()
    try:
        with transaction():
            done = _arrive(form, device)
    except DomainError as error:
        return _remember(_not_arrived(error, form, device), device, ticket)
    session["checked_in"] = [
        done.session_id, done.enrollment_id, done.position, done.is_new, int(clock.now().timestamp())
    ]  # fmt: skip
    return _remember(htmx.redirect(url_for("attendance.arrived")), device, ticket)


@blueprint.get("/hadir/tercatat")
@public()
def arrived() -> Any:
    """What was recorded a moment ago on this device, and what it means for the threshold."""
    session_id, enrollment_id, position, is_new, at = _checked_in()
    found = queries.find_arrived(session_id, enrollment_id, position) if session_id else None
    if found is None or found.seen_at is None or clock.now().timestamp() - at > _SHOWN_FOR:
        return htmx.redirect(url_for("attendance.code_page"))
    return _result(found, is_new)


def _already(token: str) -> Any:
    """For somebody signed in whose scan is old but who was recorded by it: what stands, else None. A phone
    that loads its page anew does not say that nothing was recorded."""
    read, actor = tokens.read_token(token), current_actor()
    if read is None or actor.person_id is None:
        return None
    found = queries.find_arrival(read.session_id, read.position, actor.person_id)
    return _result(found, is_new=False) if found and found.seen_at else None


def _checked_in() -> Any:
    if "checked_in" not in session:
        return 0, 0, 0, False, 0
    return session["checked_in"]


def _arrive(form: Any, device: str) -> CheckedIn:
    """Who and where, from what was sent. Raises DomainError."""
    actor, now, card = current_actor(), clock.now(), tokens.plain_card(form.card.data or "")
    if not card and actor.person_id is None:
        raise DomainError(
            "card_needed", _("Ketik kode kartu peserta Anda, atau masuk dengan akun Anda."), "card"
        )
    if not form.ticket.data:
        if not (form.code.data or "").strip():
            raise DomainError("code_needed", _("Ketik 6 huruf dan angka yang tampil di layar."), "code")
        return checkin.check_in_by_code(typed=form.code.data, device=device, card=card, actor=actor, now=now)
    ticket = screen.open_ticket(ticket=form.ticket.data, device=device, now=now)
    return checkin.check_in(
        session_id=ticket.session_id, position=ticket.position, evidence=Evidence.QR,
        at=datetime.fromtimestamp(ticket.scanned_at, UTC), device=device, card=card, actor=actor, now=now,
    )  # fmt: skip


def _not_arrived(error: DomainError, form: Any, device: str) -> Any:
    """The form again with the reason, or a page that says why not. Misses are counted here."""
    if isinstance(error, TooMany):
        raise error
    if error.code == "card_unknown":
        _count_miss()
    elif error.code == "code_unknown":
        with transaction():
            checkin.count_code_miss(person_id=error.details["person_id"], now=clock.now())
    if error.code not in _ON_THE_FORM:
        return _refused(error)
    form.add_error(error)
    if not form.ticket.data:
        return _code_page(form, error.status)
    try:
        ticket = screen.open_ticket(ticket=form.ticket.data, device=device, now=clock.now())
    except DomainError as stale:
        return _refused(stale)
    hall = queries.find_hall(ticket.session_id)
    if hall is None:
        return _refused(error)
    at = datetime.fromtimestamp(ticket.scanned_at, UTC)
    return _scan_page(Scan(hall, ticket.position, at, form.ticket.data), form, error.status)


def _scan_page(scan: Scan, form: Any, status: int = 200) -> Any:
    actor = current_actor()
    found = queries.find_arrival(scan.hall.session_id, scan.position, actor.person_id)
    if found and found.seen_at and status == 200:
        return _result(found, is_new=False)
    own_class = queries.class_of(actor.person_id, "") if found is None else None
    if own_class and status == 200:
        status = 409
    token = form.token.data if tokens.read_token(form.token.data or "") else None
    back = url_for("attendance.scanned", token=token) if token else url_for("attendance.code_page")
    return _private(htmx.render(
        "attendance/checkin_scan.html", status=status, hall=scan.hall, scanned_at=scan.scanned_at, form=form,
        found=found, own_class=own_class, sign_in_url=url_for("accounts.sign_in", lanjut=back), actor=actor,
    ))  # fmt: skip


def _code_page(form: Any, status: int = 200) -> Any:
    actor, now = current_actor(), clock.now()
    halls = [hall for hall, _person in queries.own_halls(actor.person_id, "", now)]
    return _private(htmx.render(
        "attendance/checkin_code.html", status=status, form=form, halls=halls, actor=actor,
        is_person=actor.person_id is not None,
        sign_in_url=url_for("accounts.sign_in", lanjut=url_for("attendance.code_page")),
    ))  # fmt: skip


def _result(found: queries.ArrivalRow, is_new: bool) -> Any:
    person = queries.attendance_of_person(found.row.enrollment_id)
    is_own = found.row.evidence in checkin.SELF_MADE
    blockers = rules.attendance_blockers(person.attendance, person.min_pct, _) if person else []
    return _private(htmx.render(
        "attendance/checkin_done.html", head=found.head, row=found.row, at=found.seen_at, is_new=is_new,
        is_own=is_own, person=person, blockers=blockers, mark_label=mark_label,
        is_signed_in=current_actor().is_authenticated,
    ))  # fmt: skip


def _refused(error: DomainError) -> Any:
    return _private(htmx.render("attendance/checkin_refused.html", status=error.status, error=error))


def _count_miss() -> None:
    """What this portal never made counts for the address, as everywhere. Raises TooMany."""
    wait = current_app.extensions["miss_limit"].count(request.remote_addr or "")
    if wait:
        sentence = _(
            "Terlalu banyak kode yang tidak cocok dari jaringan ini. Tunggu %(n)s detik, lalu coba lagi. "
            "Kode yang benar tetap dijawab.",
            n=wait,
        )
        raise TooMany("too_many_misses", sentence, retry_after=wait)


def _cookie() -> str:
    return "__Host-balai_hadir" if current_app.config["SESSION_COOKIE_SECURE"] else "balai_hadir"


def _carried() -> tuple[str, str]:
    """(mark of this device, its last ticket) from the cookie; a new mark where there is none."""
    match = _CARRIED.fullmatch(request.cookies.get(_cookie(), ""))
    return (match[1], match[2] or "") if match else (secrets.token_hex(16), "")


def _remember(response: Any, device: str, ticket: str) -> Any:
    response.set_cookie(
        _cookie(), f"{device}.{ticket}", max_age=_DAY, httponly=True, samesite="Lax", path="/",
        secure=bool(current_app.config["SESSION_COOKIE_SECURE"]),
    )  # fmt: skip
    return response


def _private(response: Any) -> Any:
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Robots-Tag"] = "noindex"
    return response
