"""A mark changed while the sheet is being signed: the signed outcome and the marks tell the same."""

from __future__ import annotations

import threading
from typing import Any

from portal.assessment.services import VerdictEntry, finalize_sheet, record_verdicts
from portal.attendance.models import AttendanceMark
from portal.attendance.services import mark_rest, marking, record_attendance
from portal.core.db import db, transaction
from portal.enrollment.models import Enrollment
from tests.support import classroom
from tests.support.races import at_once

ROUNDS = 2


def test_marks_and_the_signature_never_pass_each_other(
    app: Any, db_session: Any, now: Any, monkeypatch: Any
) -> None:
    store = marking.store

    for _round in range(ROUNDS):
        room = classroom.build(people=1, sessions=2)
        with transaction():
            for session_id in room.sessions:
                mark_rest(session_id=session_id, mark="present", actor=room.actor(), now=now)
            entries = [VerdictEntry(room.enrollments[0], unit, "competent") for unit in room.units]
            record_verdicts(batch_id=room.batch_id, entries=entries, actor=room.actor(), now=now)

        read, done = threading.Event(), threading.Event()

        def late(*args: Any, read: Any = read, done: Any = done) -> None:
            # Between reading the state of the batch and writing the mark there is time to sign.
            read.set()
            done.wait(0.7)
            store(*args)

        monkeypatch.setattr(marking, "store", late)

        def sign(room: Any = room, read: Any = read, done: Any = done) -> None:
            read.wait(2)
            with transaction():
                finalize_sheet(batch_id=room.batch_id, actor=room.actor(), now=now)
            done.set()

        def miss(room: Any = room) -> None:
            with transaction():
                record_attendance(
                    session_id=room.sessions[0], enrollment_id=room.enrollments[0], mark="absent",
                    reason="Salah catat", actor=room.actor(), now=now,
                )  # fmt: skip

        signed, missed = at_once(app, [sign, miss])
        monkeypatch.setattr(marking, "store", store)
        assert signed == "ok"
        mark = db.session.get(AttendanceMark, (room.sessions[0], room.enrollments[0])).mark
        state = db.session.get(Enrollment, room.enrollments[0]).state
        assert (missed, mark, state) in (
            ("ok", "absent", "not_completed"),
            ("sheet_final", "present", "completed"),
        )
