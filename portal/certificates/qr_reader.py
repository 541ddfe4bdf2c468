"""Reads a QR drawing back into its text, to be sure of every sheet before it leaves the house.

It reads our own flawless drawings, not photographs: any module that is not as it must be is an error, and
no correction is attempted. It shares only the tables of the standard with the library that draws.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from itertools import accumulate, chain
from operator import itemgetter

from qrcode import constants, util
from qrcode.base import rs_blocks

_RUN = re.compile(r"M(\d+) (\d+)h(\d+)v1h-\d+z")
_ALPHANUMERIC = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
_FORMAT_MASK, _LEVEL_M = 0b101010000010010, 0b00
_END, _ALPHA_MODE, _BYTE_MODE = 0, 2, 4

# Looking a number up is three times as fast as reading it; the largest code has 177 modules a side.
_INT = {str(number): number for number in range(178)}
_DIGITS = bytes.maketrans(b"\0\1", b"01")

Matrix = Sequence[Sequence[int]]


class UnreadableDrawing(ValueError):
    """The drawing does not hold a flawless QR code of level M."""


def read_svg(svg: str) -> str:
    """Return the text of a drawing made by `qr.qr_svg`; raises UnreadableDrawing."""
    try:
        runs = [(_INT[column], _INT[row], _INT[length]) for column, row, length in _RUN.findall(svg)]
    except KeyError as error:
        raise UnreadableDrawing("larger than any QR code") from error
    if not runs:
        raise UnreadableDrawing("no modules")
    side = 1 + max(row for _, row, _ in runs)
    rows = [bytearray(side) for _ in range(side)]
    for column, row, length in runs:
        if column + length > side:
            raise UnreadableDrawing("a run leaves the square")
        rows[row][column : column + length] = b"\1" * length
    return read_matrix(rows)


def read_matrix(matrix: Matrix) -> str:
    """Return the text that the modules hold, dark where truthy; raises UnreadableDrawing for any module
    out of place."""
    version, rest = divmod(len(matrix) - 17, 4)
    if rest or not 1 <= version <= 40:
        raise UnreadableDrawing("not the size of a QR code")
    mask = _read_format(matrix)
    take, flips = _reading(version, mask)
    seen = bytes(take(b"".join(map(bytes, matrix)))).translate(_DIGITS)
    value, rest = int(seen, 2) ^ flips, len(seen) % 8
    if value & (1 << rest) - 1:
        raise UnreadableDrawing("a module after the last codeword is dark")
    codewords = (value >> rest).to_bytes(len(seen) // 8, "big")
    return _text(_data_bits(codewords, version), version)


def _read_format(matrix: Matrix) -> int:
    """Return the mask number from both copies of the format information."""
    side = len(matrix)
    first = [matrix[row][8] for row in (0, 1, 2, 3, 4, 5, 7, 8)] + [
        matrix[8][column] for column in (7, 5, 4, 3, 2, 1, 0)
    ]
    second = [matrix[8][side - 1 - step] for step in range(8)] + [
        matrix[side - 7 + step][8] for step in range(7)
    ]
    value = _number(first[::-1])
    data = (value ^ _FORMAT_MASK) >> 10
    if first != second or value != util.BCH_type_info(data) or data >> 3 != _LEVEL_M:
        raise UnreadableDrawing("the format information is damaged or not of level M")
    return data & 7


@cache
def _reading(version: int, mask: int) -> tuple[Callable[[bytes], tuple[int, ...]], int]:
    """Return what takes the data modules out of all modules in reading order, and the mask over them.

    Pairs of columns are read upward and downward in turn, from the right.
    """
    side = 17 + 4 * version
    taken = _function_modules(version)
    places = []
    is_flipped = util.mask_func(mask)
    upward = True
    for right in chain(range(side - 1, 6, -2), range(5, 0, -2)):
        for row in range(side - 1, -1, -1) if upward else range(side):
            places += [(row, column) for column in (right, right - 1) if (row, column) not in taken]
        upward = not upward
    flips = "".join("1" if is_flipped(row, column) else "0" for row, column in places)
    return itemgetter(*(row * side + column for row, column in places)), int(flips, 2)


def _function_modules(version: int) -> set[tuple[int, int]]:
    """Finders with format information, timing lines, alignment squares and version information."""
    side = 17 + 4 * version
    taken = set(_box(0, 9, 0, 9)) | set(_box(0, 9, side - 8, side)) | set(_box(side - 8, side, 0, 9))
    taken |= set(_box(6, 7, 0, side)) | set(_box(0, side, 6, 7))
    centers = util.pattern_position(version)
    corners = {(6, 6), (6, side - 7), (side - 7, 6)}
    for row in centers:
        for column in centers:
            if (row, column) not in corners:
                taken |= set(_box(row - 2, row + 3, column - 2, column + 3))
    if version >= 7:
        taken |= set(_box(0, 6, side - 11, side - 8)) | set(_box(side - 11, side - 8, 0, 6))
    return taken


def _box(top: int, bottom: int, left: int, right: int) -> Iterator[tuple[int, int]]:
    return ((row, column) for row in range(top, bottom) for column in range(left, right))


def _data_bits(codewords: bytes, version: int) -> str:
    """Undo the interleaving, check each block's correction bytes, and return the data as text of 0 and 1."""
    shapes = rs_blocks(version, constants.ERROR_CORRECT_M)
    if len(codewords) != sum(shape.total_count for shape in shapes):
        raise UnreadableDrawing("the wrong number of codewords")
    # Every block of a version and level has the same number of correction bytes, the later ones may have one
    # byte of data more.
    count, short = len(shapes), min(shape.data_count for shape in shapes)
    blocks = [bytearray(codewords[at : count * short : count]) for at in range(count)]
    longer = [at for at, shape in enumerate(shapes) if shape.data_count > short]
    for at, byte in zip(longer, codewords[count * short :], strict=False):
        blocks[at].append(byte)
    content = b"".join(blocks)
    for at, block in enumerate(blocks):
        block += codewords[len(content) + at :: count]
    if not all(
        _is_codeword(block, shape.total_count - shape.data_count)
        for block, shape in zip(blocks, shapes, strict=True)
    ):
        raise UnreadableDrawing("a block fails its Reed-Solomon check")
    return f"{int.from_bytes(content, 'big'):0{len(content) * 8}b}"


