"""Verdicts and the signed sheet on a real database."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from portal.assessment import queries, services
from portal.assessment.models import AssessmentSheet, Verdict
from portal.assessment.services import VerdictEntry
from portal.attendance import services as attendance
from portal.batches.models import Batch
from portal.core.audit import AuditEvent
from portal.core.db import db, transaction
from portal.core.errors import Conflict, DomainError, Forbidden, NotFound
from portal.core.permissions import SYSTEM, Grant, GrantedActor, Role
from portal.enrollment.models import Enrollment
from tests.support import classroom
from tests.support.classroom import Classroom, build

K, BK = "competent", "not_yet_competent"


@pytest.fixture
def room(db_session: Any) -> Classroom:
    return build()


def judge(
    room: Classroom, now: datetime, value: str = K, person: int = 0, unit: int = 0, **more: Any
) -> Verdict:
    wanted: dict[str, Any] = {"actor": room.actor(), **more}
    with transaction():
        return services.record_verdict(
            enrollment_id=room.enrollments[person], unit_id=room.units[unit], value=value, now=now, **wanted
        )


def count(model: Any) -> int:
    return db.session.execute(sa.select(sa.func.count()).select_from(model)).scalar_one()


def events() -> int:
    return db.session.execute(
        sa.select(sa.func.count()).select_from(AuditEvent).where(AuditEvent.action == "verdict.recorded")
    ).scalar_one()


def fill(room: Classroom, now: datetime, away: int | None = None, weak: int | None = None) -> None:
    """Everybody present and K, but for one who never came and one with a BK."""
    marks = dict.fromkeys(room.enrollments, "present")
    if away is not None:
        marks[room.enrollments[away]] = "absent"
    entries = [
        VerdictEntry(enrollment_id, unit_id, K)
        for index, enrollment_id in enumerate(room.enrollments)
        for unit_id in room.units
        if index != away
    ]
    with transaction():
        for session_id in room.sessions:
            attendance.record_many(session_id=session_id, marks=marks, actor=SYSTEM, now=now)
        services.record_verdicts(batch_id=room.batch_id, entries=entries, actor=SYSTEM, now=now)
    if weak is not None:
        judge(room, now, BK, weak, note="Buku kas belum seimbang")


def states(room: Classroom) -> list[str]:
    rows = db.session.execute(
        sa.select(Enrollment.state).where(Enrollment.batch_id == room.batch_id).order_by(Enrollment.id)
    )
    return [row.state for row in rows]


def test_a_verdict_is_stored_with_its_judge_and_one_event(room: Classroom, now: datetime) -> None:
    found = judge(room, now, BK, note=" Bukti belum urut ", criteria=[room.criteria[1], room.criteria[0]])
    assert (found.value, found.note, found.version, found.judged_by) == (
        BK, "Bukti belum urut", 1, room.instructor.id
    )  # fmt: skip
    assert found.criteria == sorted(room.criteria[:2])
    assert events() == 1


def test_the_same_again_is_no_new_version(room: Classroom, now: datetime) -> None:
    judge(room, now, BK, note="Ulangi")
    judge(room, now + timedelta(minutes=1), BK, note="Ulangi ")
    assert (count(Verdict), events()) == (1, 1)


def test_a_retest_is_a_new_version_and_keeps_the_old(room: Classroom, now: datetime) -> None:
    judge(room, now, BK, note="Ulangi", criteria=room.criteria[:1])
    found = judge(room, now, K, expected_version=1)
    assert (found.value, found.version, found.criteria) == (K, 2, [])
    versions = queries.versions_of(room.enrollments[0])[room.units[0]]
    assert [(v.version, v.value, v.note) for v in versions] == [(2, K, ""), (1, BK, "Ulangi")]
    assert len(queries.verdicts_of_batch(room.batch_id)) == 1


def test_bk_needs_a_note(room: Classroom, now: datetime) -> None:
    with pytest.raises(DomainError) as refused:
        judge(room, now, BK, note="  ")
    assert (refused.value.code, refused.value.field, refused.value.status) == ("note_needed", "note", 422)
    assert count(Verdict) == 0


def test_criteria_and_units_are_bound_to_their_parent(room: Classroom, now: datetime) -> None:
    other = build()
    with pytest.raises(DomainError) as refused:
        judge(room, now, BK, note="x", criteria=[other.criteria[0]])
    assert refused.value.code == "criteria_foreign"
    with pytest.raises(DomainError) as refused:
        judge(room, now, BK, note="x", criteria=[room.criteria[2]])  # of the second unit
    assert refused.value.code == "criteria_foreign"
    with pytest.raises(DomainError) as refused, transaction():
        services.record_verdict(
            enrollment_id=room.enrollments[0], unit_id=other.units[0], value=K, actor=room.actor(), now=now
        )
    assert refused.value.code == "unit_foreign"
    assert count(Verdict) == 0


def test_a_foreign_batch_is_not_found(room: Classroom, now: datetime) -> None:
    other = build()
    with pytest.raises(NotFound):
        judge(room, now, actor=other.actor())
    with pytest.raises(NotFound), transaction():
        services.finalize_sheet(batch_id=room.batch_id, actor=other.actor(), now=now)


def test_people_of_another_batch_are_refused_all_or_nothing(room: Classroom, now: datetime) -> None:
    other = build()
    entries = [VerdictEntry(i, room.units[0], K) for i in (*room.enrollments, other.enrollments[0])]
    with pytest.raises(DomainError) as refused, transaction():
        services.record_verdicts(batch_id=room.batch_id, entries=entries, actor=room.actor(), now=now)
    assert refused.value.code == "outside_batch"
    assert count(Verdict) == 0


def test_a_role_without_permission_is_forbidden(room: Classroom, now: datetime) -> None:
    admin = GrantedActor(
        room.admin.id, None, "Wulan", (Grant(Role.CENTER_ADMIN, "center", str(room.center_id)),)
    )
    with pytest.raises(Forbidden):
        judge(room, now, actor=admin)
    with pytest.raises(Forbidden), transaction():
        services.finalize_sheet(batch_id=room.batch_id, actor=admin, now=now)


def test_nobody_judges_or_signs_for_their_own(room: Classroom, now: datetime) -> None:
    with pytest.raises(Forbidden) as refused:
        judge(room, now, actor=room.actor(person_id=room.people[0]))
    assert refused.value.code == "own_result"
    person = classroom.newcomer()
    classroom.hold_post(person, room.cooperatives[1])
    with pytest.raises(Forbidden) as refused:
        judge(room, now, person=1, actor=room.assessor_actor(person_id=person))
    assert refused.value.code == "own_cooperative"
    fill(room, now)
    with pytest.raises(Forbidden), transaction():
        services.finalize_sheet(batch_id=room.batch_id, actor=room.actor(person_id=person), now=now)


def test_a_trainer_does_not_judge_where_the_program_separates(db_session: Any, now: datetime) -> None:
    room = build(separate_assessor=True)
    with pytest.raises(Forbidden) as refused:
        judge(room, now)
    assert refused.value.code == "trainer_may_not_judge"
    assert judge(room, now, actor=room.assessor_actor()).version == 1


def test_a_stale_version_names_the_other_judge(room: Classroom, now: datetime) -> None:
    judge(room, now, BK, note="Ulangi", actor=room.assessor_actor())
    with pytest.raises(Conflict) as refused:
        judge(room, now, K, expected_version=0)
    assert refused.value.code == "verdict_conflict"
    assert "Andi Asesor" in refused.value.message
    assert "BK" in refused.value.message


def test_verdicts_wait_for_the_first_day(db_session: Any) -> None:
    room = build(start=datetime(2026, 11, 23, 1, 0, tzinfo=UTC))
    with pytest.raises(DomainError) as refused:
        judge(room, datetime(2026, 11, 22, 16, 0, tzinfo=UTC))
    assert refused.value.code == "batch_not_begun"


def test_the_rest_of_a_person_is_k_and_a_bk_stays(room: Classroom, now: datetime) -> None:
    judge(room, now, BK, unit=1, note="Ulangi")
    for expected in (2, 0):
        with transaction():
            changed = services.judge_rest(
                batch_id=room.batch_id, enrollment_id=room.enrollments[0], actor=room.actor(), now=now
            )
        assert changed == expected
    values = {unit: verdict.value for unit, verdict in queries.verdicts_of(room.enrollments[0]).items()}
    assert values == dict(zip(room.units, (K, BK, K), strict=True))


def test_many_verdicts_take_a_bounded_number_of_statements(
    db_session: Any, now: datetime, query_count: Callable[..., Any]
) -> None:
    counts = []
    for people in (4, 60):
        room = build(people=people)
        entries = [VerdictEntry(e, u, K) for e in room.enrollments for u in room.units]
        with query_count(at_most=12) as seen, transaction():
            services.record_verdicts(batch_id=room.batch_id, entries=entries, actor=room.actor(), now=now)
        counts.append(len(seen))
    assert counts[0] == counts[1]


def test_an_open_sheet_lists_every_blank(room: Classroom, now: datetime) -> None:
    with transaction():
        attendance.record_many(
            session_id=room.sessions[0],
            marks=dict.fromkeys(room.enrollments[:3], "present"),
            actor=SYSTEM,
            now=now,
        )
    judge(room, now, K, unit=0)
    with pytest.raises(DomainError) as refused, transaction():
        services.finalize_sheet(batch_id=room.batch_id, actor=room.actor(), now=now)
    assert (refused.value.code, refused.value.status) == ("sheet_incomplete", 422)
    blanks = refused.value.details["blanks"]
    marks = [b for b in blanks if b.session_id]
    verdicts = [b for b in blanks if b.unit_id]
    assert len(marks) == 4 * 3 - 3
    # Who was in no session needs no verdict.
    assert len(verdicts) == 3 * 3 - 1
    assert count(AssessmentSheet) == 0
    assert set(states(room)) == {"confirmed"}


def test_signing_ends_the_enrollments_and_the_batch(room: Classroom, now: datetime) -> None:
    fill(room, now, away=2, weak=1)
    later = now + timedelta(hours=1)
    with transaction():
        sheet = services.finalize_sheet(batch_id=room.batch_id, actor=room.actor(), now=later)
    assert (sheet.signer_name, sheet.signed_by) == ("Ratna Puspita", room.instructor.id)
    assert states(room) == ["completed", "not_completed", "no_show", "completed"]
    assert queries.is_final(room.batch_id)
    batch = db.session.get(Batch, room.batch_id)
    assert batch is not None
    assert batch.state == "finalized"


def test_too_little_attendance_is_not_completed(room: Classroom, now: datetime) -> None:
    fill(room, now)
    with transaction():
        attendance.record_attendance(
            session_id=room.sessions[0], enrollment_id=room.enrollments[0], mark="sick",
            reason="Surat dokter", actor=SYSTEM, now=now,
        )  # fmt: skip
        services.finalize_sheet(batch_id=room.batch_id, actor=SYSTEM, now=now)
    assert states(room)[0] == "not_completed"


def test_after_signing_nothing_changes_any_more(room: Classroom, now: datetime) -> None:
    fill(room, now)
    with transaction():
        services.finalize_sheet(batch_id=room.batch_id, actor=room.actor(), now=now)
    for change in (
        lambda: judge(room, now, BK, note="Terlambat"),
        lambda: services.finalize_sheet(batch_id=room.batch_id, actor=room.actor(), now=now),
        lambda: attendance.mark_rest(
            session_id=room.sessions[0], mark="present", actor=room.actor(), now=now
        ),
    ):
        with pytest.raises(Conflict) as refused:
            if change.__code__.co_names[0] == "judge":
                change()
            else:
                with transaction():
                    change()
        assert refused.value.code == "sheet_final"
        assert "ditandatangani" in refused.value.message


def test_an_empty_batch_cannot_be_signed(db_session: Any, now: datetime) -> None:
    room = build(people=0)
    with pytest.raises(DomainError) as refused, transaction():
        services.finalize_sheet(batch_id=room.batch_id, actor=room.actor(), now=now)
    assert refused.value.code == "sheet_empty"


def test_a_person_reads_their_units_with_what_is_missing(room: Classroom, now: datetime) -> None:
    judge(room, now, BK, unit=1, note="Belum urut", criteria=[room.criteria[2]])
    results = queries.verdicts_of_enrollment(room.enrollments[0])
    assert [r.value for r in results] == ["", BK, ""]
    assert (results[1].note, results[1].unmet) == ("Belum urut", ["Bukti transaksi 1 dicatat berurutan"])
