"""The printed roll of one session: its people in order, a place to sign, its number and QR. All words are
Indonesian as printed; no NIK, birth date or phone number."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from flask import current_app, url_for

from portal.attendance.queries import PrintedSheet, SheetHead, SheetRow
from portal.core.drawing import qr_matrix, qr_path
from portal.core.formatting import clock_range, long_date, moment
from portal.core.typesetting import compile_pdf

_QUIET = 4


def sheet_address(sheet: PrintedSheet) -> str:
    """Where the sheet is brought back: what its QR opens. The base comes from the settings."""
    base = str(current_app.extensions["portal_settings"].base_url).rstrip("/")
    return base + url_for("attendance.paper_sheet", session_id=sheet.session_id, code=sheet.code)


def grouped(code: str) -> str:
    """The number of a sheet as it is printed and read aloud: 4-4-4."""
    return "-".join(code[start : start + 4] for start in range(0, len(code), 4))


def sheet_pdf(
    head: SheetHead, sheet: PrintedSheet, rows: list[SheetRow], *, address: str, now: datetime
) -> bytes:
    """The roll as A4 pages, in the printed order. address: what the QR opens."""
    day = head.starts_at.astimezone(ZoneInfo(head.zone)).date()
    data = {
        "batch": f"Angkatan {head.batch_number}",
        "program": head.program,
        "session": f"Pertemuan {head.position}",
        "day": long_date(day, True, "id"),
        "hours": clock_range(head.starts_at, head.ends_at, head.zone, "id"),
        "lessons": f"{head.hours} JP",
        "code": grouped(sheet.code),
        "qr": _qr(address),
        "printed": f"Dicetak {moment(sheet.printed_at, head.zone, locale='id')}",
        "people": [{"name": row.name, "detail": row.cooperative_name or ""} for row in rows],
    }
    return compile_pdf("daftar_hadir_sesi.typ", data, at=now, is_lenient=True)


def _qr(text: str) -> str:
    modules = qr_matrix(text)
    side, corner = len(modules) + 2 * _QUIET, -_QUIET
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{corner} {corner} {side} {side}">'
        f'<path fill="#fff" d="M{corner} {corner}h{side}v{side}h-{side}z"/>'
        f'<path d="{qr_path(modules)}"/></svg>'
    )
