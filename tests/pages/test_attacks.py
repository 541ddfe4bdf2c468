"""Attacks on signing in, as somebody without the second proof would try them: named after what they want."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest
import sqlalchemy as sa

from portal.accounts import services
from portal.accounts.models import ContactPoint, User, UserSession
from portal.accounts.queries import actor_of
from portal.accounts.services.recovery import ask_recovery, decide_recovery
from portal.core.db import db, transaction
from portal.core.errors import Forbidden
from portal.core.permissions import SYSTEM, Role
from tests.support.codes import PHONE, TYPED, give_contact, last_code
from tests.support.factors import Phone, give_phone
from tests.support.page import Page

PASSWORD, NEW = "kuda lumping di sawah", "ijuk rumbia nibung"
EVIL = (
    "https://jahat.example/", "//jahat.example", "/\\jahat.example", "\\\\jahat.example",
    "/\tjahat.example", "javascript:alert(1)", "/\x00/jahat.example", " //jahat.example",
    "http:/jahat.example", "///jahat.example",
)  # fmt: skip


def make(login: str, now: Any, name: str = "", role: Role | None = Role.CENTER_ADMIN) -> User:
    with transaction():
        user = services.create_user(
            login=login, name=name or login.title(), password=PASSWORD, actor=SYSTEM, now=now
        )
        if role is not None:
            services.grant_role(
                user_id=user.id, role=role, scope_kind="center", scope_id="1", starts_on=now.date(),
                reason="uji", actor=SYSTEM, now=now,
            )  # fmt: skip
    return user


@pytest.fixture
def yulia(db_session: Any, now: Any) -> User:
    return make("yulia", now)


def first_step(page: Page, login: str = "yulia", password: str = PASSWORD, target: str = "") -> Any:
    view = page.get("/masuk" + (f"?lanjut={target}" if target else ""), htmx=False)
    return page.submit(view, {"login": login, "password": password}, action="/masuk")


def held(page: Page) -> dict[str, Any]:
    with page.client.session_transaction() as session:
        return dict(session)


def hold(page: Page, **values: Any) -> None:
    with page.client.session_transaction() as session:
        session.update(values)


def open_sessions(user: User) -> list[str]:
    db.session.rollback()
    statement = sa.select(UserSession.factor).where(
        UserSession.user_id == user.id, UserSession.ended_at.is_(None)
    )
    return list(db.session.scalars(statement))


# ---- going round the second step ----


@pytest.mark.parametrize(
    "address",
    [
        "/beranda", "/balai", "/saya", "/saya/profil", "/akun/keamanan", "/akun/keamanan/siapkan",
        "/akun/keamanan/aplikasi", "/akun/keamanan/kode-cadangan", "/akun/keamanan/pastikan", "/akun/sandi",
        "/akun/kontak", "/pemulihan", "/saya/pesan", "/saya/data", "/akun/keamanan/lewat",
    ],
)  # fmt: skip
def test_between_the_steps_no_page_opens(page: Page, yulia: User, now: Any, address: str) -> None:
    give_phone(yulia, now)
    assert first_step(page).location == "/masuk/langkah-dua"
    assert page.get(address, 303, htmx=False).location.startswith("/masuk")
    assert open_sessions(yulia) == []


def test_between_the_steps_nothing_can_be_changed(page: Page, yulia: User, now: Any) -> None:
    phone = give_phone(yulia, now)
    first_step(page)
    for address in (
        "/akun/keamanan/aplikasi", "/akun/keamanan/aplikasi/pasang", "/akun/keamanan/aplikasi/hapus",
        "/akun/keamanan/kode-cadangan", "/akun/keamanan/pastikan", "/akun/kontak", "/akun/sandi",
    ):  # fmt: skip
        sent = {
            "code": phone.code(now),
            "proof": PASSWORD,
            "contact": TYPED,
            "current": PASSWORD,
            "password": NEW,
        }
        assert page.post(address, sent).location.startswith("/masuk"), address
    assert page.app.test_client().post("/masuk/passkey/tantangan").status_code == 400
    assert open_sessions(yulia) == []


def test_every_first_proof_meets_the_second_step(page: Page, new_page: Any, yulia: User, now: Any) -> None:
    give_phone(yulia, now)
    give_contact(yulia.id, now)
    by_code = new_page()
    by_code.submit(by_code.get("/masuk/kode"), {"contact": TYPED})
    done = by_code.submit(by_code.get("/masuk/kode/periksa"), {"code": last_code()})
    assert done.location == "/masuk/langkah-dua"
    by_reset = new_page()
    by_reset.submit(by_reset.get("/masuk/lupa"), {"login": "yulia"})
    by_reset.submit(by_reset.get("/masuk/lupa/kode"), {"code": last_code()})
    done = by_reset.submit(by_reset.get("/masuk/lupa/sandi"), {"password": NEW})
    assert done.location == "/masuk/langkah-dua"
    assert first_step(page, password=NEW).location == "/masuk/langkah-dua"
    assert open_sessions(yulia) == []


def test_a_session_from_before_a_factor_was_set_is_no_way_round_it(
    page: Page, new_page: Any, yulia: User, now: Any
) -> None:
    weak = new_page()
    first_step(weak)
    give_phone(yulia, now)
    for address in ("/balai", "/akun/keamanan/aplikasi", "/akun/kontak"):
        assert weak.get(address, 303, htmx=False).location.startswith("/masuk/langkah-dua"), address
    assert weak.post("/akun/keamanan/aplikasi/hapus").location.startswith("/masuk/langkah-dua")
    assert weak.post("/akun/keamanan/kode-cadangan").location.startswith("/masuk/langkah-dua")


# ---- handles where they do not belong ----


def test_a_step_takes_the_code_of_its_own_account_alone(page: Page, yulia: User, now: Any) -> None:
    thief = make("maling", now)
    give_phone(yulia, now)
    mine = give_phone(thief, now)
    first_step(page)
    view = page.submit(page.get("/masuk/langkah-dua"), {"code": mine.code(now)}, 422, "/masuk/langkah-dua")
    assert "tidak cocok" in view.words
    assert open_sessions(yulia) == open_sessions(thief) == []


def test_no_handle_opens_another_kind_of_step(new_page: Any, yulia: User, now: Any) -> None:
    """Whoever reads an account's phone and knows its password still goes each way in its own order."""
    phone = give_phone(yulia, now)
    give_contact(yulia.id, now)
    page = new_page()
    first_step(page)
    handles = {"second_step": held(page)["one_time_second_step"]}
    for kind, address, field in (("sign_in", "/masuk/kode", "contact"), ("reset", "/masuk/lupa", "login")):
        visitor = new_page()
        visitor.submit(visitor.get(address), {field: TYPED})
        handles[kind] = held(visitor)[f"one_time_{kind}"]
    ways = {
        "second_step": ("/masuk/langkah-dua", {"code": phone.code(now)}),
        "sign_in": ("/masuk/kode/periksa", {"code": last_code()}),
        "reset": ("/masuk/lupa/kode", {"code": last_code()}),
        "choose": ("/masuk/lupa/sandi", {"password": NEW}),
        "activation": ("/akun/aktifkan/kode", {"code": last_code()}),
    }
    for kind, other in permutations([*ways], 2):
        if kind not in handles:
            continue
        thief = new_page()
        hold(thief, **{f"one_time_{other}": handles[kind]})
        address, sent = ways[other]
        answer = thief._send(
            "POST", address, None, data=thief._complete(sent), headers={"Sec-Fetch-Site": "same-origin"}
        )
        assert "_user_id" not in held(thief), (kind, other)
        assert answer.status in (303, 422), (kind, other)
        thief.get("/saya/profil", 303, htmx=False)
    assert open_sessions(yulia) == []


