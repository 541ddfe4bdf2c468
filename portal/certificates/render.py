"""The certificate on paper: frozen facts in, a two-page PDF out. Always in Indonesian, as it was signed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from urllib.parse import urlsplit

from portal.core.formatting import clock_time, date_range, long_date
from portal.core.typesetting import compile_pdf

from . import qr, qr_reader
from .codes import print_code
from .facts import Facts
from .guilloche import Pattern


@dataclass(frozen=True)
class UnitLine:
    """One line of the second page's table, as printed."""

    name: str
    hours: str
    result: str


@dataclass(frozen=True)
class CertificateData:
    """The printed words of one certificate; `certificate_data` makes them from the facts.

    `qr` is the drawing of `qr.qr_svg`, `issued` the aware time written into the file. Empty `place` and
    `validity` leave their lines out.
    """

    title: str
    number: str
    code: str
    name: str
    holder: str
    place: str
    program: str
    achievement: str
    validity: str
    center: str
    city_and_day: str
    signatory_name: str
    signatory_title: str
    signed_at: str
    units: tuple[UnitLine, ...]
    units_hours: str
    units_total: str
    verify_at: str
    qr: str
    qr_width_mm: float
    issued: datetime


def certificate_data(facts: Facts, *, qr_text: str, base_url: str) -> CertificateData:
    """Put the facts into the words of the sheet and draw the QR, reading the drawing back before use.

    `qr_text` is the stored text of `qr.qr_text`, `base_url` the portal's own address. Raises
    `qr_reader.UnreadableDrawing` if the drawing does not say exactly `qr_text`.
    """
    zone = facts.center.zone
    cooperative = facts.cooperative
    day = long_date(facts.issued_on, weekday=False, locale="id")
    span = date_range(facts.start, facts.end, locale="id")
    count = len(facts.units)
    expires = long_date(facts.expires, weekday=False, locale="id") if facts.expires else ""
    drawing, width = draw_qr(qr_text)
    return CertificateData(
        title="Sertifikat Pelatihan",
        number=facts.number,
        code=print_code(facts.code),
        name=facts.name,
        holder=f"{facts.post}, {cooperative.name}" if cooperative else facts.post,
        place=cooperative.place if cooperative else "",
        program=facts.program.name,
        achievement=f"{facts.hours} jam pelajaran, {span}, kompeten di {count} unit",
        validity=f"Berlaku sampai dengan {expires}" if expires else "",
        center=facts.center.name,
        city_and_day=f"{facts.center.city}, {day}",
        signatory_name=facts.signatory.name,
        signatory_title=facts.signatory.title,
        signed_at=f"{day}, {clock_time(facts.issued, zone, locale='id')}",
        units=tuple(UnitLine(unit.name, str(unit.hours or "–"), "Kompeten (K)") for unit in facts.units),
        units_hours=str(sum(unit.hours for unit in facts.units) or "–"),
        units_total=f"{count} unit",
        verify_at=f"{urlsplit(base_url).netloc}/verifikasi",
        qr=drawing,
        qr_width_mm=width,
        issued=facts.issued,
    )


def draw_qr(text: str) -> tuple[str, float]:
    """Return the QR's SVG and its printed width in millimeters with the quiet zone, read back for certain."""
    matrix = qr.qr_matrix(text)
    drawing = qr.qr_svg(matrix)
    if qr_reader.read_svg(drawing) != text:
        raise qr_reader.UnreadableDrawing("the drawing says something else")
    width = qr.PRINTED_SIZE_MM * (len(matrix) + 2 * qr.QUIET_MODULES) / len(matrix)
    return drawing, round(width, 3)


@dataclass(frozen=True)
class Attachment:
    """A file inside the PDF: UTF-8 text, taken byte by byte, and what it is to the sheet (PDF/A-3)."""

    name: str
    mime: str
    relation: Literal["data", "supplement"]
    description: str
    content: bytes


def certificate_pdf(data: CertificateData, attachments: Sequence[Attachment] = ()) -> bytes:
    """Return the two pages with their attachments as PDF/A-3a and PDF/UA-1.

    The same data and attachments give the same bytes. Raises `portal.core.typesetting.TypesettingError`,
    among others for a character in no shipped font, and ValueError for an attachment that is no UTF-8.
    """
    pattern = Pattern(data.number)
    sheet = {name: value for name, value in vars(data).items() if name != "issued"}
    sheet |= {"front": pattern.front(), "back": pattern.back(), "units": [vars(unit) for unit in data.units]}
    sheet["attachments"] = [vars(one) | {"content": one.content.decode("utf-8")} for one in attachments]
    return compile_pdf("sertifikat.typ", sheet, at=data.issued)
