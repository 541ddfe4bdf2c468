"""A mark changed while the sheet is being signed: the signed outcome and the marks tell the same."""

from __future__ import annotations

import threading
from functools import partial
from typing import Any

from portal.assessment.services import VerdictEntry, finalize_sheet, record_verdicts
from portal.attendance.models import AttendanceMark
from portal.attendance.services import mark_rest, marking, record_attendance
from portal.core.db import db, transaction
from portal.enrollment.models import Enrollment
from tests.support import classroom
from tests.support.classroom import Classroom
from tests.support.races import CONCURRENT, ROUNDS, at_once

STORIES = (("ok", "absent", "not_completed"), ("sheet_final", "present", "completed"))


def ready(now: Any, like: Classroom | None) -> Classroom:
    """One person, present twice and K in every unit; to be signed."""
    room = classroom.build(people=1, sessions=2, like=like)
    with transaction():
        for session_id in room.sessions:
            mark_rest(session_id=session_id, mark="present", actor=room.actor(), now=now)
        entries = [VerdictEntry(room.enrollments[0], unit, "competent") for unit in room.units]
        record_verdicts(batch_id=room.batch_id, entries=entries, actor=room.actor(), now=now)
    return room


def stands(room: Classroom) -> tuple[str, str]:
    """(the mark of the first session, how the enrollment ended)."""
    mark = db.session.get_one(AttendanceMark, (room.sessions[0], room.enrollments[0])).mark
    return mark, db.session.get_one(Enrollment, room.enrollments[0]).state


def sign(room: Classroom, now: Any) -> None:
    with transaction():
        finalize_sheet(batch_id=room.batch_id, actor=room.actor(), now=now)


def miss(room: Classroom, now: Any) -> None:
    with transaction():
        record_attendance(
            session_id=room.sessions[0], enrollment_id=room.enrollments[0], mark="absent",
            reason="Salah catat", actor=room.actor(), now=now,
        )  # fmt: skip


def test_twenty_marks_and_twenty_signatures_never_pass_each_other(
    app: Any, db_session: Any, now: Any
) -> None:
    room, half = None, CONCURRENT // 2
    for round_ in range(ROUNDS):
        room = ready(now, room)
        pair = [partial(sign, room, now), partial(miss, room, now)]
        outcomes = at_once(app, pair[:: -1 if round_ % 2 else 1] * half)
        signed, missed = outcomes[round_ % 2 :: 2], outcomes[1 - round_ % 2 :: 2]
        assert sorted(signed) == ["ok"] + ["sheet_final"] * (half - 1)
        # Whoever was told that the mark is changed sees it in the outcome.
        told = "ok" if "ok" in missed else "sheet_final"
        assert set(missed) <= {"ok", "sheet_final"}
        assert (told, *stands(room)) in STORIES


def test_marks_and_the_signature_never_pass_each_other(
    app: Any, db_session: Any, now: Any, monkeypatch: Any
) -> None:
    """By nature of two: the one who marks is held between reading and writing until the other signed."""
    store, room = marking.store_one, None
    for _round in range(ROUNDS):
        room = ready(now, room)
        read, done = threading.Event(), threading.Event()

        def late(*args: Any, read: Any = read, done: Any = done) -> Any:
            # Between reading the state of the batch and writing the mark there is time to sign.
            read.set()
            done.wait(0.5)
            return store(*args)

        monkeypatch.setattr(marking, "store_one", late)

        def sign_then(room: Classroom = room, read: Any = read, done: Any = done) -> None:
            assert read.wait(5)
            sign(room, now)
            done.set()

        signed, missed = at_once(app, [sign_then, partial(miss, room, now)])
        monkeypatch.setattr(marking, "store_one", store)
        assert signed == "ok"
        assert (missed, *stands(room)) in STORIES
