"""Printed sheets: those of a session, one of them with its people in the printed order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from portal.accounts.models import User
from portal.attendance.models import PaperSheet
from portal.attendance.queries.sheet import SheetHead, SheetRow, get_sheet, sheet_rows
from portal.core.db import db
from portal.core.errors import NotFound
from portal.core.permissions import Actor

LONGEST_LIST = 20


@dataclass(frozen=True)
class PrintedSheet:
    """A printed roll; reconciled_at None while it was not brought back."""

    id: int
    code: str
    session_id: int
    people: list[int]
    printed_by: str
    printed_at: datetime
    reconciled_by: str
    reconciled_at: datetime | None


_printer, _keeper = sa.orm.aliased(User), sa.orm.aliased(User)
_SHEETS = (
    sa.select(
        PaperSheet.id,
        PaperSheet.code,
        PaperSheet.session_id,
        PaperSheet.people,
        sa.func.coalesce(_printer.name, ""),
        PaperSheet.printed_at,
        sa.func.coalesce(_keeper.name, ""),
        PaperSheet.reconciled_at,
    )
    .outerjoin(_printer, _printer.id == PaperSheet.printed_by)
    .outerjoin(_keeper, _keeper.id == PaperSheet.reconciled_by)
    .order_by(PaperSheet.id.desc())
)


def sheets_of(session_id: int) -> list[PrintedSheet]:
    """The printed sheets of a session, the newest first, at most twenty. The caller has checked it."""
    statement = _SHEETS.where(PaperSheet.session_id == session_id).limit(LONGEST_LIST)
    return [PrintedSheet(*row) for row in db.session.execute(statement)]


def get_printed(actor: Actor, session_id: int, code: str) -> tuple[SheetHead, PrintedSheet]:
    """A printed sheet of a session that the actor teaches, by its code. Raises NotFound."""
    head = get_sheet(actor, session_id)
    row = db.session.execute(
        _SHEETS.where(PaperSheet.session_id == session_id, PaperSheet.code == code)
    ).first()
    if row is None:
        raise NotFound()
    return head, PrintedSheet(*row)


def printed_rows(sheet: PrintedSheet) -> list[SheetRow]:
    """The people of a printed sheet who still hold a seat, with their marks, in the printed order."""
    rows = {row.enrollment_id: row for row in sheet_rows(sheet.session_id)}
    return [rows[number] for number in sheet.people if number in rows]
