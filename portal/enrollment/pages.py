"""What the pages of one enrollment show, prepared."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from urllib.parse import quote, urlsplit
from zoneinfo import ZoneInfo

from flask import current_app, url_for
from wtforms import SelectChoice

from portal.catalog.labels import local_name
from portal.cooperatives.labels import post_label
from portal.core.formatting import clock_range, clock_time, date_range, long_date, moment, remaining
from portal.core.words import gettext as _
from portal.enrollment import messages, queries, rules
from portal.enrollment.labels import state_tag
from portal.enrollment.models import ENDED_STATES, SEAT_STATES, State


def whole_number(text: Any) -> int | None:
    """A number typed or chosen in a form, or None."""
    text = str(text or "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None


def base_url() -> str:
    """The configured address of the portal: links in papers and QR codes never come from the request."""
    return str(current_app.extensions["portal_settings"].base_url).rstrip("/")


def card_address(token: str) -> str:
    """The text of a card's QR: upper case, so that it stays small (alphanumeric mode)."""
    parts = urlsplit(base_url())
    return f"{parts.scheme}://{parts.netloc}/K/{token}".upper()


def own_page(case: queries.CaseView, now: datetime) -> dict[str, Any]:
    """The context of a person's own enrollment pages."""
    enrollment, batch = case.enrollment, case.batch
    state = State(enrollment.state)
    zone = batch.center.zone
    is_offer = state == State.OFFERED
    over = rules.is_offer_over(enrollment.offer_until, now)
    return {
        "case": case,
        "enrollment": enrollment,
        "batch": batch,
        "zone": zone,
        "title": local_name(batch.program),
        "tag": state_tag(state),
        "is_offer": is_offer and not over and batch.state == "published" and case.choice is None,
        "offer_left": remaining(enrollment.offer_until - now) if is_offer and enrollment.offer_until else "",
        "is_over": is_offer and over,
        "may_leave": State.WITHDRAWN in rules.LEGAL_MOVES[state] and now.date() <= batch.ends_on,
        "has_card": state in SEAT_STATES or state == State.RESERVE,
        "is_ended": state in ENDED_STATES,
        "steps": timeline(case, now),
        "facts": facts_of(case),
        "post": post_label(enrollment.post),
        "dates": date_range(batch.starts_on, batch.ends_on),
    }


def facts_of(case: queries.CaseView) -> list[tuple[Any, ...]]:
    """What, when, where, as whom."""
    batch, enrollment = case.batch, case.enrollment
    zone = batch.center.zone
    rooms = list(dict.fromkeys(s.room.name for s in batch.sessions if s.room is not None))
    hours = ""
    if batch.sessions:
        first = batch.sessions[0]
        hours = clock_range(first.starts_at, first.ends_at, zone)
    facts: list[tuple[Any, ...]] = [
        (_("Tanggal"), date_range(batch.starts_on, batch.ends_on), hours),
        (_("Tempat"), ", ".join([batch.center.name, *rooms[:2]]), batch.center.address or batch.center.city),
        (_("Sebagai"), post_label(enrollment.post), case.cooperative_name or _("Koperasi belum berdiri")),
    ]
    facts.append((_("Nomor pendaftaran"), "-".join([enrollment.reference[:5], enrollment.reference[5:]])))
    return facts


def timeline(case: queries.CaseView, now: datetime) -> list[tuple[str, str, str]]:
    """(state, title, text) of the four steps; an enrollment that ended stops where it was."""
    enrollment, batch = case.enrollment, case.batch
    zone = batch.center.zone
    at = rules.step_of(enrollment.state)
    state = State(enrollment.state)

    def day(value: datetime | date) -> str:
        local = value.astimezone(ZoneInfo(zone)) if isinstance(value, datetime) else value
        return long_date(local)

    screening = {
        State.WAITLISTED: _("Anda di daftar tunggu, urutan ke-%(rank)s.", rank=case.rank or "–"),
        State.RESERVE: _("Anda cadangan: kursi ditawarkan bila ada yang mundur."),
    }.get(state, _("Balai memeriksa berkas Anda, paling lama 2 hari kerja."))
    seat = _(
        "Balai menawarkan kursi lewat telepon atau WhatsApp. Anda menjawab dalam 48 jam setelah tersambung."
    )
    if state == State.OFFERED and enrollment.offer_until:
        seat = _("Jawab paling lambat %(when)s.", when=moment(enrollment.offer_until, zone))
    elif enrollment.confirmed_at:
        seat = _("Anda menerima kursi pada %(day)s.", day=day(enrollment.confirmed_at))
    training = date_range(batch.starts_on, batch.ends_on)
    result = _("Sertifikat pelatihan terbit setelah kehadiran cukup dan semua unit kompeten.")
    if state in rules.OUTCOMES:
        result = str(messages.state_label(state))
    items = [
        (_("Mendaftar"), day(enrollment.applied_at)),
        (_("Seleksi"), screening),
        (_("Kursi"), seat),
        (_("Pelatihan dan uji"), training),
        (_("Hasil"), result),
    ]
    current = 1 if at < 0 else at + 1
    if state in rules.OUTCOMES:
        current = 5
    marks = [
        "done" if i < current else "now" if i == current and at >= 0 else "next" for i in range(len(items))
    ]
    return [(mark, title, text) for mark, (title, text) in zip(marks, items, strict=True)]


def answer_form(form: Any, case: queries.CaseView, now: datetime) -> Any:
    """The choices after a batch moved: keep (not when cancelled), another batch with seats, or leave."""
    others = queries.next_choices(case.batch, now, limit=8)
    choices = []
    if case.batch.state != "cancelled":
        choices.append(SelectChoice("keep", _("Ikut jadwal yang baru")))
    if others:
        choices.append(SelectChoice("move", _("Pindah ke angkatan lain")))
    choices.append(SelectChoice("leave", _("Mundur dari pelatihan ini")))
    form.choice.choices = choices
    form.target.choices = [
        SelectChoice(
            str(row.id),
            _(
                "%(place)s, %(dates)s (%(left)d kursi)",
                place=row.center,
                dates=date_range(row.starts_on, row.ends_on),
                left=row.quota - row.seats_taken,
            ),
        )
        for row in others
    ]
    return form


def whatsapp_url(row: queries.ContactRow) -> str:
    """A wa.me link with the message already written; it names the training and nothing else about the
    person."""
    text = messages.whatsapp_text(
        name=row.name,
        program=row.program,
        dates=date_range(row.starts_on, row.ends_on, locale="id"),
        center=row.center,
        link=base_url() + url_for("enrollment.mine", enrollment_id=row.enrollment_id),
    )
    number = (row.phone or "").lstrip("+")
    return f"https://wa.me/{number}?text={quote(text)}" if number else ""


def tried_at(value: datetime, zone: str) -> str:
    """ "21 November 2026, pukul 14.00 WIB" for the history of contacts."""
    return f"{long_date(value.astimezone(ZoneInfo(zone)), weekday=False)}, {clock_time(value, zone)}"
