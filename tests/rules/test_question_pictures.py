"""What a picture is, by its bytes; and what it must not tell."""

from __future__ import annotations

import io
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from portal.assessment.rules.pictures import MAX_BYTES, BadPicture, read_picture
from tests.support.bank import chunk, png

SECRET = b"GPS -0.0236,111.4953 Budi"


def drawn(kind: str, size: tuple[int, int] = (31, 17), **more: object) -> bytes:
    target = io.BytesIO()
    image = Image.new("RGB", size, (200, 10, 10))
    exif = Image.Exif()
    exif[0x010E] = SECRET.decode()
    image.save(target, kind, exif=exif, **more)
    return target.getvalue()


@pytest.mark.parametrize(
    ("kind", "media_type"), [("PNG", "image/png"), ("JPEG", "image/jpeg"), ("WEBP", "image/webp")]
)
def test_pictures_lose_what_they_tell_and_stay_pictures(kind: str, media_type: str) -> None:
    data = drawn(kind)
    assert SECRET in data
    picture = read_picture(data)
    assert (picture.media_type, picture.width, picture.height) == (media_type, 31, 17)
    assert SECRET not in picture.body
    with Image.open(io.BytesIO(picture.body)) as image:
        image.load()
        assert image.size == (31, 17)
        assert image.getpixel((5, 5))[0] > 190  # type: ignore[index]
    assert read_picture(picture.body).body == picture.body


def test_a_lossless_webp_is_measured() -> None:
    picture = read_picture(drawn("WEBP", (40, 9), lossless=True))
    assert (picture.width, picture.height) == (40, 9)


def test_text_in_a_png_and_what_hangs_behind_it_go() -> None:
    data = png(5, 4, extra=chunk(b"tEXt", b"Author\0" + SECRET)) + b"<script>" + SECRET
    picture = read_picture(data)
    assert (picture.width, picture.height) == (5, 4)
    assert picture.body == png(5, 4)


def test_comments_and_what_hangs_behind_a_jpeg_go() -> None:
    data = drawn("JPEG")
    comment = b"\xff\xfe" + struct.pack(">H", len(SECRET) + 2) + SECRET
    picture = read_picture(data[:2] + comment + data[2:] + SECRET)
    assert SECRET not in picture.body
    assert picture.body.endswith(b"\xff\xd9")


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "unknown"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "unknown"),
        (b"GIF89a" + b"\0" * 30, "unknown"),
        (b"%PDF-1.7", "unknown"),
        (b"\x89PNG\r\n\x1a\n", "broken"),
        (png()[:-20], "broken"),
        (png()[:33], "broken"),
        (png(4001, 1), "wide"),
        (png(1, 4001), "wide"),
        (png(0, 1), "wide"),
        (b"\xff\xd8\xff\xd9", "broken"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "broken"),
        (b"RIFF\x00\x00\x00\x00WEBP", "wide"),
        (b"RIFF\xff\x00\x00\x00WEBPVP8 ", "broken"),
        (png() + b"\0" * MAX_BYTES, "large"),
    ],
)
def test_what_is_no_picture_is_refused(data: bytes, code: str) -> None:
    with pytest.raises(BadPicture) as refused:
        read_picture(data)
    assert refused.value.code == code


@given(st.sampled_from([png(), drawn("JPEG"), drawn("WEBP")]), st.data())
def test_no_broken_picture_does_more_than_be_refused(data: bytes, draw: st.DataObject) -> None:
    at = draw.draw(st.integers(0, len(data) - 1))
    broken = data[:at] + bytes([draw.draw(st.integers(0, 255))]) + data[at + 1 :]
    cut = broken[: draw.draw(st.integers(0, len(data)))]
    for tried in (broken, cut):
        try:
            picture = read_picture(tried)
        except BadPicture:
            continue
        assert 0 < picture.width <= 4000
