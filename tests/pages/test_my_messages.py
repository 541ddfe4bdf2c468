"""What the portal told somebody, and how they want to be told: one's own page."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from portal.accounts.models import MessagePreference, User
from portal.accounts.services.messages import tell_user
from portal.core.db import db, transaction
from portal.core.mail.content import write
from portal.core.mail.outbox import Address, Letter, OutboxMessage, put_many
from portal.enrollment.models import State
from tests.enrollment.world import World
from tests.support.page import Page
from tests.support.queries import count_statements


@pytest.fixture
def world(db_session: Any) -> World:
    from flask import current_app

    return World(current_app._get_current_object())  # type: ignore[attr-defined]


@pytest.fixture
def mine(world: World, page: Page) -> int:
    """The visitor is a person with an offered seat; the person's id."""
    seat = world.placed(world.batch(), 1, State.OFFERED)[0]
    person_id = int(world.row(seat).person_id)
    page.sign_in(world.user("yuni.sendiri", person_id=person_id))
    return person_id


def set_all(**values: Any) -> None:
    with transaction() as session:
        session.execute(sa.update(OutboxMessage).values(**values))


def test_page_shows_what_was_told_and_where_it_stands(page: Page, mine: int, now: datetime) -> None:
    view = page.get("/saya/pesan")
    assert "Ada kursi untuk Anda" in view.words
    assert "belum setuju dihubungi" in view.words
    words = [
        ({"state": "waiting", "reason": "", "not_before": now}, "Menunggu dikirim"),
        ({"state": "waiting", "reason": "", "not_before": now + timedelta(hours=9)}, "pukul 18.00 WIB"),
        ({"state": "sent"}, "Terkirim"),
        ({"state": "handed"}, "Sedang dikirim"),
        ({"state": "unsure"}, "Mungkin terkirim"),
        ({"state": "failed"}, "Gagal dikirim"),
        ({"state": "skipped", "reason": "demo"}, "portal contoh"),
        ({"state": "skipped", "reason": "expired"}, "waktunya sudah lewat"),
        ({"state": "skipped", "reason": "not_wanted"}, "memilih tidak menerima"),
        ({"state": "skipped", "reason": "no_address"}, "belum ada surel"),
    ]
    for values, said in words:
        set_all(**values)
        assert said in page.get("/saya/pesan").words


def test_page_is_of_ones_own_messages_and_holds_no_codes(
    page: Page, mine: int, world: World, now: datetime
) -> None:
    other = world.user("orang.lain", person_id=world.person())
    own = db.session.scalar(sa.select(User.id).where(User.person_id == mine))
    with transaction():
        tell_user(user_id=other, kind="security.recovered", key="r:1", now=now)
        tell_user(user_id=own, kind="security.factor_added", facts={"factor": "passkey"}, key="f:1", now=now)
        content = write("security.recovered", lambda: {"called": "Yuni", "url": "/"})
        code = Letter("code.sign_in", Address("email", "yuni@contoh.id"), content, "code:1", user_id=own)
        put_many([code], now=now)
    view = page.get("/saya/pesan")
    assert "Cara masuk baru dipasang" in view.words
    assert "dipulihkan" not in view.words
    assert db.session.scalar(sa.select(sa.func.count()).select_from(OutboxMessage)) == 4


def test_pages_of_messages_cost_the_same_and_are_linked(page: Page, mine: int, now: datetime) -> None:
    own = db.session.scalar(sa.select(User.id).where(User.person_id == mine))
    with count_statements(at_most=16) as first:
        page.get("/saya/pesan")
    with transaction():
        for number in range(24):
            tell_user(user_id=own, kind="security.recovered", key=f"r:{number}", now=now)
    with count_statements(at_most=16) as later:
        view = page.get("/saya/pesan")
    assert len(later) == len(first)
    assert view.text.count("Baca pesannya") == 10
    assert page.get("/saya/pesan?hal=3").text.count("Baca pesannya") == 5
    assert "Tidak ada pesan lagi" in page.get("/saya/pesan?hal=9").words


def test_empty_page_says_what_will_be_there(page: Page, world: World) -> None:
    page.sign_in(world.user("baru.sekali", person_id=world.person()))
    view = page.get("/saya/pesan")
    assert "Belum ada pesan" in view.words
    assert "Contoh pesan" in view.words


def test_preferences_are_saved_and_shown_again(page: Page, mine: int) -> None:
    view = page.get("/saya/pesan")
    values = {"language": "en", "channel": "sms", "quiet_from": "22", "quiet_until": "5", "results": None}
    shown = page.follow(page.submit(view, values, action="/pilihan"))
    assert "Pilihan Anda tersimpan" in shown.words
    found = db.session.get(MessagePreference, mine, populate_existing=True)
    assert (found.language, found.channel, found.quiet_from, found.quiet_until) == ("en", "sms", 1320, 300)
    assert (found.wants_reminders, found.wants_results) == (True, False)
    assert db.session.scalar(sa.select(User.language).where(User.person_id == mine)) == "en"
    assert re.search(r'value="sms"[^>]*checked', shown.text)


def test_wrong_choices_are_named_and_nothing_is_saved(page: Page, mine: int) -> None:
    view = page.get("/saya/pesan")
    values = {"language": "de", "channel": "surat", "quiet_from": "24", "quiet_until": "x"}
    refused = page.submit(view, values, action="/pilihan", status=422)
    assert "4 isian perlu diperbaiki" in refused.words
    assert db.session.get(MessagePreference, mine) is None


def test_account_without_a_person_has_messages_and_no_form(page: Page, world: World, now: datetime) -> None:
    user = world.admin()
    page.sign_in(user)
    with transaction():
        tell_user(user_id=user, kind="security.recovered", key="r:1", now=now)
    view = page.get("/saya/pesan")
    assert "Akses ke akun Anda dipulihkan" in view.words
    assert "Cara Anda dikabari" not in view.words
    page.post("/saya/pesan/pilihan", {}, status=404)