def test_a_used_step_opens_no_second_session(page: Page, new_page: Any, yulia: User, now: Any) -> None:
    phone = give_phone(yulia, now)
    first_step(page)
    kept = held(page)["one_time_second_step"]
    page.submit(page.get("/masuk/langkah-dua"), {"code": phone.code(now)}, action="/masuk/langkah-dua")
    thief = new_page()
    hold(thief, one_time_second_step=kept)
    assert (
        thief.post("/masuk/langkah-dua", {"code": Phone(phone.secret, 1).code(now)}).location
        == "/masuk/langkah-dua"
    )
    assert open_sessions(yulia) == ["totp"]


# ---- what was planted before ----


def test_nothing_planted_survives_either_step(page: Page, yulia: User, now: Any) -> None:
    phone = give_phone(yulia, now)
    page.get("/masuk")
    hold(page, planted="x", one_time_contact="y", _user_id="guessed")
    before = held(page)["csrf_token"]
    first_step(page)
    assert set(held(page)) <= {"one_time_second_step", "csrf_token"}
    page.submit(page.get("/masuk/langkah-dua"), {"code": phone.code(now)}, action="/masuk/langkah-dua")
    after = held(page)
    assert set(after) <= {"_user_id", "csrf_token"}
    assert after["_user_id"] != "guessed"
    assert after.get("csrf_token") != before


def test_a_seed_that_an_intruder_saw_is_never_the_owners(
    page: Page, new_page: Any, now: Any, clock: Any, db_session: Any
) -> None:
    """The thief of a password begins to set up a generator and is thrown out; the owner sets one up later."""
    make("sri", now, role=None)
    thief = new_page()
    first_step(thief, "sri")
    thief.post("/akun/keamanan/aplikasi")
    stolen = seed_of(thief)
    assert len(stolen) == 32
    first_step(page, "sri")
    page.submit(page.get("/akun/sandi"), {"current": PASSWORD, "password": NEW})
    page.post("/akun/keamanan/aplikasi")
    second = seed_of(page)
    assert second != stolen
    clock.move(hours=2)
    late = new_page()
    first_step(late, "sri", NEW)
    late.post("/akun/keamanan/aplikasi")
    third = seed_of(late)
    assert len({stolen, second, third}) == 3
    late.post("/akun/keamanan/aplikasi")
    assert seed_of(late) == third


