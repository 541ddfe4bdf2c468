"""A lost password: code, who of a shared phone, new password, every session over."""

import pytest

from portal.accounts import services
from portal.core.db import transaction
from portal.core.permissions import SYSTEM
from tests.support.codes import TYPED, address, give_contact, last_code, messages

PASSWORD = "kuda lumping di sawah"
NEW = "ijuk rumbia nibung"


@pytest.fixture
def people(db_session, now):
    made = {}
    for login, name in (("sri", "Sri Wahyuni"), ("budi", "Budi Hartono")):
        with transaction():
            made[login] = services.create_user(
                login=login, name=name, password=PASSWORD, actor=SYSTEM, now=now
            )
    give_contact(made["sri"].id, now)
    return made


def ask(page, login=TYPED, status=303):
    return page.submit(page.get("/masuk/lupa"), {"login": login}, status)


def check(page, code, status=303):
    return page.submit(page.get("/masuk/lupa/kode"), {"code": code}, status)


def renew(page, password=NEW, status=303, **more):
    return page.submit(page.get("/masuk/lupa/sandi"), {"password": password, **more}, status)


def test_a_phone_gets_a_code_and_a_new_password_ends_all_sessions(page, new_page, people):
    other = new_page().sign_in(people["sri"])
    ask(page)
    view = page.follow(check(page, last_code("code.reset")))
    assert "sri" in view.words
    assert renew(page).location == "/beranda"
    assert "Sri Wahyuni" in page.get("/saya/profil").words
    other.get("/saya", 303, htmx=False)
    fresh = new_page()
    fresh.submit(fresh.get("/masuk"), {"login": "sri", "password": PASSWORD}, 422)
    fresh.submit(fresh.get("/masuk"), {"login": "sri", "password": NEW})


def test_a_sign_in_name_reaches_the_contact_of_its_account(page, people, now):
    give_contact(people["sri"].id, now, "sri@contoh.id", "email")
    view = page.follow(ask(page, "SRI"))
    assert "7890" not in view.words
    assert address(messages("code.reset")[0]) == "+6281234567890"
    check(page, last_code("code.reset"))
    renew(page)


def test_an_account_without_a_contact_answers_like_one_with(new_page, people):
    pages = [new_page() for _turn in range(3)]
    views = [
        visitor.follow(ask(visitor, login))
        for visitor, login in zip(pages, ("sri", "budi", "tak.dikenal"), strict=True)
    ]
    assert len({view.words for view in views}) == 1
    assert [row.state for row in messages("code.reset")] == ["waiting", "skipped", "skipped"]


def test_of_a_shared_phone_the_person_is_chosen_before_the_password(page, new_page, people, now):
    give_contact(people["budi"].id, now)
    ask(page)
    view = page.follow(check(page, last_code()))
    assert "Siapa Anda?" in view.words
    assert "Pilih salah satu." in renew(page, status=422).errors
    assert renew(page, status=422, who=999_999).errors == ["Pilih salah satu."]
    renew(page, who=people["budi"].id)
    assert "Budi Hartono" in page.get("/saya/profil").words
    fresh = new_page()
    fresh.submit(fresh.get("/masuk"), {"login": "sri", "password": PASSWORD})


def test_a_weak_password_costs_nothing_but_a_second_try(page, people):
    ask(page)
    check(page, last_code())
    assert len(renew(page, "koperasi", 422).errors) == 1
    assert len(renew(page, "", 422).errors) == 1
    renew(page)


def test_the_step_after_the_code_is_spent_once_and_bound_to_the_browser(page, new_page, people, clock):
    ask(page)
    check(page, last_code())
    with page.client.session_transaction() as session:
        handle = session["one_time_choose"]
    renew(page)
    thief = new_page()
    thief.get("/masuk/lupa/sandi", 303)
    with thief.client.session_transaction() as session:
        session["one_time_choose"] = handle
    assert thief.get("/masuk/lupa/sandi", 303).location == "/masuk/lupa"
    assert thief.post("/masuk/lupa/sandi", {"password": NEW}).location == "/masuk/lupa"
    thief.get("/masuk/siapa", 303)


def test_the_step_after_the_code_ends_after_ten_minutes(page, people, clock):
    ask(page)
    check(page, last_code())
    clock.move(minutes=10)
    assert page.get("/masuk/lupa/sandi", 303).location == "/masuk/lupa"


def test_a_code_for_signing_in_sets_no_password(page, people):
    page.submit(page.get("/masuk/kode"), {"contact": TYPED}, 303)
    page.post("/masuk/lupa/kode", {"code": last_code()}, 422)
    page.get("/masuk/lupa/sandi", 303)


def test_the_owner_is_told(page, people):
    ask(page)
    check(page, last_code())
    renew(page)
    told = messages("security.password_changed")
    assert [(row.user_id, row.state) for row in told] == [(people["sri"].id, "waiting")]


def test_staff_still_need_their_second_factor(page, people, now):
    from datetime import date

    with transaction():
        services.grant_role(
            user_id=people["sri"].id, role="center_admin", scope_kind="center", scope_id="1",
            starts_on=date(2026, 1, 1), actor=SYSTEM, now=now,
        )  # fmt: skip
    ask(page)
    check(page, last_code())
    renew(page)
    assert page.get("/balai", 303, htmx=False).location.startswith("/akun/keamanan")
