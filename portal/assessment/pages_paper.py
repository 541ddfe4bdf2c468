"""What the pages of paper tests show: whose sheet is where, the lines to key in, and what is printed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from flask import current_app, url_for
from flask_babel import force_locale

from portal.assessment import papers
from portal.assessment.queries import candidates_of
from portal.assessment.queries import paper as queries
from portal.assessment.queries.paper import Entry
from portal.assessment.queries.tests import Seat, WatchHead, seats_of
from portal.assessment.rules.paper import Keyer, hint_of, lines_of, sheet_code
from portal.assessment.services.outsiders import without_own
from portal.core.permissions import Actor
from portal.core.words import gettext as _

State = tuple[str, str, str]


def list_page(head: WatchHead, actor: Actor, now: Any) -> dict[str, Any]:
    """Everybody of the batch with the state of their sheet. A fixed number of statements."""
    seats = seats_of(head.id, head.batch_id)
    sheets = queries.sheets_of(head.id)
    entries = queries.entries_of([sheet.attempt_id for sheet in sheets.values()])
    allowed = without_own(actor, [(seat.person_id, seat.cooperative_id) for seat in seats], now)
    me = Keyer(actor.user_id, actor.person_id)
    rows = []
    for seat, may in zip(seats, allowed, strict=True):
        sheet = sheets.get(seat.enrollment_id)
        keyed = entries.get(sheet.attempt_id, {}) if sheet else {}
        state, action = _state(seat, keyed, me)
        rows.append(
            {
                "id": seat.enrollment_id, "name": seat.name, "state": state, "may": may,
                "is_free": seat.attempt_id is None, "action": action if may else "",
                "code": sheet_code(sheet.seed) if sheet else "",
                "is_open": seat.is_paper and seat.state == "running",
            }
        )  # fmt: skip
    return {
        "head": head,
        "rows": rows,
        "free": sum(row["is_free"] for row in rows),
        "open": sum(row["is_open"] for row in rows),
        "done": sum(seat.is_paper and seat.state == "submitted" for seat in seats),
    }


def _state(seat: Seat, keyed: dict[int, Entry], me: Keyer) -> tuple[State, str]:
    """((kind, icon, words), what is to do next: key, mend, second, settle or "")."""
    if seat.attempt_id is None:
        return ("mute", "circle-dashed", _("Belum disiapkan")), ""
    if seat.state == "void":
        return ("err", "ban", _("Dibatalkan")), ""
    if not seat.is_paper:
        return ("info", "eye", _("Mengerjakan di layar")), ""
    if seat.state != "running":
        return ("ok", "circle-check", _("Selesai dimasukkan")), ""
    if 2 in keyed:
        mine = me.is_same(keyed[2].keyer)
        return ("err", "triangle-alert", _("Ada selisih")), "settle" if mine else ""
    if 1 in keyed:
        mine = me.is_same(keyed[1].keyer)
        return ("warn", "hourglass", _("Perlu orang kedua")), "mend" if mine else "second"
    return ("warn", "pencil", _("Perlu dimasukkan")), "key"


def lines_page(views: queries.Views) -> list[tuple[str, str]]:
    """(line as printed, what may be keyed in) of a sheet."""
    return [
        (line, hint_of(part, _)) for position, view in views for line, part in lines_of(view, str(position))
    ]


def find_by_code(test_id: int, typed: str) -> int | None:
    """The person whose sheet carries this code, whatever its dashes and case."""
    wanted = typed.replace("-", "").replace(" ", "").upper()
    for enrollment_id, sheet in queries.sheets_of(test_id).items():
        if sheet_code(sheet.seed) == wanted:
            return enrollment_id
    return None


def sheets_pdf(
    head: WatchHead, enrollment_ids: Collection[int] | None, actor: Actor, now: Any
) -> bytes | None:
    """The sheets of these people (None: everybody whose sheet is not keyed in), by name, always in
    Indonesian; None when there is none. Nobody prints the questions that they are going to be asked."""
    sheets = {
        i: sheet
        for i, sheet in queries.sheets_of(head.id).items()
        if sheet.state == "running" and (enrollment_ids is None or i in enrollment_ids)
    }
    people = [
        person
        for person in candidates_of(head.batch_id)
        if person.enrollment_id in sheets and person.person_id != actor.person_id
    ]
    if not people:
        return None
    views, pictures = queries.views_of([sheet.attempt_id for sheet in sheets.values()])
    with force_locale("id"):
        return papers.test_sheets_pdf(
            _head(head),
            [_sheet(head, person, sheets[person.enrollment_id], views) for person in people],
            pictures=queries.pictures_by_digest(pictures),
            now=now,
        )


def _head(head: WatchHead) -> papers.Head:
    return papers.Head(
        title=head.title,
        program=head.program,
        batch=_("Angkatan %(num)s", num=head.batch_number),
        center=queries.center_name(head.center_id),
        length=_("%(num)s menit", num=head.minutes),
        zone=head.zone,
    )


def _sheet(
    head: WatchHead, person: Any, sheet: queries.Sheet, views: dict[int, queries.Views]
) -> papers.Sheet:
    path = url_for("assessment.paper_entry", test_id=head.id, enrollment_id=person.enrollment_id)
    base: str = current_app.extensions["portal_settings"].base_url
    asked: Sequence[tuple[int, Any]] = views.get(sheet.attempt_id, [])
    return papers.Sheet(
        name=person.name, detail=person.cooperative_name or "", code=sheet_code(sheet.seed),
        address=base.rstrip("/") + path, views=tuple(asked),
    )  # fmt: skip
