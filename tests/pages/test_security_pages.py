"""/akun/keamanan: factors set up and removed, codes on paper, devices, passkeys through their forms."""

from __future__ import annotations

import json

import pytest
import sqlalchemy as sa

from portal.accounts import services
from portal.accounts.models import Passkey, RecoveryCode, UserSession
from portal.accounts.queries.factor import find_totp, get_factors, totp_secret
from portal.core.db import transaction
from portal.core.mail.outbox import OutboxMessage
from portal.core.permissions import SYSTEM
from tests.support.authenticator import Authenticator
from tests.support.factors import Phone, give_phone

PASSWORD = "kuda lumping di sawah"
CHROME = "Mozilla/5.0 (Linux; Android 14) Chrome/130.0"


@pytest.fixture
def sri(db_session, now):
    with transaction():
        return services.create_user(login="sri", name="Sri Wahyuni", password=PASSWORD, actor=SYSTEM, now=now)


@pytest.fixture
def staff(sri, now):
    with transaction():
        services.grant_role(
            user_id=sri.id,
            role="platform_admin",
            scope_kind="all",
            starts_on=now.date(),
            actor=SYSTEM,
            now=now,
        )
    return sri


def sign_in(page, user=None, status=303):
    return page.submit(page.get("/masuk"), {"login": "sri", "password": PASSWORD}, status, "/masuk")


def set_up_totp(page, user, now, start="/akun/keamanan"):
    """Through the pages; returns (phone, last answer)."""
    shown = page.follow(page.submit(page.get(start), action="/akun/keamanan/aplikasi"))
    phone = Phone(totp_secret(find_totp(user.id, is_draft=True)))
    return phone, page.submit(shown, {"code": phone.code(now)}, action="/pasang")


def token_of(page):
    with page.client.session_transaction() as session:
        return session["_user_id"]


def kinds(db_session):
    return set(db_session.scalars(sa.select(OutboxMessage.kind)))


# ---- the code generator ----


def test_the_setup_shows_the_seed_as_qr_and_in_groups_of_four(page, sri, now):
    sign_in(page)
    view = page.follow(page.submit(page.get("/akun/keamanan"), action="/akun/keamanan/aplikasi"))
    secret = totp_secret(find_totp(sri.id, is_draft=True))
    assert " ".join(secret[at : at + 4] for at in range(0, 32, 4)) in view.words
    assert f"otpauth://totp/Balai:sri?secret={secret}&amp;issuer=Balai" in view.text
    assert '<path fill="#fff"' in view.text
    assert '<path fill="#000"' in view.text
    assert view.headers["Cache-Control"] == "no-store"


def test_the_seed_stays_the_same_until_the_setup_is_done(page, new_page, sri, now):
    sign_in(page)
    first = page.follow(page.post("/akun/keamanan/aplikasi"))
    again = page.follow(page.post("/akun/keamanan/aplikasi"))
    assert again.words == first.words
    other = new_page()
    with transaction():
        budi = services.create_user(login="budi", name="Budi", password=PASSWORD, actor=SYSTEM, now=now)
    other.sign_in(budi)
    assert "otpauth" not in other.get("/akun/keamanan/aplikasi").text


def test_a_first_factor_upgrades_the_session_and_shows_ten_codes_once(page, sri, now, db_session):
    sign_in(page)
    before = token_of(page)
    phone, done = set_up_totp(page, sri, now)
    assert token_of(page) != before
    shown = page.follow(done)
    codes = [word for word in shown.words.split() if len(word) == 14 and word.count("-") == 2]
    assert len(codes) == 10
    stored = db_session.scalars(sa.select(RecoveryCode.code_hash)).all()
    assert len(stored) == 10
    on = page.submit(shown, action="/tersimpan")
    assert on.location == "/akun/keamanan"
    assert codes[0] not in page.get("/akun/keamanan/kode-cadangan").words
    open_ones = db_session.scalars(sa.select(UserSession).where(UserSession.ended_at.is_(None))).all()
    assert [row.factor for row in open_ones] == ["totp"]
    page.client.get("/akun/keamanan")
    assert phone.code(now) not in page.get("/akun/keamanan").text


