"""What arrives from a class without signal: once, in order, by whom it was, never over a colleague unseen."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from portal.assessment import services as judging
from portal.assessment.models import AssessmentSheet, Verdict
from portal.attendance import services as marking
from portal.attendance.models import AttendanceChange, AttendanceMark
from portal.batches.models import Batch
from portal.core.audit import AuditEvent
from portal.core.db import db, transaction
from portal.core.errors import DomainError
from portal.core.permissions import Grant, GrantedActor, Role
from portal.desks import forms_offline as forms
from portal.desks.offline_sync import MARK, VERDICT, Answer, deliver
from portal.enrollment.models import Enrollment
from portal.people.models import Person
from tests.support.classroom import Classroom, account, build

CLIENT = 1_795_000_000_000
YEARS = 731 * 24 * 3_600_000
NOON = datetime(2026, 11, 20, 5, 0, tzinfo=UTC)


@pytest.fixture
def room(db_session: Any) -> Classroom:
    return build()


def tap(room: Classroom, mark: str = "present", person: int = 0, **changes: Any) -> dict[str, Any]:
    number = changes.pop("number", 1)
    payload = {
        "session": room.sessions[0], "enrollment": room.enrollments[person], "mark": mark,
        "version": changes.pop("version", 0), **changes.pop("payload", {}),
    }  # fmt: skip
    return {
        "op_id": f"{number:032x}", "user_id": room.instructor.id, "endpoint": MARK, "seq": number,
        "client_time": CLIENT - 60_000, "payload": payload, **changes,
    }  # fmt: skip


def judge(room: Classroom, value: str = "competent", note: str = "", **changes: Any) -> dict[str, Any]:
    number = changes.pop("number", 1)
    payload = {
        "session": room.sessions[0], "enrollment": room.enrollments[0], "unit": room.units[0], "value": value,
        "note": note, "criteria": [], "version": changes.pop("version", 0), **changes.pop("payload", {}),
    }  # fmt: skip
    return {**tap(room, number=number), "endpoint": VERDICT, "payload": payload, **changes}


def send(
    room: Classroom, *ops: dict[str, Any], actor: Any = None, client_now: int = CLIENT, now: datetime = NOON
) -> list[Answer]:
    body = json.dumps({"client_now": client_now, "ops": ops}).encode()
    sent = forms.read_queue(body)
    answers = deliver(sent.operations, client_now=sent.client_now, actor=actor or room.actor(), now=now)
    db.session.rollback()
    db.session.expire_all()
    return answers


def stored(room: Classroom, person: int = 0) -> AttendanceMark | None:
    return db.session.get(AttendanceMark, (room.sessions[0], room.enrollments[person]))


def count(model: Any) -> int:
    return int(db.session.scalar(sa.select(sa.func.count()).select_from(model)) or 0)


def colleague(room: Classroom) -> GrantedActor:
    """Another instructor of the same class."""
    from portal.batches.models import SessionStaff
    from portal.centers.models import Staff

    with transaction() as session:
        user = account("Budi Rekan", Role.INSTRUCTOR)
        staff = Staff(center_id=room.center_id, name="Budi Rekan", user_id=user.id)
        session.add(staff)
        session.flush()
        for session_id in room.sessions:
            session.add(SessionStaff(session_id=session_id, staff_id=staff.id, role="instructor"))
    return GrantedActor(user.id, None, user.name, (Grant(Role.INSTRUCTOR, "self", ""),))


def test_a_tap_is_stored_as_an_offline_mark_of_the_account_that_sends_it(room: Classroom) -> None:
    answer = send(room, tap(room, "late"))[0]
    assert (answer.outcome, answer.current["version"]) == ("saved", 1)
    mark = stored(room)
    assert mark is not None
    assert (mark.mark, mark.evidence, mark.version) == ("late", "offline", 1)
    assert mark.recorded_by == room.instructor.id
    assert mark.noted_at == NOON - timedelta(minutes=1)
    assert mark.recorded_at == NOON


def test_the_same_operation_fifty_times_is_one_effect_and_one_answer(room: Classroom) -> None:
    first = send(room, tap(room))[0]
    answers = [send(room, tap(room))[0] for _ in range(25)] + send(room, *[tap(room)] * 25)
    assert {one.outcome for one in answers} == {"repeated"}
    assert {json.dumps(one.current, sort_keys=True) for one in answers} == {
        json.dumps(first.current, sort_keys=True)
    }
    mark = stored(room)
    assert mark is not None
    assert mark.version == 1
    assert count(AttendanceChange) == 0
    events = sa.select(sa.func.count()).where(AuditEvent.action == "attendance.recorded")
    assert db.session.scalar(events) == 1


@pytest.mark.parametrize("off", [-YEARS, YEARS])
def test_a_clock_two_years_off_changes_nothing(room: Classroom, off: int) -> None:
    op = tap(room, client_time=CLIENT + off - 60_000)
    assert send(room, op, client_now=CLIENT + off)[0].outcome == "saved"
    mark = stored(room)
    assert mark is not None
    assert (mark.noted_at, mark.recorded_at) == (NOON - timedelta(minutes=1), NOON)


@pytest.mark.parametrize(
    ("client_time", "noted"),
    [(CLIENT - YEARS, datetime(2026, 11, 19, 17, 0, tzinfo=UTC)), (CLIENT + YEARS, NOON)],
)
def test_a_clock_changed_meanwhile_stays_within_the_day(
    room: Classroom, client_time: int, noted: datetime
) -> None:
    assert send(room, tap(room, client_time=client_time))[0].outcome == "saved"
    mark = stored(room)
    assert mark is not None
    assert mark.noted_at == noted


def test_two_taps_on_one_cell_end_at_the_last_also_out_of_order(room: Classroom) -> None:
    ops = [tap(room, "absent", number=2), tap(room, "present", number=1)]
    answers = send(room, *ops)
    assert [one.outcome for one in answers] == ["saved", "saved"]
    mark = stored(room)
    assert mark is not None
    assert (mark.mark, mark.version) == ("absent", 2)
    # The whole sent again, as after a lost answer, changes nothing.
    assert [one.outcome for one in send(room, *ops)] == ["repeated", "repeated"]
    # The second alone after the first was answered by "repeated" follows it, too.
    assert [one.outcome for one in send(room, ops[1], tap(room, "late", number=3))] == [
        "repeated",
        "conflict",
    ]


def test_a_colleagues_mark_is_never_overwritten_unseen(room: Classroom) -> None:
    other = colleague(room)
    with transaction():
        marking.record_attendance(
            session_id=room.sessions[0], enrollment_id=room.enrollments[0], mark="late", actor=other, now=NOON
        )
    answer = send(room, tap(room, "present"), tap(room, "present", person=1, number=2))
    assert [one.outcome for one in answer] == ["conflict", "saved"]
    stands = answer[0].current
    assert (stands["mark"], stands["version"], stands["by"]) == ("late", 1, "Budi Rekan")
    assert "20 November 2026, pukul 12.00 WIB" in stands["at"]
    assert stored(room).mark == "late"  # type: ignore[union-attr]
    # "Pakai pilihan saya": again with the version that stands.
    assert send(room, tap(room, "present", number=3, version=1))[0].outcome == "saved"
    mark = stored(room)
    assert mark is not None
    assert (mark.mark, mark.version) == ("present", 2)


def test_the_same_choice_as_the_colleague_is_no_conflict(room: Classroom) -> None:
    other = colleague(room)
    with transaction():
        marking.record_attendance(
            session_id=room.sessions[0], enrollment_id=room.enrollments[0], mark="present", actor=other,
            now=NOON,
        )  # fmt: skip
    answer = send(room, tap(room, "present"))[0]
    assert (answer.outcome, answer.current["version"]) == ("saved", 1)
    assert stored(room).recorded_by == other.user_id  # type: ignore[union-attr]


def test_a_scanned_card_is_evidence_and_must_be_that_persons(room: Classroom) -> None:
    tokens = [f"0123456789ABCDE{index}" for index in range(4)]
    with transaction() as session:
        for number, token in zip(room.enrollments, tokens, strict=True):
            session.get(Enrollment, number).card_token = token
    right = tap(room, payload={"card": tokens[0]})
    wrong = tap(room, person=1, number=2, payload={"card": tokens[2]})
    answers = send(room, right, wrong)
    assert [one.outcome for one in answers] == ["saved", "refused"]
    assert "bukan kartu peserta ini" in answers[1].message
    assert stored(room).evidence == "card"  # type: ignore[union-attr]
    assert stored(room, 1) is None


def test_a_verdict_arrives_with_its_note_and_criteria(room: Classroom) -> None:
    op = judge(
        room, "not_yet_competent", "Saldo belum cocok", payload={"criteria": [room.criteria[0]]}
    )  # fmt: skip
    answer = send(room, op)[0]
    assert (answer.outcome, answer.current) == ("saved", {"value": "not_yet_competent", "version": 1})
    verdict = db.session.scalars(sa.select(Verdict)).one()
    assert (verdict.note, verdict.criteria) == ("Saldo belum cocok", [room.criteria[0]])
    assert verdict.judged_by == room.instructor.id
    assert send(room, op)[0].outcome == "repeated"
    assert count(Verdict) == 1
    event = db.session.scalars(sa.select(AuditEvent).where(AuditEvent.action == "verdict.offline")).one()
    assert event.data["noted_at"] == "2026-11-20T04:59:00+00:00"


def test_a_verdict_of_a_colleague_is_a_conflict_with_both(room: Classroom) -> None:
    with transaction():
        judging.record_verdict(
            enrollment_id=room.enrollments[0], unit_id=room.units[0], value="not_yet_competent",
            note="Kurang rapi", actor=room.assessor_actor(), now=NOON,
        )  # fmt: skip
    answer = send(room, judge(room))[0]
    assert answer.outcome == "conflict"
    assert (answer.current["value"], answer.current["note"], answer.current["by"]) == (
        "not_yet_competent", "Kurang rapi", "Andi Asesor",
    )  # fmt: skip


def _sign(room: Classroom) -> None:
    with transaction() as session:
        session.get(Batch, room.batch_id).state = "finalized"
        session.add(
            AssessmentSheet(batch_id=room.batch_id, signed_by=None, signer_name="Ratna", signed_at=NOON)
        )


def _leave(room: Classroom) -> None:
    with transaction() as session:
        session.get(Enrollment, room.enrollments[0]).state = "withdrawn"


def test_refusals_say_why_and_change_nothing(room: Classroom) -> None:
    away = build()
    stranger = GrantedActor(
        away.instructor.id, None, "Orang Lain", (Grant(Role.INSTRUCTOR, "self", ""),)
    )  # fmt: skip
    trainee = GrantedActor(room.instructor.id, None, "Ratna", (Grant(Role.TRAINEE, "self", ""),))
    own = {"enrollment": away.enrollments[0]}
    cases: list[tuple[dict[str, Any], Any, str]] = [
        (tap(room), stranger, "akun lain"),
        (tap(room, user_id=away.instructor.id), stranger, "tidak ada lagi di daftar Anda"),
        (tap(room), trainee, "tidak lagi boleh"),
        (tap(room, payload=own), None, "tidak ada lagi di daftar Anda"),
        (tap(room, payload={"session": away.sessions[0]}), None, "tidak ada lagi di daftar Anda"),
        (tap(room, "cleared"), None, "Pilih salah satu"),
        (judge(room, "not_yet_competent"), None, "BK perlu catatan"),
        (judge(room, payload={"unit": 987_654}), None, "bukan bagian dari kurikulum"),
        (judge(room, payload=own), None, "tidak ada lagi di daftar Anda"),
        (judge(room, "not_yet_competent", "x", payload={"criteria": [9]}), None, "bukan bagian dari unit"),
    ]
    for op, actor, words in cases:
        answer = send(room, op, actor=actor)[0]
        assert answer.outcome == "refused", (op, answer)
        assert words in answer.message, (op, answer)
    assert count(AttendanceMark) == count(Verdict) == 0
    # A refused operation was not spent: once what was in its way is gone, it is taken.
    assert send(room, tap(room))[0].outcome == "saved"


def test_a_signed_sheet_and_somebody_who_left_are_refused(room: Classroom) -> None:
    _leave(room)
    answer = send(room, tap(room))[0]
    assert (answer.outcome, answer.message) == (
        "refused", "Peserta atau pertemuan ini tidak ada lagi di daftar Anda.",
    )  # fmt: skip
    _sign(room)
    answers = send(
        room, tap(room, person=1), judge(room, number=2, payload={"enrollment": room.enrollments[1]})
    )
    assert {one.outcome for one in answers} == {"refused"}
    assert all("ditandatangani" in one.message for one in answers)


def test_nobody_marks_themselves_or_their_cooperative_without_signal(room: Classroom) -> None:
    own = room.actor(person_id=room.people[0])
    assert (
        "diri" in send(room, tap(room), actor=own)[0].message
        or "sendiri" in send(room, tap(room), actor=own)[0].message
    )
    assert stored(room) is None
    assert db.session.get(Person, room.people[0]) is not None


def test_one_refusal_does_not_stop_the_others(room: Classroom) -> None:
    ops = [tap(room, "nonsense"), tap(room, person=1, number=2), judge(room, number=3)]
    assert [one.outcome for one in send(room, *ops)] == ["refused", "saved", "saved"]


BAD_OPS: list[Any] = [
    None, 7, "x", [], {},
    {"op_id": "ABC"}, {"op_id": "0" * 31}, {"op_id": 5},
]  # fmt: skip
BAD_CHANGES: list[dict[str, Any]] = [
    {"op_id": "A" * 32}, {"op_id": "0" * 33}, {"user_id": "1"}, {"user_id": None}, {"user_id": True},
    {"endpoint": "accounts.delete"}, {"endpoint": None}, {"seq": -1}, {"seq": 1.5}, {"client_time": 10**20},
    {"client_time": "now"}, {"payload": None}, {"payload": []}, {"payload": {}}, {"extra": 1},
    {"payload": {"session": 1, "enrollment": 1, "mark": "present"}},
    {"payload": {"session": "1", "enrollment": 1, "mark": "present", "version": 0}},
    {"payload": {"session": 10**18, "enrollment": 1, "mark": "present", "version": 0}},
    {"payload": {"session": 1, "enrollment": 1, "mark": "x" * 13, "version": 0}},
    {"payload": {"session": 1, "enrollment": 1, "mark": "a\0b", "version": 0}},
    {"payload": {"session": 1, "enrollment": 1, "mark": "present", "version": 0, "card": "short"}},
]  # fmt: skip


def test_operations_of_no_known_shape_are_refused_one_by_one(room: Classroom) -> None:
    ops = [*BAD_OPS, *({**tap(room), **change} for change in BAD_CHANGES), tap(room, number=99)]
    answers = send(room, *ops)
    assert [one.outcome for one in answers[:-1]] == ["refused"] * (len(ops) - 1)
    assert {one.message for one in answers[:-1]} == {"Catatan ini tidak terbaca."}
    assert answers[-1].outcome == "saved"


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        ({"note": "a\0b"}, True), ({"note": "\ud800"}, True), ({"note": 5}, True), ({"criteria": "1"}, True),
        ({"criteria": [1.5]}, True), ({"criteria": list(range(101))}, True), ({"value": None}, True),
        ({"note": "x" * 4001}, True), ({"note": "Baik"}, False),
    ],
)  # fmt: skip
def test_verdicts_are_read_strictly(room: Classroom, change: dict[str, Any], wrong: bool) -> None:
    answer = send(room, judge(room, payload=change))[0]
    assert (answer.message == "Catatan ini tidak terbaca.") == wrong


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "queue_shape"), (b"{", "queue_shape"), (b"[]", "queue_shape"), (b"null", "queue_shape"),
        (b"\xff\xfe", "queue_shape"), (b'{"client_now": 1}', "queue_shape"),
        (b'{"client_now": "1", "ops": []}', "queue_shape"), (b'{"client_now": 1, "ops": {}}', "queue_shape"),
        (b'{"client_now": 1, "ops": ' + b"[" * 100_000, "queue_shape"),
        (b'{"client_now": 1, "ops": [' + b",".join([b"0"] * 201) + b"]}", "queue_too_large"),
        (b" " * (256 * 1024 + 1), "queue_too_large"),
    ],
)  # fmt: skip
def test_an_envelope_that_is_none_is_refused_whole(app: Any, body: bytes, code: str) -> None:
    with app.test_request_context("/"), pytest.raises(DomainError) as refused:
        forms.read_queue(body)
    assert refused.value.code == code
    assert refused.value.status == (413 if code == "queue_too_large" else 422)
