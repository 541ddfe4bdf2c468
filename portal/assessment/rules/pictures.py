"""Pictures of questions: what a file is, by its bytes alone, how large, and without what it tells of whoever
took it. Pure: PNG, JPEG and WebP are walked piece by piece; nothing is decoded."""

from __future__ import annotations

import struct
from dataclasses import dataclass

MAX_BYTES = 300 * 1024
MAX_SIDE = 4000
_PNG = b"\x89PNG\r\n\x1a\n"
# Pieces of a PNG that say how it looks; everything else (text, time, EXIF) is left out.
_PNG_KEPT = frozenset({b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND", b"gAMA", b"cHRM", b"sRGB", b"sBIT"})
_WEBP_DROPPED = frozenset({b"EXIF", b"XMP "})
_JPEG_FRAMES = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})


class BadPicture(ValueError):
    """Not a picture that is taken. `code`: unknown, large, wide, broken."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Picture:
    """A picture as it is kept: its bytes without what it told besides, its type, and its size in pixels."""

    body: bytes
    media_type: str
    width: int
    height: int


def read_picture(data: bytes) -> Picture:
    """What these bytes are. Raises BadPicture: no PNG, JPEG or WebP; above 300 KB; wider or higher than 4000
    pixels; cut off or put together wrongly."""
    if len(data) > MAX_BYTES:
        raise BadPicture("large")
    try:
        if data.startswith(_PNG):
            picture = _png(data)
        elif data.startswith(b"\xff\xd8\xff"):
            picture = _jpeg(data)
        elif data[:4] == b"RIFF" and data[8:12] == b"WEBP":
            picture = _webp(data)
        else:
            raise BadPicture("unknown")
    except (struct.error, IndexError) as error:
        raise BadPicture("broken") from error
    if not (0 < picture.width <= MAX_SIDE and 0 < picture.height <= MAX_SIDE):
        raise BadPicture("wide")
    return picture


def _png(data: bytes) -> Picture:
    kept, place, size, has_pixels, ended = [_PNG], len(_PNG), (0, 0), False, False
    while place < len(data) and not ended:
        length, kind = struct.unpack_from(">I4s", data, place)
        piece = data[place : place + 12 + length]
        if len(piece) != 12 + length:
            raise BadPicture("broken")
        if place == len(_PNG):
            if kind != b"IHDR" or length != 13:
                raise BadPicture("broken")
            size = struct.unpack_from(">II", piece, 8)
        has_pixels |= kind == b"IDAT"
        ended = kind == b"IEND"
        if kind in _PNG_KEPT:
            kept.append(piece)
        place += 12 + length
    if not (ended and has_pixels):
        raise BadPicture("broken")
    return Picture(b"".join(kept), "image/png", *size)


def _jpeg(data: bytes) -> Picture:
    kept, place, size = [b"\xff\xd8"], 2, (0, 0)
    while True:
        if data[place] != 0xFF:
            raise BadPicture("broken")
        marker = data[place + 1]
        if marker == 0xFF:  # padding
            place += 1
            continue
        if marker == 0xD9:
            raise BadPicture("broken")  # ended before the pixels
        length = struct.unpack_from(">H", data, place + 2)[0]
        piece = data[place : place + 2 + length]
        if length < 2 or len(piece) != 2 + length:
            raise BadPicture("broken")
        if marker in _JPEG_FRAMES:
            height, width = struct.unpack_from(">HH", piece, 5)
            size = (width, height)
        # APP1 holds EXIF and XMP, APP13 what photo programs say, COM a comment: where, when and by whom.
        if marker not in (0xE1, 0xED, 0xFE):
            kept.append(piece)
        place += 2 + length
        if marker == 0xDA:
            break
    end = data.rfind(b"\xff\xd9")
    if size == (0, 0) or end < place:
        raise BadPicture("broken")
    kept.append(data[place : end + 2])
    return Picture(b"".join(kept), "image/jpeg", *size)


def _webp(data: bytes) -> Picture:
    kept, place, size = [], 12, (0, 0)
    end = 8 + struct.unpack_from("<I", data, 4)[0]
    if end > len(data):
        raise BadPicture("broken")
    while place + 8 <= end:
        kind, length = struct.unpack_from("<4sI", data, place)
        piece = data[place : place + 8 + length + length % 2]
        if len(piece) < 8 + length:
            raise BadPicture("broken")
        if size == (0, 0):
            size = _webp_size(kind, piece)
        if kind == b"VP8X":  # its flags must not promise what is left out
            piece = piece[:8] + bytes([piece[8] & ~0x0C]) + piece[9:]
        if kind not in _WEBP_DROPPED:
            kept.append(piece)
        place += 8 + length + length % 2
    body = b"WEBP" + b"".join(kept)
    return Picture(b"RIFF" + struct.pack("<I", len(body)) + body, "image/webp", *size)


def _webp_size(kind: bytes, piece: bytes) -> tuple[int, int]:
    if kind == b"VP8 ":
        if piece[11:14] != b"\x9d\x01\x2a":
            raise BadPicture("broken")
        width, height = struct.unpack_from("<HH", piece, 14)
        return width & 0x3FFF, height & 0x3FFF
    if kind == b"VP8L":
        if piece[8] != 0x2F:
            raise BadPicture("broken")
        bits = struct.unpack_from("<I", piece, 9)[0]
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8X":
        sides = [int.from_bytes(piece[at : at + 3], "little") + 1 for at in (12, 15)]
        return sides[0], sides[1]
    raise BadPicture("broken")
