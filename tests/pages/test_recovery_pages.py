"""Recovery in person as pages: ask, approve by another, print, use, set a new factor."""

from datetime import date

import pytest

from portal.accounts import services
from portal.core.db import transaction
from portal.core.permissions import SYSTEM

PASSWORD = "kuda lumping di sawah"
NEW = "ijuk rumbia nibung"


@pytest.fixture
def team(db_session, now):
    made = {}
    for login, role, kind, scope in (
        ("wulan", "center_admin", "center", "1"),
        ("hadi", "center_head", "center", "1"),
        ("rina", "center_admin", "center", "1"),
        ("jauh", "center_admin", "center", "2"),
    ):
        with transaction():
            made[login] = services.create_user(
                login=login, name=f"{login.title()} Petugas", password=PASSWORD, actor=SYSTEM, now=now
            )
            services.grant_role(
                user_id=made[login].id, role=role, scope_kind=kind, scope_id=scope,
                starts_on=date(2026, 1, 1), actor=SYSTEM, now=now,
            )  # fmt: skip
    return made


def ask(page, team):
    view = page.get("/pemulihan?q=rina")
    view = page.get(view.links["Rina Petugas"])
    return page.submit(view, {"reason": "KTP asli dicocokkan"})


def approve(page):
    view = page.get("/pemulihan")
    return page.submit(page.get(view.links["Rina Petugas"]), status=201, action="/setujui")


def code_on(view):
    from tests.support import html

    return next(html.words(e) for e in html.elements(view.tree, "p") if e.get("class") == "copy-code")


def test_a_lost_phone_is_recovered_by_two_people(page, new_page, team):
    wulan, hadi = page.sign_in(team["wulan"]), new_page().sign_in(team["hadi"])
    lost = new_page().sign_in(team["rina"])
    assert ask(wulan, team).location == "/pemulihan?tersimpan=ajukan"
    assert "Menunggu persetujuan" in wulan.get("/pemulihan").words
    sheet = approve(hadi)
    assert sheet.headers["Cache-Control"] == "no-store"
    code = code_on(sheet)
    assert code not in hadi.get("/pemulihan").text
    lost.get("/balai")
    owner = new_page()
    view = owner.get("/pulihkan")
    done = owner.submit(view, {"login": "rina", "code": code, "password": NEW})
    assert done.location == "/beranda"
    assert owner.get("/balai", 303, htmx=False).location.startswith("/akun/keamanan")
    lost.get("/balai", 303, htmx=False)
    assert "Dipakai" in wulan.get("/pemulihan").words


def test_who_asked_sees_no_way_to_approve_but_may_close(page, team):
    page.sign_in(team["wulan"])
    ask(page, team)
    view = page.get(page.get("/pemulihan").links["Rina Petugas"])
    assert "/setujui" not in view.text
    number = view.url.rsplit("/", 1)[-1]
    page.post(f"/pemulihan/{number}/setujui", {}, 403)
    page.submit(view, action="/tolak")
    assert "Ditutup" in page.get("/pemulihan").words


def test_the_code_is_shown_once(page, new_page, team):
    ask(page.sign_in(team["wulan"]), team)
    hadi = new_page().sign_in(team["hadi"])
    view = hadi.get(hadi.get("/pemulihan").links["Rina Petugas"])
    hadi.submit(view, status=201, action="/setujui")
    assert hadi.submit(view, action="/setujui").location == "/pemulihan"


def test_another_center_finds_nothing(page, new_page, team):
    ask(page.sign_in(team["wulan"]), team)
    number = page.get("/pemulihan").links["Rina Petugas"].rsplit("/", 1)[-1]
    far = new_page().sign_in(team["jauh"])
    assert "Rina" not in far.get("/pemulihan?q=rina").words
    far.get(f"/pemulihan/{number}", 404)
    far.get(f"/pemulihan/ajukan/{team['rina'].id}", 404)
    far.post(f"/pemulihan/{number}/setujui", {}, 404)
    far.post(f"/pemulihan/{number}/tolak", {}, 404)
    far.post(f"/pemulihan/ajukan/{team['rina'].id}", {"reason": "KTP asli dicocokkan"}, 404)


def test_a_reason_is_asked_for_beside_its_input(page, team):
    page.sign_in(team["wulan"])
    view = page.get(f"/pemulihan/ajukan/{team['rina'].id}")
    assert len(page.submit(view, {"reason": ""}, 422).errors) == 1
    assert len(page.submit(view, {"reason": "ok"}, 422).errors) == 1
    assert page.get(f"/pemulihan/ajukan/{team['wulan'].id}").status == 200
    own = page.get(f"/pemulihan/ajukan/{team['wulan'].id}")
    page.submit(own, {"reason": "KTP asli dicocokkan"}, 403)


def test_wrong_codes_and_unknown_names_look_alike(new_page, page, team):
    ask(page.sign_in(team["wulan"]), team)
    approve(new_page().sign_in(team["hadi"]))
    views = []
    for login in ("rina", "hadi", "tak.dikenal"):
        visitor = new_page()
        sent = {"login": login, "code": "0000-0000-0000", "password": NEW}
        views.append(visitor.submit(visitor.get("/pulihkan"), sent, 422))
    assert len({view.words for view in views}) == 1
    assert len(views[0].errors) == 1


def test_guessing_ends_in_429(page, team):
    statuses = []
    for number in range(22):
        sent = page._complete({"login": f"nama{number}", "code": "1" * 12, "password": NEW})
        statuses.append(page._send("POST", "/pulihkan", None, data=sent).status)
    assert statuses == [422] * 20 + [429] * 2
