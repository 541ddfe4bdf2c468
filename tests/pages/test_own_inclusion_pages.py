"""One's own answers about help in class, and what a center sees of them."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from portal.core.db import db, transaction
from portal.core.permissions import GrantedActor, Role
from portal.people.models import Inclusion
from portal.people.rules.inclusion import InclusionAnswers
from portal.people.services import save_inclusion
from tests.support.classroom import account, build

HERE = "/saya/profil/inklusi"


@pytest.fixture
def room(db_session: Any) -> Any:
    return build(people=5)


@pytest.fixture
def trainee(page: Any, room: Any) -> Any:
    """The first of the class, signed in."""
    with transaction():
        user = account("Peserta Satu", Role.TRAINEE)
        user.person_id = room.people[0]
    return page.sign_in(user)


def _kept() -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(Inclusion)) or 0


def test_answers_are_given_changed_and_taken_back(trainee: Any) -> None:
    view = trainee.get(HERE)
    assert view.heading == "Bantuan di kelas"
    assert "Hapus jawaban" not in view.words
    said = {"disability": "no", "needs_answer": "yes", "needs": ["large_print", "front_seat"]}
    done = trainee.follow(trainee.submit(view, said))
    assert "Jawaban tersimpan" in done.words
    _target, fields = done.form("/inklusi")
    assert fields.getlist("needs") == ["large_print", "front_seat"]
    gone = trainee.follow(trainee.submit(done, {}, action="/tarik"))
    assert "Jawaban Anda sudah dihapus" in gone.words
    assert _kept() == 0


def test_both_questions_are_answered_be_it_with_silence(trainee: Any) -> None:
    view = trainee.submit(trainee.get(HERE), {}, status=422)
    assert view.title.startswith("Perlu diperbaiki:")
    assert len(view.errors) == 2
    silent = {"disability": "unsaid", "needs_answer": "unsaid"}
    assert "Jawaban tersimpan" in trainee.follow(trainee.submit(view, silent)).words


@pytest.mark.parametrize("wrong", [{"disability": "x"}, {"kinds": ["x"]}, {"needs": ["hearing"]}])
def test_words_that_are_no_choice_are_refused(trainee: Any, wrong: Any) -> None:
    said = {"disability": "yes", "needs_answer": "yes"} | wrong
    trainee.submit(trainee.get(HERE), said, status=422)
    assert _kept() == 0


def test_an_account_without_a_person_has_no_such_page(page: Any, room: Any) -> None:
    with transaction():
        user = account("Tanpa Orang", Role.TRAINEE)
        user.person_id = None
    page.sign_in(user).get(HERE, 404)


def test_a_center_reads_what_to_prepare_and_never_for_whom(
    page: Any, new_page: Any, room: Any, now: Any
) -> None:
    with transaction():
        admin = account("Wulan Admin", Role.CENTER_ADMIN, "center", str(room.center_id))
        for number, answers in enumerate(
            (
                InclusionAnswers("yes", ("hearing",), "yes", ("sign_interpreter",)),
                InclusionAnswers("no", (), "yes", ("sign_interpreter", "step_free")),
            )
        ):
            actor = GrantedActor(900 + number, room.people[number], "Peserta")
            save_inclusion(answers=answers, actor=actor, now=now)
    address = f"/balai/angkatan/{room.batch_id}/persiapan"
    desk = page.sign_in(admin)
    view = desk.get(address)
    assert "2 peserta memerlukan" in view.words
    assert "Juru bahasa isyarat" in view.words
    assert "1 peserta memerlukan" in view.words
    assert "Pendengaran" not in view.words
    names = [row[0] for row in db.session.execute(sa.text("select name from person"))]
    main = view.words.replace("Wulan Admin", "")
    assert not any(name in main for name in names)
    assert address in desk.get(f"/balai/angkatan/{room.batch_id}/peserta").text
    with transaction():
        stranger = account("Jauh Admin", Role.CENTER_ADMIN, "center", "99999")
    new_page().sign_in(stranger).get(address, 404)


def test_a_class_nobody_spoke_for_says_so(page: Any, room: Any) -> None:
    with transaction():
        admin = account("Wulan Admin", Role.CENTER_ADMIN, "center", str(room.center_id))
    view = page.sign_in(admin).get(f"/balai/angkatan/{room.batch_id}/persiapan")
    assert "Belum ada permintaan" in view.words
