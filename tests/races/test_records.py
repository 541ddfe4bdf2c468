"""One form sent twice, and two instructors on one cell: one effect, and nothing lost in silence."""

from __future__ import annotations

import secrets
from typing import Any

import sqlalchemy as sa

from portal.assessment.models import Verdict
from portal.assessment.services import record_verdict
from portal.attendance.models import AttendanceMark
from portal.attendance.services import record_attendance
from portal.centers.models import Room
from portal.core.db import db, transaction
from tests.support import classroom
from tests.support.page import BROWSER, Page
from tests.support.races import CONCURRENT, ROUNDS, at_once


def test_a_form_sent_many_times_at_once_is_one_row(app: Any, db_session: Any, now: Any) -> None:
    room = classroom.build(people=0)
    page = Page(app).sign_in(room.admin)
    page.get("/balai/ruang")
    for round_ in range(ROUNDS):
        data = page._complete(
            {"name": f"Ruang {round_}", "capacity": "20", "address": "", "op": secrets.token_hex(16)}
        ).to_dict()
        answers: list[int] = []

        def click(data: dict[str, str] = data, answers: list[int] = answers) -> None:
            client = app.test_client()
            client.set_cookie("balai", page.client.get_cookie("balai").value)  # type: ignore[union-attr]
            answers.append(client.post("/balai/ruang", data=data, headers=BROWSER).status_code)

        at_once(app, [click] * CONCURRENT)
        assert answers == [303] * CONCURRENT
        count = db.session.scalar(sa.select(sa.func.count(Room.id)).where(Room.center_id == room.center_id))
        assert count == round_ + 1


def test_two_instructors_on_one_cell_one_is_told(app: Any, db_session: Any, now: Any) -> None:
    room = classroom.build(people=1)
    other = classroom.colleague(room)
    version = 0
    for round_ in range(ROUNDS):
        wishes = [
            (room.actor(), "late" if round_ % 2 else "present"),
            (other, "sick" if round_ % 2 else "excused"),
        ]

        def mark(actor: Any, value: str, version: int = version) -> None:
            with transaction():
                record_attendance(
                    session_id=room.sessions[2], enrollment_id=room.enrollments[0], mark=value,
                    expected_version=version, actor=actor, now=now,
                )  # fmt: skip

        outcomes = at_once(app, [lambda wish=wish: mark(*wish) for wish in wishes] * (CONCURRENT // 2))
        assert sorted(map(set, (outcomes[::2], outcomes[1::2])), key=str) == [{"mark_conflict"}, {"ok"}]
        stored = db.session.get(AttendanceMark, (room.sessions[2], room.enrollments[0]))
        winner, value = wishes[outcomes.index("ok")]
        assert (stored.mark, stored.recorded_by, stored.version) == (value, winner.user_id, version + 1)
        version = stored.version


def test_two_assessors_on_one_unit_one_is_told(app: Any, db_session: Any, now: Any) -> None:
    room = classroom.build(people=1)
    for version in range(ROUNDS):
        wishes = [(room.actor(), f"Catatan A {version}"), (room.assessor_actor(), f"Catatan B {version}")]

        def judge(actor: Any, note: str, version: int = version) -> None:
            with transaction():
                record_verdict(
                    enrollment_id=room.enrollments[0], unit_id=room.units[0], value="not_yet_competent",
                    note=note, expected_version=version, actor=actor, now=now,
                )  # fmt: skip

        outcomes = at_once(app, [lambda wish=wish: judge(*wish) for wish in wishes] * (CONCURRENT // 2))
        assert sorted(map(set, (outcomes[::2], outcomes[1::2])), key=str) == [{"ok"}, {"verdict_conflict"}]
        found = db.session.scalars(
            sa.select(Verdict).where(Verdict.enrollment_id == room.enrollments[0]).order_by(Verdict.version)
        ).all()
        assert [verdict.version for verdict in found] == list(range(1, version + 2))
        assert [verdict.is_current for verdict in found] == [False] * version + [True]
        assert found[-1].note == wishes[outcomes.index("ok")][1]
