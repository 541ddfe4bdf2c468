"""Signing in with a phone or an address: by password, by code, and as which person of a shared phone."""

import pytest

from portal.accounts import services
from portal.core.db import transaction
from portal.core.permissions import SYSTEM
from tests.support.codes import TYPED, give_contact, last_code, messages, wrong

PASSWORD = "kuda lumping di sawah"
OTHER = "ijuk rumbia nibung"
NOBODY = "0812-9999-8888"


@pytest.fixture
def family(db_session, now):
    """Three people with one phone; two of them even chose the same password."""
    made = {}
    for login, name, password in (
        ("sri", "Hj. Sri Wahyuni", PASSWORD),
        ("budi", "Budi Hartono", PASSWORD),
        ("ani", "Ani Lestari", OTHER),
    ):
        with transaction():
            made[login] = services.create_user(
                login=login, name=name, password=password, actor=SYSTEM, now=now
            )
        give_contact(made[login].id, now)
    return made


@pytest.fixture
def sri(db_session, now):
    with transaction():
        user = services.create_user(login="sri", name="Sri Wahyuni", password=PASSWORD, actor=SYSTEM, now=now)
    give_contact(user.id, now)
    return user


def sign_in(page, login, password=PASSWORD, status=303, url="/masuk"):
    return page.submit(page.get(url), {"login": login, "password": password}, status, "/masuk")


def ask(page, contact=TYPED, url="/masuk/kode", status=303):
    return page.submit(page.get(url), {"contact": contact}, status, "/masuk/kode")


def check(page, code, status=303):
    return page.submit(page.get("/masuk/kode/periksa"), {"code": code}, status)


def name_of(page):
    return page.get("/saya/profil").words


@pytest.mark.parametrize("typed", [TYPED, "+62 812 3456 7890", "081234567890"])
def test_a_phone_and_the_password_sign_in(page, sri, typed):
    assert sign_in(page, typed, url="/masuk?lanjut=/saya/profil").location == "/saya/profil"
    assert "Sri Wahyuni" in name_of(page)


def test_an_address_and_the_password_sign_in(page, sri, now):
    give_contact(sri.id, now, "sri@contoh.id", "email")
    assert sign_in(page, "Sri@Contoh.id").location == "/beranda"


def test_of_a_shared_phone_the_password_says_who(page, family):
    assert sign_in(page, TYPED, OTHER).location == "/beranda"
    assert "Ani Lestari" in name_of(page)


def test_two_with_the_same_password_are_asked_who(page, family):
    view = page.follow(sign_in(page, TYPED, url="/masuk?lanjut=/saya/profil"))
    assert view.heading == "Siapa yang masuk?"
    assert "Sri" in view.words
    assert "Budi" in view.words
    assert "Ani" not in view.words
    assert "Wahyuni" not in view.words
    done = page.submit(view, {"who": family["budi"].id})
    assert done.location == "/saya/profil"
    assert "Budi Hartono" in name_of(page)


def test_nobody_else_can_be_chosen(page, new_page, family):
    view = page.follow(sign_in(page, TYPED))
    for who in (family["ani"].id, 0, 999_999, "x", ""):
        assert page.submit(view, {"who": who}, 422).heading == "Siapa yang masuk?"
    new_page().get("/masuk/siapa", 303)
    assert new_page().post("/masuk/siapa", {"who": family["budi"].id}).location == "/masuk"
    page.get("/saya", 303, htmx=False)


def test_a_code_signs_in_without_a_password(page, sri):
    view = page.follow(ask(page, url="/masuk/kode?lanjut=/saya/profil"))
    assert "•••• 7890" in view.words
    assert 'autocomplete="one-time-code"' in view.text
    code = last_code()
    assert check(page, f"{code[:3]}-{code[3:]}").location == "/saya/profil"
    assert "Sri Wahyuni" in name_of(page)


def test_three_people_of_one_phone_are_asked_by_their_call_names(page, family):
    ask(page)
    view = page.follow(check(page, last_code()))
    assert [name for name in ("Sri", "Budi", "Ani") if name in view.words] == ["Sri", "Budi", "Ani"]
    page.submit(view, {"who": family["ani"].id})
    assert "Ani Lestari" in name_of(page)


