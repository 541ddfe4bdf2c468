"""Accounts for the administrator: found, closed with a reason, reopened, signed out."""

from datetime import date

import pytest

from portal.accounts import services
from portal.core.audit import AuditEvent
from portal.core.db import db, transaction
from portal.core.permissions import SYSTEM

PASSWORD = "kuda lumping di sawah"


@pytest.fixture
def admin(db_session, now):
    with transaction():
        user = services.create_user(login="indah", name="Indah", password=PASSWORD, actor=SYSTEM, now=now)
        services.grant_role(
            user_id=user.id, role="platform_admin", scope_kind="all", starts_on=date(2026, 1, 1),
            actor=SYSTEM, now=now,
        )  # fmt: skip
    return user


@pytest.fixture
def sri(db_session, now):
    with transaction():
        return services.create_user(login="sri", name="Sri Wahyuni", password=PASSWORD, actor=SYSTEM, now=now)


def act(page, user, action, reason="telepon hilang", status=303):
    return page.post(f"/admin/akun/{user.id}/{action}", {"reason": reason}, status)


def last_event():
    db.session.rollback()
    return db.session.query(AuditEvent).order_by(AuditEvent.seq.desc()).first()


def test_accounts_are_found_by_sign_in_name_or_name(page, admin, sri):
    page.sign_in(admin)
    for text in ("sri", "WAHYUNI", ""):
        assert "Sri Wahyuni" in page.get(f"/admin/akun?q={text}").words
    assert "Tidak ada akun yang cocok" in page.get("/admin/akun?q=%25").words
    assert "Sri Wahyuni" not in page.get("/admin/akun?keadaan=tutup").words
    assert "Pengelola portal" in page.get("/admin/akun?q=indah").words


def test_closing_ends_the_sessions_and_reopening_lets_in_again(page, new_page, admin, sri):
    theirs = new_page().sign_in(sri)
    page.sign_in(admin)
    view = page.get(f"/admin/akun/{sri.id}")
    done = page.submit(view, {"reason": "pensiun"}, action="/tutup")
    assert "Akun ditutup" in page.follow(done).words
    theirs.get("/saya", 303, htmx=False)
    visitor = new_page()
    sent = {"login": "sri", "password": PASSWORD}
    visitor.submit(visitor.get("/masuk"), sent, 422)
    page.submit(page.get(f"/admin/akun/{sri.id}"), {"reason": "kembali bertugas"}, action="/buka")
    assert (last_event().action, last_event().data["reason"]) == ("account.reopened", "kembali bertugas")
    visitor.submit(visitor.get("/masuk"), sent)


def test_all_devices_are_signed_out_and_the_account_stays(page, new_page, admin, sri):
    theirs = new_page().sign_in(sri)
    page.sign_in(admin)
    act(page, sri, "keluarkan")
    assert theirs.get("/saya", 303, htmx=False).location.startswith("/masuk")
    back = theirs.submit(theirs.get("/masuk"), {"login": "sri", "password": PASSWORD})
    assert "/masuk" not in back.location


@pytest.mark.parametrize("action", ["tutup", "buka", "keluarkan"])
def test_a_reason_is_needed_beside_its_input(page, admin, sri, action):
    page.sign_in(admin)
    view = act(page, sri, action, "", 422)
    assert view.errors == ["Tulis alasannya."]
    page.post(f"/admin/akun/987654/{action}", {"reason": "telepon hilang"}, 404)


def test_ones_own_account_is_closed_by_another(page, admin):
    page.sign_in(admin)
    assert "/tutup" not in page.get(f"/admin/akun/{admin.id}").text
    assert "pengelola portal yang lain" in act(page, admin, "tutup", status=422).errors[0]
    page.get("/admin")


def test_the_list_shows_no_personal_data(page, admin, now):
    from portal.people import services as people

    with transaction():
        person, _new = people.save_person(
            name="Budi", nik="6105010903800002", birth_date=date(1980, 3, 9), phone="+6281234567890",
            actor=SYSTEM, now=now,
        )  # fmt: skip
        user = services.create_user(
            login="budi", name="Budi", password=PASSWORD, person_id=person.id, actor=SYSTEM, now=now
        )
    page.sign_in(admin)
    for url in ("/admin/akun", f"/admin/akun/{user.id}"):
        text = page.get(url).text
        assert all(secret not in text for secret in ("6105", "0002", "1980", "7890"))


def test_the_list_takes_a_few_statements_whatever_the_rows(page, admin, now, query_count):
    page.sign_in(admin)
    counts = []
    for start in (0, 5):
        for number in range(start, start + 5):
            with transaction():
                services.create_user(
                    login=f"orang.{number}", name="Orang", password=services.HashedPassword("x"),
                    actor=SYSTEM, now=now,
                )  # fmt: skip
        with query_count(at_most=4) as seen:
            page.get("/admin/akun", htmx=False)
        counts.append(len(seen))
    assert counts[0] == counts[1]
