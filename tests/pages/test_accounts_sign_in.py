"""Signing in and out, an account of one's own, the printed code, a new password: as pages."""

from datetime import timedelta

import pytest

from portal.accounts import services
from portal.core.db import transaction
from portal.core.permissions import SYSTEM
from portal.people import services as people
from tests.accounts.test_claims import BORN

PASSWORD = "kuda lumping di sawah"
NEW = "ijuk rumbia nibung"


@pytest.fixture
def sri(db_session, now):
    with transaction():
        person, _new = people.save_person(
            name="Sri Wahyuni", nik="6105014903800001", birth_date=BORN, actor=SYSTEM, now=now
        )
        return services.create_user(
            login="sri", name="Sri Wahyuni", password=PASSWORD, person_id=person.id, actor=SYSTEM, now=now
        )


def sign_in(page, login="sri", password=PASSWORD, status=303, url="/masuk"):
    return page.submit(page.get(url), {"login": login, "password": password}, status, "/masuk")


def test_signing_in_leads_to_the_desk(page, sri):
    view = sign_in(page)
    assert view.location == "/beranda"
    assert page.follow(view, 303).location == "/saya"
    assert "Halo, Sri" in page.get("/saya").words


def test_the_cookie_holds_only_the_token_and_the_csrf_secret(page, sri):
    sign_in(page)
    page.get("/saya/profil")
    with page.client.session_transaction() as session:
        assert set(session) <= {"_user_id", "csrf_token"}


def test_what_was_in_the_session_before_does_not_survive(page, sri):
    page.get("/masuk")
    with page.client.session_transaction() as session:
        session["planted"] = "x"
        before = session.get("csrf_token")
    sign_in(page)
    with page.client.session_transaction() as session:
        assert "planted" not in session
        assert session.get("csrf_token") != before


def test_known_and_unknown_names_get_the_same_page(new_page, sri):
    pages = [sign_in(new_page(), login, "salah sekali ini", 422) for login in ("sri", "tak.dikenal")]
    assert [p.errors for p in pages] == [["Nama masuk atau kata sandi tidak cocok."]] * 2
    assert pages[0].title == pages[1].title
    assert pages[0].title.startswith("Perlu diperbaiki:")
    assert pages[0].words == pages[1].words


def test_the_typed_password_is_not_sent_back(page, sri):
    view = sign_in(page, password="salah sekali ini", status=422)
    assert "salah sekali ini" not in view.text
    assert 'value="sri"' in view.text


def test_the_sixth_wrong_try_is_429_with_a_waiting_time(page, sri, clock):
    for _turn in range(5):
        sign_in(page, password="salah sekali ini", status=422)
    view = sign_in(page, status=429)
    assert int(view.headers["Retry-After"]) > 0
    assert "Coba lagi dalam 10 menit" in view.words
    clock.move(minutes=11)
    sign_in(page)


@pytest.mark.parametrize(
    ("target", "location"),
    [
        ("/saya/profil", "/saya/profil"),
        ("https://jahat.example/", "/beranda"),
        ("//jahat.example", "/beranda"),
        ("/\\jahat.example", "/beranda"),
    ],
)
def test_only_a_local_path_is_followed_after_signing_in(page, sri, target, location):
    with page.app.test_request_context():
        from urllib.parse import urlencode

        url = "/masuk?" + urlencode({"lanjut": target})
    assert sign_in(page, url=url).location == location
    assert page.get(url, 303).location == location


def test_a_forged_hidden_target_is_not_followed_either(page, sri):
    fields = {"login": "sri", "password": PASSWORD, "lanjut": "https://jahat.example/"}
    assert page.post("/masuk", fields).location == "/beranda"


def test_a_protected_page_asks_to_sign_in_and_comes_back(page, sri):
    view = page.get("/saya/profil", 303, htmx=False)
    assert view.location == "/masuk?lanjut=%2Fsaya%2Fprofil"
    assert sign_in(page, url=view.location).location == "/saya/profil"
    assert page.app.test_client().get("/saya", headers={"HX-Request": "true"}).status_code == 401


def test_an_ended_session_asks_to_sign_in_again(page, sri, now):
    page.sign_in(sri)
    page.get("/saya")
    with transaction():
        services.end_sessions(user_id=sri.id, actor=SYSTEM, now=now)
    assert page.get("/saya", 303, htmx=False).location.startswith("/masuk")


def test_an_idle_session_ends(page, sri, clock):
    page.sign_in(sri)
    clock.move(hours=11)
    page.get("/saya")
    clock.move(hours=11)
    page.get("/saya")
    clock.move(hours=12, minutes=1)
    page.get("/saya", 303, htmx=False)


def test_use_is_noted_at_most_every_ten_minutes(page, sri, clock, query_count):
    page.sign_in(sri)
    with query_count() as seen:
        page.get("/saya", htmx=False)
    assert seen.writes == []
    clock.move(minutes=10)
    with query_count() as seen:
        page.get("/saya", htmx=False)
        page.get("/saya", htmx=False)
    assert len(seen.writes) == 1
    assert "seen_at" in seen.writes[0]


def test_signing_out_ends_the_session_on_the_server(page, new_page, sri):
    page.sign_in(sri)
    with page.client.session_transaction() as session:
        token = session["_user_id"]
    assert page.post("/keluar").location == "/masuk"
    thief = new_page()
    with thief.client.session_transaction() as session:
        session["_user_id"] = token
    thief.get("/saya", 303, htmx=False)


