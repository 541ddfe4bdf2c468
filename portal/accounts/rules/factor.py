"""The second factor: who needs one, how a time-based code is read, where a passkey may live. Pure."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import pyotp

from portal.accounts.rules import Limit
from portal.core.permissions import Role

#: Proofs of a session that open what staff may do (`UserSession.factor`).
STRONG_FACTORS = frozenset({"totp", "passkey", "recovery"})
#: Roles that reach no further than one's own things and one's own cooperative.
MODEST_ROLES = frozenset({Role.TRAINEE, Role.CHAIR, Role.COMPANION})

STEP_SECONDS = 30
WINDOW = 1  # steps around the phone's known drift in which a code is taken
REACH = 5  # steps a phone's clock may be off: two and a half minutes
LATE_LIFE = 20  # steps within which the code after a late one teaches the drift

STEP_LIFE = timedelta(minutes=10)
CHALLENGE_LIFE = timedelta(minutes=5)
CODES_LIFE = timedelta(minutes=10)
#: How long after proving oneself the factors may be changed without proving it again.
FRESH = timedelta(minutes=10)

RECOVERY_CODES = 10
RECOVERY_LENGTH = 12  # 60 bits
PASSKEYS = 10

# The pair stops guessing; the account alone bounds guessing from many places. Only somebody who gave the
# first proof comes this far, so a stranger cannot keep the owner out.
SECOND_STEP_LIMITS = {
    "pair": Limit("second_step.pair", 5, timedelta(minutes=10)),
    "account": Limit("second_step.account", 15, timedelta(hours=1)),
    "address": Limit("second_step.address", 60, timedelta(minutes=10)),
}
CHALLENGE_LIMIT = Limit("passkey.address", 200, timedelta(minutes=10))


def is_staff(roles: Iterable[Role]) -> bool:
    """True when one of the roles reaches beyond one's own things and one's own cooperative."""
    return any(role not in MODEST_ROLES for role in roles)


def is_strong(factor: str) -> bool:
    """True for a session whose proof opens what staff may do."""
    return factor in STRONG_FACTORS


def is_fresh(created_at: datetime, now: datetime) -> bool:
    """True while a session is young enough to change factors without another proof."""
    return now - created_at < FRESH


def time_step(now: datetime) -> int:
    """The number of the 30-second step (RFC 6238) of a moment."""
    return int(now.timestamp()) // STEP_SECONDS


def code_digits(text: str) -> str | None:
    """The six digits of a typed code, blanks and dashes dropped; None when it is no such code."""
    kept = "".join(c for c in text if not c.isspace() and c not in "-.")
    return kept if len(kept) == 6 and kept.isascii() and kept.isdigit() else None


def code_at(secret: str, step: int) -> str:
    """The six digits that a generator with this base32 seed shows in a step."""
    return pyotp.HOTP(secret).at(step)


@dataclass(frozen=True)
class Generator:
    """What is known of a phone: its drift, the last step spent, a late code that may teach a new drift."""

    drift: int = 0
    last_step: int = 0
    late_step: int | None = None
    late_drift: int | None = None


@dataclass(frozen=True)
class Reading:
    """What a typed code is: `fits`, `late` (right for a clock that is off), `used` or `wrong`.

    step: the step the code belongs to; drift: how many steps ahead of ours that is, and with `fits` the
    drift to keep.
    """

    outcome: str
    step: int = 0
    drift: int = 0


def read_code(secret: str, digits: str, now_step: int, phone: Generator) -> Reading:
    """Judge six typed digits against the clock, the known drift and what was spent before."""
    offset = _offset(secret, digits, now_step, phone.drift)
    if offset is None:
        return Reading("wrong")
    step = now_step + offset
    if abs(offset - phone.drift) <= WINDOW:
        return Reading("fits" if step > phone.last_step else "used", step, phone.drift)
    if step <= phone.last_step or step == phone.late_step:
        return Reading("used", step, offset)
    if _follows_late(step, offset, phone):
        return Reading("fits", step, offset)
    return Reading("late", step, offset)


def read_first_code(secret: str, digits: str, now_step: int) -> Reading:
    """Judge the code that ends a set-up: any within REACH fits, and tells the phone's drift."""
    offset = _offset(secret, digits, now_step, 0)
    return Reading("wrong") if offset is None else Reading("fits", now_step + offset, offset)


def _offset(secret: str, digits: str, now_step: int, drift: int) -> int | None:
    """How many steps ahead of ours the code is; the nearest to the known drift when several fit."""
    reach = {*range(-REACH, REACH + 1), *range(drift - WINDOW, drift + WINDOW + 1)}
    found = None
    for offset in sorted(reach, key=lambda one: (-abs(one - drift), one)):
        # Every candidate is compared, so that the time says nothing about which one fitted.
        if pyotp.utils.strings_equal(code_at(secret, now_step + offset), digits):
            found = offset
    return found


def _follows_late(step: int, offset: int, phone: Generator) -> bool:
    if phone.late_step is None or phone.late_drift is None:
        return False
    is_next = phone.late_step < step <= phone.late_step + LATE_LIFE
    return is_next and abs(offset - phone.late_drift) <= WINDOW


@dataclass(frozen=True)
class RelyingParty:
    """Where passkeys of this portal live: the host they are bound to, and the origin that browsers name."""

    id: str
    origin: str


def relying_party(base_url: str, host: str, is_production: bool) -> RelyingParty | None:
    """The relying party for a request to `host` ("name:port"); None where the browser knows no passkeys.

    Passkeys are bound to a host name, never to an IP address. A developer's machine may also be `localhost`.
    """
    own = urlsplit(base_url)
    name = host.rsplit(":", 1)[0] if host.rpartition(":")[2].isdigit() else host
    if name == own.hostname and not _is_address(name):
        return RelyingParty(name, f"{own.scheme}://{own.netloc if is_production else host}")
    if name == "localhost" and not is_production:
        return RelyingParty("localhost", f"http://{host}")
    return None


def passkey_address(base_url: str, is_production: bool) -> str:
    """Where to go for passkeys when this address has none: "http://localhost:8000", or ""."""
    own = urlsplit(base_url)
    return "" if is_production else f"http://localhost:{own.port or 80}"


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True
