"""The small corner of CBOR that a certificate's QR carries, in its one deterministic form.

RFC 8949 section 4.2.1: shortest integers, definite lengths, map keys in the order of their encoded bytes.
The content is a single map from unsigned integers to unsigned integers or UTF-8 text. The decoder refuses
everything else, and everything that the encoder would have written differently: a reader that accepted
two spellings of one map would let a copy differ from what was signed.
"""

from __future__ import annotations

from collections.abc import Mapping

_UNSIGNED, _TEXT, _MAP = 0, 3, 5
_LARGEST = 2**64 - 1

Value = int | str


class CborError(ValueError):
    """The bytes are not the deterministic encoding of a small map."""


def encode(members: Mapping[int, Value]) -> bytes:
    """Return the deterministic bytes of a map of unsigned integer keys to unsigned integers or text."""
    pairs = sorted((_head(_UNSIGNED, _whole(key)), _item(value)) for key, value in members.items())
    return _head(_MAP, len(pairs)) + b"".join(key + value for key, value in pairs)


def decode(data: bytes) -> dict[int, Value]:
    """Read bytes that `encode` could have written; raises CborError for any other bytes."""
    members, end = _read_map(data)
    if end != len(data):
        raise CborError("bytes follow the map")
    # One comparison answers for long integers, key order and every spelling we did not think of.
    if encode(members) != data:
        raise CborError("not the deterministic encoding")
    return members


def _read_map(data: bytes) -> tuple[dict[int, Value], int]:
    major, count, at = _read_head(data, 0)
    if major != _MAP:
        raise CborError("not a map")
    members: dict[int, Value] = {}
    for _ in range(count):
        major, key, at = _read_head(data, at)
        if major != _UNSIGNED:
            raise CborError("a key is not an unsigned integer")
        if key in members:
            raise CborError(f"key {key} comes twice")
        members[key], at = _read_item(data, at)
    return members, at


def _read_item(data: bytes, at: int) -> tuple[Value, int]:
    major, argument, at = _read_head(data, at)
    if major == _UNSIGNED:
        return argument, at
    if major != _TEXT:
        raise CborError("a value is neither an unsigned integer nor text")
    chunk = data[at : at + argument]
    if len(chunk) != argument:
        raise CborError("the text ends early")
    try:
        return chunk.decode("utf-8"), at + argument
    except UnicodeDecodeError as error:
        raise CborError("text that is not UTF-8") from error


def _read_head(data: bytes, at: int) -> tuple[int, int, int]:
    """Return (major type, argument, offset after the head)."""
    if at >= len(data):
        raise CborError("the bytes end early")
    major, short = data[at] >> 5, data[at] & 0x1F
    if short < 24:
        return major, short, at + 1
    if short > 27:
        raise CborError("an indefinite or reserved length")
    width = 1 << (short - 24)
    chunk = data[at + 1 : at + 1 + width]
    if len(chunk) != width:
        raise CborError("the bytes end early")
    return major, int.from_bytes(chunk, "big"), at + 1 + width


def _item(value: Value) -> bytes:
    if isinstance(value, str):
        try:
            chunk = value.encode("utf-8")
        except UnicodeEncodeError as error:
            raise CborError("a lone surrogate is not a character") from error
        return _head(_TEXT, len(chunk)) + chunk
    return _head(_UNSIGNED, _whole(value))


def _whole(value: Value) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _LARGEST:
        raise CborError(f"{value!r} is neither an unsigned integer nor text")
    return value


def _head(major: int, argument: int) -> bytes:
    if argument < 24:
        return bytes([major << 5 | argument])
    if argument < 0x100:
        return bytes((major << 5 | 24, argument))
    width = 1 if argument < 0x10000 else 2 if argument < 0x100000000 else 3
    return bytes((major << 5 | 24 + width,)) + argument.to_bytes(1 << width, "big")
