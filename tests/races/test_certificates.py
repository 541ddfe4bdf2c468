"""Issuing at the same moment: one certificate a person, numbers without a gap, nobody with a BK."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from portal.assessment.models import AssessmentSheet, Verdict
from portal.assessment.services import finalize_sheet, record_verdict
from portal.assessment.services.corrections import ask_correction, decide_correction
from portal.batches.models import Batch
from portal.certificates import checkpoints, merkle
from portal.certificates.logcheck import check_tree, snapshot
from portal.certificates.logrecords import check_records
from portal.certificates.models import Certificate, CertificateRequest, LogCheckpoint, LogLeaf
from portal.certificates.queries import certificates_touched
from portal.certificates.services import decide_request, prepare_change, prepare_issue
from portal.core import jobs
from portal.core.db import db, transaction
from portal.core.permissions import Grant, GrantedActor, Role
from portal.enrollment.models import Enrollment
from tests.support import classroom
from tests.support.issuing import Signed, certificates, change, issue, sign_class
from tests.support.logs import verifier_of_log
from tests.support.races import CONCURRENT, ROUNDS, at_once

ISSUERS, HEADS = 8, 5


def prepared(signed: Signed, now: Any) -> int:
    with transaction():
        return int(prepare_issue(batch_id=signed.room.batch_id, actor=signed.admin, now=now).id)


def approve(request_id: int, head: GrantedActor, now: Any) -> Callable[[], None]:
    def job() -> None:
        with transaction():
            decide_request(request_id=request_id, approve=True, actor=head, now=now)
        jobs.run_pending()

    return job


def second_head(signed: Signed) -> GrantedActor:
    with transaction():
        center = str(signed.room.center_id)
        user = classroom.account("Kepala Kedua", Role.CENTER_HEAD, "center", center)
    return GrantedActor(user.id, None, user.name, (Grant(Role.CENTER_HEAD, "center", center),))


def test_one_request_approved_by_many_issues_once(app: Any, db_session: Any, now: Any) -> None:
    signed = sign_class(now, people=2)
    for _round in range(ROUNDS):
        heads = [signed.head, second_head(signed)] * (CONCURRENT // 2)
        request_id = prepared(signed, now)
        outcomes = at_once(app, [approve(request_id, head, now) for head in heads])
        assert outcomes.count("ok") == 1, outcomes
        jobs.run_pending()
        held = Counter(certificate.enrollment_id for certificate in certificates(signed))
        assert held == dict.fromkeys(signed.room.enrollments, 1)
        signed = sign_class(now, people=2, like=signed.room)


def test_one_job_run_by_many_issues_once(app: Any, db_session: Any, now: Any) -> None:
    signed = None
    for _round in range(ROUNDS):
        signed = sign_class(now, people=4, like=signed.room if signed else None)
        request_id = prepared(signed, now)
        with transaction():
            decide_request(request_id=request_id, approve=True, actor=signed.head, now=now)
        assert at_once(app, [jobs.run_pending] * CONCURRENT) == ["ok"] * CONCURRENT
        jobs.run_pending()
        held = certificates(signed)
        assert Counter(c.enrollment_id for c in held) == dict.fromkeys(signed.room.enrollments, 1)
        assert db.session.get_one(CertificateRequest, request_id).state == "done"


def test_issuers_of_one_center_and_program_leave_no_gap_in_the_numbers(
    app: Any, db_session: Any, now: Any
) -> None:
    first = sign_class(now, people=2)
    issued = 0
    for round_ in range(ROUNDS):
        people = 1 + round_ % 2
        classes = [sign_class(now, people=people, like=first.room) for _ in range(ISSUERS)]
        assert ISSUERS * HEADS == CONCURRENT
        requests = [prepared(signed, now) for signed in classes]
        pairs = [*zip(requests, classes, strict=True)] * HEADS
        outcomes = at_once(app, [approve(number, signed.head, now) for number, signed in pairs])
        for index in range(ISSUERS):
            assert outcomes[index::ISSUERS].count("ok") == 1, round_
        jobs.run_pending()
        issued += people * ISSUERS
        db.session.rollback()
        serials = sorted(
            int(number.split("/")[0]) for number in db.session.scalars(sa.select(Certificate.number))
        )
        assert serials == list(range(1, issued + 1))
        leaves = sorted(db.session.scalars(sa.select(LogLeaf.seq)))
        assert leaves == list(range(len(leaves)))
        assert len(leaves) == issued
    assert_checkpoints_cover_every_append(ROUNDS * ISSUERS)


def assert_checkpoints_cover_every_append(appends: int) -> None:
    """One checkpoint an append, numbered without a gap, each signed over the tree as it was then."""
    rows = list(db.session.execute(sa.select(*LogCheckpoint.__table__.columns).order_by(LogCheckpoint.size)))
    leaves = list(db.session.scalars(sa.select(LogLeaf.data).order_by(LogLeaf.seq)))
    assert [row.position for row in rows] == list(range(appends))
    assert rows[-1].size == len(leaves)
    roots, edge = {}, []
    for number, leaf in enumerate(leaves):
        merkle.grow_edge(edge, number, merkle.leaf_hash(bytes(leaf)))
        roots[number + 1] = merkle.fold(edge)
    for row in rows:
        opened = checkpoints.open_checkpoint(row.note, verifier_of_log())
        assert (opened.size, opened.root) == (row.size, roots[row.size])
    db.session.rollback()
    with snapshot() as connection:
        assert [*check_tree(connection), *check_records(connection)] == []


def test_nobody_is_certified_with_a_result_lowered_at_the_same_moment(
    app: Any, db_session: Any, now: Any
) -> None:
    signed = sign_class(now, people=1)
    for _round in range(ROUNDS):
        signed = sign_class(now, people=1, like=signed.room)
        room = signed.room
        with transaction() as session:
            session.execute(sa.delete(AssessmentSheet).where(AssessmentSheet.batch_id == room.batch_id))
            session.execute(sa.update(Batch).where(Batch.id == room.batch_id).values(state="published"))

        trainer, judge, admin, head = room.actor(), room.assessor_actor(), signed.admin, signed.head

        def lower(room: classroom.Classroom = room, judge: GrantedActor = judge) -> None:
            with transaction():
                record_verdict(
                    enrollment_id=room.enrollments[0], unit_id=room.units[0], value="not_yet_competent",
                    note="Saldo kas belum cocok", actor=judge, now=now,
                )  # fmt: skip

        def sign_and_issue(
            batch_id: int = room.batch_id, trainer: GrantedActor = trainer, admin: GrantedActor = admin,
            head: GrantedActor = head,
        ) -> None:  # fmt: skip
            with transaction():
                finalize_sheet(batch_id=batch_id, actor=trainer, now=now)
            with transaction():
                request_id = prepare_issue(batch_id=batch_id, actor=admin, now=now).id
            approve(request_id, head, now)()

        outcomes = at_once(app, [sign_and_issue, lower] * (CONCURRENT // 2))
        values = set(
            db.session.scalars(
                sa.select(Verdict.value).where(
                    Verdict.enrollment_id == room.enrollments[0], Verdict.is_current.is_(True)
                )
            )
        )
        issued = certificates(signed)
        # Either every unit is K and the certificate is out, or the lowered one came first and none is.
        lowered = "ok" in outcomes[1::2]
        assert (len(issued), values == {"competent"}) == ((0, False) if lowered else (1, True)), outcomes


def test_issuing_again_happens_once_and_never_over_a_result_lowered_at_the_same_moment(
    app: Any, db_session: Any, now: Any
) -> None:
    signed = None
    for _round in range(ROUNDS):
        signed = sign_class(now, people=1, like=signed.room if signed else None)
        room, (old,) = signed.room, issue(signed, now)
        with transaction():
            db.session.execute(
                sa.update(Enrollment).where(Enrollment.id == room.enrollments[0]).values(state="completed")
            )
        change(signed, old, "revoke", now, reason="requirements_not_met")
        with transaction():
            again = prepare_change(
                certificate_id=old.id, action="issue", reason_class="mended", note="", actor=signed.admin,
                now=now,
            ).id  # fmt: skip
            asked = ask_correction(
                batch_id=room.batch_id, enrollment_id=room.enrollments[0], unit_id=room.units[0],
                value="not_yet_competent", note="Saldo kas belum cocok", reason="Salah unit",
                actor=room.assessor_actor(), now=now,
            ).id  # fmt: skip
        head, other = signed.head, second_head(signed)

        def lower(asked: int = asked, head: GrantedActor = head) -> None:
            with transaction():
                decide_correction(correction_id=asked, approve=True, actor=head, now=now)

        jobs_ = [approve(again, head, now), approve(again, other, now), lower, lower] * (CONCURRENT // 4)
        outcomes = at_once(app, jobs_)
        db.session.rollback()
        codes, value = certificates_touched(room.enrollments), db.session.scalar(
            sa.select(Verdict.value).where(
                Verdict.enrollment_id == room.enrollments[0], Verdict.unit_id == room.units[0],
                Verdict.is_current,
            )
        )  # fmt: skip
        assert outcomes.count("ok") == 1, outcomes
        assert (len(certificates(signed)), len(codes), value) in (
            (2, 1, "competent"), (1, 0, "not_yet_competent"),
        )  # fmt: skip
        db.session.rollback()
