"""Paper: a printed roll of one session with a number of its own, and bringing it back signed, once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa

from portal.attendance import queries, rules
from portal.attendance.models import Evidence, PaperSheet
from portal.attendance.queries import PrintedSheet, SheetHead, SheetRow
from portal.attendance.rules import reasons
from portal.attendance.services import guard
from portal.attendance.services.marking import record_many
from portal.core import audit
from portal.core.crypto import random_code
from portal.core.db import db
from portal.core.errors import Conflict, DomainError
from portal.core.formatting import moment
from portal.core.permissions import Actor, Permission, require
from portal.core.words import gettext as _

CODE_LENGTH = 12


def print_sheet(*, session_id: int, actor: Actor, now: datetime) -> PaperSheet:
    """A new printed sheet with the people of the roll as they are now. It can be printed before the session.

    Raises NotFound, Forbidden, DomainError `nobody`, Conflict `sheet_final`.
    """
    require(actor, Permission.ATTENDANCE_RECORD)
    guard.lock_session(session_id)
    head = queries.get_sheet(actor, session_id)
    closed = guard.closed_reason(head, now)
    if closed and closed.code != "session_not_begun":
        raise Conflict(closed.code, f"{closed.message} {closed.remedy}".strip())
    people = [row.enrollment_id for row in queries.sheet_rows(session_id)]
    if not people:
        raise DomainError("nobody", _("Belum ada peserta di angkatan ini."))
    sheet = PaperSheet(
        code=random_code(CODE_LENGTH), session_id=session_id, people=people, printed_by=actor.user_id,
        printed_at=now,
    )  # fmt: skip
    db.session.add(sheet)
    db.session.flush()
    _audit("attendance.paper.printed", sheet.id, head, len(people), actor, now)
    return sheet


def reconcile_sheet(
    *,
    session_id: int,
    code: str,
    marks: Mapping[int, str],
    expected: Mapping[int, int],
    chosen: Mapping[int, str],
    actor: Actor,
    now: datetime,
) -> int:
    """Take a signed sheet over, all or nothing, once; returns how many marks changed.

    marks: enrollment id -> what the paper says, for those of whom it says something. expected: versions that
    the form showed. chosen: enrollment id -> "paper" or "stored", where both say something different.
    Raises NotFound, Forbidden, DomainError (`outside_sheet`, `nothing_on_paper`, values), Conflict
    (`sheet_used`, `paper_conflicts` with details["enrollments"] still to be chosen, `mark_conflict`).
    """
    guard.begin(actor, session_id, now)
    head, sheet = queries.get_printed(actor, session_id, code)
    rows = {row.enrollment_id: row for row in queries.printed_rows(sheet)}
    if not marks.keys() <= rows.keys():
        raise DomainError("outside_sheet", _("Ada peserta yang tidak tercetak di lembar ini. Muat ulang."))
    if not marks:
        raise DomainError("nothing_on_paper", _("Belum ada yang ditandai dari kertas."))
    differing = [
        row for number, row in rows.items() if number in marks and rules.differs(row.mark, marks[number])
    ]
    undecided = [row for row in differing if chosen.get(row.enrollment_id) not in ("paper", "stored")]
    if undecided:
        raise _undecided(undecided)
    _close(sheet, head, actor, now)
    kept = {row.enrollment_id for row in differing if chosen[row.enrollment_id] == "stored"}
    changed = record_many(
        session_id=session_id,
        marks={number: mark for number, mark in marks.items() if number not in kept},
        expected=expected,
        evidence=Evidence.PAPER,
        noted_at=min(head.starts_at, now),
        reason=reasons.from_paper(sheet.code),
        actor=actor,
        now=now,
    )
    _audit("attendance.paper.reconciled", sheet.id, head, changed, actor, now)
    return changed


def _close(sheet: PrintedSheet, head: SheetHead, actor: Actor, now: datetime) -> None:
    """Spend the sheet. Raises Conflict `sheet_used` with who did it before, and when."""
    statement = (
        sa.update(PaperSheet)
        .where(PaperSheet.id == sheet.id, PaperSheet.reconciled_at.is_(None))
        .values(reconciled_by=actor.user_id, reconciled_at=now)
        .execution_options(synchronize_session=False)
    )
    if db.session.execute(statement).rowcount == 1:  # type: ignore[attr-defined]
        return
    by = sheet.reconciled_by or _("rekan Anda")
    when = moment(sheet.reconciled_at, head.zone) if sheet.reconciled_at else ""
    raise Conflict("sheet_used", _("Lembar ini sudah dimasukkan %(by)s, %(when)s.", by=by, when=when))


def _undecided(rows: list[SheetRow]) -> Conflict:
    message = _(
        "%(num)s peserta berbeda antara kertas dan catatan yang tersimpan. Pilih mana yang dipakai.",
        num=len(rows),
    )
    return Conflict("paper_conflicts", message, enrollments=[row.enrollment_id for row in rows])


def _audit(what: str, sheet_id: int, head: SheetHead, people: int, actor: Actor, now: datetime) -> None:
    audit.record(
        what, "paper_sheet", sheet_id, actor=actor, now=now, scope=f"center:{head.center_id}",
        session=head.session_id, people=people,
    )  # fmt: skip
