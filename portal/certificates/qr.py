"""The printed QR: a web address for anyone with a camera, and behind its `#` a proof that needs no network.

Text: `HTTPS://HOST/V/CODE#B32`. B32 is unpadded base32 of
`01 | sha256(public key)[:4] | canonical CBOR map | 64-byte Ed25519 signature`,
and the signature covers `"balai-qr-1" 00 CODE CBOR`. The fragment never reaches the server.
"""

from __future__ import annotations

import base64
import hashlib
import re
import string
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Literal

from portal.core.drawing import qr_path

from . import cbor
from .codes import is_stored_code
from .facts import KIND, Facts
from .qr_codewords import codewords, drawn
from .signing import Signer, verify

#: What the signature starts with, so that a QR signature can never stand for another kind of document.
DOMAIN = b"balai-qr-1\x00"
VERSION = b"\x01"
#: In millimeters, without the quiet zone of 4 modules around it.
PRINTED_SIZE_MM = 30
QUIET_MODULES = 4

NAME_BYTES, PROGRAM_BYTES, CENTER_BYTES = 60, 48, 24
_NAME, _PROGRAM, _CENTER, _ISSUED, _EXPIRES, _STATUS, _NUMBER, _KIND = range(1, 9)
_REQUIRED = {_NAME: str, _PROGRAM: str, _CENTER: str, _ISSUED: int, _STATUS: int, _NUMBER: str}
_OPTIONAL = {_EXPIRES: int, _KIND: str}
_LIMITS = {_NAME: NAME_BYTES, _PROGRAM: PROGRAM_BYTES, _CENTER: CENTER_BYTES}
_EPOCH = date(1970, 1, 1)
# Choosing the best of 8 masks costs eight times the drawing. Two thirds of a code are signature and packed
# text, as good as random, so that every mask gives the same even texture: all eight scan alike (measured by
# tests/rules/test_certificate_qr.py), and every drawing is read back before it is used.
_MASK = 3
# RFC 4648's letters as Python's digits to the base 32, which it reads many times quicker.
_BASE32 = re.compile(r"[A-Z2-7]*", re.ASCII)
_DIGITS = str.maketrans(string.ascii_uppercase + "234567", string.digits + string.ascii_lowercase[:22])

Problem = Literal["base32", "version", "length", "unknown_key", "signature", "content"]


@dataclass(frozen=True)
class QrFacts:
    """What the QR says without a network: no NIK, birth date, phone or photo.

    `issued_on` is the day in the center's zone, `expires` the last valid day, inclusive, or None,
    `status_index` the place in the status list, `kind` "certificate" or another document's kind.
    """

    name: str
    program: str
    center: str
    issued_on: date
    expires: date | None
    status_index: int
    number: str
    kind: str = KIND

    def fitted(self) -> QrFacts:
        """Return the facts in NFC, cut to the bytes that a QR of 30 mm can carry."""
        return replace(
            self,
            name=cut(self.name, NAME_BYTES),
            program=cut(self.program, PROGRAM_BYTES),
            center=cut(self.center, CENTER_BYTES),
        )


@dataclass(frozen=True)
class FragmentReading:
    """A QR's fragment after checking: `facts` and the `kid` that signed them, or the `problem`.

    base32, version, length, content: not a fragment that this portal makes. unknown_key: signed by a key
    that is not among those given, so it could not be checked. signature: it does not belong to this code.
    """

    facts: QrFacts | None
    kid: str | None
    problem: Problem | None


def cut(text: str, limit: int) -> str:
    """Return `text` in NFC and at most `limit` UTF-8 bytes, cut between characters and never off a mark."""
    text = unicodedata.normalize("NFC", text)
    if len(text.encode("utf-8")) <= limit:
        return text
    kept = text.encode("utf-8")[:limit].decode("utf-8", "ignore")
    while kept and unicodedata.combining(text[len(kept)]):
        kept = kept[:-1]
    return kept.rstrip()


def facts_for_qr(facts: Facts, status_index: int) -> QrFacts:
    """Return what of a certificate's facts goes into its QR."""
    return QrFacts(
        name=facts.name,
        program=facts.program.short,
        center=facts.center.short,
        issued_on=facts.issued_on,
        expires=facts.expires,
        status_index=status_index,
        number=facts.number,
    )


def qr_payload(code: str, facts: QrFacts, signer: Signer) -> str:
    """Return the signed fragment in base32, cutting texts to their limits first."""
    if not is_stored_code(code):
        raise ValueError("a QR needs a valid code")
    content = cbor.encode(_members(facts.fitted()))
    signature = signer.sign(_message(code, content))
    return _base32(VERSION + key_hash(signer.public_key) + content + signature)


def qr_text(base_url: str, code: str, b32: str) -> str:
    """Return the QR's whole text, `HTTPS://HOST/V/CODE#B32`."""
    return f"{base_url.rstrip('/').upper()}/V/{code}#{b32}"