def test_a_code_works_once(page, new_page, sri):
    ask(page)
    code = last_code()
    with page.client.session_transaction() as session:
        handle = session["one_time_sign_in"]
    check(page, code)
    thief = new_page()
    with thief.client.session_transaction() as session:
        session["one_time_sign_in"] = handle
    thief.get("/masuk/kode/periksa", 303)
    view = thief.post("/masuk/kode/periksa", {"code": code}, 422)
    assert "sudah dipakai" in view.errors[0]


def test_a_code_typed_in_another_browser_opens_nothing(page, new_page, sri):
    ask(page)
    code, other = last_code(), new_page()
    other.post("/masuk/kode/periksa", {"code": code}, 422)
    ask(other, NOBODY)
    assert "Kode ini salah" in check(other, code, 422).errors[0]
    check(page, code)


def test_a_stolen_handle_without_the_code_ends_after_five_tries(page, new_page, sri):
    ask(page)
    with page.client.session_transaction() as session:
        handle = session["one_time_sign_in"]
    thief, code = new_page(), last_code()
    with thief.client.session_transaction() as session:
        session["one_time_sign_in"] = handle
    for _turn in range(5):
        check(thief, wrong(code), 422)
    check(thief, code, 422)


def test_an_expired_code_leads_back_to_a_new_one(page, sri, clock):
    ask(page)
    code = last_code()
    clock.move(minutes=10)
    assert page.get("/masuk/kode/periksa", 303).location == "/masuk/kode"
    assert "Minta kode baru" in page.post("/masuk/kode/periksa", {"code": code}, 422).words
    ask(page)
    check(page, last_code())


def test_the_same_form_sent_twice_sends_one_code(page, sri):
    view = page.get("/masuk/kode")
    page.submit(view, {"contact": TYPED})
    page.submit(view, {"contact": TYPED})
    assert len(messages("code.sign_in")) == 1
    check(page, last_code())


def test_asking_too_often_is_429_with_a_waiting_time(page, sri, clock):
    for _turn in range(5):
        ask(page)
    view = ask(page, status=429)
    assert int(view.headers["Retry-After"]) > 0
    assert len(messages("code.sign_in")) == 5
    clock.move(minutes=16)
    ask(page)


@pytest.mark.parametrize("typed", ["", "sri", "12", "a@b"])
def test_what_is_no_contact_is_said_beside_its_input(page, sri, typed):
    view = ask(page, typed, status=422)
    assert len(view.errors) == 1
    assert view.element("contact").get("aria-invalid") == "true"
    assert not messages()


@pytest.mark.parametrize("typed", ["", "abc", "9" * 39])
def test_a_code_that_is_none_is_refused(page, sri, typed):
    ask(page)
    assert len(check(page, typed, 422).errors) == 1


def test_signing_in_renews_the_cookie(page, sri):
    ask(page)
    with page.client.session_transaction() as session:
        session["planted"] = "x"
    check(page, last_code())
    with page.client.session_transaction() as session:
        assert not {"planted", "one_time_sign_in"} & set(session)


def test_somebody_signed_in_goes_on(page, sri):
    page.sign_in(sri)
    assert page.get("/masuk/kode", 303).location == "/beranda"
    assert page.get("/masuk/lupa", 303).location == "/beranda"


def test_the_sign_in_page_shows_every_way(page):
    links = page.get("/masuk?lanjut=/saya/profil").links
    assert links["Masuk dengan kode"] == "/masuk/kode?lanjut=/saya/profil"
    assert links["Lupa kata sandi"] == "/masuk/lupa"
    assert {"Saya menerima surat dengan kode", "Buat akun sendiri", "Nomor HP saya sudah dicatat"} <= set(
        links
    )


def test_a_closed_account_is_not_offered(page, family, now):
    with transaction():
        services.set_account_active(
            user_id=family["ani"].id, is_active=False, reason="uji", actor=SYSTEM, now=now
        )
    ask(page)
    view = page.follow(check(page, last_code()))
    assert "Ani" not in view.words
    with transaction():
        services.set_account_active(
            user_id=family["budi"].id, is_active=False, reason="uji", actor=SYSTEM, now=now
        )
    page.submit(view, {"who": family["budi"].id}, 422)
