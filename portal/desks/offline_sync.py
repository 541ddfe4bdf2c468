"""What was noted without signal and arrives now: each operation by itself, once, and never over a colleague.

An operation is what the device kept: {op_id, user_id, endpoint, seq, client_time, payload}. Who noted it is
the account that sends it; `user_id` only says whose it was, so that a shared tablet sends nobody else's.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from portal.assessment import queries as results
from portal.assessment import services as judging
from portal.attendance import queries as rolls
from portal.attendance import services as marking
from portal.attendance.models import Evidence
from portal.core import audit, clock
from portal.core.db import db, transaction
from portal.core.errors import Conflict, DomainError
from portal.core.formatting import moment
from portal.core.idempotency import claim
from portal.core.permissions import Actor
from portal.core.words import gettext as _
from portal.desks.rules_offline import noted_at
from portal.enrollment.models import Enrollment

MARK, VERDICT = "attendance.mark", "assessment.verdict"
_CONFLICTS = frozenset({"mark_conflict", "verdict_conflict"})


@dataclass(frozen=True)
class Operation:
    """One thing noted. `client_time` is in milliseconds of the device's clock; `payload` has been checked to
    have the shape of its endpoint; `problem` says why it cannot be read, then nothing else counts."""

    op_id: str
    user_id: int = 0
    endpoint: str = ""
    seq: int = 0
    client_time: int = 0
    payload: Mapping[str, Any] = field(default_factory=dict)
    problem: str = ""

    @property
    def cell(self) -> tuple[Any, ...]:
        """What it is about: one person in one session, or in one unit."""
        place = "session" if self.endpoint == MARK else "unit"
        return self.endpoint, self.payload.get("enrollment"), self.payload.get(place)


@dataclass(frozen=True)
class Answer:
    """What became of an operation. outcome: saved, repeated (it was here before), conflict (somebody else
    noted meanwhile; `current` is what stands, by whom and when) or refused (`message` says why)."""

    op_id: str
    outcome: str
    message: str
    current: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """As the device reads it."""
        return {
            "op_id": self.op_id,
            "outcome": self.outcome,
            "message": self.message,
            "current": self.current,
        }


def deliver(operations: Sequence[Operation], *, client_now: int, actor: Actor, now: datetime) -> list[Answer]:
    """Take operations in, in the order they were noted, each in a transaction of its own.

    client_now: the device's clock as it sent them, in milliseconds. The answers are in the order given.
    """
    found: dict[int, Answer] = {}
    # Two taps on one cell saw the same version; the second follows the first and is no conflict with it.
    stands: dict[tuple[Any, ...], tuple[int, int]] = {}
    for index in sorted(range(len(operations)), key=lambda at: operations[at].seq):
        op = operations[index]
        seen, newest = stands.get(op.cell, (None, None))
        if newest is not None and op.payload.get("version") == seen:
            op = replace(op, payload={**op.payload, "version": newest})
        answer = found[index] = _take(op, client_now, actor, now)
        if answer.outcome in ("saved", "repeated") and "version" in answer.current:
            stands[op.cell] = (operations[index].payload["version"], answer.current["version"])
    return [found[index] for index in range(len(operations))]


def _take(op: Operation, client_now: int, actor: Actor, now: datetime) -> Answer:
    if op.problem:
        return Answer(op.op_id, "refused", op.problem)
    try:
        with transaction():
            return _apply(op, client_now, actor, now)
    except DomainError as error:
        return _turned_down(op, error, actor)


def _apply(op: Operation, client_now: int, actor: Actor, now: datetime) -> Answer:
    if op.user_id != actor.user_id:
        raise Conflict(
            "other_user", _("Dicatat dengan akun lain. Masuk dengan akun itu di perangkat ini, lalu kirim.")
        )
    spent = claim(op.op_id, actor=actor, now=now)
    if not spent.is_new:
        return Answer(op.op_id, "repeated", _("Sudah tersimpan sebelumnya."), _kept(spent.outcome))
    current = _HANDLERS[op.endpoint](op, client_now, actor, now)
    spent.finish(json.dumps(current))
    return Answer(op.op_id, "saved", _("Tersimpan."), current)


def _mark(op: Operation, client_now: int, actor: Actor, now: datetime) -> dict[str, Any]:
    """A tap, or a card that was scanned: then its token comes along and must be that person's."""
    wish = op.payload
    head = rolls.get_sheet(actor, wish["session"])
    day = clock.local_date(head.starts_at, head.zone)
    evidence = Evidence.OFFLINE
    if wish.get("card"):
        _check_card(wish["enrollment"], wish["card"])
        evidence = Evidence.CARD
    stored = marking.record_attendance(
        session_id=head.session_id,
        enrollment_id=wish["enrollment"],
        mark=wish["mark"],
        hours_missed=None,
        expected_version=wish["version"],
        evidence=evidence,
        noted_at=noted_at(
            client_now=client_now,
            client_time=op.client_time,
            day_start=clock.at(day, 0, 0, head.zone),
            now=now,
        ),
        actor=actor,
        now=now,
    )
    return {"mark": stored.mark, "missed": stored.hours_missed, "version": stored.version}


