"""The center's pages: tabs, screening, bulk offers, the queue, contacts, helping, moves, papers."""

from urllib.parse import unquote

import pytest
import sqlalchemy as sa

from portal.core.audit import AuditEvent
from portal.core.db import db
from portal.enrollment.models import Contact, State
from tests.enrollment.world import World


@pytest.fixture
def world(app):
    return World(app)


@pytest.fixture
def admin(page, world):
    return page.sign_in(world.admin())


def roll(batch, tab="pelamar"):
    return f"/balai/angkatan/{batch}/peserta?keadaan={tab}"


def actions_of(world):
    with world.inside():
        return set(db.session.scalars(sa.select(AuditEvent.action)))


@pytest.mark.parametrize(
    "tab", ["pelamar", "ditawari", "terkonfirmasi", "daftar-tunggu", "cadangan", "keluar"]
)
def test_every_tab_is_a_page_and_a_fragment(admin, world, tab):
    batch = world.batch()
    assert "Belum ada siapa pun" in admin.get(roll(batch, tab)).words
    for state in (State.APPLIED, State.OFFERED, State.CONFIRMED, State.WAITLISTED, State.RESERVE):
        world.placed(batch, 2, state)
    view = admin.get(roll(batch, tab))
    assert "Pelamar (2)" in view.words
    assert admin.htmx_get(roll(batch, tab)).text.strip().startswith('<div id="peserta"')


def test_without_a_tab_the_first_one_with_people_opens(admin, world):
    batch = world.batch()
    assert "Pendaftaran baru muncul di sini" in admin.get(f"/balai/angkatan/{batch}/peserta").words
    world.placed(batch, 1, State.CONFIRMED)
    view = admin.get(f"/balai/angkatan/{batch}/peserta")
    assert 'keadaan=terkonfirmasi" aria-current="page"' in view.text
    assert "Belum ada siapa pun" not in view.words


def test_offering_one_seat_from_the_list(admin, world):
    batch = world.batch()
    [number] = world.placed(batch, 1, State.APPLIED)
    view = admin.get(roll(batch))
    view = admin.follow(admin.submit(view, action=f"/balai/peserta/{number}/tawarkan"))
    assert world.state(number) == "offered"
    assert "Ditawari (1)" in view.words


def test_htmx_gets_the_changed_list(admin, world):
    batch = world.batch()
    [number] = world.placed(batch, 1, State.APPLIED)
    piece = admin.htmx_post(f"/balai/peserta/{number}/tawarkan", {"keadaan": "pelamar"})
    assert piece.text.strip().startswith('<div id="peserta"')
    assert world.state(number) == "offered"


def test_bulk_offers_refuse_foreign_rows_whole(admin, world):
    batch, other = world.batch(), world.batch(days=40)
    mine, foreign = world.placed(batch, 2, State.APPLIED), world.placed(other, 1, State.APPLIED)
    url = f"/balai/angkatan/{batch}/peserta/tawarkan"
    admin.post(url, {"chosen": [*map(str, mine + foreign)], "keadaan": "pelamar"}, 404)
    assert [world.state(n) for n in mine + foreign] == ["applied"] * 3
    admin.post(url, {"chosen": [*map(str, mine)], "keadaan": "pelamar"})
    assert [world.state(n) for n in mine] == ["offered"] * 2


def test_too_few_seats_are_a_readable_conflict(admin, world):
    batch = world.batch(quota=1)
    ids = world.placed(batch, 2, State.APPLIED)
    view = admin.post(
        f"/balai/angkatan/{batch}/peserta/tawarkan", {"chosen": [*map(str, ids)], "keadaan": "pelamar"}, 409
    )
    assert view.errors
    assert world.seats(batch) == 0


def test_nothing_ticked_is_said(admin, world):
    batch = world.batch()
    world.placed(batch, 1, State.APPLIED)
    assert (
        "Pilih paling sedikit" in admin.post(f"/balai/angkatan/{batch}/peserta/tawarkan", {}, 422).errors[0]
    )


def test_rejecting_shows_its_reason_to_the_person(admin, new_page, world):
    batch = world.batch()
    [number] = world.placed(batch, 1, State.APPLIED)
    view = admin.get(f"/balai/peserta/{number}/tolak")
    admin.submit(view, {"reason": ""}, 422)
    admin.submit(view, {"reason": "SK pengurus belum ada"})
    person = new_page().sign_in(world.user("orangnya", person_id=world.row(number).person_id))
    assert "SK pengurus belum ada" in person.get(f"/saya/angkatan/{number}").words
    assert "SK pengurus belum ada" in admin.get(roll(batch, "keluar")).words


def test_staff_note_that_somebody_leaves(admin, world):
    batch = world.batch()
    [number] = world.placed(batch)
    admin.submit(admin.get(f"/balai/peserta/{number}/lepas"), {"reason": "Menelepon, sedang sakit"})
    assert (world.state(number), world.seats(batch)) == ("withdrawn", 0)