def _is_codeword(block: Sequence[int], checks: int) -> bool:
    """Whether the Reed-Solomon block is free of errors: it vanishes at alpha^0 ... alpha^(checks - 1)."""
    for times in _powers()[:checks]:
        value = 0
        for byte in block:
            value = times[value] ^ byte
        if value:
            return False
    return True


@cache
def _powers() -> tuple[bytes, ...]:
    """What each power of alpha up to 30 makes of every byte, in GF(256) by x^8 + x^4 + x^3 + x^2 + 1."""
    double = bytes(value << 1 & 0xFF ^ (0x1D if value & 0x80 else 0) for value in range(256))
    return tuple(accumulate(range(30), lambda table, _: table.translate(double), initial=bytes(range(256))))


def _text(bits: str, version: int) -> str:
    """Read the segments up to the end mark: alphanumeric and byte (ASCII) are all that we draw."""
    text, at = "", 0
    while at + 4 <= len(bits):
        mode = int(bits[at : at + 4], 2)
        if mode == _END:
            break
        if mode not in (_ALPHA_MODE, _BYTE_MODE):
            raise UnreadableDrawing("a segment of another mode")
        start = at + 4 + util.length_in_bits(mode, version)
        count = int(bits[at + 4 : start], 2)
        if mode == _ALPHA_MODE:
            at = start + count // 2 * 11 + count % 2 * 6
            text += _alphanumeric(bits[start:at], count)
        else:
            at = start + count * 8
            text += bytes(int(bits[i : i + 8], 2) for i in range(start, at, 8)).decode("ascii", "replace")
    return text


def _alphanumeric(bits: str, count: int) -> str:
    pairs = "".join(
        _ALPHANUMERIC[value // 45] + _ALPHANUMERIC[value % 45]
        for value in (int(bits[i : i + 11], 2) for i in range(0, count // 2 * 11, 11))
    )
    return pairs + (_ALPHANUMERIC[int(bits[-6:], 2)] if count % 2 else "")


def _number(bits: Sequence[int]) -> int:
    return int("".join("1" if bit else "0" for bit in bits), 2)