def _check_card(enrollment_id: int, token: str) -> None:
    own = db.session.scalar(sa.select(Enrollment.card_token).where(Enrollment.id == enrollment_id))
    if own != token:
        raise DomainError("card_foreign", _("Kartu yang dipindai bukan kartu peserta ini."))


def _verdict(op: Operation, client_now: int, actor: Actor, now: datetime) -> dict[str, Any]:
    """A practical verdict. A verdict has one time, that of its arrival; the trail says when it was noted."""
    wish = op.payload
    stored = judging.record_verdict(
        enrollment_id=wish["enrollment"],
        unit_id=wish["unit"],
        value=wish["value"],
        note=wish["note"],
        criteria=wish["criteria"],
        expected_version=wish["version"],
        actor=actor,
        now=now,
    )
    if stored.version == wish["version"] + 1:
        head = results.get_head(actor, results.batch_of(wish["enrollment"]))
        noted = noted_at(
            client_now=client_now,
            client_time=op.client_time,
            day_start=clock.at(head.starts_on, 0, 0, head.zone),
            now=now,
        )
        audit.record(
            "verdict.offline",
            "enrollment",
            wish["enrollment"],
            actor=actor,
            now=now,
            scope=f"center:{head.center_id}",
            unit=wish["unit"],
            version=stored.version,
            noted_at=noted.isoformat(timespec="seconds"),
        )
    return {"value": stored.value, "version": stored.version}


_HANDLERS: dict[str, Callable[[Operation, int, Actor, datetime], dict[str, Any]]] = {
    MARK: _mark,
    VERDICT: _verdict,
}
ENDPOINTS = frozenset(_HANDLERS)


def _kept(outcome: str) -> dict[str, Any]:
    """What the operation led to the first time; nothing for an id that was spent on something else."""
    try:
        found = json.loads(outcome)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _turned_down(op: Operation, error: DomainError, actor: Actor) -> Answer:
    db.session.rollback()
    if error.code in _CONFLICTS:
        standing = _standing_mark if op.endpoint == MARK else _standing_verdict
        return Answer(op.op_id, "conflict", error.message, standing(op, actor))
    return Answer(op.op_id, "refused", error.message or _plain_reason(error))


def _plain_reason(error: DomainError) -> str:
    if error.status == 403:
        return _("Akun Anda tidak lagi boleh mencatat di kelas ini.")
    return _("Peserta atau pertemuan ini tidak ada lagi di daftar Anda.")


def _standing_mark(op: Operation, actor: Actor) -> dict[str, Any]:
    head, row = rolls.get_cell(actor, op.payload["session"], op.payload["enrollment"])
    return {
        "mark": row.mark if not row.is_open else "",
        "missed": row.hours_missed,
        "version": row.version,
        "by": rolls.user_name(row.recorded_by) or _("sistem"),
        "at": moment(row.recorded_at, head.zone) if row.recorded_at else "",
    }


def _standing_verdict(op: Operation, actor: Actor) -> dict[str, Any]:
    head = results.get_head(actor, results.batch_of(op.payload["enrollment"]))
    found = results.verdicts_of(op.payload["enrollment"]).get(op.payload["unit"])
    if found is None:
        return {"value": "", "version": 0, "note": "", "criteria": [], "by": "", "at": ""}
    return {
        "value": found.value,
        "version": found.version,
        "note": found.note,
        "criteria": found.criteria,
        "by": results.user_name(found.judged_by) or _("sistem"),
        "at": moment(found.judged_at, head.zone),
    }
