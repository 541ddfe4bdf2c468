"""The phones and addresses of one's own account, and the offer after a letter was used."""

from datetime import date

import pytest

from portal.accounts import services
from portal.accounts.rules.contact import MOST_CONTACTS
from portal.core.db import transaction
from portal.core.permissions import SYSTEM
from portal.people import services as people
from portal.people.models import Person
from tests.support.codes import PHONE, TYPED, address, give_contact, last_code, messages, wrong

PASSWORD = "kuda lumping di sawah"
BORN = date(1980, 3, 9)


@pytest.fixture
def sri(db_session, now):
    with transaction():
        person, _new = people.save_person(
            name="Sri Wahyuni", nik="6105014903800001", birth_date=BORN, actor=SYSTEM, now=now
        )
        return services.create_user(
            login="sri", name="Sri Wahyuni", password=PASSWORD, person_id=person.id, actor=SYSTEM, now=now
        )


@pytest.fixture
def budi(db_session, now):
    with transaction():
        return services.create_user(login="budi", name="Budi", password=PASSWORD, actor=SYSTEM, now=now)


def add(page, contact=TYPED, status=303, url="/akun/kontak"):
    return page.submit(page.get(url), {"contact": contact}, status, "/akun/kontak")


def check(page, code, status=303):
    return page.submit(page.get("/akun/kontak/kode"), {"code": code}, status)


def contacts(page):
    return page.get("/akun/keamanan").words


def test_a_phone_is_added_with_a_code_and_kept_in_the_record(page, sri, db_session):
    page.sign_in(sri)
    view = page.follow(add(page))
    assert "•••• 7890" in view.words
    assert check(page, last_code("code.contact")).location == "/akun/keamanan?tersimpan=kontak"
    assert "0812-3456-7890" in contacts(page)
    assert db_session.get(Person, sri.person_id).phone == PHONE


def test_a_record_that_has_a_phone_keeps_it_until_another_is_picked(page, sri, db_session, now):
    with transaction():
        people.save_contact(
            person_id=sri.person_id, phone="+6281111111111", email="s@contoh.id", actor=SYSTEM, now=now
        )
    page.sign_in(sri)
    add(page)
    check(page, last_code())
    assert db_session.get(Person, sri.person_id).phone == "+6281111111111"
    page.submit(page.get("/akun/keamanan"), action="/dipakai")
    db_session.rollback()
    person = db_session.get(Person, sri.person_id)
    assert (person.phone, person.email) == (PHONE, "s@contoh.id")
    assert "dipakai untuk pesan" in contacts(page)


def test_the_recorded_phone_is_offered(page, sri, now):
    with transaction():
        people.save_contact(person_id=sri.person_id, phone=PHONE, email=None, actor=SYSTEM, now=now)
    page.sign_in(sri)
    assert "Periksa nomor Anda" in page.get("/akun/keamanan").links
    assert page.get("/akun/kontak").element("contact").get("value") == "0812-3456-7890"


def test_nothing_changes_without_the_right_code(page, new_page, sri, budi):
    page.sign_in(sri)
    add(page)
    check(page, wrong(last_code()), 422)
    assert "Belum ada." in contacts(page)
    thief = new_page().sign_in(budi)
    with page.client.session_transaction() as session:
        handle = session["one_time_contact"]
    with thief.client.session_transaction() as session:
        session["one_time_contact"] = handle
    thief.post("/akun/kontak/kode", {"code": last_code()}, 422)
    assert "Belum ada." in contacts(thief)


def test_two_accounts_may_prove_one_phone(page, new_page, sri, budi):
    for visitor, user in ((page, sri), (new_page(), budi)):
        visitor.sign_in(user)
        add(visitor)
        check(visitor, last_code())
        assert "0812-3456-7890" in contacts(visitor)


def test_a_removed_contact_opens_nothing_any_more_and_is_told(page, new_page, sri, now):
    give_contact(sri.id, now)
    give_contact(sri.id, now, "sri@contoh.id", "email")
    other = new_page()
    other.submit(other.get("/masuk/kode"), {"contact": TYPED})
    code = last_code("code.sign_in")
    page.sign_in(sri)
    page.submit(page.get("/akun/keamanan"), action="/hapus")
    assert "0812-3456-7890" not in contacts(page)
    other.post("/masuk/kode/periksa", {"code": code}, 422)
    told = {address(row) for row in messages("security.contact_removed")}
    assert told == {PHONE, "sri@contoh.id"}


def test_another_accounts_contact_is_a_404(page, sri, budi, now):
    theirs = give_contact(budi.id, now)
    page.sign_in(sri)
    for action in ("hapus", "dipakai"):
        page.post(f"/akun/kontak/{theirs}/{action}", {}, 404)
        page.post("/akun/kontak/987654/" + action, {}, 404)


def test_the_same_one_twice_and_too_many_are_refused(page, sri, now):
    give_contact(sri.id, now)
    page.sign_in(sri)
    assert "sudah terpasang" in add(page, status=422).errors[0]
    for number in range(MOST_CONTACTS - 1):
        give_contact(sri.id, now, f"sri{number}@contoh.id", "email")
    assert "Paling banyak" in add(page, "lagi@contoh.id", status=422).errors[0]


def test_a_session_that_is_not_fresh_proves_itself_first(page, sri, now, clock):
    give_contact(sri.id, now)
    page.sign_in(sri)
    clock.move(hours=2)
    assert page.get("/akun/kontak", 303).location.startswith("/akun/keamanan/pastikan")
    page.post("/akun/kontak", {"contact": "sri@contoh.id"})
    page.submit(page.get("/akun/keamanan"), action="/hapus")
    assert not messages()
    assert "0812-3456-7890" in contacts(page)


def test_after_a_letter_the_recorded_phone_may_be_proved_or_left(page, db_session, now):
    with transaction():
        person, _new = people.save_person(
            name="Andi Letter", nik="6105010903800002", birth_date=BORN, phone=PHONE, actor=SYSTEM, now=now
        )
        code = services.issue_claim_codes(person_ids=[person.id], actor=SYSTEM, now=now)[person.id]
    fields = {"code": code, "birth_date-day": "9", "birth_date-month": "3", "birth_date-year": "1980"}
    done = page.submit(page.get("/klaim"), fields | {"login": "andi", "password": PASSWORD})
    assert done.location == "/akun/kontak?lanjut=/beranda"
    view = page.follow(done)
    assert view.links["Nanti saja"] == "/beranda"
    page.submit(view, action="/akun/kontak")
    assert check(page, last_code("code.contact")).location == "/beranda"
    assert "0812-3456-7890" in contacts(page)


def test_a_forged_target_is_not_followed(page, sri):
    page.sign_in(sri)
    page.submit(page.get("/akun/kontak"), {"contact": TYPED, "lanjut": "https://jahat.example/"})
    assert check(page, last_code()).location.startswith("/akun/keamanan")
