"""RFC 8785 canonical JSON (JCS): one byte string for one value, so that it can be signed.

Only the types a certificate or a log leaf needs: None, bool, int, str, list and tuple, dict with str keys.
Floats are refused on purpose: their ECMAScript spelling is the one hard part of the RFC, and nothing
that is signed here needs a fraction.
"""

from __future__ import annotations

import json
from typing import Any

#: Beyond this, ECMAScript readers (every browser) lose digits: RFC 8785 section 3.1 excludes such numbers.
LARGEST_INTEGER = 2**53 - 1

_SHORT_ESCAPES = {
    ord('"'): '\\"',
    ord("\\"): "\\\\",
    8: "\\b",
    9: "\\t",
    10: "\\n",
    12: "\\f",
    13: "\\r",
}
_ESCAPES = {code: f"\\u{code:04x}" for code in range(0x20)} | _SHORT_ESCAPES


class NotCanonical(ValueError):
    """The value or the bytes have no single canonical form."""


def canonical(value: Any) -> bytes:
    """Return the canonical UTF-8 bytes of `value`. Raises NotCanonical for what JCS cannot hold."""
    try:
        text = _WRITER.encode(value) if _is_plain(value) else _write(value)
        return text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise NotCanonical("a lone surrogate is not a character") from error


def parse(data: bytes) -> Any:
    """Read canonical bytes back; raises NotCanonical unless they are exactly what `canonical` would write."""
    try:
        value = json.loads(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise NotCanonical("not JSON in UTF-8") from error
    if canonical(value) != data:
        raise NotCanonical("the bytes are not in canonical form")
    return value


# Python's own writer spells strings and whole numbers as the RFC does, fifteen times as quickly; it differs
# where `_is_plain` says no.
_WRITER = json.JSONEncoder(ensure_ascii=False, check_circular=False, sort_keys=True, separators=(",", ":"))
_LEAVES = frozenset((str, type(None), bool))


def _is_plain(value: Any) -> bool:
    """Whether it holds only text, None, truth values, small whole numbers, and objects of ASCII names."""
    kind = type(value)
    if kind in _LEAVES:
        return True
    if kind is int:
        return bool(-LARGEST_INTEGER <= value <= LARGEST_INTEGER)
    if kind is dict:
        for name, member in value.items():
            if type(name) is not str or not name.isascii():
                return False
            if type(member) not in _LEAVES and not _is_plain(member):
                return False
        return True
    if kind is list or kind is tuple:
        return all(type(member) in _LEAVES or _is_plain(member) for member in value)
    return False


def _write(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        if abs(value) > LARGEST_INTEGER:
            raise NotCanonical(f"{value} is larger than 2^53 - 1")
        return str(int(value))
    if isinstance(value, str):
        return _quote(value)
    if isinstance(value, list | tuple):
        return "[" + ",".join(_write(item) for item in value) + "]"
    if isinstance(value, dict):
        return _write_object(value)
    raise NotCanonical(f"{type(value).__name__} has no canonical form here")


def _write_object(members: dict[Any, Any]) -> str:
    if not all(isinstance(name, str) for name in members):
        raise NotCanonical("object names are text")
    # Property names sort by UTF-16 code units (RFC 8785 section 3.2.3), which big-endian bytes give for free;
    # "surrogatepass" only delays the refusal of a lone surrogate to canonical().
    names = sorted(members, key=lambda name: name.encode("utf-16-be", "surrogatepass"))
    return "{" + ",".join(f"{_quote(name)}:{_write(members[name])}" for name in names) + "}"


def _quote(text: str) -> str:
    return '"' + text.translate(_ESCAPES) + '"'
