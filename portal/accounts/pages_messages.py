"""What the page of one's own messages shows."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from portal.accounts.forms.messages import PreferenceForm
from portal.accounts.labels_messages import CHANNEL_WORDS, GROUP_WORDS, state_note, state_tag
from portal.accounts.queries import messages as queries
from portal.accounts.rules.messages import KINDS, Wishes
from portal.core.crypto import CryptoError, cipher
from portal.core.formatting import call_name, current_locale, date_range, long_date, moment
from portal.core.mail.content import Content, address, write
from portal.core.mail.outbox import CONTENT_AAD, OutboxMessage
from portal.core.permissions import Actor
from portal.core.words import gettext as _


@dataclass(frozen=True)
class Told:
    """A message as its reader sees it; `paragraphs` are lists of lines."""

    id: int
    subject: str
    about: str
    paragraphs: list[list[str]]
    files: list[str]
    written_at: datetime
    sent_by: str
    tag: tuple[str, str, str]
    note: str


def messages_page(
    actor: Actor, number: int, now: datetime, form: PreferenceForm | None = None
) -> dict[str, Any]:
    """The context of the page."""
    found = queries.list_told(actor, number)
    wishes = queries.find_preference(actor.person_id) if actor.person_id is not None else None
    context = {
        "listing": found,
        "told": [_told(row, now) for row in found.items],
        "form": form or PreferenceForm.showing(wishes or Wishes()),
        "has_person": wishes is not None,
        "sample": None,
        "needs_consent": False,
    }
    if wishes is not None and actor.person_id is not None:
        context["sample"] = _sample(actor.name, now)
        context["needs_consent"] = not queries.people_who_may_be_phoned([actor.person_id])
    return context


def _told(row: OutboxMessage, now: datetime) -> Told:
    content = _open(row)
    by = str(CHANNEL_WORDS[row.channel])
    return Told(
        row.id,
        content.subject if content else str(GROUP_WORDS[KINDS[row.kind]]),
        str(GROUP_WORDS[KINDS[row.kind]]),
        paragraphs(content) if content else [],
        [file.name for file in content.attachments] if content else [],
        row.created_at,
        f"{by}, {row.address_hint}" if row.address_hint else by,
        state_tag(row, now),
        state_note(row, now),
    )


def paragraphs(content: Content) -> list[list[str]]:
    """The plain text without its footer, as paragraphs of lines."""
    text = content.text.split("\n-- \n")[0]
    return [part.strip().split("\n") for part in text.split("\n\n") if part.strip()]


def _open(row: OutboxMessage) -> Content | None:
    """The words, while they are kept and can be opened."""
    if not row.content_cipher:
        return None
    try:
        return Content.from_json(json.loads(cipher().decrypt(row.content_cipher, CONTENT_AAD)))
    except (CryptoError, ValueError):
        return None


def _sample(name: str, now: datetime) -> dict[str, Any]:
    """An offer as it would come, in the language of the page."""
    first = (now + timedelta(days=21)).date()
    url = address("/saya", current_locale())

    def facts() -> dict[str, Any]:
        course, dates = _("Pengurus koperasi, tingkat pemula"), date_range(first, first + timedelta(days=2))
        until = moment(now + timedelta(hours=48))
        return {
            "called": call_name(name),
            "course": course,
            "center": _("Balai pelatihan"),
            "dates": dates,
            "first_day": long_date(first),
            "until": until,
            "phone": "",
            "url": url,
            "action": (_("Jawab tawaran"), url),
            "rows": [(_("Program"), course), (_("Tanggal"), dates), (_("Batas jawab"), until)],
        }

    content = write("seat.offered", facts, language=current_locale())
    return {"subject": content.subject, "paragraphs": paragraphs(content), "sms": content.sms}