def seed_of(page: Page) -> str:
    view = page.get("/akun/keamanan/aplikasi", None, htmx=False)
    found = view.text.partition('<strong class="code">')[2].partition("<")[0]
    return found.replace(" ", "")


def test_a_step_begun_with_an_old_password_is_over_with_it(
    page: Page, new_page: Any, yulia: User, now: Any
) -> None:
    phone = give_phone(yulia, now)
    thief = new_page()
    first_step(thief)
    first_step(page)
    page.submit(page.get("/masuk/langkah-dua"), {"code": phone.code(now)}, action="/masuk/langkah-dua")
    page.submit(page.get("/akun/sandi"), {"current": PASSWORD, "password": NEW})
    answer = thief.post("/masuk/langkah-dua", {"code": Phone(phone.secret, 1).code(now)})
    assert answer.location == "/masuk/langkah-dua"
    assert "_user_id" not in held(thief)
    assert open_sessions(yulia) == ["totp"]


# ---- recovery ----


def recover(page: Page, code: str, login: str = "yulia", status: int = 303) -> Any:
    return page.submit(page.get("/pulihkan"), {"login": login, "code": code, "password": NEW}, status)


def sheet(user: User, now: Any, asker: Any = SYSTEM, decider: Any = SYSTEM) -> str:
    with transaction():
        asked = ask_recovery(user_id=user.id, reason="KTP dicocokkan", actor=asker, now=now)
        _row, code = decide_recovery(request_id=asked.id, approve=True, actor=decider, now=now)
    return code


def test_strangers_cannot_wear_out_a_printed_sheet(page: Page, new_page: Any, yulia: User, now: Any) -> None:
    code = sheet(yulia, now)
    for number in range(8):
        recover(new_page(), f"{number:04d}AAAA0000", status=422)
    recover(page, code)
    assert len(open_sessions(yulia)) == 1


def test_after_recovery_the_lost_phone_opens_nothing(
    page: Page, new_page: Any, yulia: User, now: Any
) -> None:
    """Who holds the lost phone reads its codes: they must not reach the set-up of a new factor first."""
    give_phone(yulia, now)
    give_contact(yulia.id, now)
    thief = new_page()
    thief.submit(thief.get("/masuk/kode"), {"contact": TYPED})
    early = last_code()
    recover(page, sheet(yulia, now))
    thief.post("/masuk/kode/periksa", {"code": early}, 422)
    later = new_page()
    later.submit(later.get("/masuk/kode"), {"contact": TYPED})
    later.submit(later.get("/masuk/kode/periksa"), {"code": last_code()}, 422)
    still = sa.select(ContactPoint.id).where(ContactPoint.value == PHONE, ContactPoint.ended_at.is_(None))
    db.session.rollback()
    assert db.session.scalar(still) is None
    assert open_sessions(yulia) == ["paper"]


@pytest.mark.parametrize("same", ["name", "contact"])
def test_one_person_with_two_accounts_is_one_person(yulia: User, now: Any, same: str) -> None:
    first = make("siti.a", now, "Siti Aminah")
    second = make("siti.b", now, "siti  AMINAH" if same == "name" else "Orang Lain", Role.CENTER_HEAD)
    if same == "contact":
        for user in (first, second):
            give_contact(user.id, now)
    with transaction():
        asked = ask_recovery(
            user_id=yulia.id, reason="KTP dicocokkan", actor=actor_of(first.id, now), now=now
        )
    with pytest.raises(Forbidden), transaction():
        decide_recovery(request_id=asked.id, approve=True, actor=actor_of(second.id, now), now=now)


# ---- leading elsewhere ----


@pytest.mark.parametrize("target", EVIL)
def test_no_way_in_leads_out(new_page: Any, yulia: User, now: Any, target: str) -> None:
    phone = give_phone(yulia, now)
    give_contact(yulia.id, now)
    page = new_page()
    sent = {"login": "yulia", "password": PASSWORD, "lanjut": target}
    answer = page._send(
        "POST", "/masuk", None, data=page._complete(sent), headers={"Sec-Fetch-Site": "same-origin"}
    )
    if "\x00" in target:
        assert answer.status == 400
        return
    sent = {"code": phone.code(now), "lanjut": target}
    assert page.post("/masuk/langkah-dua", sent).location == "/beranda"
    for address, more in (
        ("/akun/keamanan/pastikan", {"proof": PASSWORD}),
        ("/akun/keamanan/kode-cadangan/tersimpan", {}),
        ("/akun/keamanan/aplikasi", {}),
    ):
        found = page.post(address, {"lanjut": target, **more}).location
        assert found.startswith("/"), (address, found)
        assert "jahat" not in found.replace("%", "") or "lanjut=" in found, (address, found)
    by_code = new_page()
    by_code.post("/masuk/kode", {"contact": TYPED, "lanjut": target})
    by_code.post("/masuk/kode/periksa", {"code": last_code()})
    found = by_code.post("/masuk/langkah-dua", {"code": Phone(phone.secret, 1).code(now)})
    assert found.location == "/beranda"
