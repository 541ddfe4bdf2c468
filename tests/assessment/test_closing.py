"""Closing: at the deadline with grace, handed in, void; extra time while people sit; answer files."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from portal.assessment.models import Allowance, Answer, Attempt
from portal.assessment.queries import sittings as queries
from portal.assessment.rules.proposals import digest
from portal.assessment.services import allowances, answer_files, closing, sitting
from portal.assessment.services import tests as planning
from portal.assessment.services.answer_files import page_stamp
from portal.assessment.timers import close_tests
from portal.core.audit import AuditEvent
from portal.core.db import db, transaction
from portal.core.errors import Conflict, DomainError, Forbidden, NotFound
from portal.core.permissions import SYSTEM
from tests.support import classroom
from tests.support.answer_file import seal
from tests.support.queries import count_statements
from tests.support.sat import Sat, right, row_of, sat

MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)


@pytest.fixture
def made(db_session: Any, now: datetime) -> Sat:
    return sat(now, people=3, units=1)


def row(attempt_id: int) -> Attempt:
    return db.session.get(Attempt, attempt_id, populate_existing=True)


def events(action: str) -> list[Any]:
    return list(
        db.session.scalars(sa.select(AuditEvent).where(AuditEvent.action == action).order_by(AuditEvent.seq))
    )


def answer_all(made: Sat, attempt: int, now: datetime, index: int = 0) -> None:
    for item in queries.items_of(attempt):
        made.save(attempt, item.position, 1, right(item.kind, item.content), now, index)


# ---- by itself, and handed in ----


def test_the_timer_closes_after_the_grace_and_scores(made: Sat, now: datetime) -> None:
    attempt = made.start(now)
    answer_all(made, attempt, now)
    end = now + 60 * MINUTE
    for moment, closed in ((end, 0), (end + 30 * SECOND, 0), (end + 31 * SECOND, 1), (end + 5 * MINUTE, 0)):
        assert close_tests(moment) == closed
    found = row(attempt)
    assert (found.state, found.closed_at) == ("expired", end + 31 * SECOND)
    assert found.score == {str(made.room.units[0]): [6.0, 6.0]}
    assert [event.kind for event in queries.events_of([attempt])] == ["started", "expired"]


def test_what_was_received_in_time_and_written_late_is_scored(made: Sat, now: datetime) -> None:
    attempt = made.start(now)
    end = now + 60 * MINUTE
    item = next(one for one in queries.items_of(attempt) if one.kind == "single")
    made.save(attempt, item.position, 1, "a", end + 29 * SECOND, received_at=end)
    assert close_tests(end + 31 * SECOND) == 1
    assert row(attempt).score == {str(made.room.units[0]): [1.0, 6.0]}


def test_many_are_closed_in_pieces(made: Sat, now: datetime, monkeypatch: Any) -> None:
    from portal.assessment import timers

    monkeypatch.setattr(timers, "CHUNK", 2)
    for index in range(3):
        made.start(now, index)
    with count_statements(at_most=60):
        assert close_tests(now + timedelta(hours=2)) == 3


def test_the_digest_of_the_answers_stands_in_the_audit_chain(made: Sat, now: datetime) -> None:
    attempt = made.start(now)
    answer_all(made, attempt, now)
    made.save(attempt, 1, 2, None, now)
    with transaction():
        assert sitting.submit_attempt(attempt_id=attempt, actor=made.trainee(), now=now + MINUTE)
    told = events("test.closed")[0].data
    count, digest = closing.digest_of(attempt)
    assert (told["answers"], told["digest"], told["state"]) == (7, digest, "submitted")
    assert count == 7
    with transaction() as session:
        session.execute(
            sa.update(Answer).where(Answer.attempt_id == attempt, Answer.position == 2).values(answer="x")
        )
    assert closing.digest_of(attempt)[1] != digest


def test_handed_in_twice_is_once_and_takes_nothing_more(made: Sat, now: datetime) -> None:
    attempt = made.start(now)
    for expected in (True, False):
        with transaction():
            done = sitting.submit_attempt(attempt_id=attempt, actor=made.trainee(), now=now + MINUTE)
        assert done is expected
    with pytest.raises(Conflict) as refused:
        made.save(attempt, 1, 1, None, now + 2 * MINUTE)
    assert "sudah dikumpulkan pukul 09.01 WIB" in refused.value.message
    assert len(events("test.closed")) == 1
    assert close_tests(now + timedelta(hours=3)) == 0
    assert row(attempt).state == "submitted"


def test_within_the_grace_nobody_closes(made: Sat, now: datetime) -> None:
    attempt = made.start(now)
    with pytest.raises(Conflict) as refused, transaction():
        sitting.submit_attempt(attempt_id=attempt, actor=made.trainee(), now=now + 60 * MINUTE + SECOND)
    assert refused.value.code == "closing_soon"
    with pytest.raises(NotFound), transaction():
        sitting.submit_attempt(attempt_id=attempt, actor=made.trainee(1), now=now)
    with transaction():
        sitting.submit_attempt(attempt_id=attempt, actor=made.trainee(), now=now + 61 * MINUTE)
    assert row(attempt).state == "expired"


# ---- extra time ----


def extend(made: Sat, minutes: int, now: datetime, index: int | None = 0, **more: Any) -> Any:
    given = {"reason": "Listrik padam", "actor": made.room.actor(), "now": now, **more}
    with transaction():
        if index is None:
            return allowances.extend_all(test_id=made.test_id, minutes=minutes, **given)
        return allowances.extend_one(
            test_id=made.test_id, enrollment_id=made.room.enrollments[index], minutes=minutes, **given
        )


def test_extra_minutes_add_up_and_move_the_deadline(made: Sat, now: datetime) -> None:
    attempt = made.start(now)
    extend(made, 10, now)
    extend(made, 5, now)
    assert row(attempt).deadline_at == now + 75 * MINUTE
    assert [one.minutes for one in db.session.scalars(sa.select(Allowance))] == [15]
    assert [event.data["minutes"] for event in events("test.extended")] == [10, 15]
    made.save(attempt, 1, 1, None, now + 70 * MINUTE)


def test_everybody_who_sits_gets_more_but_nobody_else(made: Sat, now: datetime) -> None:
    attempts = [made.start(now, index) for index in (0, 1)]
    assert extend(made, 20, now, None) == 2
    assert [row(one).deadline_at for one in attempts] == [now + 80 * MINUTE] * 2
    assert len(events("test.extended")) == 2
    own = made.room.actor(made.room.people[0])
    assert extend(made, 20, now, None, actor=own) == 1
    assert row(attempts[0]).deadline_at == now + 80 * MINUTE


EXTRA = [
    ({"minutes": -1}, DomainError, "extra_range"), ({"minutes": 601}, DomainError, "extra_range"),
    ({"minutes": 5, "reason": " "}, DomainError, "reason_needed"),
    ({"minutes": 5, "index": 1}, Conflict, "attempt_over"),
]  # fmt: skip


@pytest.mark.parametrize(("given", "kind", "code"), EXTRA, ids=[str(one[0]) for one in EXTRA])
def test_extra_time_is_refused(made: Sat, now: datetime, given: dict[str, Any], kind: Any, code: str) -> None:
    made.start(now)
    with pytest.raises(kind) as refused:
        extend(made, now=now, **given)
    assert refused.value.code == code
    assert events("test.extended") == []


def test_nobody_gives_time_to_themselves_or_their_own(made: Sat, now: datetime) -> None:
    attempt = made.start(now)
    newcomer = classroom.newcomer()
    classroom.hold_post(newcomer, made.room.cooperatives[0])
    for person in (made.room.people[0], newcomer):
        with pytest.raises(Forbidden):
            extend(made, 10, now, actor=made.room.actor(person))
        with pytest.raises(Forbidden):
            void(made, now, actor=made.room.actor(person))
    assert row(attempt).deadline_at == now + 60 * MINUTE


def test_a_planned_allowance_can_be_changed_until_the_end(made: Sat, now: datetime) -> None:
    given = {
        "batch_id": made.room.batch_id, "test_id": made.test_id, "enrollment_id": made.room.enrollments[0],
        "reason": "Membaca lambat", "actor": made.room.assessor_actor(), "now": now,
    }  # fmt: skip
    for minutes, expected in ((30, True), (30, False), (20, True)):
        with transaction():
            assert allowances.set_allowance(minutes=minutes, **given) is expected
    attempt = made.start(now)
    assert row(attempt).deadline_at == now + 80 * MINUTE
    with transaction():
        allowances.set_allowance(minutes=0, **given)
    assert row(attempt).deadline_at == now + 60 * MINUTE
    close_tests(now + timedelta(hours=2))
    with pytest.raises(Conflict), transaction():
        allowances.set_allowance(minutes=40, **given)


# ---- void, and called off ----


def void(made: Sat, now: datetime, index: int = 0, reason: str = "Buku terbuka", **more: Any) -> None:
    with transaction():
        closing.void_attempt(
            test_id=made.test_id, enrollment_id=made.room.enrollments[index], reason=reason, now=now,
            **{"actor": made.room.actor(), **more},
        )  # fmt: skip


def test_a_void_sitting_counts_for_nothing_and_keeps_its_answers(made: Sat, now: datetime) -> None:
    attempt = made.start(now)
    answer_all(made, attempt, now)
    with pytest.raises(DomainError):
        void(made, now, reason=" ")
    with pytest.raises(NotFound):
        void(made, now, index=1)
    void(made, now)
    assert (row(attempt).state, row(attempt).score) == ("void", None)
    assert len(queries.answers_of(attempt)) == 6
    for again in (lambda: void(made, now), lambda: made.save(attempt, 1, 2, None, now)):
        with pytest.raises(Conflict):
            again()
    assert close_tests(now + timedelta(hours=3)) == 0
    assert made.start(now) == attempt


def test_adopted_results_are_neither_void_nor_called_off(made: Sat, now: datetime) -> None:
    made.start(now)
    with transaction():
        row_of(made.test_id).applied_at = now
    with pytest.raises(Conflict) as refused:
        void(made, now)
    assert refused.value.code == "results_adopted"
    with pytest.raises(Conflict), transaction():
        planning.cancel_test(
            batch_id=made.room.batch_id, test_id=made.test_id, reason="x", actor=made.room.assessor_actor(),
            now=now,
        )  # fmt: skip


def test_calling_a_test_off_voids_every_sitting(made: Sat, now: datetime) -> None:
    attempts = [made.start(now, index) for index in (0, 1)]
    with transaction():
        count = planning.cancel_test(
            batch_id=made.room.batch_id, test_id=made.test_id, reason="Soal bocor",
            actor=made.room.assessor_actor(), now=now,
        )  # fmt: skip
    assert count == 2
    assert {row(one).state for one in attempts} == {"void"}
    assert len(events("test.voided")) == 2
    with pytest.raises(Conflict):
        made.start(now, 2)


# ---- answer files ----


def file_of(made: Sat, attempt: int, now: datetime, answers: list[Any], **changes: Any) -> bytes:
    test = row_of(made.test_id)
    inside = {
        "attempt": attempt, "stamp": page_stamp(attempt, now), "elapsed": 50 * 60_000, "answers": answers,
    } | changes  # fmt: skip
    return seal(test.id, test.file_public, inside)


def adopt(made: Sat, body: bytes, now: datetime, **more: Any) -> int:
    given = {"actor": made.room.actor(), "reason": "Sinyal hilang", "seen": digest(()), **more}
    with transaction():
        return answer_files.adopt_answer_file(test_id=made.test_id, body=body, now=now, **given)


def test_a_file_brings_what_is_newer_and_in_time(made: Sat, now: datetime) -> None:
    attempt = made.start(now)
    kinds = {one.kind: one.position for one in queries.items_of(attempt)}
    made.save(attempt, kinds["single"], 1, "b", now)
    made.save(attempt, kinds["number"], 1, "1", now)
    made.save(attempt, kinds["number"], 2, "2", now)
    ten = 10 * 60_000
    body = file_of(made, attempt, now, [
        [kinds["single"], 2, "a", ten], [kinds["number"], 1, "3", ten], [kinds["true_false"], 1, True, ten],
        [kinds["multiple"], 1, ["zz"], ten], [kinds["case"], 1, {"1": "a"}, 49 * 60_000], [99, 1, "a", ten],
    ])  # fmt: skip
    later = now + timedelta(hours=2)
    close_tests(later)
    assert row(attempt).score == {str(made.room.units[0]): [0.0, 6.0]}
    opened = answer_files.open_answer_file(
        test_id=made.test_id, body=body, actor=made.room.actor(), now=later
    )
    assert {one.position: one.verdict for one in opened.answers} == {
        kinds["single"]: "new", kinds["number"]: "known", kinds["true_false"]: "new",
        kinds["multiple"]: "wrong", kinds["case"]: "new", 99: "wrong",
    }  # fmt: skip
    assert opened.made_at == now + 50 * MINUTE
    assert adopt(made, body, later) == 3
    assert adopt(made, body, later) == 0
    assert queries.answers_of(attempt)[kinds["single"]] == "a"
    assert queries.answers_of(attempt)[kinds["number"]] == "2"
    assert row(attempt).score == {str(made.room.units[0]): [2.5, 6.0]}
    told = events("test.file_adopted")[0].data
    assert (told["digest"], told["reason"]) == (closing.digest_of(attempt)[1], "Sinyal hilang")


def test_answers_of_a_file_that_claim_to_be_late_are_not_taken(made: Sat, now: datetime) -> None:
    attempt = made.start(now)
    position = queries.items_of(attempt)[0].position
    item = queries.items_of(attempt)[0]
    answer = right(item.kind, item.content)
    body = file_of(made, attempt, now, [[position, 1, answer, 61 * 60_000]], elapsed=70 * 60_000)
    assert adopt(made, body, now + timedelta(hours=2)) == 0
    assert queries.answers_of(attempt) == {}


REFUSED = [
    ("nothing", "file_unknown", lambda m, a, now: b""),
    ("a list", "file_unknown", lambda m, a, now: b"[1]"),
    ("deep", "file_unknown", lambda m, a, now: b"[" * 100_000),
    ("too long", "file_unknown", lambda m, a, now: b" " * 300_000),
    ("another test", "file_foreign_test", lambda m, a, now: seal(
        m.test_id, row_of(m.test_id).file_public, {}, named=m.test_id + 1)),
    ("another key", "file_tampered", lambda m, a, now: seal(
        m.test_id, planning._new_keys()[1], {"attempt": a})),
    ("no point of the curve", "file_tampered", lambda m, a, now: file_of(m, a, now, []).replace(
        b'"point": "B', b'"point": "C')),
    ("another attempt", "file_foreign_attempt", lambda m, a, now: file_of(m, a + 77, now, [])),
    ("a stamp of another", "file_foreign_attempt", lambda m, a, now: file_of(
        m, a, now, [], stamp=page_stamp(a + 1, now))),
    ("a made up stamp", "file_foreign_attempt", lambda m, a, now: file_of(
        m, a, now, [], stamp=f"{a}.{int(now.timestamp() * 1000)}.{'0' * 32}")),
    ("a stamp that is none", "file_foreign_attempt", lambda m, a, now: file_of(m, a, now, [], stamp="é.é.é")),
    ("from the future", "file_implausible", lambda m, a, now: file_of(
        m, a, now, [], elapsed=5 * 3600 * 1000)),
    ("endless", "file_implausible", lambda m, a, now: file_of(m, a, now, [], elapsed=10**30)),
    ("no answers", "file_tampered", lambda m, a, now: file_of(m, a, now, "x")),
    ("odd answers", "file_tampered", lambda m, a, now: file_of(m, a, now, [[1, "1", "a", 0]])),
]  # fmt: skip


@pytest.mark.parametrize(("code", "make"), [one[1:] for one in REFUSED], ids=[one[0] for one in REFUSED])
def test_foreign_and_tampered_files_are_refused(made: Sat, now: datetime, code: str, make: Any) -> None:
    attempt = made.start(now)
    body = make(made, attempt, now)
    with pytest.raises(DomainError) as refused:
        adopt(made, body, now + timedelta(hours=1))
    assert refused.value.code == code
    assert refused.value.field == "file"
    assert (queries.answers_of(attempt), events("test.file_adopted")) == ({}, [])


def test_ones_own_file_and_one_without_a_reason_are_not_taken(made: Sat, now: datetime) -> None:
    attempt = made.start(now)
    item = queries.items_of(attempt)[0]
    body = file_of(made, attempt, now, [[1, 1, right(item.kind, item.content), 0]])
    later = now + timedelta(hours=1)
    with pytest.raises(Forbidden):
        adopt(made, body, later, actor=made.room.actor(made.room.people[0]))
    with pytest.raises(DomainError) as refused:
        adopt(made, body, later, reason="")
    assert refused.value.code == "reason_needed"
    assert queries.answers_of(attempt) == {}


def test_a_command_may_close(made: Sat, now: datetime) -> None:
    attempt = made.start(now)
    with transaction():
        assert closing.close_attempt(attempt_id=attempt, state="expired", actor=SYSTEM, now=now)
        assert not closing.close_attempt(attempt_id=attempt, state="expired", actor=SYSTEM, now=now)
