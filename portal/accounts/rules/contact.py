"""Phones and addresses as ways in: what somebody typed, limits for codes, telling a family apart."""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from portal.accounts.rules import Limit, normal_login
from portal.core.formatting import call_name
from portal.people.rules import parse_phone

CODE_LIFE = timedelta(minutes=10)
CODE_TRIES = 5
CODE_DIGITS = 6
# A shared phone: so many passwords are compared whenever a phone or an address is typed, known or not.
CANDIDATES = 3
# The most accounts that one phone opens by code.
FAMILY = 12
MOST_CONTACTS = 6
RECOVERY_LIFE = timedelta(hours=24)

# A code costs money and disturbs whoever gets it; a class behind one address asks for many.
CODE_LIMITS = {
    "contact": Limit("code.contact", 5, timedelta(minutes=15)),
    "address": Limit("code.address", 60, timedelta(hours=1)),
    "all": Limit("code.all", 1000, timedelta(minutes=10)),
}
# Wrong codes: each handle has its five tries; these bound the handles that one place can wear out.
CHECK_LIMITS = {
    "address": Limit("code.check.address", 100, timedelta(minutes=30)),
    "all": Limit("code.check.all", 3000, timedelta(minutes=10)),
}
RECOVERY_LIMITS = {
    "address": Limit("recovery.address", 20, timedelta(minutes=30)),
    "login": Limit("recovery.login", 20, timedelta(minutes=10)),
    "all": Limit("recovery.all", 500, timedelta(minutes=10)),
}

_EMAIL = re.compile(r"[^@\s<>\"',;:\\]{1,64}@[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?\.[a-z]{2,24}")


@dataclass(frozen=True)
class Identifier:
    """What was typed to say who: kind `phone` (E.164), `email` (lower case) or `login`."""

    kind: str
    value: str

    @property
    def is_contact(self) -> bool:
        """True for a phone or an address, which several accounts may share."""
        return self.kind != "login"


def read_contact(text: str) -> Identifier | None:
    """A phone or an e-mail address as it is stored, or None when the text is neither."""
    plain = normal_login(text)
    if "@" in plain:
        return Identifier("email", plain) if len(plain) <= 200 and _EMAIL.fullmatch(plain) else None
    phone = parse_phone(text[:60])
    return Identifier("phone", phone) if phone else None


def read_identifier(text: str) -> Identifier:
    """What a sign-in page takes: a contact when it looks like one, else a sign-in name."""
    return read_contact(text) or Identifier("login", normal_login(text)[:200])


def new_code() -> str:
    """Six random digits, the first may be zero."""
    return f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}"


def normal_digits(text: str) -> str:
    """A typed code: its digits, without the spaces and dashes people put between."""
    return "".join(c for c in text if c.isascii() and c.isdigit())[:20]


def tell_apart(people: Sequence[tuple[str, str]]) -> list[str]:
    """What to call each of a family by: (name, sign-in name) -> the call name, and where two share it the
    sign-in name with it."""
    names = [call_name(name) for name, _login in people]
    return [
        f"{name} ({login})" if names.count(name) > 1 else name
        for name, (_name, login) in zip(names, people, strict=True)
    ]


def hint_of(kind: str, value: str) -> str:
    """A contact as it is shown to its owner on a shared screen: its end, or its first letter and host."""
    if kind == "email":
        name, _at, host = value.partition("@")
        return f"{name[:1]}•••@{host}"
    return f"•••• {value[-4:]}"
