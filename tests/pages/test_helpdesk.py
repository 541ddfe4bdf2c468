"""The helpdesk helps without seeing data; what it must see has a reason, and its owner is told."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest
import sqlalchemy as sa

from portal.accounts import services as accounts
from portal.accounts.models import Attempt, UserSession
from portal.core.audit import AuditEvent
from portal.core.db import db, transaction
from portal.core.errors import TooMany
from portal.core.mail.outbox import OutboxMessage
from portal.enrollment.models import Enrollment
from portal.people.models import Person, UnmaskedRead
from tests.support.kept import kept_world
from tests.support.world import NIK_A, World

PERSONAL = ("Lestari", "081200000042", "81200000042", NIK_A, NIK_A[-4:], "1985", "0812")


@pytest.fixture
def world(db_session: Any, database: Any, now: Any) -> World:
    return kept_world(database, now)


@pytest.fixture
def desk(page: Any, world: World) -> Any:
    return page.sign_in(world.users["platform_admin"])


def account(world: World) -> str:
    return f"/admin/bantuan/akun/{world.users['trainee_a']}"


def reads(world: World) -> list[tuple[Any, ...]]:
    columns = (UnmaskedRead.actor_id, UnmaskedRead.fields, UnmaskedRead.reason)
    return [tuple(row) for row in db.session.execute(sa.select(*columns))]


def test_an_account_is_found_by_what_its_owner_has_in_hand(desk: Any, world: World, now: Any) -> None:
    reference = db.session.scalar(
        sa.select(Enrollment.reference).where(Enrollment.id == world.ids["open_enrollment"])
    )
    token = db.session.scalar(
        sa.select(OutboxMessage.token).where(OutboxMessage.user_id == world.users["trainee_a"])
    )
    keys = [
        world.logins["trainee_a"].upper(),
        reference,
        reference.lower(),
        f" {reference[:4]}-{reference[4:]} ",
    ]
    for key in [*keys, world.ids["code"], *([token[:8], token] if token else [])]:
        view = desk.get(f"/admin/bantuan?q={key}")
        assert account(world) in view.text, key
        assert "Dewi L." in view.words


@pytest.mark.parametrize("key", ["Dewi Lestari", NIK_A, "081200000042", "%", "a", "ffffffff", "x" * 300])
def test_names_numbers_and_patterns_find_nobody(desk: Any, key: str) -> None:
    assert "Tidak ada yang persis seperti itu" in desk.get(f"/admin/bantuan?{urlencode({'q': key})}").words


def test_the_page_of_a_case_shows_nothing_personal(desk: Any, world: World) -> None:
    with transaction() as session:
        person = session.get(Person, world.rooms["running"].people[0])
        person.email = "dewi.lestari@contoh.id"
    view = desk.get(account(world))
    for words in ("Dewi L.", "•••• 0042", "d•••@contoh.id", "Belum dibuktikan", "Ditawari kursi"):
        assert words in view.words, words
    for word in PERSONAL:
        assert word not in view.words, word
    assert reads(world) == []


def test_somebody_without_an_account_has_a_page_too(desk: Any, world: World) -> None:
    view = desk.get(f"/admin/bantuan/orang/{world.ids['claim_person']}")
    assert "Sartono U." in view.words
    assert "Belum punya akun" in view.words
    for missing in ("/admin/bantuan/orang/987654", "/admin/bantuan/akun/987654", "/admin/bantuan/lain/1"):
        desk.get(missing, 404)


def test_signing_somebody_out_needs_a_reason_and_is_recorded(desk: Any, new_page: Any, world: World) -> None:
    other = new_page().sign_in(world.users["trainee_a"])
    other.get("/saya")
    view = desk.get(account(world))
    for reason in ("", "  ", "ya"):
        desk.submit(view, {"reason": reason, "action": "sign_out"}, 422, action=account(world))
    desk.submit(view, {"reason": "Telepon hilang", "action": "jadi admin"}, 404, action=account(world))
    desk.submit(view, {"reason": "Telepon hilang", "action": "sign_out"}, action=account(world))
    live = sa.select(sa.func.count(UserSession.id)).where(
        UserSession.user_id == world.users["trainee_a"], UserSession.ended_at.is_(None)
    )
    assert db.session.scalar(live) == 0
    assert other.client.get("/saya").status_code == 303
    event = db.session.execute(
        sa.select(AuditEvent.data).where(AuditEvent.action == "account.signed_out")
    ).scalar()
    assert event["reason"] == "Telepon hilang"


def test_counted_tries_are_shown_and_forgotten(desk: Any, world: World, now: Any) -> None:
    login = world.logins["trainee_a"]
    for address in ("10.1.2.3", "10.9.9.9"):
        for _try in range(4):
            with transaction():
                accounts.begin_sign_in(login=login, address=address, now=now)
    with pytest.raises(TooMany):
        for _try in range(3):
            with transaction():
                accounts.begin_sign_in(login=login, address="10.1.2.3", now=now)
    with transaction():
        accounts.begin_sign_in(login=world.logins["trainee_b"], address="10.1.2.3", now=now)
    view = desk.get(account(world))
    assert (view.words.count("Terkunci"), view.words.count("Percobaan masuk dari satu jaringan")) == (1, 2)
    desk.submit(view, {"reason": "Pemilik menelepon", "action": "clear_locks"}, action=account(world))
    assert "Percobaan masuk" not in desk.get(account(world)).words
    with transaction():
        accounts.begin_sign_in(login=login, address="10.1.2.3", now=now)
    left = db.session.scalars(sa.select(Attempt.key).where(Attempt.key.startswith("sign_in.pair"))).all()
    assert len(left) == 2  # the one just counted, and the other account's
    event = db.session.execute(
        sa.select(AuditEvent.data).where(AuditEvent.action == "throttle.cleared")
    ).scalar()
    assert event == {"rows": 3, "reason": "Pemilik menelepon"}


def test_seeing_data_needs_a_reason_and_the_owner_is_told(
    desk: Any, new_page: Any, world: World, clock: Any
) -> None:
    target = f"{account(world)}/lihat"
    view = desk.get(account(world))
    desk.submit(view, {"which": ["phone"], "see_reason": ""}, 422, action=target)
    desk.submit(view, {"which": [], "see_reason": "Diminta pemiliknya"}, 422, action=target)
    desk.submit(view, {"which": ["password_hash"], "see_reason": "Diminta pemiliknya"}, 422, action=target)
    assert reads(world) == []
    wish = {"which": ["phone", "nik", "birth_date"], "see_reason": "Diminta pemiliknya"}
    view = desk.follow(desk.submit(view, wish, action=target))
    for words in (NIK_A, "0812-0000-0042", "5 Maret 1985"):
        assert words in view.words, words
    assert reads(world) == [(world.users["platform_admin"], "nik,birth_date,phone", "Diminta pemiliknya")]
    told = db.session.execute(
        sa.select(OutboxMessage.person_id, OutboxMessage.kind).where(OutboxMessage.kind == "privacy.read")
    ).all()
    assert [tuple(row) for row in told] == [(world.rooms["running"].people[0], "privacy.read")]
    clock.move(minutes=31)
    assert NIK_A not in desk.get(account(world)).words
    owner = new_page().sign_in(world.users["trainee_a"])
    view = owner.get("/saya/data/dibaca")
    for words in ("Indah Platform", "NIK, tanggal lahir, nomor telepon", "Diminta pemiliknya"):
        assert words in view.words


def test_the_owner_reads_pages_of_it_and_an_empty_page(
    page: Any, new_page: Any, world: World, now: Any, query_count: Any
) -> None:
    assert "Belum ada yang melihat" in page.sign_in(world.users["trainee_b"]).get("/saya/data/dibaca").words
    assert (
        "Belum ada yang melihat"
        in new_page().sign_in(world.users["regulator"]).get("/saya/data/dibaca").words
    )
    person = world.rooms["running"].people[0]
    owner = new_page().sign_in(world.users["trainee_a"])
    counts = []
    for more in (3, 40):
        with transaction() as session:
            session.execute(
                sa.insert(UnmaskedRead),
                [
                    {"person_id": person, "actor_id": 1, "actor_name": f"Petugas {more}-{n}",
                     "fields": "phone", "reason": "seat_call", "at": now}
                    for n in range(more)
                ],
            )  # fmt: skip
        with query_count() as seen:
            view = owner.get("/saya/data/dibaca", htmx=False)
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 5
    assert "Menghubungi tentang kursi" in view.words
    assert "Petugas 40-39" in view.words
    assert "Petugas 3-0" in owner.get("/saya/data/dibaca?hal=2").words


def test_the_birth_date_at_the_counter_is_shown_on_request(page: Any, world: World) -> None:
    page.sign_in(world.users["center_admin"])
    url = f"/balai/akses/{world.ids['open_enrollment']}"
    view = page.get(url)
    assert ("5 Maret 1985" in view.words, "•• •••• 1985" in view.words) == (False, True)
    view = page.follow(page.submit(view, action=f"{url}/tanggal-lahir"))
    assert "5 Maret 1985" in view.words
    assert reads(world) == [(world.users["center_admin"], "birth_date", "identity_check")]
    page.post(f"/balai/akses/{world.ids['away_enrollment']}/tanggal-lahir", {}, 404)


def test_a_case_takes_the_same_statements_for_few_and_many_messages(
    desk: Any, world: World, query_count: Any, now: Any
) -> None:
    counts = []
    for more in (1, 30):
        rows = [
            {"token": f"{more:02d}{n:030d}", "key": f"k{more}.{n}", "kind": "seat.offered", "channel": "none",
             "user_id": world.users["trainee_a"], "not_before": now, "created_at": now, "updated_at": now}
            for n in range(more)
        ]  # fmt: skip
        with transaction() as session:
            session.execute(sa.insert(OutboxMessage), rows)
        with query_count() as seen:
            desk.get(account(world), htmx=False)
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 14


def test_a_message_that_failed_is_sent_again_and_one_that_arrived_is_not(
    desk: Any, world: World, now: Any
) -> None:
    rows = [
        {"token": f"{n:032x}", "key": f"uji:{n}", "kind": "seat.offered", "channel": "email", "state": state,
         "user_id": world.users["trainee_a"], "content_cipher": "f1.x", "not_before": now, "created_at": now,
         "updated_at": now}
        for n, state in enumerate(("failed", "sent"))
    ]  # fmt: skip
    with transaction() as session:
        session.execute(sa.insert(OutboxMessage), rows)
    made = {key: number for number, key in db.session.execute(sa.select(OutboxMessage.id, OutboxMessage.key))}
    view = desk.get(account(world))
    offered = [made[key] for key in ("uji:0", "uji:1") if f"/admin/bantuan/pesan/{made[key]}" in view.text]
    assert offered == [made["uji:0"]]
    view = desk.follow(desk.submit(view, action=f"/admin/bantuan/pesan/{made['uji:0']}"))
    assert "Pesan dikirim sekali lagi" in view.words
    assert db.session.scalar(sa.select(OutboxMessage.state).where(OutboxMessage.key == "uji:0")) == "waiting"
    view = desk.follow(desk.post(f"/admin/bantuan/pesan/{made['uji:1']}", {}))
    assert "tidak dapat dikirim ulang lagi" in view.words
    desk.post("/admin/bantuan/pesan/987654", {}, 404)
