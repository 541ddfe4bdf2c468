"""What the projector shows, and what a phone makes of it: rotating QR tokens, typed codes, tickets. Pure.

All three are HMAC-SHA-256 over the place (session, room, checkpoint) and a window of time, so nothing has to
be stored and no two servers have to talk. Moments are whole Unix seconds of the server's clock; the clock of
a phone is never asked. Texts are RFC 4648 base32 without padding: capitals only, which a QR packs densely.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass

#: Seconds that a QR stands, and how many windows before the running one are still taken (slow phones).
WINDOW, WINDOWS_BEFORE = 20, 1
#: Seconds that a typed code stands; with the one before it, a code lives two minutes at most.
CODE_STEP, CODE_LENGTH = 60, 6
#: Seconds that a scan stays good while somebody signs in or a slow phone loads.
TICKET_LIFE = 600
#: No 0 O Q, 1 I L, 5 S, 8 B, 2 Z, U V: what is read from the back of a room is read right.
CODE_ALPHABET = "34679ACDEFGHJKMNPRTWXY"
_MAC, _TICKET_MAC = 10, 14
_TEXT = re.compile(r"[A-Z2-7]+", re.ASCII)


@dataclass(frozen=True)
class Place:
    """Where somebody is: a session, its room (0 for none) and the position of a checkpoint."""

    session_id: int
    room_id: int
    position: int


@dataclass(frozen=True)
class Token:
    """A token as read, not yet checked: `window` is Unix seconds // WINDOW."""

    session_id: int
    position: int
    window: int
    mac: bytes


@dataclass(frozen=True)
class Ticket:
    """A scan that was good: of which session and checkpoint, and when (Unix seconds)."""

    session_id: int
    position: int
    scanned_at: int


def make_token(key: bytes, place: Place, at: int) -> str:
    """The text of the QR at a moment: 32 characters."""
    head = _head(place.session_id, place.position, at // WINDOW, 4)
    return _text(head + _token_mac(key, place, at // WINDOW))


def read_token(text: str) -> Token | None:
    """The parts of a token in any case, or None for what is none."""
    data = _data(text)
    if data is None or len(data) != 10 + _MAC:
        return None
    session_id, position, window = _parts(data[:10])
    return Token(session_id, position, window, data[10:])


def is_genuine(key: bytes, token: Token, room_id: int) -> bool:
    """True when this portal made the token for that session in this room."""
    place = Place(token.session_id, room_id, token.position)
    return hmac.compare_digest(token.mac, _token_mac(key, place, token.window))


def is_fresh(token: Token, at: int) -> bool:
    """True in the token's own window and one more."""
    return 0 <= at // WINDOW - token.window <= WINDOWS_BEFORE


def seconds_left(at: int, step: int = WINDOW) -> int:
    """Seconds until the next window begins, 1 to `step`."""
    return step - at % step


def make_code(key: bytes, place: Place, at: int) -> str:
    """The typed code at a moment: 6 characters that cannot be taken for each other."""
    return _code(key, place, at // CODE_STEP)


def is_code(key: bytes, place: Place, typed: str, at: int) -> bool:
    """True when `typed` (see `plain_code`) is the place's code now or the one before."""
    step = at // CODE_STEP
    known = (_code(key, place, one) for one in (step, step - 1))
    return any(hmac.compare_digest(code.encode(), typed.encode("ascii", "replace")) for code in known)


def plain_code(typed: str) -> str:
    """A typed code or card code as it is compared: capitals, without blanks and hyphens."""
    return re.sub(r"[\s\-–.]", "", typed).upper()[:40]


def plain_card(typed: str) -> str:
    """A card code as it is stored: what people take for a digit becomes one."""
    return plain_code(typed).translate(str.maketrans("OIL", "011"))


def make_ticket(key: bytes, ticket: Ticket, device: str) -> str:
    """A scan in writing, good on this device alone: 40 characters."""
    head = _head(ticket.session_id, ticket.position, ticket.scanned_at, 5)
    return _text(head + _mac(key, b"ticket", head + device.encode())[:_TICKET_MAC])


def read_ticket(key: bytes, text: str, device: str) -> Ticket | None:
    """The scan, or None for what was not made here for this device. Its age is the caller's business."""
    data = _data(text)
    if data is None or len(data) != 11 + _TICKET_MAC:
        return None
    head, mac = data[:11], data[11:]
    if not hmac.compare_digest(mac, _mac(key, b"ticket", head + device.encode())[:_TICKET_MAC]):
        return None
    return Ticket(*_parts(head))


def is_ticket_alive(ticket: Ticket, at: int) -> bool:
    """True for ten minutes from the scan."""
    return 0 <= at - ticket.scanned_at <= TICKET_LIFE


def device_mark(key: bytes, session_id: int, device: str) -> str:
    """What is kept of a browser's random mark: 32 hex digits that differ from session to session, so that
    nobody can be followed by them."""
    return _mac(key, b"device", f"{session_id}|{device}".encode()).hex()[:32] if device else ""


def _mac(key: bytes, purpose: bytes, message: bytes) -> bytes:
    return hmac.new(key, purpose + b"\0" + message, hashlib.sha256).digest()


def _token_mac(key: bytes, place: Place, window: int) -> bytes:
    message = f"{place.session_id}|{place.room_id}|{place.position}|{window}"
    return _mac(key, b"token", message.encode())[:_MAC]


def _code(key: bytes, place: Place, step: int) -> str:
    message = f"{place.session_id}|{place.room_id}|{place.position}|{step}"
    number = int.from_bytes(_mac(key, b"code", message.encode())[:16], "big")
    letters = []
    for _ in range(CODE_LENGTH):
        number, index = divmod(number, len(CODE_ALPHABET))
        letters.append(CODE_ALPHABET[index])
    return "".join(letters)


def _head(session_id: int, position: int, moment: int, width: int) -> bytes:
    return session_id.to_bytes(5, "big") + bytes([position]) + moment.to_bytes(width, "big")


def _parts(head: bytes) -> tuple[int, int, int]:
    return int.from_bytes(head[:5], "big"), head[5], int.from_bytes(head[6:], "big")


def _text(data: bytes) -> str:
    return base64.b32encode(data).decode()


def _data(text: str) -> bytes | None:
    """The bytes of base32 of whole groups of eight; None for anything else."""
    text = text.upper()
    if len(text) > 64 or len(text) % 8 or not _TEXT.fullmatch(text):
        return None
    return base64.b32decode(text)
