"""Signing in with a second step, and the gate before the pages of staff, as pages."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from portal.accounts import services
from portal.accounts.models import UserSession
from portal.accounts.services import recovery_codes
from portal.core.db import transaction
from portal.core.permissions import SYSTEM
from portal.people import services as people
from tests.accounts.test_claims import BORN
from tests.support.factors import give_phone

PASSWORD = "kuda lumping di sawah"


@pytest.fixture
def user(db_session, now):
    with transaction():
        person, _new = people.save_person(
            name="Sri Wahyuni", nik="6105014903800001", birth_date=BORN, actor=SYSTEM, now=now
        )
        return services.create_user(
            login="sri", name="Sri Wahyuni", password=PASSWORD, person_id=person.id, actor=SYSTEM, now=now
        )


def appoint(user, now, role="platform_admin", kind="all"):
    with transaction():
        return services.grant_role(
            user_id=user.id, role=role, scope_kind=kind, starts_on=now.date(), actor=SYSTEM, now=now
        )


@pytest.fixture
def admin(user, now):
    appoint(user, now)
    return user


@pytest.fixture
def phone(user, now):
    return give_phone(user, now)


def password(page, url="/masuk", status=303):
    return page.submit(page.get(url), {"login": "sri", "password": PASSWORD}, status, "/masuk")


def code(page, typed, status=303):
    return page.submit(page.get("/masuk/langkah-dua"), {"code": typed}, status, "/masuk/langkah-dua")


def weak_session(page, user, now):
    """As a password alone opened it."""
    with transaction():
        token = services.open_session(user.id, now=now)
    with page.client.session_transaction() as session:
        session.clear()
        session["_user_id"] = token
    return page


# ---- signing in ----


def test_an_account_with_a_factor_is_asked_for_it_and_comes_where_it_wanted(page, user, phone, now):
    view = password(page, "/masuk?lanjut=/saya/profil")
    assert view.location == "/masuk/langkah-dua"
    asked = page.follow(view)
    assert asked.heading == "Langkah kedua"
    assert 'autocomplete="one-time-code"' in asked.text
    assert 'inputmode="numeric"' in asked.text
    assert code(page, phone.code(now)).location == "/saya/profil"
    assert "Sri Wahyuni" in page.get("/saya/profil").words


def test_between_the_steps_nothing_is_open(page, user, phone, db_session):
    password(page)
    page.get("/saya", 303, htmx=False)
    assert db_session.scalars(sa.select(UserSession)).all() == []


def test_an_account_without_a_factor_is_not_asked(page, user):
    assert password(page).location == "/beranda"
    assert page.get("/masuk/langkah-dua", 303).location == "/beranda"


def test_a_wrong_code_is_said_beside_it_and_is_not_sent_back(page, user, phone, now):
    password(page)
    view = code(page, "000000", 422)
    assert view.errors == ["Kode tidak cocok. Periksa enam angka di aplikasi Anda, lalu coba lagi."]
    assert view.title.startswith("Perlu diperbaiki:")
    assert code(page, "", 422).errors == ["Tulis enam angka dari aplikasi."]


def test_a_code_used_twice_is_refused_with_what_to_do(page, new_page, user, phone, now):
    for visitor in (page, new_page()):
        password(visitor)
        status = 303 if visitor is page else 422
        view = code(visitor, phone.code(now), status)
    assert view.errors == ["Kode ini sudah dipakai. Tunggu kode berikutnya, paling lama 30 detik."]


def test_a_phone_two_minutes_off_gets_in_with_its_second_code(page, user, now, clock):
    phone = give_phone(user, now, ahead=-4)
    password(page)
    assert "tampaknya meleset" in code(page, phone.code(now), 422).errors[0]
    clock.move(seconds=30)
    assert code(page, phone.code(clock.now)).location == "/beranda"


def test_the_sixth_wrong_code_is_429(page, user, phone, now):
    password(page)
    for _turn in range(5):
        code(page, "000000", 422)
    view = code(page, phone.code(now), 429)
    assert int(view.headers["Retry-After"]) > 0


def test_the_step_is_over_after_ten_minutes_and_says_so(page, user, phone, clock):
    password(page)
    view = page.get("/masuk/langkah-dua")
    clock.move(minutes=10)
    after = page.submit(view, {"code": phone.code(clock.now)})
    assert page.follow(after).heading == "Masuk sekali lagi"


def test_a_double_click_ends_in_the_same_place(page, user, phone, now):
    password(page)
    view = page.get("/masuk/langkah-dua")
    action, fields = view.form()
    with page.client.session_transaction() as session:
        before = dict(session)
    page.post(action, {**fields, "code": phone.code(now)})
    with page.client.session_transaction() as session:
        after = dict(session)
        session.clear()
        session.update(before)
    second = page.post(action, {**fields, "code": phone.code(now)})
    assert second.location == "/masuk/langkah-dua"
    with page.client.session_transaction() as session:
        session.clear()
        session.update(after)
    assert page.get("/masuk/langkah-dua", 303).location == "/beranda"


def test_a_handle_of_another_browser_passes_nothing(page, new_page, user, phone, now):
    password(page)
    thief = new_page()
    assert thief.get("/masuk/langkah-dua").heading == "Masuk sekali lagi"
    assert thief.post("/masuk/langkah-dua", {"code": phone.code(now)}).location == "/masuk/langkah-dua"
    thief.get("/saya", 303, htmx=False)


def test_a_code_on_paper_leads_to_the_page_of_ones_safety(page, user, phone, now):
    with transaction():
        codes = recovery_codes.renew_codes(user_id=user.id, actor=SYSTEM, now=now)
    password(page)
    view = page.get("/masuk/langkah-dua")
    paper = page.get(view.links["Pakai kode cadangan"])
    assert (
        page.submit(paper, {"code": "AAAA-AAAA-AAAA"}, 422)
        .errors[0]
        .startswith("Kode cadangan ini tidak cocok")
    )
    done = page.submit(paper, {"code": codes[0]})
    assert done.location == "/akun/keamanan?kertas=1"
    assert "Tersisa 9 kode cadangan" in page.follow(done).words


def test_a_cookie_stolen_before_signing_out_is_dead_after_it(page, new_page, user, phone, now):
    password(page)
    code(page, phone.code(now))
    with page.client.session_transaction() as session:
        stolen = dict(session)
    page.post("/keluar")
    thief = new_page()
    with thief.client.session_transaction() as session:
        session.update(stolen)
    thief.get("/saya", 303, htmx=False)
    assert thief.get("/akun/keamanan", 303, htmx=False).location.startswith("/masuk")


def test_no_code_is_shown_outside_a_demo_portal(page, user, phone):
    password(page)
    assert "Portal contoh" not in page.get("/masuk/langkah-dua").words


def test_a_demo_portal_shows_the_code_of_its_accounts(page, app, user, phone, now, monkeypatch):
    shown = {user.id: phone.code(now)}
    monkeypatch.setitem(app.extensions, "demo_code", lambda user_id, _now: shown.get(user_id))
    password(page)
    view = page.get("/masuk/langkah-dua")
    assert "Portal contoh" in view.words
    assert phone.code(now) in view.words


# ---- the gate ----


def test_staff_without_a_factor_are_led_to_set_one_up(page, admin):
    assert page.follow(password(page), 303).location == "/akun/keamanan/siapkan?lanjut=/beranda"
    view = page.get("/admin/peran?peran=regulator", 303)
    assert view.location == "/akun/keamanan/siapkan?lanjut=/admin/peran?peran%3Dregulator"
    assert page.follow(view).heading == "Pasang langkah kedua"


def test_staff_with_a_factor_are_led_to_use_it(page, admin, phone, now):
    weak_session(page, admin, now)
    view = page.get("/admin", 303)
    assert view.location == "/masuk/langkah-dua?lanjut=/admin"
    step = page.follow(view)
    assert page.submit(step, {"code": phone.code(now)}).location == "/admin"
    page.get("/admin")


def test_what_needs_no_staff_stays_open(page, admin, now):
    weak_session(page, admin, now)
    for address in ("/saya", "/saya/profil", "/akun/keamanan", "/", "/bantuan", "/verifikasi"):
        page.get(address)
    assert "/admin" not in page.get("/saya").links.values()
    assert page.post("/keluar").location == "/masuk"


def test_a_page_that_no_role_of_theirs_opens_stays_refused(page, admin, now):
    weak_session(page, admin, now).get("/pemantauan", 403)


def test_a_post_of_staff_is_refused_too_and_writes_nothing(page, admin, now, query_count):
    weak_session(page, admin, now)
    with query_count() as seen:
        view = page.post("/admin/peran/beri", {"login": "sri", "role": "regulator"})
    assert view.location == "/akun/keamanan/siapkan"
    assert seen.writes == []


def test_a_role_granted_meanwhile_counts_from_the_next_request(page, user, now):
    password(page)
    page.get("/admin", 403)
    grant = appoint(user, now)
    assert page.get("/admin", 303).location.startswith("/akun/keamanan/siapkan")
    with transaction():
        services.grant_role(
            user_id=people_admin(now), role="platform_admin", scope_kind="all", starts_on=now.date(),
            actor=SYSTEM, now=now,
        )  # fmt: skip
        services.end_role(grant_id=grant.id, actor=SYSTEM, now=now)
    page.get("/admin", 403)


def people_admin(now):
    user = services.create_user(
        login="lain", name="Lain", password="kuda lumping di sawah", actor=SYSTEM, now=now
    )
    return user.id


def test_a_strong_session_gains_a_granted_role_at_once(page, user, phone, now):
    password(page)
    code(page, phone.code(now))
    appoint(user, now)
    page.get("/admin")


def test_the_gate_costs_one_statement_for_the_session(page, admin, now, query_count):
    page.sign_in(admin)
    with query_count(at_most=1):
        page.get("/akun/sandi", htmx=False)


def test_public_pages_ask_nothing_of_a_waiting_session(page, admin, now, query_count):
    weak_session(page, admin, now)
    with query_count() as seen:
        page.get("/verifikasi", htmx=False)
    assert not [text for text in seen.texts if "user_session" in text]


def test_setting_up_is_asked_soon_after_signing_in(page, admin, clock):
    password(page)
    clock.move(minutes=11)
    view = page.post("/akun/keamanan/aplikasi")
    assert view.location == "/akun/keamanan/pastikan?lanjut=/akun/keamanan/aplikasi"
    again = page.submit(page.follow(view), {"proof": PASSWORD})
    assert again.location == "/akun/keamanan/aplikasi"


def test_an_old_weak_session_may_not_add_a_factor_to_an_account_that_has_one(page, user, phone, now):
    weak_session(page, user, now)
    assert page.post("/akun/keamanan/aplikasi").location.startswith("/masuk/langkah-dua")
    assert page.get("/akun/keamanan/passkey", 303).location.startswith("/masuk/langkah-dua")
    assert page.post("/akun/keamanan/kode-cadangan").location.startswith("/masuk/langkah-dua")
    assert page.post("/akun/keamanan/aplikasi/hapus").location.startswith("/masuk/langkah-dua")
