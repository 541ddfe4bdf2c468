"""The question bank on a real database: who, versions, states, copies, pictures, imports, figures."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from portal.assessment.models import AttemptItem, Question, QuestionImage, QuestionVersion
from portal.assessment.queries import bank, pictures
from portal.assessment.queries.bank import Filter
from portal.assessment.services import bank as services
from portal.assessment.services.bank import Wanted
from portal.assessment.services.images import store_image
from portal.centers.models import Staff
from portal.core.audit import AuditEvent
from portal.core.db import db, transaction
from portal.core.errors import Conflict, DomainError, Forbidden, NotFound
from portal.core.permissions import Grant, GrantedActor, Role
from tests.rules.test_question_content import KINDS
from tests.support.bank import admin, content_of, png, write
from tests.support.classroom import Classroom, build
from tests.support.queries import count_statements
from tests.support.tested import build_test, sit

MOODLE = Path(__file__).parent.parent / "data" / "gift" / "moodle-pembukuan.gift"


@pytest.fixture
def room(db_session: Any) -> Classroom:
    return build()


def count(model: Any) -> int:
    return int(db.session.scalar(sa.select(sa.func.count()).select_from(model)) or 0)


def events(action: str) -> int:
    return int(
        db.session.scalar(sa.select(sa.func.count(AuditEvent.seq)).where(AuditEvent.action == action)) or 0
    )


def edit(question_id: int, actor: Any, now: datetime, *, name: str = "Soal satu", expected: int | None = None,
         kind: str = "single", note: str = "", **changes: Any) -> bool:  # fmt: skip
    with transaction():
        return services.edit_question(
            question_id=question_id, wanted=Wanted(name, content_of(kind, **changes), note),
            expected_version=expected, actor=actor, now=now,
        )  # fmt: skip


# ---- who ----


def test_an_assessor_keeps_the_bank_of_their_center_and_sees_the_countrys(room: Classroom, now: Any) -> None:
    own = write(room, now)
    national = write(room, now, name="Nasional", actor=admin(), center_id=None)
    actor = room.assessor_actor()
    assert bank.get_question(actor, own).can_edit
    seen = bank.get_question(actor, national)
    assert (seen.can_edit, seen.bank) == (False, "")
    with pytest.raises(NotFound):
        bank.get_question(actor, national, to_edit=True)
    with pytest.raises(NotFound):
        edit(national, actor, now, stem="Lain?")
    with pytest.raises(NotFound):
        write(room, now, name="Punya negara", center_id=None)


def test_another_centers_question_is_not_there(room: Classroom, now: Any) -> None:
    other = build()
    question = write(room, now)
    for actor in (other.assessor_actor(), admin()):
        with pytest.raises(NotFound):
            bank.get_question(actor, question)
        with pytest.raises(NotFound):
            edit(question, actor, now, stem="Lain?")
        with pytest.raises(NotFound), transaction():
            services.set_question_state(question_id=question, state="active", actor=actor, now=now)
        with pytest.raises(NotFound), transaction():
            services.copy_question(question_id=question, center_id=other.center_id, actor=actor, now=now)
    with pytest.raises(NotFound):
        write(room, now, name="Di balai lain", center_id=other.center_id)


@pytest.mark.parametrize("change", [{"is_active": False}, {"can_assess": False}])
def test_who_no_longer_assesses_keeps_nothing(room: Classroom, now: Any, change: dict[str, bool]) -> None:
    question = write(room, now)
    with transaction() as session:
        session.execute(sa.update(Staff).where(Staff.user_id == room.assessor.id).values(**change))
    assert bank.banks_of(room.assessor_actor()) == []
    with pytest.raises(NotFound):
        bank.get_question(room.assessor_actor(), question)


def test_others_may_not_even_try(room: Classroom, now: Any) -> None:
    question = write(room, now)
    trainee = GrantedActor(None, room.people[0], "Peserta", (Grant(Role.TRAINEE, "self", ""),))
    for actor in (room.actor(), trainee):
        with pytest.raises(Forbidden):
            write(room, now, name="x", actor=actor)
        with pytest.raises(Forbidden):
            edit(question, actor, now)
        with pytest.raises(Forbidden), transaction():
            store_image(data=png(), actor=actor, now=now)


# ---- versions ----


@pytest.mark.parametrize("kind", KINDS)
def test_saving_unchanged_makes_no_version(room: Classroom, now: Any, kind: str) -> None:
    question = write(room, now, kind)
    before = count(AuditEvent)
    assert edit(question, room.assessor_actor(), now, kind=kind) is False
    assert (count(QuestionVersion), count(AuditEvent)) == (1, before)


def test_an_edit_is_a_version_with_who_and_why(room: Classroom, now: Any) -> None:
    question = write(room, now)
    assert edit(question, room.assessor_actor(), now, stem="3 + 1?", note="Angka lama membingungkan")
    newest, first = bank.versions_of(question)
    assert (newest.version, newest.content["stem"], newest.note, newest.by) == (
        2, "3 + 1?", "Angka lama membingungkan", "Andi Asesor",
    )  # fmt: skip
    assert (first.version, first.content["stem"]) == (1, "2 + 2?")
    assert events("question.edited") == 1


def test_a_new_name_alone_is_no_version(room: Classroom, now: Any) -> None:
    question = write(room, now)
    assert edit(question, room.assessor_actor(), now, name=" Nama\nbaru ")
    row = bank.get_question(room.assessor_actor(), question)
    assert (row.name, row.version) == ("Nama baru", 1)


def test_an_older_form_is_a_conflict_and_changes_nothing(room: Classroom, now: Any) -> None:
    question, actor = write(room, now), room.assessor_actor()
    edit(question, actor, now, stem="Satu?", expected=1)
    with pytest.raises(Conflict) as refused:
        edit(question, actor, now, stem="Dua?", expected=1)
    assert refused.value.code == "question_changed"
    assert bank.get_question(actor, question).content["stem"] == "Satu?"


def test_names_are_unique_in_a_unit_and_bank(room: Classroom, now: Any) -> None:
    write(room, now)
    with pytest.raises(DomainError) as refused:
        write(room, now)
    assert (refused.value.code, refused.value.field) == ("name_taken", "name")
    write(room, now, unit=1)
    write(room, now, actor=admin(), center_id=None)
    other = write(room, now, name="Soal dua")
    with pytest.raises(DomainError):
        edit(other, room.assessor_actor(), now)


@pytest.mark.parametrize(("name", "code"), [(" ", "name_missing"), ("x" * 121, "name_long")])
def test_bad_names_are_refused(room: Classroom, now: Any, name: str, code: str) -> None:
    with pytest.raises(DomainError) as refused:
        write(room, now, name=name)
    assert refused.value.code == code


def test_a_bad_content_is_refused_with_all_reasons(room: Classroom, now: Any) -> None:
    with pytest.raises(DomainError) as refused:
        write(room, now, stem="", key="z")
    assert [one.code for one in refused.value.details["problems"]] == ["stem_missing", "key_missing"]
    with pytest.raises(DomainError):
        write(room, now, images=[{"sha256": "ab" * 32, "alt": "Neraca"}])
    assert count(Question) == 0


def test_ids_of_options_stay_with_their_texts(room: Classroom, now: Any) -> None:
    question = write(room, now)
    options = [{"id": "x1", "text": "Enam"}, {"id": "x2", "text": "Empat"}, {"id": "x3", "text": "Nol"}]
    edit(question, room.assessor_actor(), now, options=options, key="x2")
    content = bank.get_question(room.assessor_actor(), question).content
    assert [row["id"] for row in content["options"][:2]] == ["c", "a"]
    assert content["key"] == "a"


# ---- states and copies ----


def test_states_move_and_each_move_is_told(room: Classroom, now: Any) -> None:
    question, actor = write(room, now), room.assessor_actor()

    def move(state: str) -> bool:
        with transaction():
            return services.set_question_state(question_id=question, state=state, actor=actor, now=now)

    assert move("active")
    assert move("active") is False
    assert move("retired")
    assert move("active")
    for state in ("draft", "", "deleted"):
        with pytest.raises(DomainError):
            move(state)
    assert (events("question.activated"), events("question.retired")) == (2, 1)


def test_a_case_without_parts_is_a_draft_and_no_more(room: Classroom, now: Any) -> None:
    question = write(room, now, "case", parts=[])
    with pytest.raises(DomainError) as refused, transaction():
        services.set_question_state(
            question_id=question, state="active", actor=room.assessor_actor(), now=now
        )
    assert refused.value.code == "content"


def test_an_active_case_keeps_its_parts(room: Classroom, now: Any) -> None:
    question = write(room, now, "case", state="active")
    with pytest.raises(DomainError):
        edit(question, room.assessor_actor(), now, kind="case", parts=[])


def test_a_copy_is_a_draft_in_ones_own_bank(room: Classroom, now: Any) -> None:
    source = write(room, now, actor=admin(), center_id=None, state="active")
    actor = room.assessor_actor()
    with transaction():
        first = services.copy_question(question_id=source, center_id=room.center_id, actor=actor, now=now)
        second = services.copy_question(question_id=source, center_id=room.center_id, actor=actor, now=now)
    rows = [bank.get_question(actor, number) for number in (first, second)]
    assert [row.name for row in rows] == ["Soal satu", "Soal satu (salinan 1)"]
    assert {row.state for row in rows} == {"draft"}
    assert rows[0].content == bank.get_question(actor, source).content


# ---- lists ----


def test_the_overview_counts_what_the_actor_sees(room: Classroom, now: Any) -> None:
    write(room, now, state="active")
    write(room, now, "number", "Angka")
    write(room, now, actor=admin(), center_id=None, state="active")
    write(build(like=room), now, name="Juga", actor=room.assessor_actor())
    other = build()
    write(other, now)
    units = next(
        units for units in bank.bank_overview(room.assessor_actor()).values()
        if units[0].head.id == room.units[0]
    )  # fmt: skip
    assert (units[0].states, units[0].kinds) == ({"active": 2, "draft": 2}, {"single": 2})
    assert units[1].states == {}


def test_a_list_is_filtered_searched_and_of_few_statements(room: Classroom, now: Any) -> None:
    actor = room.assessor_actor()
    for number in range(24):
        write(room, now, name=f"Soal {number:02d}", stem=f'Kata "{number}" \\ 100% _x?')
    write(room, now, "number", "Angka", state="active")
    with count_statements(at_most=3):
        page = bank.list_questions(actor, room.units[0], Filter(), 1)
    assert (len(page.items), page.total, page.has_next) == (20, 25, True)
    assert len(bank.list_questions(actor, room.units[0], Filter(), 2).items) == 5

    def found(**chosen: str) -> list[str]:
        return [row.name for row in bank.list_questions(actor, room.units[0], Filter(**chosen), 1).items]

    assert found(state="active") == ["Angka"]
    assert found(kind="number") == ["Angka"]
    assert found(text="soal 07") == ["Soal 07"]
    assert found(text='KATA "3" \\ 100%') == ["Soal 03"]
    assert found(text="%%") == []
    assert found(state="bukan") == found()


# ---- pictures ----


def with_picture(room: Classroom, now: Any, **more: Any) -> tuple[int, str]:
    with transaction():
        digest = store_image(data=png(), actor=more.get("actor") or room.assessor_actor(), now=now)
    return write(room, now, images=[{"sha256": digest, "alt": "Neraca"}], **more), digest


def test_a_picture_is_kept_once_and_shown_to_who_sees_its_question(room: Classroom, now: Any) -> None:
    _question, digest = with_picture(room, now)
    with transaction():
        assert store_image(data=png() + b"behind", actor=room.assessor_actor(), now=now) == digest
    assert (count(QuestionImage), events("question.image")) == (1, 1)
    assert pictures.get_picture(room.assessor_actor(), digest).body == png()
    for stranger in (build().assessor_actor(), admin(), room.actor()):
        with pytest.raises(NotFound):
            pictures.get_picture(stranger, digest)


def test_a_picture_of_the_country_is_for_every_editor(room: Classroom, now: Any) -> None:
    _question, digest = with_picture(room, now, actor=admin(), center_id=None)
    assert pictures.get_picture(room.assessor_actor(), digest).media_type == "image/png"


def test_a_candidate_sees_the_pictures_of_their_own_attempt(room: Classroom, now: Any) -> None:
    question, digest = with_picture(room, now, state="active")
    made = build_test(room, per_unit=1, units=1)
    attempt = sit(made, 0, [1])
    trainees = [
        GrantedActor(None, person, "Peserta", (Grant(Role.TRAINEE, "self", ""),)) for person in room.people
    ]
    with pytest.raises(NotFound):
        pictures.get_picture(trainees[0], digest)
    version = bank.versions_of(question)[0].id
    with transaction() as session:
        session.add(
            AttemptItem(
                attempt_id=attempt, position=9, unit_id=room.units[0], question_id=question,
                version_id=version, options=[],
            )
        )  # fmt: skip
    assert pictures.get_picture(trainees[0], digest).sha256 == digest
    with pytest.raises(NotFound):
        pictures.get_picture(trainees[1], digest)


@pytest.mark.parametrize(
    ("data", "code"), [(b"<svg/>", "image_unknown"), (png(5000, 1), "image_wide"), (b"", "image_unknown")]
)
def test_bad_pictures_are_refused_with_a_reason(room: Classroom, now: Any, data: bytes, code: str) -> None:
    with pytest.raises(DomainError) as refused, transaction():
        store_image(data=data, actor=room.assessor_actor(), now=now)
    assert (refused.value.code, refused.value.field) == (code, "image")
