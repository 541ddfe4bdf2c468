"""A key corrected after the sheet was signed: certificates stand in the way, outcomes follow."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from portal.assessment.models import Verdict
from portal.core.db import db, transaction
from portal.enrollment.models import Enrollment
from tests.assessment.test_keys import BK, K, adopt, preview, stands
from tests.support import issuing
from tests.support.classroom import Classroom
from tests.support.tested import Made, build_test, sit


def signed_class(now: datetime, needed: int = 60) -> tuple[issuing.Signed, Made]:
    signed = issuing.sign_class(now)
    return signed, build_test(signed.room, center_id=signed.room.center_id, needed_pct=needed)


def rest_on(attempt: int, room: Classroom, person: int, value: str) -> None:
    """The signed verdict of the first unit is one that the written test made."""
    with transaction():
        db.session.execute(
            sa.update(Verdict)
            .where(Verdict.enrollment_id == room.enrollments[person], Verdict.unit_id == room.units[0])
            .values(
                source="written", value=value, note="" if value == K else "Uji tertulis",
                evidence={"written": {"attempt": attempt}},
            )
        )  # fmt: skip


def test_a_certificate_stands_in_the_way_until_it_is_revoked(db_session: Any, now: datetime) -> None:
    signed, made = signed_class(now)
    room = signed.room
    rest_on(sit(made, 0, [2, 3]), room, 0, K)
    rest_on(sit(made, 1, [3, 3]), room, 1, K)
    with transaction():
        db.session.execute(sa.update(Enrollment).values(state="completed"))
    code = next(one.code for one in issuing.issue(signed, now) if one.enrollment_id == room.enrollments[0])
    (blocked,) = preview(made, now).of_fate("certified")
    assert (blocked.holder.enrollment_id, blocked.certificate, blocked.proposed) == (
        room.enrollments[0], code, BK
    )  # fmt: skip
    correction = adopt(made, now)
    assert correction is not None
    kept = correction.changes[0]
    assert (kept["enrollment_id"], kept["certificate"], kept["applied"]) == (room.enrollments[0], code, False)
    assert stands(room).value == K
    # The points did change, and once the certificate is gone the same key finishes its work.
    certificate = issuing.certificates(signed)[0]
    issuing.change(signed, certificate, "revoke", now + timedelta(minutes=1))
    again = adopt(made, now + timedelta(minutes=2))
    assert again is not None
    assert again.new_version == 3
    assert (stands(room).value, stands(room).source) == (BK, "key")
    state = db.session.execute(
        sa.select(Enrollment.state).where(Enrollment.id == room.enrollments[0])
    ).scalar_one()
    assert state == "not_completed"


def test_a_risen_result_completes_a_signed_course(db_session: Any, now: datetime) -> None:
    signed, made = signed_class(now, needed=33)
    room = signed.room
    rest_on(sit(made, 0, [0, 3]), room, 0, BK)
    with transaction():
        db.session.execute(sa.update(Enrollment).values(state="not_completed"))
    adopt(made, now)
    assert (stands(room).value, stands(room).source) == (K, "key")
    states = db.session.execute(sa.select(Enrollment.id, Enrollment.state)).all()
    # Nobody else's is touched.
    assert {row.id for row in states if row.state == "completed"} == {room.enrollments[0]}


def test_whose_answers_are_gone_is_not_scored_again(db_session: Any, now: datetime) -> None:
    signed, made = signed_class(now)
    rest_on(sit(made, 0, [2, 3]), signed.room, 0, K)
    (one,) = preview(made, now).effects
    assert one.holder.enrollment_id == signed.room.enrollments[0]
    assert preview(made, now + timedelta(days=735)).effects == ()
