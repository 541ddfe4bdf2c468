"""Numbers are masked until somebody says why; then they are shown, and their owner can read who saw them."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from portal.core.audit import AuditEvent
from portal.core.db import db
from portal.enrollment.models import State
from portal.people.models import UnmaskedRead
from tests.enrollment.world import World

NUMBER, MASKED = "6281234567890", "•••• 7890"


@pytest.fixture
def world(app):
    return World(app)


@pytest.fixture
def admin(page, world):
    return page.sign_in(world.admin())


def reads(world):
    with world.inside():
        columns = (UnmaskedRead.person_id, UnmaskedRead.fields, UnmaskedRead.reason)
        return [tuple(row) for row in db.session.execute(sa.select(*columns).order_by(UnmaskedRead.id))]


def roll(batch, tab="ditawari"):
    return f"/balai/angkatan/{batch}/peserta?keadaan={tab}"


def test_the_call_list_shows_numbers_after_one_press_and_keeps_who_saw_them(admin, world):
    batch = world.batch()
    numbers = world.placed(batch, 3, State.OFFERED)
    people = sorted(world.row(number).person_id for number in numbers)
    view = admin.get("/balai/hubungi")
    assert (NUMBER in view.text, view.words.count(MASKED), "wa.me" in view.text) == (False, 3, False)
    view = admin.follow(admin.submit(view, action="/balai/hubungi/nomor"))
    assert view.text.count(f'href="tel:+{NUMBER}"') == 3
    assert "Tampilkan nomor" not in view.words
    assert sorted(reads(world)) == [(person, "phone", "seat_call") for person in people]
    with world.inside():
        events = db.session.execute(
            sa.select(AuditEvent.object_id, AuditEvent.data).where(AuditEvent.action == "person.unmasked")
        ).all()
    assert sorted(int(number) for number, _data in events) == people
    assert all(data == {"fields": ["phone"], "reason": "seat_call"} for _number, data in events)


def test_calling_24_people_needs_one_press_and_asks_again_after_half_an_hour(admin, world, clock):
    batch = world.batch(quota=40)
    numbers = world.placed(batch, 24, State.OFFERED)
    admin.submit(admin.get("/balai/hubungi"), action="/balai/hubungi/nomor")
    for made, number in enumerate(numbers[:6], 1):
        clock.move(minutes=4)
        piece = admin.htmx_post(f"/balai/hubungi/{number}", {"channel": "call", "outcome": "accepted"})
        assert piece.text.count("tel:+") == 24 - made
    assert len(reads(world)) == 24
    clock.move(minutes=7)
    view = admin.get("/balai/hubungi")
    assert (NUMBER in view.text, "Tampilkan nomor untuk menelepon" in view.words) == (False, True)


def test_pressing_twice_is_one_reading(admin, world):
    world.placed(world.batch(), 2, State.OFFERED)
    view = admin.get("/balai/hubungi")
    for _again in range(2):
        admin.submit(view, action="/balai/hubungi/nomor")
    assert len(reads(world)) == 2


def test_htmx_gets_the_list_with_numbers(admin, world):
    world.placed(world.batch(), 1, State.OFFERED)
    piece = admin.htmx_post("/balai/hubungi/nomor", {"hal": "1"})
    assert piece.text.strip().startswith('<div id="hubungi"')
    assert f"tel:+{NUMBER}" in piece.text


def test_what_one_account_revealed_stays_masked_for_another(admin, new_page, world):
    batch = world.batch()
    world.placed(batch, 1, State.OFFERED)
    admin.submit(admin.get("/balai/hubungi"), action="/balai/hubungi/nomor")
    other = new_page().sign_in(world.admin("admin.kedua"))
    assert NUMBER not in other.get("/balai/hubungi").text
    assert NUMBER not in other.get(roll(batch)).text


def test_the_roll_asks_for_a_reason(admin, world):
    batch = world.batch()
    [number] = world.placed(batch, 1, State.OFFERED)
    person = world.row(number).person_id
    view = admin.get(roll(batch))
    assert (NUMBER in view.text, MASKED in view.words) == (False, True)
    target = f"/balai/angkatan/{batch}/peserta/nomor"
    for words in ("", "  ", "abc", "....."):
        view = admin.submit(view, {"why": "other", "words": words}, 422, action=target)
        assert "paling sedikit 5 huruf" in " ".join(view.errors)
    admin.submit(view, {"why": "other", "words": "x" * 400}, 422, action=target)
    assert reads(world) == []
    view = admin.follow(admin.submit(view, {"why": "other", "words": "Ruang pindah ke aula"}, action=target))
    assert f'href="tel:+{NUMBER}"' in view.text
    assert reads(world) == [(person, "phone", "Ruang pindah ke aula")]


def test_a_listed_reason_may_carry_words(admin, world):
    batch = world.batch()
    world.placed(batch, 1, State.OFFERED)
    target = f"/balai/angkatan/{batch}/peserta/nomor"
    admin.submit(admin.get(roll(batch)), {"why": "class_change", "words": "mulai pukul 9"}, action=target)
    assert reads(world)[0][2] == "class_change: mulai pukul 9"


def test_the_head_sees_masked_numbers_and_cannot_reveal(page, world):
    batch = world.batch()
    world.placed(batch, 1, State.OFFERED)
    page.sign_in(world.user("kepala.balai", role="center_head"))
    view = page.get(roll(batch))
    assert (NUMBER in view.text, MASKED in view.words, "Tampilkan nomor" in view.words) == (
        False,
        True,
        False,
    )
    page.post(f"/balai/angkatan/{batch}/peserta/nomor", {"why": "seat_call"}, 403)
    page.post("/balai/hubungi/nomor", {}, 403)
    assert reads(world) == []


def test_another_center_reveals_nobody(page, world):
    batch = world.batch()
    world.placed(batch, 1, State.OFFERED)
    page.sign_in(world.admin("admin.lain", world.center("balai-lain")))
    page.post(f"/balai/angkatan/{batch}/peserta/nomor", {"why": "seat_call"}, 404)
    page.post("/balai/hubungi/nomor", {"angkatan": str(batch)})
    assert reads(world) == []


def test_pages_and_presses_take_the_same_statements_for_3_and_25(admin, world, query_count):
    batch = world.batch(quota=60)
    counts = []
    for more in (3, 22):
        world.placed(batch, more, State.OFFERED)
        with query_count() as seen:
            admin.post("/balai/hubungi/nomor", {})
        with query_count() as shown:
            admin.get(roll(batch), htmx=False)
        counts.append((len(seen), len(shown)))
    assert counts[0] == counts[1]
    assert max(counts[0]) <= 14
