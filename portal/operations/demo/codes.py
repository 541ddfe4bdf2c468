"""Certificate codes of every verify state, as the public check itself judges them."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from portal.certificates.models import Certificate
from portal.certificates.rules import check_character
from portal.core.crypto import ALPHABET
from portal.core.db import db
from portal.operations.seeds import seeded
from portal.verification.queries import check_code

STATES = ("valid", "expired", "suspended", "revoked", "replaced", "not_found", "typo")
MADE_UP = 5


def demo_codes(now: datetime) -> dict[str, list[str]]:
    """{state: codes}, each list in the order of issue. `not_found` have a right check character and were
    never issued; `typo` are issued codes with one character wrong."""
    found: dict[str, list[str]] = {state: [] for state in STATES}
    issued = list(db.session.scalars(sa.select(Certificate.code).order_by(Certificate.id)))
    for code in issued:
        found.setdefault(check_code(code, now).state, []).append(code)
    found["not_found"] = _unknown(set(issued))
    found["typo"] = [_mistyped(code) for code in (issued or found["not_found"])[:MADE_UP]]
    return {state: found[state] for state in STATES}


def _unknown(issued: set[str]) -> list[str]:
    rng = seeded("codes that nobody issued")
    codes: list[str] = []
    while len(codes) < MADE_UP:
        body = "".join(rng.choice(ALPHABET) for _place in range(11))
        code = body + check_character(body)
        if code not in issued:
            codes.append(code)
    return codes


def _mistyped(code: str) -> str:
    """The code with its fifth character replaced by the next of the alphabet."""
    other = ALPHABET[(ALPHABET.index(code[4]) + 1) % len(ALPHABET)]
    return code[:4] + other + code[5:]
