"""Sitting a written test: starting it, one statement an answer, marking as unsure, reporting an outage."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from portal.assessment.models import Answer, Attempt, AttemptEvent, AttemptItem, WrittenTest
from portal.assessment.queries import sittings as queries
from portal.assessment.queries.tests import pool_of
from portal.assessment.rules import clock as rules
from portal.assessment.rules.blueprint import needs_of
from portal.assessment.rules.content import parse_answer
from portal.assessment.rules.drawing import draw, units_for
from portal.assessment.services.closing import close_attempt, lock_attempt
from portal.assessment.services.drawn import DrawnTest, drawn_of
from portal.core import audit
from portal.core.db import db, upsert_ignore
from portal.core.errors import Conflict, DomainError, NotFound
from portal.core.formatting import clock_time, moment
from portal.core.permissions import Actor, Permission, require
from portal.core.words import gettext as _

MOST_BYTES, MOST_SEQ, MOST_EVENTS = 1024, 100_000, 200


@dataclass(frozen=True)
class Saved:
    """An acknowledged answer: its number, the number the next one of that position takes, and how many
    milliseconds are left."""

    position: int
    seq: int
    next_seq: int
    left_ms: int


def start_attempt(*, test_id: int, actor: Actor, now: datetime, device: str = "") -> Attempt:
    """Begin a test: draw its questions and set the deadline. Starting again gives the same attempt.

    device: a mark of the device, for the log. Raises NotFound (foreign test), Conflict with the reason why
    it cannot begin (`test_not_open`, `test_over`, `test_cancelled`, `nothing_open`, `questions_missing`,
    `on_paper`).
    """
    require(actor, Permission.TEST_TAKE)
    # Held so that a plan is not changed while people start on it. A statement of its own: see signing.
    held = sa.select(WrittenTest.id).where(WrittenTest.id == test_id).with_for_update(read=True)
    db.session.execute(held)
    test = queries.get_own_test(actor, test_id)
    if test.is_paper:
        raise Conflict("on_paper", _("Lembar kertas Anda untuk uji ini sudah disiapkan. Hubungi instruktur."))
    if test.attempt_id is not None:
        return _attempt(test.attempt_id)
    blockers = start_blockers(test, now)
    if blockers:
        raise Conflict(blockers[0].code, f"{blockers[0].message} {blockers[0].remedy}".strip())
    assert actor.person_id is not None
    deadline = rules.deadline_of(
        started_at=now, minutes=test.minutes, extra=test.extra, closes_at=test.closes_at
    )
    values = {
        "test_id": test_id, "enrollment_id": test.enrollment_id, "person_id": actor.person_id,
        "seed": secrets.token_hex(16), "is_paper": False, "state": "running", "started_at": now,
        "deadline_at": deadline,
    }  # fmt: skip
    is_new = upsert_ignore(db.session(), Attempt.__table__, values)
    attempt = db.session.scalars(
        sa.select(Attempt).where(Attempt.test_id == test_id, Attempt.enrollment_id == test.enrollment_id)
    ).one()
    if not is_new:
        return attempt
    draw_items(attempt, test.blueprint, test.open_units, test.center_id)
    log_event(attempt.id, "started", actor, now, device=device)
    audit.record(
        "test.started", "attempt", attempt.id, actor=actor, now=now, scope=f"center:{test.center_id}",
        test=test_id, enrollment=test.enrollment_id, until=deadline.isoformat(),
    )  # fmt: skip
    return attempt


def start_blockers(test: queries.OwnTest, now: datetime) -> list[Any]:
    """Why that person cannot start the test now."""
    return rules.start_blockers(
        state=test.state, opens_at=test.opens_at, closes_at=test.closes_at, extra=test.extra, now=now,
        opens=moment(test.opens_at, test.zone), has_units=test.open_units is None or bool(test.open_units),
        _=_,
    )  # fmt: skip


def state_of(test: queries.OwnTest, now: datetime) -> str:
    """running, done, void, paper, cancelled, open, later or missed: how a test stands for its candidate."""
    if test.attempt_id is not None:
        if test.attempt_state == "void":
            return "void"
        if test.is_paper:
            return "paper"
        in_time = test.deadline_at is not None and now <= test.deadline_at
        return "running" if test.attempt_state == "running" and in_time else "done"
    if test.state == "cancelled":
        return "cancelled"
    blockers = start_blockers(test, now)
    if not blockers:
        return "open"
    return "later" if blockers[0].code == "test_not_open" else "missed"


def draw_items(
    attempt: Attempt, blueprint: list[dict[str, Any]], open_units: frozenset[int] | None, center_id: int
) -> int:
    """Draw the questions of an attempt that has none, by its seed; returns how many. Two statements."""
    needs = units_for(needs_of(blueprint), open_units)
    pool = pool_of([need.unit_id for need in needs], center_id)
    try:
        drawn = draw(needs, pool, attempt.seed)
    except ValueError:
        message = _("Soal untuk uji ini belum cukup. Hubungi instruktur; waktu Anda belum berjalan.")
        raise Conflict("questions_missing", message) from None
    rows = [{"attempt_id": attempt.id, **one.__dict__} for one in drawn]
    db.session.execute(sa.insert(AttemptItem.__table__), rows)
    return len(rows)


# ---- one answer: one statement ----

_COLUMNS = ["attempt_id", "position", "seq", "answer", "source", "received_at"]
# Held against closing: who closes waits for answers being written, and finds them when it scores.
_ALLOWED = (
    sa.select(
        Attempt.id,
        sa.bindparam("position", type_=sa.BigInteger),
        sa.bindparam("seq", type_=sa.BigInteger),
        sa.bindparam("answer", type_=sa.Text),
        sa.literal("web", sa.String(8)),
        sa.bindparam("received", type_=Answer.received_at.type),
    )
    .where(
        Attempt.id == sa.bindparam("attempt"),
        Attempt.person_id == sa.bindparam("person"),
        Attempt.seed == sa.bindparam("seed"),
        Attempt.is_paper.is_(False),
        sa.or_(Attempt.state == "running", sa.and_(Attempt.state == "expired", Attempt.score.is_(None))),
        Attempt.deadline_at >= sa.bindparam("received", type_=Answer.received_at.type),
        sa.exists().where(
            AttemptItem.attempt_id == Attempt.id,
            AttemptItem.position == sa.bindparam("position", type_=sa.BigInteger),
        ),
    )
    .with_for_update(read=True, of=Attempt)
)
_DEADLINE = sa.select(Attempt.deadline_at).where(Attempt.id == sa.bindparam("attempt")).scalar_subquery()


def _statement(dialect: Any) -> Any:
    insert = dialect.insert(Answer.__table__).from_select(_COLUMNS, _ALLOWED)
    return insert.on_conflict_do_nothing().returning(_DEADLINE)


_SAVE = {"postgresql": _statement(postgresql), "sqlite": _statement(sqlite)}


def save_answer(
    *,
    attempt_id: int,
    position: int,
    seq: int,
    raw: Any,
    actor: Actor,
    received_at: datetime,
    now: datetime,
) -> Saved:
    """Store one answer (as `rules.content.parse_answer` reads it; None clears) that reached the server at
    `received_at`. The same again changes nothing and is acknowledged again.

    One statement when all is well; no event in the audit chain: see docs/decisions/0023. Raises NotFound
    (foreign attempt or position), DomainError (`answer_invalid`, `answer_long`, `seq_range`), Conflict
    (`attempt_over`; `other_device`, whose details are the `answer` that counts and the next `seq`).
    """
    require(actor, Permission.TEST_TAKE)
    if not 1 <= seq <= MOST_SEQ:
        raise DomainError("seq_range", _("Jawaban ini tidak dikenali. Muat ulang halaman."))
    drawn = drawn_of(attempt_id)
    text, problem = _checked(drawn, position, raw)
    row = None
    if drawn is not None and problem is None:
        row = db.session.execute(
            _SAVE[db.session.get_bind().dialect.name],
            {"attempt": attempt_id, "person": actor.person_id, "seed": drawn.seed, "position": position,
             "seq": seq, "answer": text, "received": received_at},
        ).first()  # fmt: skip
    if row is not None:
        return Saved(position, seq, seq + 1, rules.left_ms(row[0], now))
    return _why_not(attempt_id, position, seq, raw, actor, received_at, now)


def _checked(drawn: DrawnTest | None, position: int, raw: Any) -> tuple[str, DomainError | None]:
    """(the answer as stored text, what is wrong with it)."""
    if drawn is None or position not in drawn.questions:
        return "", NotFound()
    try:
        answer = parse_answer(*drawn.questions[position], raw)
    except (ValueError, TypeError):
        return "", DomainError(
            "answer_invalid",
            _("Jawaban ini bukan pilihan dari soal nomor %(num)s. Periksa, lalu simpan lagi.", num=position),
            "answer",
        )
    text = json.dumps(answer, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    if len(text.encode()) > MOST_BYTES:
        return "", DomainError("answer_long", _("Jawaban ini terlalu panjang."), "answer")
    return text, None


def _why_not(
    attempt_id: int,
    position: int,
    seq: int,
    raw: Any,
    actor: Actor,
    received_at: datetime,
    now: datetime,
) -> Saved:
    """Nothing was stored: it is there already, or say what is in the way. Raises as `save_answer`."""
    sitting = queries.get_sitting(actor, attempt_id)
    drawn = drawn_of(attempt_id)
    if drawn is None or drawn.seed != sitting.seed:
        drawn = drawn_of(attempt_id, fresh=True)
    text, problem = _checked(drawn, position, raw)
    if problem is not None:
        raise problem
    rows = db.session.execute(
        sa.select(Answer.seq, sa.type_coerce(Answer.answer, sa.Text))
        .where(Answer.attempt_id == attempt_id, Answer.position == position)
        .order_by(Answer.seq)
    ).all()
    stored = {row[0]: row[1] for row in rows}
    if stored.get(seq) == text:
        return Saved(position, seq, max(stored) + 1, rules.left_ms(sitting.deadline_at, now))
    if sitting.state != "running" or not rules.is_in_time(received_at, sitting.deadline_at):
        raise over(sitting)
    if seq not in stored:
        # What was kept in memory belonged to another attempt of that number; now it is the right one.
        return save_answer(
            attempt_id=attempt_id, position=position, seq=seq, raw=raw, actor=actor,
            received_at=received_at, now=now,
        )  # fmt: skip
    raise Conflict(
        "other_device",
        _("Soal nomor %(num)s dijawab di perangkat lain.", num=position),
        answer=json.loads(stored[max(stored)]),
        seq=max(stored) + 1,
    )


def over(sitting: queries.Sitting) -> Conflict:
    """Why an attempt takes no more answers."""
    if sitting.state == "void":
        return Conflict("attempt_over", _("Uji ini dibatalkan. Jawaban tidak dapat diubah lagi."))
    if sitting.state == "submitted":
        at = clock_time(sitting.closed_at or sitting.deadline_at, sitting.zone)
        message = _("Uji ini sudah dikumpulkan %(at)s. Jawaban tidak dapat diubah lagi.", at=at)
        return Conflict("attempt_over", message)
    at = clock_time(sitting.deadline_at, sitting.zone, seconds=True)
    return Conflict("attempt_over", _("Waktu habis %(at)s. Jawaban sesudah itu tidak dihitung.", at=at))


# ---- the rest of a sitting ----


def submit_attempt(*, attempt_id: int, actor: Actor, now: datetime) -> bool:
    """Hand the test in: no more answers, and it is scored at once. False when it was closed already.

    After the deadline it is closed as expired, once the grace for answers on their way is over. Raises
    NotFound, Conflict (`closing_soon`) within that grace.
    """
    require(actor, Permission.TEST_TAKE)
    sitting = queries.get_sitting(actor, attempt_id)
    if sitting.state != "running":
        return False
    if now <= sitting.deadline_at:
        return close_attempt(attempt_id=attempt_id, state="submitted", actor=actor, now=now)
    if not rules.may_close(sitting.deadline_at, now):
        message = _("Waktu sudah habis. Jawaban yang masuk sedang dihitung; tunggu setengah menit.")
        raise Conflict("closing_soon", message)
    return close_attempt(attempt_id=attempt_id, state="expired", actor=actor, now=now)


def set_flag(*, attempt_id: int, position: int, is_on: bool, actor: Actor, now: datetime) -> None:
    """Mark a question as unsure, or take the mark back; the same again changes nothing. Raises NotFound,
    Conflict (`attempt_over`, `too_many_events`)."""
    require(actor, Permission.TEST_TAKE)
    sitting = _running(attempt_id, actor, now)
    drawn = drawn_of(attempt_id)
    if drawn is None or drawn.seed != sitting.seed:
        drawn = drawn_of(attempt_id, fresh=True)
    if drawn is None or position not in drawn.questions:
        raise NotFound()
    if (position in queries.flags_of(attempt_id)) != is_on:
        _room_for_events(attempt_id)
        log_event(attempt_id, "flag", actor, now, no=position, on=is_on)


def report_device(*, attempt_id: int, device: str, actor: Actor, now: datetime) -> bool:
    """Note that another device goes on with a running test; False when it is the one that sat last."""
    require(actor, Permission.TEST_TAKE)
    queries.get_sitting(actor, attempt_id)
    lock_attempt(attempt_id)
    if _attempt(attempt_id).state != "running" or queries.last_device(attempt_id) == device:
        return False
    _room_for_events(attempt_id)
    log_event(attempt_id, "resumed", actor, now, device=device)
    return True


def report_outage(
    *, attempt_id: int, key: str, seconds: int, ago: int, waiting: int, actor: Actor, now: datetime
) -> bool:
    """Note an outage that the browser measured by its own running clock: how long, and how long ago it ended;
    `waiting` answers waited for it. The same key again is a no-op (False). It is the browser's word and moves
    no deadline by itself. Raises NotFound, DomainError (`outage_range`), Conflict (`too_many_events`)."""
    require(actor, Permission.TEST_TAKE)
    sitting = queries.get_sitting(actor, attempt_id)
    span = int((now - sitting.started_at).total_seconds()) + 60
    is_key = 1 <= len(key) <= 32 and key.isascii() and key.isprintable()
    if not (is_key and 0 <= seconds <= span and 0 <= ago <= span and 0 <= waiting <= 1000):
        raise DomainError("outage_range", _("Laporan gangguan ini tidak masuk akal."))
    lock_attempt(attempt_id)
    if any(event.detail.get("key") == key for event in queries.events_of([attempt_id])):
        return False
    _room_for_events(attempt_id)
    log_event(attempt_id, "offline", actor, now, key=key, seconds=seconds, ago=ago, waiting=waiting)
    return True


def log_event(attempt_id: int, kind: str, actor: Actor, now: datetime, **detail: Any) -> None:
    """Add a line to what happened in an attempt; `detail` holds numbers and words, never an answer."""
    db.session.add(AttemptEvent(attempt_id=attempt_id, kind=kind, detail=detail, by=actor.user_id, at=now))
    db.session.flush()


def _running(attempt_id: int, actor: Actor, now: datetime) -> queries.Sitting:
    sitting = queries.get_sitting(actor, attempt_id)
    if sitting.state != "running" or now > sitting.deadline_at:
        raise over(sitting)
    return sitting


def _attempt(attempt_id: int) -> Attempt:
    found = db.session.get(Attempt, attempt_id, populate_existing=True)
    if found is None:
        raise NotFound()
    return found


def _room_for_events(attempt_id: int) -> None:
    """A sitting has a bounded log: nobody fills the table by pressing a button."""
    count = db.session.scalar(
        sa.select(sa.func.count(AttemptEvent.id)).where(AttemptEvent.attempt_id == attempt_id)
    )
    if (count or 0) >= MOST_EVENTS:
        raise Conflict("too_many_events", _("Sudah terlalu banyak catatan di uji ini."))
