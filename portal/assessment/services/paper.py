"""A written test on paper: sheets are drawn, keyed in by two persons, and adopted where they agree."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from portal.assessment.models import Answer, Attempt, AttemptEvent, AttemptItem, PaperEntry
from portal.assessment.queries import paper as queries
from portal.assessment.queries import results
from portal.assessment.queries.tests import Seat, WatchHead, get_watch, pool_of, seats_of
from portal.assessment.rules import paper as rules
from portal.assessment.rules.blueprint import needs_of
from portal.assessment.rules.drawing import draw, units_for
from portal.assessment.rules.paper import Keyer
from portal.assessment.services.closing import close_attempt, lock_attempt
from portal.assessment.services.outsiders import refuse_own
from portal.core import audit
from portal.core.db import db, insert_many, insert_new
from portal.core.errors import Conflict, DomainError, NotFound
from portal.core.permissions import Actor, Permission, require
from portal.core.words import gettext as _


@dataclass(frozen=True)
class Keyed:
    """What came of a keying: its turn, whether the sheet is closed and scored, and the lines in which the two
    differ, with both values."""

    turn: int
    is_adopted: bool
    differs: tuple[tuple[str, str, str], ...] = ()


# ---- sheets ----


def prepare_sheets(
    *, test_id: int, enrollment_ids: Collection[int] | None, actor: Actor, now: datetime
) -> list[int]:
    """Draw a sheet for these people (None: everybody) who have not begun the test; answers whose are new.

    Who has begun on a screen, or holds a sheet already, is left out. A fixed number of statements. Raises
    NotFound, DomainError (`outside_batch`), Conflict (`test_not_published`, `questions_missing`).
    """
    require(actor, Permission.TEST_INVIGILATE)
    head = _open_test(actor, test_id)
    seats = {seat.enrollment_id: seat for seat in seats_of(test_id, head.batch_id)}
    wanted = seats.keys() if enrollment_ids is None else set(enrollment_ids)
    if not wanted <= seats.keys():
        raise DomainError(
            "outside_batch", _("Ada peserta yang bukan dari angkatan ini. Tidak ada yang disiapkan.")
        )
    free = [seats[i] for i in sorted(wanted) if seats[i].attempt_id is None and not _is_me(actor, seats[i])]
    units = _open_units(head, test_id)
    chosen = [seat for seat in free if units is None or units.get(seat.enrollment_id)]
    return _draw_for(head, chosen, units, actor, now)


def _open_test(actor: Actor, test_id: int) -> WatchHead:
    head = get_watch(actor, test_id)
    if head.state != "published":
        raise Conflict("test_not_published", _("Uji ini belum diumumkan atau sudah dibatalkan."))
    return head


def _is_me(actor: Actor, seat: Seat) -> bool:
    """Nobody prints the questions that they are going to be asked."""
    return actor.person_id is not None and actor.person_id == seat.person_id


def _open_units(head: WatchHead, test_id: int) -> dict[int, frozenset[int]] | None:
    """Of a re-test: enrollment id -> the units open for them. None: everybody is asked everything."""
    if not head.is_retest:
        return None
    found: dict[int, frozenset[int]] = {}
    for (enrollment_id, unit_id), (_retest, is_open) in results.retests_of_test(test_id).items():
        if is_open:
            found[enrollment_id] = found.get(enrollment_id, frozenset()) | {unit_id}
    return found


def _draw_for(
    head: WatchHead, seats: Sequence[Seat], units: Mapping[int, frozenset[int]] | None, actor: Actor,
    now: datetime,
) -> list[int]:  # fmt: skip
    if not seats:
        return []
    until = max(head.closes_at, now + timedelta(minutes=head.minutes))
    rows = [
        {
            "test_id": head.id, "enrollment_id": seat.enrollment_id, "person_id": seat.person_id,
            "seed": secrets.token_hex(16), "is_paper": True, "state": "running", "started_at": now,
            "deadline_at": until,
        }
        for seat in seats
    ]  # fmt: skip
    insert_new(db.session(), Attempt.__table__, rows)
    # Whoever began on a screen in this very moment keeps that.
    seeds = {row["seed"] for row in rows}
    sheets = {i: sheet for i, sheet in queries.sheets_of(head.id).items() if sheet.seed in seeds}
    needs = needs_of(queries.blueprint_of(head.id))
    pool = pool_of([need.unit_id for need in needs], head.center_id)
    items = []
    for enrollment_id, sheet in sheets.items():
        asked = units_for(needs, None if units is None else units[enrollment_id])
        try:
            drawn = draw(asked, pool, sheet.seed)
        except ValueError:
            message = _("Soal untuk uji ini belum cukup. Tambah soal aktif di bank soal, lalu siapkan lagi.")
            raise Conflict("questions_missing", message) from None
        items += [{"attempt_id": sheet.attempt_id, **one.__dict__} for one in drawn]
    insert_many(db.session(), AttemptItem.__table__, items)
    for enrollment_id, sheet in sorted(sheets.items()):
        _tell("paper.prepared", sheet.attempt_id, head, actor, now, enrollment=enrollment_id)
    _log([sheet.attempt_id for sheet in sheets.values()], "prepared", actor, now)
    return sorted(sheets)


def withdraw_sheet(*, test_id: int, enrollment_id: int, actor: Actor, now: datetime) -> None:
    """Take back a sheet that nobody has keyed in, so that its person may sit the test on a screen.

    Raises NotFound, Forbidden (own people), Conflict (`sheet_keyed`).
    """
    require(actor, Permission.TEST_INVIGILATE)
    head, sheet, seat = _held(test_id, enrollment_id, actor)
    refuse_own(actor, [(seat.person_id, seat.cooperative_id)], now)
    if sheet.state != "running" or queries.entries_of([sheet.attempt_id]):
        raise Conflict("sheet_keyed", _("Lembar ini sudah dimasukkan, jadi tidak dapat ditarik."))
    for model in (AttemptItem, AttemptEvent):
        db.session.execute(
            sa.delete(model)
            .where(model.attempt_id == sheet.attempt_id)
            .execution_options(synchronize_session=False)
        )
    db.session.execute(
        sa.delete(Attempt).where(Attempt.id == sheet.attempt_id).execution_options(synchronize_session=False)
    )
    _tell("paper.withdrawn", sheet.attempt_id, head, actor, now, enrollment=enrollment_id)


# ---- keying in ----


def key_in(
    *, test_id: int, enrollment_id: int, typed: Mapping[str, str], actor: Actor, now: datetime
) -> Keyed:
    """Key a sheet in. The first person's keying waits for a second person, who does not see it; where both
    agree the answers are adopted, the attempt closed and scored; else the second person settles what differs.

    typed: line as printed ("7", "8a") -> what stands there. The same again by the same person changes
    nothing, whatever came of the sheet meanwhile. Raises NotFound,
    Forbidden (own people), DomainError (`unreadable`; details: `lines` {line: why}), Conflict
    (`sheet_closed`, `keyed_twice`).
    """
    require(actor, Permission.TEST_INVIGILATE)
    head, sheet, seat = _held(test_id, enrollment_id, actor)
    refuse_own(actor, [(seat.person_id, seat.cooperative_id)], now)
    views = queries.views_of([sheet.attempt_id])[0].get(sheet.attempt_id, [])
    answers = _readable(views, typed)
    entries = _entries(sheet)
    if _is_repeated_first(entries, actor, answers):
        return Keyed(1, sheet.state != "running")
    turn = _turn(entries, actor)
    if sheet.state != "running":
        return _closed_again(turn, entries, answers)
    is_new = _store_entry(sheet.attempt_id, turn, answers, entries.get(turn), actor, now)
    if is_new:
        _tell("paper.keyed", sheet.attempt_id, head, actor, now, turn=turn)
        _log([sheet.attempt_id], "keyed", actor, now, turn=turn)
    if turn == 1:
        return Keyed(1, False)
    differs = _differences(views, entries[1].by_position, answers)
    if differs:
        return Keyed(2, False, differs)
    _adopt(sheet, answers, actor, now)
    return Keyed(2, True)


def settle(
    *, test_id: int, enrollment_id: int, typed: Mapping[str, str], actor: Actor, now: datetime
) -> Keyed:
    """The second person looked at the paper: for each line that differs, what stands there. It becomes their
    keying and is adopted; what both had keyed in is in the events.

    Raises as `key_in`, and DomainError `unsettled` when a line is missing, Conflict `nothing_differs`.
    """
    require(actor, Permission.TEST_INVIGILATE)
    head, sheet, seat = _held(test_id, enrollment_id, actor)
    refuse_own(actor, [(seat.person_id, seat.cooperative_id)], now)
    entries = _entries(sheet)
    turn = _turn(entries, actor)
    views = queries.views_of([sheet.attempt_id])[0].get(sheet.attempt_id, [])
    if turn != 2 or 2 not in entries or sheet.state != "running":
        raise Conflict("nothing_differs", _("Tidak ada selisih yang perlu diselesaikan di lembar ini."))
    differs = _differences(views, entries[1].by_position, entries[2].by_position)
    missing = {line: _("Pilih yang tertulis di kertas.") for line, _a, _b in differs if line not in typed}
    if missing:
        raise DomainError("unsettled", _("Selesaikan semua selisih."), lines=missing)
    before = rules.typed_sheet(views, entries[2].by_position)
    answers = _readable(views, before | {line: typed[line] for line, _a, _b in differs})
    _store_entry(sheet.attempt_id, 2, answers, entries[2], actor, now)
    lines = [line for line, _a, _b in differs]
    _log([sheet.attempt_id], "settled", actor, now, lines=lines)
    _tell("paper.settled", sheet.attempt_id, head, actor, now, lines=lines)
    _adopt(sheet, answers, actor, now)
    return Keyed(2, True)


def differences_of(sheet: queries.Sheet, actor: Actor) -> tuple[tuple[str, str, str], ...]:
    """(line, first, second) that the actor, who keyed in second, has to settle. Raises NotFound for anybody
    else: the first keying is shown to nobody before."""
    entries = _entries(sheet)
    try:
        turn = _turn(entries, actor)
    except Conflict:
        raise NotFound() from None
    if turn != 2 or 2 not in entries or sheet.state != "running":
        raise NotFound()
    views = queries.views_of([sheet.attempt_id])[0].get(sheet.attempt_id, [])
    return _differences(views, entries[1].by_position, entries[2].by_position)


def _held(test_id: int, enrollment_id: int, actor: Actor) -> tuple[WatchHead, queries.Sheet, Seat]:
    """(test, sheet, person), read under the lock of the attempt."""
    head = _open_test(actor, test_id)
    lock_attempt(queries.get_sheet(test_id, enrollment_id).attempt_id)
    sheet = queries.get_sheet(test_id, enrollment_id)
    seat = next((one for one in seats_of(test_id, head.batch_id) if one.enrollment_id == enrollment_id), None)
    if seat is None or sheet.state == "void":
        raise NotFound()
    return head, sheet, seat


def _entries(sheet: queries.Sheet) -> dict[int, queries.Entry]:
    return queries.entries_of([sheet.attempt_id]).get(sheet.attempt_id, {})


def _turn(entries: Mapping[int, queries.Entry], actor: Actor) -> int:
    first, second = entries.get(1), entries.get(2)
    me = Keyer(actor.user_id, actor.person_id)
    turn, blocker = rules.turn_of(me, first.keyer if first else None, second.keyer if second else None, _)
    if blocker:
        raise Conflict(blocker.code, blocker.message)
    return turn


def _is_repeated_first(
    entries: Mapping[int, queries.Entry], actor: Actor, answers: Mapping[int, Any]
) -> bool:
    """The first person sends what they had keyed in already, after somebody else went on: a click on a slow
    line that arrives late, not a second opinion."""
    first = entries.get(1)
    if first is None or 2 not in entries:
        return False
    return Keyer(actor.user_id, actor.person_id).is_same(first.keyer) and first.by_position == answers


def _readable(views: queries.Views, typed: Mapping[str, str]) -> dict[int, Any]:
    answers, wrong = rules.read_sheet(views, typed, _)
    if wrong:
        raise DomainError("unreadable", _("Ada isian yang tidak dapat dibaca."), lines=wrong)
    return answers


def _closed_again(turn: int, entries: Mapping[int, queries.Entry], answers: Mapping[int, Any]) -> Keyed:
    """A second press after adoption finds its work done; anything else is late."""
    mine = entries.get(turn)
    if turn == 2 and mine is not None and mine.by_position == answers:
        return Keyed(2, True)
    raise Conflict("sheet_closed", _("Lembar ini sudah selesai dimasukkan dan dinilai."))


def _store_entry(
    attempt_id: int, turn: int, answers: Mapping[int, Any], old: queries.Entry | None, actor: Actor,
    now: datetime,
) -> bool:  # fmt: skip
    """Keep a keying; False when it stood already."""
    if old is not None and old.by_position == answers:
        return False
    kept = {str(position): answer for position, answer in answers.items()}
    values = {"answers": kept, "entered_by": actor.user_id, "entered_at": now}
    if old is None:
        db.session.add(PaperEntry(attempt_id=attempt_id, turn=turn, **values))
        db.session.flush()
    else:
        db.session.execute(
            sa.update(PaperEntry)
            .where(PaperEntry.attempt_id == attempt_id, PaperEntry.turn == turn)
            .values(**values)
            .execution_options(synchronize_session=False)
        )
    return True


def _differences(
    views: queries.Views, first: Mapping[int, Any], second: Mapping[int, Any]
) -> tuple[tuple[str, str, str], ...]:
    one, two = rules.typed_sheet(views, first), rules.typed_sheet(views, second)
    return tuple((line, one.get(line, ""), two[line]) for line in rules.differing_lines(one, two))


def _adopt(sheet: queries.Sheet, answers: Mapping[int, Any], actor: Actor, now: datetime) -> None:
    """Both keyings agree: they are the answers."""
    rows = [
        {
            "attempt_id": sheet.attempt_id, "position": position, "seq": 1, "answer": answer,
            "source": "paper", "received_at": now,
        }
        for position, answer in answers.items()
        if answer is not None
    ]  # fmt: skip
    insert_many(db.session(), Answer.__table__, rows)
    close_attempt(attempt_id=sheet.attempt_id, state="submitted", actor=actor, now=now)


def _tell(action: str, attempt_id: int, head: WatchHead, actor: Actor, now: datetime, **data: Any) -> None:
    scope = f"center:{head.center_id}"
    audit.record(action, "attempt", attempt_id, actor=actor, now=now, scope=scope, test=head.id, **data)


def _log(attempt_ids: Collection[int], what: str, actor: Actor, now: datetime, **detail: Any) -> None:
    """Lines in what happened in these attempts; never an answer."""
    rows = [
        {"attempt_id": i, "kind": "paper", "detail": {"what": what, **detail}, "by": actor.user_id, "at": now}
        for i in attempt_ids
    ]
    insert_many(db.session(), AttemptEvent.__table__, rows)