def test_staff_go_on_to_the_page_they_wanted(page, staff, now):
    sign_in(page)
    view = page.follow(page.get("/admin", 303))
    shown = page.follow(page.submit(view, action="/akun/keamanan/aplikasi"))
    phone = Phone(totp_secret(find_totp(staff.id, is_draft=True)))
    codes = page.follow(page.submit(shown, {"code": phone.code(now)}, action="/pasang"))
    assert page.submit(codes, action="/tersimpan").location == "/admin"
    page.get("/admin")


def test_a_wrong_first_code_keeps_the_page(page, sri, now):
    sign_in(page)
    shown = page.follow(page.post("/akun/keamanan/aplikasi"))
    view = page.submit(shown, {"code": "000000"}, 422, "/pasang")
    assert "Kode tidak cocok" in view.errors[0]
    assert "otpauth" in view.text
    assert page.submit(shown, {"code": ""}, 422, "/pasang").errors


def test_confirming_without_a_setup_offers_to_begin(page, sri):
    sign_in(page)
    view = page.post("/akun/keamanan/aplikasi/pasang", {"code": "123456"})
    assert "Mulai" in page.follow(view).text


def test_the_owner_is_told_of_a_new_and_of_a_removed_factor(page, sri, now, db_session):
    sign_in(page)
    set_up_totp(page, sri, now)
    assert "security.factor_added" in kinds(db_session)
    page.submit(page.get("/akun/keamanan"), action="/aplikasi/hapus")
    assert "security.factor_removed" in kinds(db_session)


def test_removing_a_factor_ends_the_other_devices(page, new_page, sri, now):
    sign_in(page)
    set_up_totp(page, sri, now)
    other = new_page().sign_in(sri)
    other.get("/akun/keamanan")
    view = page.follow(page.submit(page.get("/akun/keamanan"), action="/aplikasi/hapus"))
    assert "sudah dihapus" in view.words
    other.get("/akun/keamanan", 303, htmx=False)
    assert get_factors(sri.id).count == 0
    assert get_factors(sri.id).codes_left == 0
    page.post("/akun/keamanan/aplikasi/hapus", status=404)


def test_staff_keep_their_last_factor(page, staff, now):
    sign_in(page)
    set_up_totp(page, staff, now)
    view = page.post("/akun/keamanan/aplikasi/hapus", status=409)
    assert "Pasang yang baru lebih dahulu" in view.errors[0]
    assert get_factors(staff.id).count == 1


def test_a_new_phone_replaces_the_old_one(page, sri, now, clock):
    old = give_phone(sri, now)
    page.sign_in(sri)
    shown = page.follow(page.submit(page.get("/akun/keamanan"), action="/akun/keamanan/aplikasi"))
    assert "Aplikasi yang lama tetap berlaku" in shown.words
    new = Phone(totp_secret(find_totp(sri.id, is_draft=True)))
    page.submit(shown, {"code": new.code(now)}, action="/pasang")
    assert new.secret != old.secret
    assert totp_secret(find_totp(sri.id)) == new.secret


# ---- proving oneself again ----


def test_after_ten_minutes_a_proof_is_asked_before_changes(page, sri, now, clock):
    phone = give_phone(sri, now)
    page.sign_in(sri)
    clock.move(minutes=11)
    view = page.get("/akun/keamanan")
    assert "/aplikasi/hapus" not in view.text
    assert page.post("/akun/keamanan/aplikasi/hapus").location.startswith("/akun/keamanan/pastikan")
    ask = page.get(view.links["Pastikan ini saya"])
    assert page.submit(ask, {"proof": "salah sekali"}, 422).errors == ["Kata sandi atau kode tidak cocok."]
    assert page.submit(ask, {"proof": "000000"}, 422).errors[0].startswith("Kode tidak cocok")
    assert page.submit(ask, {"proof": ""}, 422).errors
    before = token_of(page)
    assert page.submit(ask, {"proof": phone.code(clock.now)}).location == "/akun/keamanan"
    assert token_of(page) != before
    assert "/aplikasi/hapus" in page.get("/akun/keamanan").text


def test_the_password_proves_too_and_keeps_the_strength(page, sri, now, clock, db_session):
    give_phone(sri, now)
    page.sign_in(sri)
    clock.move(minutes=11)
    page.submit(page.get("/akun/keamanan/pastikan"), {"proof": PASSWORD})
    open_ones = db_session.scalars(sa.select(UserSession).where(UserSession.ended_at.is_(None))).all()
    assert [(row.factor, row.created_at) for row in open_ones] == [("totp", clock.now)]