def test_the_waitlist_shows_ranks_and_the_next_is_offered(admin, world):
    batch = world.batch(quota=1)
    [held] = world.placed(batch)
    first, second = world.enroll(batch, waitlist=True), world.enroll(batch, waitlist=True)
    from portal.enrollment import services

    world.run(services.withdraw, enrollment_id=held)
    view = admin.get(roll(batch, "daftar-tunggu"))
    admin.submit(view, action="/berikutnya")
    assert (world.state(first.id), world.state(second.id)) == ("offered", "waitlisted")


def test_another_center_sees_and_does_nothing(page, world):
    batch = world.batch()
    [number] = world.placed(batch, 1, State.APPLIED)
    page.sign_in(world.admin("admin.lain", world.center("balai-lain")))
    for missing in (batch, 999_999):
        page.get(roll(missing), 404)
        for path in ("tunda", "batal", "daftar-hadir.pdf", "kartu.pdf"):
            page.get(f"/balai/angkatan/{missing}/{path}", 404)
        for path in (
            "peserta/tawarkan",
            "peserta/berikutnya",
            "peserta/lewat-waktu",
            "tunda",
            "batal",
            "surat-klaim.pdf",
        ):
            page.post(f"/balai/angkatan/{missing}/{path}", {"reason": "alasan panjang"}, 404)
    page.get(f"/balai/angkatan/{batch}/bantu", 404)
    for missing in (number, 999_999):
        for path in ("tawarkan", "tunggu", "cadangan", "pertimbangkan", "tolak", "lepas"):
            page.post(f"/balai/peserta/{missing}/{path}", {"reason": "alasan panjang"}, 404)
        page.post(f"/balai/hubungi/{missing}", {"channel": "call", "outcome": "reached"}, 404)
    assert world.state(number) == "applied"


@pytest.mark.parametrize("role", [None, "instructor", "center_head"])
def test_other_roles_do_not_screen(page, world, role):
    batch = world.batch()
    [number] = world.placed(batch, 1, State.APPLIED)
    page.sign_in(world.user("peran.lain", role=role, person_id=None if role else world.person()))
    page.post(f"/balai/peserta/{number}/tawarkan", {}, 403)
    page.get("/balai/hubungi", 403)
    if role == "center_head":
        view = page.get(roll(batch))
        assert "Tawarkan kursi" not in view.words


def test_contacts_have_links_without_a_nik_and_one_tap_records(admin, world):
    batch = world.batch()
    nik = world.nik()
    [number] = world.placed(batch, 1, State.OFFERED)
    view = admin.follow(admin.submit(admin.get("/balai/hubungi"), action="/balai/hubungi/nomor"))
    assert 'href="tel:+6281234567890"' in view.text
    [link] = [href for text, href in view.links.items() if text.startswith("WhatsApp")]
    said = unquote(link)
    assert link.startswith("https://wa.me/6281234567890?text=")
    assert f"/saya/angkatan/{number}" in said
    assert nik[:6] not in said
    target = f"/balai/hubungi/{number}"
    admin.submit(view, {"channel": "whatsapp", "outcome": "no_answer", "note": "Besok lagi"}, action=target)
    view = admin.get("/balai/hubungi")
    assert "tidak dijawab" in view.words
    assert "Besok lagi" in view.words
    piece = admin.htmx_post(target, {"channel": "call", "outcome": "accepted"})
    assert "Semua sudah tersambung" in piece.words
    assert world.state(number) == "confirmed"
    with world.inside():
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Contact)) == 2
    assert {"contact.recorded", "seat.confirmed"} <= actions_of(world)


def test_the_contact_page_takes_the_same_statements_for_3_and_25(admin, world, query_count):
    batch = world.batch(quota=60)
    counts = []
    for more in (3, 22):
        world.placed(batch, more, State.OFFERED)
        with query_count() as seen:
            admin.get("/balai/hubungi", htmx=False)
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 8


def test_the_list_page_takes_the_same_statements_for_10_and_300(admin, world, query_count):
    counts = []
    for days, people in ((15, 10), (40, 300)):
        batch = world.batch(days=days, quota=400)
        world.placed(batch, people, State.APPLIED)
        with query_count() as seen:
            admin.get(roll(batch), htmx=False)
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 10


def test_nobody_screens_their_own_application(page, world):
    batch, person = world.batch(), world.person()
    mine = world.enroll(batch, person)
    page.sign_in(world.admin(person_id=person))
    assert "Ini pendaftaran Anda sendiri" in page.get(roll(batch)).words
    page.post(f"/balai/peserta/{mine.id}/tawarkan", {"keadaan": "pelamar"}, 403)
    assert world.state(mine.id) == "applied"
