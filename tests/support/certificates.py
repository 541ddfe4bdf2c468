"""Made-up certificate facts, and sheets of paper seen through a scanner."""

from __future__ import annotations

import random
from dataclasses import replace
from functools import cache
from typing import Any

import pypdfium2
from PIL import Image, ImageFilter

from portal.certificates import qr
from portal.certificates.facts import Facts, UnitFacts
from tools import trust_example as example

CODE, BASE_URL, SIGNER = example.FACTS.code, example.BASE_URL, example.CENTER_KEY
KEYS = {SIGNER.kid: SIGNER.public_key}
# The example of docs/trust.md with all four units, as a whole program has them.
UNITS = (
    *example.FACTS.units,
    UnitFacts(None, "Rencana usaha pertama dan perhitungan modal", 6),
    UnitFacts(None, "Pelayanan anggota dan penanganan keluhan", 4),
)
FACTS = replace(example.FACTS, units=UNITS)


def make_facts(**changes: Any) -> Facts:
    """The made-up facts with some of them changed."""
    return replace(FACTS, **changes)


def make_qr_text(facts: Facts = FACTS, base_url: str = BASE_URL) -> str:
    """The signed text of a certificate's QR, status index 12345."""
    payload = qr.qr_payload(facts.code, qr.facts_for_qr(facts, 12345), SIGNER)
    return qr.qr_text(base_url, facts.code, payload)


@cache
def pdf_text(pdf: bytes) -> tuple[str, ...]:
    """What copying each page gives, with single blanks."""
    document = pypdfium2.PdfDocument(pdf)
    return tuple(" ".join(page.get_textpage().get_text_range().split()) for page in document)


def scan(pdf: bytes, page: int = 0, *, dpi: int = 200, blur: float = 1.0, turn: float = 1.5) -> Image.Image:
    """A page as a middling office scanner sees it: grey, slightly blurred and askew."""
    image = pypdfium2.PdfDocument(pdf)[page].render(scale=dpi / 72).to_pil().convert("L")
    return spoil(image, blur=blur, turn=turn)


def spoil(
    image: Image.Image, *, blur: float = 0.0, turn: float = 0.0, tilt: float = 0.0, noise: int = 0,
    black: int = 0, white: int = 255,
) -> Image.Image:  # fmt: skip
    """A grey picture as a bad scanner or telephone gives it.

    `turn` in degrees; `tilt` how much shorter the upper edge is than the lower, as a share; `blur` a radius
    and `noise` a spread of grey values, both always the same; `black` and `white` what ink and paper become.
    """
    if tilt:
        width, height = image.size
        inset = tilt * width / 2
        corners = (-inset, 0, 0, height, width, height, width + inset, 0)
        image = image.transform(
            image.size, Image.Transform.QUAD, corners, Image.Resampling.BICUBIC, fillcolor=255
        )
    image = image.rotate(turn, expand=True, fillcolor=255, resample=Image.Resampling.BICUBIC)
    image = image.filter(ImageFilter.GaussianBlur(blur))
    image = image.point([black + (white - black) * value // 255 for value in range(256)])
    if noise:
        grains = random.Random(1)
        shaken = (round(value + grains.gauss(0, noise)) for value in image.tobytes())
        image = Image.frombytes("L", image.size, bytes(min(255, max(0, value)) for value in shaken))
    return image