def test_guessing_the_password_here_is_bounded(page, sri, now, clock):
    page.sign_in(sri)
    clock.move(minutes=11)
    for _turn in range(5):
        page.submit(page.get("/akun/keamanan/pastikan"), {"proof": "salah sekali"}, 422)
    page.submit(page.get("/akun/keamanan/pastikan"), {"proof": PASSWORD}, 429)


# ---- codes on paper ----


def test_new_codes_end_the_old_ones_and_the_other_devices(page, new_page, sri, now, db_session):
    give_phone(sri, now)
    page.sign_in(sri)
    other = new_page().sign_in(sri)
    first = page.follow(page.submit(page.get("/akun/keamanan"), action="/kode-cadangan")).words
    second = page.follow(page.post("/akun/keamanan/kode-cadangan")).words
    assert first != second
    assert get_factors(sri.id).codes_left == 10
    other.get("/akun/keamanan", 303, htmx=False)
    assert "security.codes_renewed" in kinds(db_session)


def test_codes_are_for_accounts_with_a_factor(page, sri):
    page.sign_in(sri)
    assert page.post("/akun/keamanan/kode-cadangan", status=409).errors


def test_the_page_of_codes_without_codes_says_where_to_get_them(page, sri):
    page.sign_in(sri)
    assert "buat sepuluh kode baru" in page.get("/akun/keamanan/kode-cadangan").words


def test_shown_codes_stay_in_their_browser(page, new_page, sri, now):
    give_phone(sri, now)
    page.sign_in(sri)
    shown = page.follow(page.post("/akun/keamanan/kode-cadangan"))
    code = next(word for word in shown.words.split() if word.count("-") == 2)
    assert code not in new_page().sign_in(sri).get("/akun/keamanan/kode-cadangan").words


# ---- devices ----


def test_one_device_is_signed_out_from_another(page, new_page, sri, now, db_session):
    page.sign_in(sri)
    other = new_page().sign_in(sri)
    view = page.get("/akun/keamanan")
    assert view.words.count("Perangkat ini") == 1
    done = page.submit(view, action="/keluarkan")
    assert "sudah dikeluarkan" in page.follow(done).words
    other.get("/akun/keamanan", 303, htmx=False)
    page.get("/akun/keamanan")


def test_leaving_all_devices_from_here(page, new_page, sri):
    page.sign_in(sri)
    other = new_page().sign_in(sri)
    page.submit(page.get("/akun/keamanan"), action="/keluar-semua")
    for visitor in (page, other):
        visitor.get("/akun/keamanan", 303, htmx=False)


def test_a_new_device_is_told_of_the_first_one_is_not(page, sri, now, db_session):
    page.post("/masuk", {"login": "sri", "password": PASSWORD}, **{"User-Agent": CHROME})
    assert "security.signed_in_new" not in kinds(db_session)
    page.client.delete_cookie("balai")
    page.post("/masuk", {"login": "sri", "password": PASSWORD}, **{"User-Agent": CHROME})
    assert "security.signed_in_new" not in kinds(db_session)
    page.client.delete_cookie("balai")
    page.post("/masuk", {"login": "sri", "password": PASSWORD}, **{"User-Agent": "Firefox/140.0 Windows"})
    assert "security.signed_in_new" in kinds(db_session)


# ---- passkeys ----


def options(page, url):
    answer = page.post(url, status=200)
    return json.loads(answer.text)["publicKey"]


def add_passkey(page, device, name="HP Samsung", status=303):
    asked = options(page, "/akun/keamanan/passkey/tantangan")
    fields = {"name": name, "credential": device.register(asked)}
    return page.submit(page.get("/akun/keamanan/passkey"), fields, status, "/akun/keamanan/passkey")


def test_a_passkey_is_registered_named_and_removed(page, sri, now, db_session):
    sign_in(page)
    done = add_passkey(page, Authenticator())
    assert done.location == "/akun/keamanan/kode-cadangan"
    view = page.get("/akun/keamanan")
    assert "Passkey “HP Samsung”" in view.words
    row = db_session.scalars(sa.select(Passkey)).one()
    assert page.submit(view, action=f"/passkey/{row.id}/hapus").location == "/akun/keamanan?tersimpan=dihapus"
    assert "HP Samsung" not in page.get("/akun/keamanan").words


