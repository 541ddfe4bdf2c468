"""A QR of level M from its segments: codewords counted here, finders, masks and places from the library.

The library makes the codewords four times over and bit by bit, and asks its mask once a module: 4 ms a code
where this takes half of one. tests/rules/test_certificate_qr.py holds the two together, module by module.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import chain, compress, zip_longest

import qrcode
from qrcode import base, constants, util

ALPHANUMERIC = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
_LEVEL = constants.ERROR_CORRECT_M
_ALPHA_MODE, _BYTE_MODE = util.MODE_ALPHA_NUM, util.MODE_8BIT_BYTE
_PADDING = (0xEC, 0x11)
_BITS = bytes.maketrans(b"01", b"\0\1")


class TooLong(ValueError):
    """The text does not fit even the largest code."""


def codewords(segments: Sequence[str]) -> tuple[int, list[int]]:
    """Return the smallest version (1 to 40) that holds the segments, and all its codewords.

    A segment of digits, capitals and ` $%*+-./:` is alphanumeric, any other is bytes in UTF-8; empty ones
    are left out. Raises TooLong.
    """
    packed = [_pack(segment) for segment in segments if segment]
    for version in range(1, 41):
        widths = {mode: util.length_in_bits(mode, version) for mode in (_ALPHA_MODE, _BYTE_MODE)}
        blocks = base.rs_blocks(version, _LEVEL)
        room = sum(block.data_count for block in blocks)
        if room * 8 >= sum(4 + widths[mode] + len(bits) for mode, _, bits in packed):
            bits = "".join(f"{mode:04b}{count:0{widths[mode]}b}{bits}" for mode, count, bits in packed)
            return version, _interleave(_filled(bits, room), blocks)
    raise TooLong(f"{sum(map(len, segments))} characters")


def drawn(version: int, mask: int, words: Sequence[int]) -> list[bytearray]:
    """Return the rows of modules, 1 dark and 0 light, of all the codewords of a version."""
    modules = bytearray(_empty(version, mask))
    bits = f"{int.from_bytes(bytes(words), 'big'):0{len(words) * 8}b}".encode().translate(_BITS)
    for place in compress(_places(version), bits):
        modules[place] ^= 1
    side = 17 + 4 * version
    return [modules[start : start + side] for start in range(0, side * side, side)]


@cache
def _places(version: int) -> tuple[int, ...]:
    """Where the library puts each bit, counted through the rows: it says so by drawing their numbers."""
    count = sum(block.total_count for block in base.rs_blocks(version, _LEVEL)) * 8
    empty, numbers = _empty(version, 0), [0] * (17 + 4 * version) ** 2
    for digit in range(count.bit_length()):
        bits = "".join(str(number >> digit & 1) for number in range(1, count + 1))
        seen = _draw(version, 0, int(bits, 2).to_bytes(count // 8, "big"))
        for place, (before, after) in enumerate(zip(empty, seen, strict=True)):
            numbers[place] |= (before ^ after) << digit
    found = {number: place for place, number in enumerate(numbers)}
    return tuple(found[number] for number in range(1, count + 1))


@cache
def _empty(version: int, mask: int) -> bytes:
    """All modules of a code whose every bit is 0."""
    return _draw(version, mask, bytes(sum(block.total_count for block in base.rs_blocks(version, _LEVEL))))


def _draw(version: int, mask: int, words: bytes) -> bytes:
    """The library's modules for these codewords, row after row, 1 dark and 0 light."""
    code = qrcode.QRCode(version, _LEVEL, border=0, mask_pattern=mask)
    code.data_cache = list(words)
    code.make(fit=False)
    return bytes(bool(module) for row in code.modules for module in row)


def _pack(segment: str) -> tuple[int, int, str]:
    """Return a segment's mode, its count of characters or bytes, and its bits as text of 0 and 1."""
    pairs = _pairs()
    try:
        bits = "".join([pairs[segment[at : at + 2]] for at in range(0, len(segment), 2)])
    except KeyError:
        data = segment.encode("utf-8")
        return _BYTE_MODE, len(data), "".join([f"{byte:08b}" for byte in data])
    return _ALPHA_MODE, len(segment), bits


@cache
def _pairs() -> dict[str, str]:
    """Two characters share 11 bits, a single one at the end has 6."""
    signs = list(enumerate(ALPHANUMERIC))
    singles = {sign: f"{value:06b}" for value, sign in signs}
    return singles | {a + b: f"{high * 45 + low:011b}" for high, a in signs for low, b in signs}


def _filled(bits: str, room: int) -> bytes:
    """End mark, zeros to the next byte, then the two filling bytes in turn."""
    bits += "0" * min(4, room * 8 - len(bits))
    bits += "0" * (-len(bits) % 8)
    data = int(bits, 2).to_bytes(len(bits) // 8, "big")
    return data + bytes(_PADDING[at % 2] for at in range(room - len(data)))


def _interleave(data: bytes, blocks: Sequence[base.RSBlock]) -> list[int]:
    """One byte of each block in turn, first the data, then the correction."""
    parts, checks, at = [], [], 0
    for block in blocks:
        part = data[at : at + block.data_count]
        at += block.data_count
        parts.append(part)
        checks.append(_correction(part, block.total_count - block.data_count))
    turns = chain(zip_longest(*parts), zip(*checks, strict=True))
    return [byte for turn in turns for byte in turn if byte is not None]


def _correction(data: bytes, count: int) -> bytes:
    """The remainder of the data by the generator of `count` roots; a whole remainder is one integer."""
    multiples, remainder, last = _multiples(count), 0, 8 * (count - 1)
    kept = (1 << last) - 1
    for byte in data:
        remainder = (remainder & kept) << 8 ^ multiples[byte ^ remainder >> last]
    return remainder.to_bytes(count, "big")


@cache
def _multiples(count: int) -> tuple[int, ...]:
    """All 256 multiples of the generator polynomial without its leading term."""
    generator = [1]
    for power in range(count):
        root = base.gexp(power)
        shifted = [*generator, 0]
        generator = [a ^ _times(root, b) for a, b in zip(shifted, [0, *generator], strict=True)]
    return tuple(
        int.from_bytes(bytes(_times(factor, term) for term in generator[1:]), "big") for factor in range(256)
    )


def _times(a: int, b: int) -> int:
    return base.gexp(base.glog(a) + base.glog(b)) if a and b else 0
