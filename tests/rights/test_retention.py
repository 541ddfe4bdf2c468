"""Kept as long as its rule says, and not a day longer; held people are passed over."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from portal.accounts.models import Attempt, ClaimCode, OneTime, User, UserSession
from portal.assessment.models import Answer, AttemptItem
from portal.assessment.models import Attempt as Sitting
from portal.attendance.models import CheckIn, DeviceReview, WalkIn
from portal.core import audit, jobs, retention
from portal.core.db import db, transaction
from portal.core.errors import Conflict
from portal.core.idempotency import Operation
from portal.core.mail.content import Content
from portal.core.mail.outbox import Address, OutboxMessage, put
from portal.core.permissions import SYSTEM
from portal.core.timers import run_timers
from portal.enrollment.models import Enrollment, EnrollmentDraft
from portal.people import services
from portal.people.models import CorrectionRequest, Evidence, Person
from tests.support.classroom import build, newcomer
from tests.support.sat import sit_written
from tests.support.world_rights import EVIDENCE

DAY = timedelta(days=1)


def _run(now: Any) -> dict[str, int]:
    with transaction():
        number = retention.start_run(actor=SYSTEM, now=now).id
    jobs.run_pending()
    job = jobs.find_job(number)
    assert job is not None
    assert job.state == "done", job.error
    return job.result["counts"]


def _count(table: Any) -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(table)) or 0


def _rows(now: Any, age: timedelta) -> list[Any]:
    """One row of each simple kind, whose clock started `age` ago."""
    then = now - age
    user = User(login=f"lama{age.days}", name="Lama", created_at=then)
    person = Person(name="Lama", created_at=now, updated_at=now)
    batch = build(people=0).batch_id
    with transaction() as session:
        session.add_all([user, person])
        session.flush()
        tag = f"{age.days:04d}"
        rows = [
            UserSession(
                token_hash="a" + tag, user_id=user.id, created_at=then, seen_at=then, expires_at=then
            ),
            Attempt(key="k" + tag, count=3, window_ends=then),
            OneTime(kind="reset", token_hash="b" + tag, created_at=then, expires_at=then),
            ClaimCode(person_id=person.id, code_hash="c" + tag, created_at=then, expires_at=then),
            Operation(op_id="d" + tag, created_at=then),
            EnrollmentDraft(token_hash="e" + tag, batch_id=batch, data_cipher="x", updated_at=then),
        ]
        session.add_all(rows)
    return [type(row) for row in rows]


RULE_OF = {"sessions": 90, "attempts": 1, "one_time": 7, "claim_codes": 365, "operations": 30, "drafts": 30}


def test_each_rule_takes_what_is_older_and_leaves_what_is_younger(db_session, now):
    known = {one.rule.code: one.rule.after.days for one in retention.standings(now)}
    assert known == RULE_OF | {
        "messages": 90,
        "evidence": 90,
        "chair_decrees": 365,
        "chair_codes": 90,
        "rosters": 30,
        "people": 730,
        "forgery_reports": 365,
        "external_lists": 30,
        "inclusion": 730,
        "test_answers": 730,
        "devices": 90,
        "device_reviews": 365,
        "walk_ins": 180,
    }
    kinds = _rows(now, timedelta(days=366))
    _rows(now, timedelta(hours=12))
    due = {one.rule.code: (one.due, one.oldest) for one in retention.standings(now)}
    assert {code: due[code] for code in RULE_OF} == dict.fromkeys(RULE_OF, (1, now - timedelta(days=366)))
    counts = _run(now)
    assert {code: counts[code] for code in RULE_OF} == dict.fromkeys(RULE_OF, 1)
    assert [_count(kind) for kind in kinds] == [1] * 6
    assert sum(_run(now).values()) == 0


def test_a_dry_run_writes_nothing_in_a_bounded_number_of_statements(db_session, now, query_count):
    _rows(now, timedelta(days=400))
    with query_count(at_most=19) as seen:
        retention.standings(now)
    assert seen.writes == []


def test_sent_messages_lose_their_words_and_keep_their_row(db_session, now, clock):
    content = Content("Perihal", "Isi", "<p>Isi</p>", "Isi")
    with transaction():
        for key in ("lama", "menunggu"):
            put(kind="seat.offered", to=Address("email", "a@b.id"), content=content, key=key, now=now)
        db.session.execute(
            sa.update(OutboxMessage).where(OutboxMessage.key == "lama").values(state="sent", sent_at=now)
        )
    assert _run(clock.move(days=89))["messages"] == 0
    assert _run(clock.move(days=2))["messages"] == 1
    rows = {row.key: row for row in db.session.scalars(sa.select(OutboxMessage))}
    assert (rows["lama"].content_cipher, rows["lama"].address_cipher) == ("", "")
    assert rows["lama"].sent_at == now
    assert rows["menunggu"].content_cipher


def test_phones_are_forgotten_when_the_class_is_signed_and_after_90_days(db_session, now, clock):
    running, signed = build(people=2), build(people=1, state="finalized")
    with transaction() as session:
        for room, person in ((running, 0), (running, 1), (signed, 0)):
            row = CheckIn(
                session_id=room.sessions[0], position=1, enrollment_id=room.enrollments[person],
                evidence="qr", device="a" * 32, at=now,
            )  # fmt: skip
            session.add(row)
        for room in (running, signed):
            session.add(
                DeviceReview(
                    session_id=room.sessions[0], device="a" * 32, people=2, note="Berdua", reviewed_at=now
                )
            )

    def phones() -> list[str]:
        session.expire_all()
        return sorted(row.device for row in session.scalars(sa.select(CheckIn)))

    assert _run(now)["devices"] == 1
    assert phones() == ["", "a" * 32, "a" * 32]
    known = {row.session_id: row.device for row in session.scalars(sa.select(DeviceReview))}
    assert known[running.sessions[0]] == "a" * 32
    assert known[signed.sessions[0]].startswith("gone")
    assert _run(clock.move(days=89))["devices"] == 0
    counts = _run(clock.move(days=2))
    assert (counts["devices"], counts["device_reviews"]) == (2, 0)
    assert phones() == ["", "", ""]
    assert {row.note for row in session.scalars(sa.select(DeviceReview))} == {"Berdua"}
    assert _run(clock.move(days=280))["device_reviews"] == 2
    assert _count(CheckIn) == 3


def test_guests_lose_their_names_after_half_a_year(db_session, now, clock):
    room = build(people=1)
    with transaction() as session:
        session.add(
            WalkIn(session_id=room.sessions[0], name="Budi", cooperative="KDMP", note="Adik", recorded_at=now)
        )
    assert _run(clock.move(days=179))["walk_ins"] == 0
    assert _run(clock.move(days=2))["walk_ins"] == 1
    session.expire_all()
    (row,) = session.scalars(sa.select(WalkIn))
    assert (row.name, row.cooperative, row.note, row.state) == ("Dihapus", "", "", "open")
    assert _run(clock.move(days=1))["walk_ins"] == 0


def _decided_evidence(now: Any) -> int:
    person_id = newcomer("Bukti Lama")
    with transaction():
        row = services.file_correction(
            person_id=person_id, field="name", text="Bukti Baru", note="", evidence=EVIDENCE, actor=SYSTEM,
            now=now,
        )  # fmt: skip
        row.state, row.decided_at = "refused", now
    return person_id


def test_evidence_goes_90_days_after_the_decision_unless_the_person_is_held(db_session, now, clock):
    _decided_evidence(now)
    held = _decided_evidence(now)
    with transaction():
        services.place_hold(person_id=held, reason="Perkara 3/2026", until=None, actor=SYSTEM, now=now)
    assert _run(clock.move(days=89))["evidence"] == 0
    assert _run(clock.move(days=2))["evidence"] == 1
    assert _count(Evidence) == 1
    assert _count(CorrectionRequest) == 2


def test_people_who_only_applied_are_anonymized_after_two_years(db_session, now, clock):
    applied = build(people=1, start=now + DAY * 20, enrolled="applied")
    served = build(people=1, start=now - DAY * 60)
    held, fresh = newcomer("Ditahan Lama"), newcomer("Masih Baru")
    with transaction():
        services.place_hold(person_id=held, reason="Perkara 4/2026", until=None, actor=SYSTEM, now=now)
        db.session.execute(
            sa.update(Enrollment).values(state="rejected").where(Enrollment.state == "applied")
        )
    later = clock.move(days=750)
    with transaction():
        db.session.get(Person, fresh).updated_at = later
    assert _run(later)["people"] == 1
    names = {
        number: db.session.get(Person, number).name for number in (applied.people[0], served.people[0], held)
    }
    assert list(names.values()) == ["Nama dihapus", "Peserta 001", "Ditahan Lama"]
    assert db.session.get(Person, fresh).erased_at is None


def test_a_run_is_one_at_a_time_audited_and_resumed(db_session, now, monkeypatch):
    _rows(now, timedelta(days=400))
    with transaction():
        number = retention.start_run(actor=SYSTEM, now=now).id
    with pytest.raises(Conflict), transaction():
        retention.start_run(actor=SYSTEM, now=now)
    jobs._take(now)
    jobs._run_chunk(number)  # then the worker was killed
    with transaction():
        db.session.get(jobs.Job, number).lease_until = now - DAY
    jobs.run_pending()
    job = jobs.find_job(number)
    assert job.state == "done"
    assert job.result["counts"]["sessions"] == 1
    event = db.session.scalar(sa.select(audit.AuditEvent).where(audit.AuditEvent.action == "retention.run"))
    assert event.data["counts"] == job.result["counts"]


def test_the_nightly_timer_queues_one_run_a_day(db_session, now, clock):
    assert "retention" in run_timers(now)
    assert "retention" not in run_timers(now)
    jobs.run_pending()
    assert "retention" in run_timers(clock.move(days=1))
    runs = sa.select(sa.func.count()).select_from(jobs.Job).where(jobs.Job.kind == retention.JOB_KIND)
    assert db.session.scalar(runs) == 2


def test_the_command_says_what_is_due_and_sweeps(app, db_session, now):
    _rows(now, timedelta(days=400))
    runner = app.test_cli_runner()
    dry = json.loads(runner.invoke(args=["privacy", "retention", "--dry-run", "--json"]).stdout)
    assert {row["rule"]: row["due"] for row in dry["rules"]}["sessions"] == 1
    assert dry["dry_run"] is True
    done = json.loads(runner.invoke(args=["privacy", "retention", "--json"]).stdout)
    swept = {row["rule"]: (row["done"], row["due"]) for row in done["rules"]}
    assert swept["sessions"] == (1, 0)
    plain = runner.invoke(args=["privacy", "retention"])
    assert plain.exit_code == 0
    assert "sessions" in plain.stdout


def test_answers_of_tests_go_after_two_years_and_scores_stay(db_session, now):
    """Older ones go, younger and held people's stay; scores and the draw stay of everybody."""
    made = [build(people=1) for _number in range(3)]
    for room, days in zip(made, (731, 731, 729), strict=True):
        with transaction():
            sit_written(room, now - timedelta(days=days), reason="kacamata")
    held = made[1].people[0]
    with transaction():
        services.place_hold(person_id=held, reason="Perkara 12/2026", until=None, actor=SYSTEM, now=now)
    assert _run(now)["test_answers"] == 1
    assert _run(now)["test_answers"] == 0
    left = db.session.scalars(sa.select(Sitting.person_id).join(Answer, Answer.attempt_id == Sitting.id))
    assert set(left) == {held, made[2].people[0]}
    assert all(row.score for row in db.session.scalars(sa.select(Sitting)))
    assert _count(AttemptItem) == 3
