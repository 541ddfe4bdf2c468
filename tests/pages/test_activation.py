"""An account for somebody recorded with a phone: phone and birth date, a code, a sign-in name."""

from datetime import date

import pytest

from portal.accounts import services
from portal.core.db import transaction
from portal.core.permissions import SYSTEM
from portal.people import services as people
from portal.people.models import Person
from tests.support.codes import PHONE, TYPED, last_code, messages

BORN = date(1980, 3, 9)
NEW = "ijuk rumbia nibung"
DATE = {"birth_date-day": "9", "birth_date-month": "3", "birth_date-year": "1980"}


def person(now, name="Sri Wahyuni", nik="6105014903800001", born=BORN, phone=PHONE):
    with transaction():
        found, _new = people.save_person(
            name=name, nik=nik, birth_date=born, phone=phone, actor=SYSTEM, now=now
        )
    return found


@pytest.fixture
def sri(db_session, now):
    return person(now)


def ask(page, phone=TYPED, status=303, **changes):
    return page.submit(page.get("/akun/aktifkan"), {"phone": phone, **DATE, **changes}, status)


def check(page, code, status=303):
    return page.submit(page.get("/akun/aktifkan/kode"), {"code": code}, status)


def finish(page, status=303, **changes):
    return page.submit(page.get("/akun/aktifkan/akun"), {"login": "sri", "password": NEW, **changes}, status)


def test_a_recorded_person_makes_an_account_and_the_phone_is_proved(page, new_page, sri):
    ask(page)
    check(page, last_code("code.activation"))
    assert finish(page).location == "/beranda"
    assert "Sri Wahyuni" in page.get("/saya/profil").words
    other = new_page()
    other.submit(other.get("/masuk"), {"login": TYPED, "password": NEW})


def test_people_of_one_phone_are_told_apart_by_birth_date(page, new_page, sri, now):
    person(now, "Budi Hartono", "6105010501790002", date(1979, 1, 5))
    ask(page, **{"birth_date-day": "5", "birth_date-month": "1", "birth_date-year": "1979"})
    check(page, last_code())
    finish(page, login="budi")
    assert "Budi Hartono" in page.get("/saya/profil").words
    other = new_page()
    ask(other)
    check(other, last_code())
    finish(other)
    assert "Sri Wahyuni" in other.get("/saya/profil").words


def test_twins_are_sent_to_the_letter_once_the_phone_is_proved(new_page, sri, now):
    person(now, "Siti Wahyuni", "6105014903800002")
    visitors = [new_page(), new_page()]
    views = [visitors[0].follow(ask(visitors[0])), visitors[1].follow(ask(visitors[1], "0812-9999-8888"))]
    assert views[0].words.replace("7890", "") == views[1].words.replace("8888", "")
    code = [row for row in messages("code.activation") if row.state == "waiting"]
    assert len(code) == 1
    assert "Pakai surat" in check(visitors[0], _code_of(code[0]), 409).errors[0]


def _code_of(row):
    import re

    from tests.support.codes import content

    return re.search(r"\d{6}", content(row)["sms"])[0]


def test_whoever_has_an_account_learns_its_name_after_the_code(page, sri, now):
    with transaction():
        services.create_user(
            login="sri.w", name="Sri Wahyuni", password=NEW, person_id=sri.id, actor=SYSTEM, now=now
        )
    assert "sri.w" not in page.follow(ask(page)).words
    assert "sri.w" in check(page, last_code(), 409).errors[0]


@pytest.mark.parametrize(
    "changes",
    [{"phone": "0812-9999-8888"}, {"birth_date-day": "10"}, {"birth_date-year": "1981"}],
)
def test_who_is_not_recorded_so_gets_the_same_page_and_no_code(new_page, sri, changes):
    known, unknown = new_page(), new_page()
    one, other = known.follow(ask(known)), unknown.follow(ask(unknown, **changes))
    assert one.words.replace("7890", "") == other.words.replace("7890", "").replace("8888", "")
    rows = messages("code.activation")
    assert [(row.state, row.person_id) for row in rows] == [("waiting", sri.id), ("skipped", None)]
    check(unknown, _code_of(rows[1]), 422)


def test_an_erased_person_is_not_recorded(page, sri, now):
    with transaction() as session:
        session.get(Person, sri.id).erased_at = now
    ask(page)
    assert messages("code.activation")[0].state == "skipped"


def test_a_taken_name_costs_only_another_try(page, sri, now):
    with transaction():
        services.create_user(login="sri", name="Sri Lain", password=NEW, actor=SYSTEM, now=now)
    ask(page)
    check(page, last_code())
    assert "sudah dipakai" in finish(page, 409).errors[0]
    assert len(finish(page, 422, login="sri.w", password="koperasi").errors) == 1
    finish(page, login="sri.w")


def test_without_the_code_there_is_no_account_page(page, new_page, sri):
    page.get("/akun/aktifkan/akun", 303)
    ask(page)
    page.get("/akun/aktifkan/akun", 303)
    assert page.post("/akun/aktifkan/akun", {"login": "sri", "password": NEW}).location == "/akun/aktifkan"
    check(page, last_code())
    assert new_page().get("/akun/aktifkan/akun", 303).location == "/akun/aktifkan"


@pytest.mark.parametrize(
    ("changes", "count"),
    [
        ({"phone": "sri@contoh.id"}, 1),
        ({"phone": "12"}, 1),
        ({"phone": "", "birth_date-day": "", "birth_date-month": "", "birth_date-year": ""}, 2),
        ({"birth_date-day": "31", "birth_date-month": "2"}, 1),
    ],
)
def test_what_cannot_be_is_said_beside_its_input(page, sri, changes, count):
    assert len(ask(page, status=422, **changes).errors) == count
    assert not messages()