def test_a_passkey_signs_in_alone_and_opens_what_staff_may_do(page, new_page, staff, now):
    sign_in(page)
    device = Authenticator()
    add_passkey(page, device)
    phone = new_page()
    view = phone.get("/masuk?lanjut=/admin")
    asked = options(phone, "/masuk/passkey/tantangan")
    assert asked["allowCredentials"] == []
    done = phone.submit(view, {"credential": device.sign(asked)}, action="/masuk/passkey")
    assert done.location == "/admin"
    phone.get("/admin")


def test_a_passkey_is_the_second_step_after_a_password(page, new_page, sri, now):
    sign_in(page)
    device = Authenticator()
    add_passkey(page, device)
    phone = new_page()
    step = phone.follow(sign_in(phone))
    assert step.heading == "Langkah kedua"
    asked = options(phone, "/masuk/passkey/tantangan")
    assert len(asked["allowCredentials"]) == 1
    done = phone.submit(step, {"credential": device.sign(asked)}, action="/masuk/passkey")
    assert done.location == "/beranda"
    phone.get("/akun/keamanan")


def test_a_passkey_proves_oneself_again(page, sri, now, clock):
    sign_in(page)
    device = Authenticator()
    add_passkey(page, device)
    clock.move(minutes=11)
    ask = page.follow(page.get("/akun/keamanan/passkey", 303))
    asked = options(page, "/masuk/passkey/tantangan")
    done = page.submit(ask, {"credential": device.sign(asked)}, action="/masuk/passkey")
    assert done.location == "/akun/keamanan/passkey"
    page.get("/akun/keamanan/passkey")


def test_a_refused_passkey_says_so_and_leads_back(page, sri, now):
    view = page.get("/masuk")
    asked = options(page, "/masuk/passkey/tantangan")
    answer = page.submit(view, {"credential": Authenticator().sign(asked)}, 422, "/masuk/passkey")
    assert "tidak dikenal" in answer.words
    assert answer.links["Coba lagi atau pakai cara lain"] == "/masuk"
    assert page.post("/masuk/passkey", {"credential": "{}"}, 422).words


def test_a_passkey_needs_a_name(page, sri):
    sign_in(page)
    assert add_passkey(page, Authenticator(), " ", 422).errors == ["Beri nama untuk passkey ini."]


def test_an_old_session_is_led_on_by_the_script(page, sri, clock):
    sign_in(page)
    clock.move(minutes=11)
    answer = page.post("/akun/keamanan/passkey/tantangan", status=409)
    assert json.loads(answer.text)["go"].startswith("/akun/keamanan/pastikan")


def test_challenges_are_bounded_by_address(page, sri):
    for _turn in range(200):
        page.client.post(
            "/masuk/passkey/tantangan", data=page._complete({}), headers={"Sec-Fetch-Site": "same-origin"}
        )
    answer = page.post("/masuk/passkey/tantangan", status=429)
    assert int(answer.headers["Retry-After"]) > 0


def test_an_address_without_a_name_says_where_passkeys_work(page, app, sri, monkeypatch):
    from dataclasses import replace

    there = replace(app.extensions["portal_settings"], base_url="http://127.0.0.1:8000")
    monkeypatch.setitem(app.extensions, "portal_settings", there)
    page.sign_in(sri)
    by_number = {"base_url": "http://127.0.0.1:8000"}
    cookie = page.client.get_cookie("balai")
    page.client.set_cookie("balai", cookie.value, domain="127.0.0.1")
    answer = page.client.get("/akun/keamanan/passkey", **by_number)
    assert "http://localhost:8000" in answer.get_data(as_text=True)
    assert "passkey.js" not in answer.get_data(as_text=True)


def test_the_script_is_loaded_only_where_it_is_needed(page, sri):
    assert "js/passkey." in page.get("/masuk").text
    page.sign_in(sri)
    assert "js/passkey." in page.get("/akun/keamanan/passkey").text
    assert "js/passkey." not in page.get("/akun/keamanan").text
    assert "JavaScript" in page.get("/akun/keamanan/passkey").words
