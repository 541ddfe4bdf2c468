"""Two people at one result at the same moment: one of them wins, and no certificate stands below pass."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from portal.assessment import queries, services
from portal.assessment.models import Appeal, AssessmentSheet, SecondVerdict, Verdict
from portal.certificates.models import Certificate
from portal.certificates.services import decide_request, prepare_issue
from portal.core import jobs
from portal.core.audit import AuditEvent
from portal.core.db import db, transaction
from portal.core.permissions import Role
from portal.enrollment.models import Enrollment
from tests.support.assessing import (
    BK,
    K,
    assessor_of,
    fill,
    head_of,
    person_actor,
    sign,
    trainee_of,
    verdict,
    with_second_assessor,
)
from tests.support.classroom import build
from tests.support.issuing import sign_class
from tests.support.races import CONCURRENT, ROUNDS, at_once

HALF = CONCURRENT // 2


def _do(work: Callable[..., Any], *args: Any, **how: Any) -> Callable[[], None]:
    def run() -> None:
        with transaction():
            work(*args, **how)

    return run


def test_signing_against_a_second_word_never_signs_a_disagreement(
    app: Any, db_session: Any, now: datetime
) -> None:
    for _round in range(ROUNDS):
        room = build(people=1, units=1)
        user, _staff = with_second_assessor(room)
        fill(room, now)
        found = verdict(room).id
        second = _do(
            services.record_second, batch_id=room.batch_id, verdict_id=found, value=BK, note="Belum",
            actor=person_actor(user, Role.ASSESSOR), now=now,
        )  # fmt: skip
        sign_it = _do(services.finalize_sheet, batch_id=room.batch_id, actor=room.assessor_actor(), now=now)
        outcomes = at_once(app, [sign_it, second] * HALF)
        assert set(outcomes[::2]) == {"sheet_incomplete"}
        assert db.session.get(AssessmentSheet, room.batch_id) is None


def test_two_second_assessors_one_word(app: Any, db_session: Any, now: datetime) -> None:
    for _round in range(ROUNDS):
        room = build(people=1, units=1)
        users = [with_second_assessor(room)[0], assessor_of(room, "Tono Asesor")[0]]
        # Half of the rounds they say the same: the word is still one person's, and the other is told.
        words = (K, BK) if _round % 2 else (K, K)
        fill(room, now)
        found = verdict(room).id
        outcomes = at_once(
            app,
            [
                _do(
                    services.record_second, batch_id=room.batch_id, verdict_id=found, value=value,
                    note="Catatan", actor=person_actor(user, Role.ASSESSOR), now=now,
                )
                for user, value in zip(users, words, strict=True)
            ]
            * HALF,
        )  # fmt: skip
        # Who was first may say the same again; the other is told.
        won = outcomes.index("ok") % 2
        assert outcomes == ["ok" if turn % 2 == won else "second_given" for turn in range(CONCURRENT)]
        given = sa.select(SecondVerdict).where(SecondVerdict.verdict_id == found)
        row = db.session.scalars(given).one()
        assert (row.value, row.note, row.judged_by) == (words[won], "Catatan", users[won].id)
        told = sa.select(sa.func.count()).where(
            AuditEvent.action == "verdict.second", AuditEvent.object_id == str(room.enrollments[0])
        )
        assert db.session.scalar(told) == 1


def test_an_appeal_decided_twice_has_one_answer(app: Any, db_session: Any, now: datetime) -> None:
    for _round in range(ROUNDS):
        room = build(people=1, units=1)
        fill(room, now, weak={0: 0})
        sign(room, now)
        free, staff = assessor_of(room, "Bebas Asesor", in_batch=False)
        trainee = person_actor(trainee_of(room), Role.TRAINEE)
        admin = person_actor(room.admin, Role.CENTER_ADMIN, room.center_id)
        with transaction():
            number = services.file_appeal(
                enrollment_id=room.enrollments[0],
                unit_id=room.units[0],
                reason="Cocok",
                actor=trainee,
                now=now,
            ).id
            services.assign_appeal(appeal_id=number, staff_id=staff, actor=admin, now=now)
        answers = ("upheld", "dismissed")
        outcomes = at_once(
            app,
            [
                _do(
                    services.decide_appeal, appeal_id=number, state=state, decision="Alasan",
                    actor=person_actor(free, Role.ASSESSOR), now=now,
                )
                for state in answers
            ]
            * HALF,
        )  # fmt: skip
        assert sorted(outcomes) == ["appeal_closed"] * (CONCURRENT - 1) + ["ok"]
        won = answers[outcomes.index("ok") % 2]
        assert db.session.get_one(Appeal, number).state == won
        assert verdict(room).value == (K if won == "upheld" else BK)


def test_a_retest_closed_while_the_sheet_is_signed_is_in_the_outcome(
    app: Any, db_session: Any, now: datetime
) -> None:
    for _round in range(ROUNDS):
        room = build(people=1, units=1)
        fill(room, now, weak={0: 0})
        with transaction():
            number = services.open_retest(
                batch_id=room.batch_id, enrollment_id=room.enrollments[0], unit_id=room.units[0],
                actor=room.assessor_actor(), now=now,
            ).id  # fmt: skip
        outcomes = at_once(
            app,
            [
                _do(services.close_retest, number, K, {}, room.assessor_actor(), now),
                _do(services.close_retest, number, BK, {}, room.actor(), now, note="Belum"),
                _do(services.finalize_sheet, batch_id=room.batch_id, actor=room.assessor_actor(), now=now),
                _do(services.finalize_sheet, batch_id=room.batch_id, actor=room.actor(), now=now),
            ]
            * (CONCURRENT // 4),
        )
        passed, failed = outcomes[::4], outcomes[1::4]
        assert sorted(passed + failed) == ["ok"] + ["retest_closed"] * (HALF - 1)
        assert sorted(outcomes[2::4] + outcomes[3::4]) == ["ok"] + ["sheet_final"] * (HALF - 1)
        expected = "completed" if "ok" in passed else "not_completed"
        assert db.session.get_one(Enrollment, room.enrollments[0]).state == expected
        versions = sa.select(sa.func.count()).where(Verdict.enrollment_id == room.enrollments[0])
        assert db.session.scalar(versions) == 2
        assert queries.open_retests(room.batch_id) == {}


def test_a_correction_approved_while_certificates_are_issued_is_never_below_pass(
    app: Any, db_session: Any, now: datetime
) -> None:
    for _round in range(ROUNDS):
        signed = sign_class(now, people=1)
        room = signed.room
        other_head = head_of(room)
        with transaction():
            correction = services.ask_correction(
                batch_id=room.batch_id, enrollment_id=room.enrollments[0], unit_id=room.units[0], value=BK,
                note="Ternyata belum", reason="Lembar tertukar", actor=room.assessor_actor(), now=now,
            ).id  # fmt: skip
        with transaction():
            request = prepare_issue(batch_id=room.batch_id, actor=signed.admin, now=now).id
        with transaction():
            decide_request(request_id=request, approve=True, actor=signed.head, now=now)
        approve = _do(
            services.decide_correction, correction_id=correction, approve=True,
            actor=person_actor(other_head, Role.CENTER_HEAD, room.center_id), now=now,
        )  # fmt: skip
        outcomes = at_once(app, [jobs.run_pending, approve] * HALF)
        assert outcomes[::2] == ["ok"] * HALF
        held = db.session.scalar(
            sa.select(sa.func.count())
            .select_from(Certificate)
            .where(Certificate.enrollment_id == room.enrollments[0])
        )
        value = verdict(room).value
        approved = sorted(outcomes[1::2])
        assert (approved, value, held) in (
            (["correction_decided"] * (HALF - 1) + ["ok"], BK, 0),
            (["certificate_stands"] * HALF, K, 1),
        )
