"""What a device takes along: names and marks of one class, for who teaches or assesses there; no more."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from portal.attendance import services as marking
from portal.batches.models import Batch
from portal.core.db import db, transaction
from portal.core.errors import Conflict, NotFound
from portal.desks.offline_pack import get_pack
from portal.enrollment.models import Enrollment
from portal.people.models import Person
from tests.support.classroom import Classroom, build

NOON = datetime(2026, 11, 20, 5, 0, tzinfo=UTC)
NIK = "6105014503850001"


@pytest.fixture
def room(db_session: Any) -> Classroom:
    return build()


def test_a_pack_names_people_marks_units_and_until_when_it_is_good(room: Classroom) -> None:
    with transaction():
        marking.record_attendance(
            session_id=room.sessions[0], enrollment_id=room.enrollments[1], mark="late", actor=room.actor(),
            now=NOON,
        )  # fmt: skip
    pack = get_pack(room.actor(), room.sessions[0], NOON)
    assert [one["name"] for one in pack["people"]] == [f"Peserta {n:03d}" for n in (1, 2, 3, 4)]
    assert [(one["mark"], one["version"]) for one in pack["people"]][:2] == [("", 0), ("late", 1)]
    assert (pack["can_mark"], pack["can_judge"]) == (True, True)
    assert [unit["id"] for unit in pack["units"]] == room.units
    criteria = [one["id"] for unit in pack["units"] for part in unit["elements"] for one in part["criteria"]]
    assert criteria == room.criteria
    assert pack["until_words"] == "Sabtu, 21 November 2026, pukul 23.59 WIB"
    assert pack["until"] == int(datetime(2026, 11, 21, 16, 59, tzinfo=UTC).timestamp() * 1000)
    assert pack["user"] == room.instructor.id


def test_a_pack_of_an_old_class_is_good_for_a_day(room: Classroom) -> None:
    now = NOON + timedelta(days=9)
    assert get_pack(room.actor(), room.sessions[0], now)["until"] == int(
        (now + timedelta(hours=24)).timestamp() * 1000
    )


def test_cards_are_known_by_a_hash_that_is_salted_anew(room: Classroom) -> None:
    packs = [get_pack(room.actor(), room.sessions[0], NOON) for _ in range(2)]
    assert packs[0]["salt"] != packs[1]["salt"]
    token = db.session.get(Enrollment, room.enrollments[0]).card_token
    for pack in packs:
        wanted = hashlib.sha256((pack["salt"] + token).encode()).hexdigest()
        assert pack["people"][0]["card"] == wanted


def test_nothing_that_a_class_does_not_need_is_in_it(room: Classroom) -> None:
    with transaction() as session:
        person = session.get(Person, room.people[0])
        person.set_nik(NIK)
        person.phone, person.birth_date = "081200000042", date(1985, 3, 5)
    text = json.dumps(get_pack(room.actor(), room.sessions[0], NOON))
    token = db.session.get(Enrollment, room.enrollments[0]).card_token
    for secret in (NIK, NIK[-4:] + '"', "081200000042", "+62812", "1985", f'"{token}"'):
        assert secret not in text


def test_the_assessor_judges_and_does_not_mark(room: Classroom) -> None:
    pack = get_pack(room.assessor_actor(), room.sessions[0], NOON)
    assert (pack["can_mark"], pack["can_judge"]) == (False, True)
    assert len(pack["people"]) == 4


def test_where_trainers_may_not_judge_there_are_no_units(db_session: Any) -> None:
    room = build(separate_assessor=True)
    pack = get_pack(room.actor(), room.sessions[0], NOON)
    assert (pack["can_mark"], pack["can_judge"], pack["units"]) == (True, False, [])


def test_own_people_carry_the_reason(room: Classroom) -> None:
    pack = get_pack(room.actor(person_id=room.people[2]), room.sessions[0], NOON)
    assert [bool(one["own"]) for one in pack["people"]] == [False, False, True, False]
    assert "menilai diri sendiri" in pack["people"][2]["own_result"]


def test_the_evening_before_is_early_enough(room: Classroom) -> None:
    pack = get_pack(room.actor(), room.sessions[2], NOON)
    assert pack["can_mark"]
    assert pack["until_words"] == "Senin, 23 November 2026, pukul 23.59 WIB"


def test_foreign_missing_and_signed_classes_are_not_given(room: Classroom) -> None:
    away = build()
    for actor, session in ((away.actor(), room.sessions[0]), (room.actor(), 987_654)):
        with pytest.raises(NotFound):
            get_pack(actor, session, NOON)
    with transaction() as session:
        session.get(Batch, room.batch_id).state = "finalized"
    with pytest.raises(Conflict) as closed:
        get_pack(room.actor(), room.sessions[0], NOON)
    assert closed.value.code == "sheet_final"


def test_a_pack_costs_the_same_at_any_size(db_session: Any, query_count: Callable[..., Any]) -> None:
    counts = []
    for people in (3, 30):
        room = build(people=people)
        with query_count() as seen:
            get_pack(room.actor(), room.sessions[0], NOON)
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 15