def key_hash(public_key: bytes) -> bytes:
    """Return the 4 bytes by which a fragment names its raw 32-byte key."""
    return hashlib.sha256(public_key).digest()[:4]


def parse_fragment(code: str, b32: str, keys: Mapping[str, bytes]) -> FragmentReading:
    """Check a fragment against the code it was printed with and the known keys {kid: raw public key}.

    Strict: any other spelling of the same bytes (padding, lower case, spare bits, long integers, unknown
    or missing members, trailing bytes) is refused, so that one certificate has one QR.
    """
    data = _unbase32(b32)
    if data is None:
        return FragmentReading(None, None, "base32")
    if data[:1] != VERSION:
        return FragmentReading(None, None, "version")
    if len(data) <= 5 + 64:
        return FragmentReading(None, None, "length")
    name, content, signature = data[1:5], data[5:-64], data[-64:]
    candidates = {kid: key for kid, key in keys.items() if key_hash(key) == name}
    if not candidates:
        return FragmentReading(None, None, "unknown_key")
    message = _message(code, content)
    kid = next((kid for kid, key in candidates.items() if verify(key, message, signature)), None)
    if kid is None:
        return FragmentReading(None, None, "signature")
    try:
        facts = _facts(cbor.decode(content))
    except (cbor.CborError, ValueError, OverflowError):
        return FragmentReading(None, None, "content")
    return FragmentReading(facts, kid, None)


def qr_matrix(text: str, mask: int = _MASK) -> list[bytearray]:
    """Return the modules of a QR at level M row by row, 1 dark and 0 light, without the quiet zone.

    The text before and after `#` is alphanumeric, 5.5 bits a character; the `#` alone is a byte segment.
    """
    address, mark, fragment = text.partition("#")
    version, words = codewords((address, mark, fragment))
    return drawn(version, mask, words)


def qr_svg(matrix: Sequence[Sequence[int]]) -> str:
    """Return the QR as SVG: one path of merged runs on white, with the quiet zone; one unit a module."""
    side = len(matrix) + 2 * QUIET_MODULES
    corner = -QUIET_MODULES
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{corner} {corner} {side} {side}">'
        f'<path fill="#fff" d="M{corner} {corner}h{side}v{side}h-{side}z"/>'
        f'<path shape-rendering="crispEdges" d="{qr_path(matrix)}"/></svg>'
    )


def _message(code: str, content: bytes) -> bytes:
    return DOMAIN + code.encode("ascii", "replace") + content


def _members(facts: QrFacts) -> dict[int, cbor.Value]:
    members: dict[int, cbor.Value] = {
        _NAME: facts.name,
        _PROGRAM: facts.program,
        _CENTER: facts.center,
        _ISSUED: (facts.issued_on - _EPOCH).days,
        _STATUS: facts.status_index,
        _NUMBER: facts.number,
    }
    if facts.expires is not None:
        members[_EXPIRES] = (facts.expires - _EPOCH).days
    if facts.kind != KIND:
        members[_KIND] = facts.kind
    return members


def _facts(members: dict[int, cbor.Value]) -> QrFacts:
    _demand_shape(members)
    expires = members.get(_EXPIRES)
    return QrFacts(
        name=str(members[_NAME]),
        program=str(members[_PROGRAM]),
        center=str(members[_CENTER]),
        issued_on=_day(members[_ISSUED]),
        expires=None if expires is None else _day(expires),
        status_index=int(members[_STATUS]),
        number=str(members[_NUMBER]),
        kind=str(members.get(_KIND, KIND)),
    )


def _demand_shape(members: dict[int, cbor.Value]) -> None:
    """Raise ValueError unless the map holds exactly what `_members` could have written."""
    kinds = _REQUIRED | _OPTIONAL
    if not _REQUIRED.keys() <= members.keys() <= kinds.keys() or members.get(_KIND) == KIND:
        raise ValueError("a member is missing, unknown or needless")
    for key, value in members.items():
        if not isinstance(value, kinds[key]):
            raise ValueError(f"member {key} is of the wrong type")
        if isinstance(value, str) and unicodedata.normalize("NFC", value) != value:
            raise ValueError(f"member {key} is not in NFC")
        if isinstance(value, str) and len(value.encode("utf-8")) > _LIMITS.get(key, len(value) * 4):
            raise ValueError(f"member {key} is too long")


def _day(days: cbor.Value) -> date:
    return _EPOCH + timedelta(days=int(days))


def _base32(data: bytes) -> str:
    return base64.b32encode(data).decode("ascii").rstrip("=")


def _unbase32(text: str) -> bytes | None:
    """Read unpadded base32; None for anything but the one spelling of its bytes."""
    if not _BASE32.fullmatch(text):
        return None
    spare = 5 * len(text) % 8
    number = int(text.translate(_DIGITS) or "0", 32)
    # A whole letter too many, or bits behind the last byte that are not 0: another spelling.
    if spare >= 5 or number & (1 << spare) - 1:
        return None
    return (number >> spare).to_bytes(5 * len(text) // 8, "big")
