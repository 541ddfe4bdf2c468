"""A person's own pages: the offer, the answer after a move, leaving, the card."""

from datetime import timedelta

import pytest

from portal.core import clock as product_clock
from portal.enrollment import services
from portal.enrollment.models import State
from tests.enrollment.world import World


@pytest.fixture
def world(app):
    return World(app)


def visitor(page, world, enrollment_id, login="orang.sendiri"):
    """Sign in as the person of an enrollment."""
    return page.sign_in(world.user(login, person_id=world.row(enrollment_id).person_id))


@pytest.fixture
def offered(world):
    return world.placed(world.batch(), 1, State.OFFERED)[0]


def test_opening_the_offer_starts_the_countdown_and_accepting_confirms(page, world, offered, now):
    visitor(page, world, offered)
    assert world.row(offered).contact_at is None
    view = page.get(f"/saya/angkatan/{offered}")
    assert "Ada kursi untuk Anda" in view.words
    assert world.row(offered).offer_until == now + timedelta(hours=48)
    assert "2 hari" in view.words
    view = page.follow(page.submit(view, action="/terima"))
    assert "Kursi Anda sudah pasti" in view.words
    assert world.state(offered) == "confirmed"


def test_the_page_after_the_deadline_offers_no_button(page, world, offered):
    visitor(page, world, offered)
    world.run(
        services.record_contact,
        enrollment_id=offered,
        channel="call",
        outcome="reached",
        now=product_clock.now() - timedelta(hours=47),
    )
    view = page.get(f"/saya/angkatan/{offered}")
    assert "1 jam" in view.words
    world.run(services.record_contact, enrollment_id=offered, channel="call", outcome="no_answer")
    with product_clock.freeze(product_clock.now() + timedelta(hours=2)):
        late = page.submit(view, status=409, action="/terima")
        assert "sudah habis" in late.words
        assert "Terima kursi ini" not in page.get(f"/saya/angkatan/{offered}").words
    assert world.state(offered) == "offered"


def test_leaving_asks_first_and_works_as_page_and_dialog(page, world, offered):
    visitor(page, world, offered)
    view = page.get(f"/saya/angkatan/{offered}/mundur")
    assert view.heading == "Mundur dari pelatihan ini?"
    piece = page.htmx_get(f"/saya/angkatan/{offered}/mundur")
    assert piece.text.strip().startswith('<div id="mundur"')
    view = page.follow(page.submit(view, {"reason": "Anak sakit"}))
    assert "Mengundurkan diri" in view.words
    assert world.seats(world.row(offered).batch_id) == 0


def test_foreign_and_missing_enrollments_are_the_same_404(page, world, offered):
    page.sign_in(world.user("orang.asing", person_id=world.person()))
    for number in (offered, 999_999):
        for path in ("", "/mundur"):
            page.get(f"/saya/angkatan/{number}{path}", 404)
        page.get(f"/saya/kartu/{number}", 404)
        for path in ("terima", "mundur", "pindah"):
            page.post(f"/saya/angkatan/{number}/{path}", {}, 404)
    assert world.row(offered).contact_at is None


def test_strangers_are_sent_to_sign_in(page, world, offered):
    assert "/masuk" in page.get(f"/saya/angkatan/{offered}", 303).location


def test_after_a_postponement_the_person_chooses(page, world):
    batch, target = world.batch(), world.batch(days=30)
    [held] = world.placed(batch)
    visitor(page, world, held)
    day = product_clock.now().date() + timedelta(days=50)
    world.run(services.postpone_batch, batch_id=batch, starts_on=day, reason="Gedung diperbaiki")
    view = page.get(f"/saya/angkatan/{held}")
    assert "Jadwal pelatihan berubah" in view.words
    assert "Gedung diperbaiki" in view.words
    page.submit(view, {}, 422, action="/pindah")
    done = page.follow(page.submit(view, {"choice": "move", "target": str(target)}, action="/pindah"))
    assert "Kursi Anda sudah pasti" in done.words
    assert (world.seats(batch), world.seats(target)) == (0, 1)


def test_a_cancelled_batch_cannot_be_kept(page, world):
    batch = world.batch()
    [held] = world.placed(batch)
    visitor(page, world, held)
    world.run(services.cancel_batch, batch_id=batch, reason="Instruktur sakit")
    view = page.get(f"/saya/angkatan/{held}")
    assert 'value="keep"' not in view.text
    page.submit(view, {"choice": "leave"}, action="/pindah")
    assert world.state(held) == "withdrawn"


def test_the_waitlist_place_is_shown(page, world):
    batch = world.batch(quota=1)
    world.placed(batch)
    world.enroll(batch, waitlist=True)
    mine = world.enroll(batch, waitlist=True)
    visitor(page, world, mine.id)
    assert "urutan ke-2" in page.get(f"/saya/angkatan/{mine.id}").words


def test_panels_of_higher_rooms_are_drawn(page, world, offered, app, tmp_path, monkeypatch):
    visitor(page, world, offered)
    seen = []
    monkeypatch.setitem(app.extensions, "enrollment_panels", [lambda number: seen.append(number)])
    page.get(f"/saya/angkatan/{offered}")
    assert set(seen) == {offered}


def test_the_card_holds_an_opaque_token_and_no_personal_number(page, world, offered):
    visitor(page, world, offered)
    view = page.get(f"/saya/kartu/{offered}")
    row = world.row(offered)
    assert row.card_token[:4] in view.words
    assert row.reference not in row.card_token
    assert "+62812" not in view.text


def test_a_scanned_card_tells_only_staff_of_the_batch(page, new_page, world, offered):
    row = world.row(offered)
    name = page.sign_in(world.admin()).get(f"/K/{row.card_token}").heading
    neutral = new_page().get(f"/K/{row.card_token}").text
    assert name.startswith("Orang")
    assert name not in neutral
    unknown = new_page().get("/K/0000000000000000")
    assert "Ini kartu peserta" in unknown.heading
    teacher = new_page().sign_in(world.instructor("guru.sini", row.batch_id))
    assert teacher.get(f"/K/{row.card_token.lower()}").heading == name
    stranger = new_page().sign_in(world.instructor("guru.lain", world.batch(days=60)))
    assert stranger.get(f"/K/{row.card_token}").heading == unknown.heading
    other = new_page().sign_in(world.admin("admin.lain", world.center("balai-lain")))
    assert other.get(f"/K/{row.card_token}").heading == unknown.heading


def test_two_clicks_on_yes_are_one_effect(page, world, offered):
    visitor(page, world, offered)
    view = page.get(f"/saya/angkatan/{offered}")
    first = page.submit(view, action="/terima")
    second = page.submit(view, action="/terima")
    assert first.location == second.location
    assert world.row(offered).version == 2