def test_signing_out_twice_is_harmless(page):
    page.post("/keluar")
    page.post("/keluar")


@pytest.mark.parametrize("url", ["/masuk", "/keluar", "/akun/buat", "/klaim"])
def test_posts_need_the_token_and_the_same_origin(page, url):
    assert page.client.post(url, data={}, headers={"Sec-Fetch-Site": "same-origin"}).status_code == 400
    assert page.client.post(url, data={}, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403


def test_an_account_of_ones_own(page):
    view = page.get("/akun/buat?lanjut=/saya/profil")
    done = page.submit(view, {"name": "Budi Hartono", "login": "Budi", "password": NEW, "agree": "y"})
    assert done.location == "/saya/profil"
    assert "Budi Hartono" in page.get("/saya/profil").words
    assert "Pakai kode dari surat" in page.get("/saya").words


def test_an_account_is_refused_with_every_reason_beside_its_input(page, sri):
    view = page.submit(page.get("/akun/buat"), {"name": "", "login": "", "password": ""}, 422)
    assert len(view.errors) == 4
    taken = {"name": "Sri Dua", "login": "SRI", "password": NEW, "agree": "y"}
    assert "sudah dipakai" in " ".join(page.submit(page.get("/akun/buat"), taken, 409).errors)
    weak = taken | {"login": "sri.dua", "password": "koperasi1"}
    assert "Jangan memakai nama" in " ".join(page.submit(page.get("/akun/buat"), weak, 422).errors)


def test_a_double_click_makes_one_account(page, new_page):
    view = page.get("/akun/buat")
    fields = {"name": "Budi Hartono", "login": "budi", "password": NEW, "agree": "y"}
    page.submit(view, fields)
    action, data = view.form()
    second = new_page()
    second.post(action, {**fields, "op": data["op"]})
    assert second.get("/saya", 303, htmx=False).location.startswith("/masuk")


@pytest.fixture
def letter(sri, now, db_session):
    with transaction():
        person, _new = people.save_person(
            name="Andi Letter", nik="6105010903800002", birth_date=BORN, actor=SYSTEM, now=now
        )
        return services.issue_claim_codes(person_ids=[person.id], actor=SYSTEM, now=now)[person.id]


def claim(page, code, status=303, **changes):
    fields = {"code": code, "birth_date-day": "9", "birth_date-month": "3", "birth_date-year": "1980"}
    return page.submit(page.get("/klaim"), fields | {"login": "andi", "password": NEW} | changes, status)


def test_a_letter_becomes_an_account(page, letter):
    assert claim(page, f"{letter[:4]}-{letter[4:8]}-{letter[8:]}").location == "/beranda"
    assert "Andi Letter" in page.get("/saya/profil").words


def test_wrong_code_and_wrong_date_look_alike(new_page, letter):
    wrong_code = claim(new_page(), "0000-0000-0000", 422)
    wrong_date = claim(new_page(), letter, 422, **{"birth_date-day": "10"})
    assert wrong_code.errors == wrong_date.errors
    assert len(wrong_code.errors) == 1


def test_a_date_that_does_not_exist_is_said_beside_it(page, letter):
    view = claim(page, letter, 422, **{"birth_date-day": "31", "birth_date-month": "2"})
    assert view.errors == ["Tanggal ini tidak ada. Tulis hari, bulan, dan tahun."]


def test_a_taken_name_costs_no_try(page, letter):
    for _turn in range(7):
        assert "sudah dipakai" in " ".join(claim(page, letter, 409, login="sri").errors)
    claim(page, letter)


def test_guessing_codes_ends_in_429(page, letter):
    statuses = []
    for number in range(21):
        fields = {"code": f"{number:012d}", "birth_date": "1980-03-09", "login": "andi", "password": NEW}
        statuses.append(page._send("POST", "/klaim", None, data=page._complete(fields)).status)
    assert statuses == [422] * 20 + [429]


def test_a_new_password_keeps_this_device_and_ends_the_others(page, new_page, sri):
    other = new_page().sign_in(sri)
    sign_in(page)
    view = page.submit(page.get("/akun/sandi"), {"current": PASSWORD, "password": NEW})
    assert "Kata sandi sudah diganti" in page.follow(view).words
    other.get("/saya", 303, htmx=False)
    sign_in(new_page(), password=NEW)


def test_a_wrong_current_password_is_refused_beside_it(page, sri):
    page.sign_in(sri)
    view = page.submit(page.get("/akun/sandi"), {"current": "salah sekali", "password": NEW}, 422)
    assert view.errors == ["Kata sandi sekarang tidak cocok."]


def test_signing_in_takes_a_bounded_number_of_reads(page, sri, query_count):
    page.sign_in(sri)
    with query_count(at_most=1):
        page.get("/akun/sandi", htmx=False)


def test_sessions_of_a_closed_account_end(page, sri, now, clock):
    page.sign_in(sri)
    with transaction():
        services.set_account_active(user_id=sri.id, is_active=False, reason="uji", actor=SYSTEM, now=now)
    page.get("/saya", 303, htmx=False)
    clock.move(days=1)
    assert clock.now - now == timedelta(days=1)
