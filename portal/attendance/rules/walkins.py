"""Walk-ins and cards: what a typed or scanned text is, and what is wrong with a note. Pure."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from portal.attendance.rules.marks import LONGEST_TEXT, Say, plain
from portal.attendance.rules.tokens import plain_card
from portal.core.blockers import Blocker

CARD_LENGTH = 16
LONGEST_NAME, LONGEST_COOPERATIVE = 100, 120
SHORTEST_REASON = 5
_CARD_PATH = re.compile(r"/k/([0-9a-z-]{16,24})/?", re.IGNORECASE)


def card_of(text: str) -> str:
    """The stored form of a card's code, from the address in its QR or as somebody typed it; "" for anything
    else. The host is not asked: a card that is not ours is on no roll."""
    text = text.strip()
    if "/" in text:
        found = _CARD_PATH.fullmatch(urlsplit(text).path)
        text = found[1] if found else ""
    code = plain_card(text)
    return code if len(code) == CARD_LENGTH and code.isascii() and code.isalnum() else ""


def walk_in_problem(name: str, cooperative: str, note: str, _: Say = plain) -> tuple[Blocker, str] | None:
    """(what is wrong with the note of somebody who came without a seat, its field), or None."""
    if len(name.strip()) < 2:
        return Blocker("name_missing", _("Tulis nama orangnya.")), "name"
    limits = (("name", name, LONGEST_NAME), ("cooperative", cooperative, LONGEST_COOPERATIVE))
    for field, text, most in (*limits, ("note", note, LONGEST_TEXT)):
        if len(text.strip()) > most:
            return Blocker(f"{field}_long", _("Paling banyak %(max)s karakter.", max=most)), field
    return None


def refusal_problem(reason: str, _: Say = plain) -> Blocker | None:
    """What is wrong with the reason for turning somebody down, or None."""
    if len(reason.strip()) < SHORTEST_REASON:
        return Blocker("reason_missing", _("Tulis alasannya, supaya instruktur dapat menjelaskan."))
    if len(reason) > LONGEST_TEXT:
        return Blocker("reason_long", _("Paling banyak %(max)s karakter.", max=LONGEST_TEXT))
    return None
