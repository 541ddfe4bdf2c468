"""A written test on paper: one person's questions in their own order, with boxes to mark and no key.

All text comes in as it is to be printed, in Indonesian. Raises `portal.core.typesetting.TypesettingError`
when a sheet cannot be set.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from portal.assessment.rules.paper import LETTERS
from portal.assessment.rules.pictures import read_picture
from portal.core.drawing import qr_matrix, qr_path
from portal.core.formatting import DEFAULT_ZONE, moment
from portal.core.typesetting import TypesettingError, compile_pdf

_QUIET_MODULES = 4
#: Millimetres that a picture may take, and how fine it must stay.
_WIDEST, _HIGHEST, _DOTS_PER_INCH = 150, 70, 96


@dataclass(frozen=True)
class Sheet:
    """One person's sheet. `views` are (position, `rules.content.shown`) in printed order, `code` is printed
    on every page, `address` is what the QR opens for whoever keys it in."""

    name: str
    detail: str
    code: str
    address: str
    views: tuple[tuple[int, Mapping[str, Any]], ...]


@dataclass(frozen=True)
class Head:
    """What all sheets of a test share. `length` such as "45 menit"."""

    title: str
    program: str
    batch: str
    center: str
    length: str
    zone: str = DEFAULT_ZONE


def test_sheets_pdf(
    head: Head, sheets: Sequence[Sheet], *, pictures: Mapping[str, bytes], now: datetime
) -> bytes:
    """Return the sheets, each from a new page, in the order given. At least one is needed.

    pictures: SHA-256 -> body of every picture that the questions name.
    """
    if not sheets:
        raise ValueError("there are no sheets to print")
    data = {
        **asdict(head),
        "printed": f"Dicetak {moment(now, head.zone, locale='id')}",
        "pictures": {digest: _placed(body) for digest, body in pictures.items()},
        "sheets": [_drawn(sheet) for sheet in sheets],
    }
    return compile_pdf("lembar_uji.typ", data, at=now, is_lenient=True)


# Not a test, whatever its name begins with.
test_sheets_pdf.__test__ = False  # type: ignore[attr-defined]


def is_printable(body: bytes, *, now: datetime) -> bool:
    """True when a picture can be decoded: one that cannot would keep everybody's sheets from being printed.
    Takes as long as a small sheet."""
    name = "0" * 64
    view = {"kind": "true_false", "stem": "", "images": [{"sha256": name, "alt": name}]}
    sheet = Sheet(name="-", detail="", code="00000000", address="-", views=((1, view),))
    head = Head(title="-", program="-", batch="-", center="-", length="-")
    try:
        test_sheets_pdf(head, [sheet], pictures={name: body}, now=now)
    except TypesettingError:
        return False
    return True


def _drawn(sheet: Sheet) -> dict[str, Any]:
    return {
        "name": sheet.name,
        "detail": sheet.detail,
        "code": f"{sheet.code[:4]}-{sheet.code[4:]}",
        "qr": _qr_drawing(sheet.address),
        "questions": [_question(str(position), view) for position, view in sheet.views],
    }


def _question(number: str, view: Mapping[str, Any]) -> dict[str, Any]:
    """A question for typst: texts, and options that already carry their letters."""
    parts = view.get("parts", ())
    return {
        "number": number,
        "kind": view["kind"],
        "stem": _paragraphs(view["stem"]),
        "images": [{"id": one["sha256"], "alt": one["alt"]} for one in view.get("images", ())],
        "unit": view.get("unit", ""),
        "options": _lettered(option["text"] for option in view.get("options", ())),
        "lefts": [left["text"] for left in view.get("lefts", ())],
        "rights": _lettered(right["text"] for right in view.get("rights", ())),
        "parts": [_question(f"{number}{LETTERS[n].lower()}", part) for n, part in enumerate(parts)],
    }


def _lettered(texts: Iterable[str]) -> list[dict[str, str]]:
    return [{"letter": LETTERS[place], "text": text} for place, text in enumerate(texts)]


def _paragraphs(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _placed(body: bytes) -> dict[str, Any]:
    """A picture as typst takes it from JSON, and its width (mm): never larger than it is sharp."""
    picture = read_picture(body)
    wide = min(_WIDEST, _HIGHEST * picture.width / picture.height, picture.width * 25.4 / _DOTS_PER_INCH)
    return {"bytes": list(body), "width": round(wide, 1)}


def _qr_drawing(text: str) -> str:
    """The QR as SVG on white with its quiet zone, for typst to place."""
    modules = qr_matrix(text)
    side, corner = len(modules) + 2 * _QUIET_MODULES, -_QUIET_MODULES
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{corner} {corner} {side} {side}">'
        f'<path fill="#fff" d="M{corner} {corner}h{side}v{side}h-{side}z"/>'
        f'<path d="{qr_path(modules)}"/></svg>'
    )
