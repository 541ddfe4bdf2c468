"""Proposing, answering, swapping and the letters, page by page."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from portal.core.db import db, transaction
from portal.enrollment.models import Enrollment, Nomination, NominationGroup
from portal.people.models import Person
from tests.support.kept import kept_world
from tests.support.page import Page
from tests.support.queries import count_statements
from tests.support.world import BORN_A, World
from tests.support.world_nominations import LINK


@pytest.fixture
def world(db_session: Any, database: Any, now: Any) -> World:
    return kept_world(database, now)


@pytest.fixture
def chair(app: Any, world: World) -> Page:
    return Page(app).sign_in(world.users["chair"])


def form_url(world: World) -> str:
    program = world.rooms["open"].extra["program_id"]
    return f"/koperasi/{world.ids['cooperative']}/usulkan?program={program}"


def typed(world: World, **more: Any) -> dict[str, Any]:
    return {
        "langkah": "periksa", "batch": str(world.rooms["open"].batch_id), "mode": "fit", "rows": "1",
        "baru0-name": "Siti Aminah", "baru0-post": "member", "baru0-phone": "0812 3456 7890",
    } | more  # fmt: skip


def check(world: World, chair: Page, **more: Any) -> Any:
    """The form sent, and the page with the answers."""
    return chair.get(chair.post(form_url(world), typed(world, **more), 303).location)


def send(world: World, chair: Page, status: int = 303, **more: Any) -> Any:
    """Checked, then sent."""
    check(world, chair, **more)
    return chair.post(form_url(world).replace("usulkan?", "usulkan/kirim?"), {}, status)


def groups() -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(NominationGroup)) or 0


def test_a_program_is_chosen_first_and_links_may_have_chosen(world: World, chair: Page) -> None:
    view = chair.get(f"/koperasi/{world.ids['cooperative']}/usulkan")
    assert "Pelatihan apa yang diikuti?" in view.text
    batch = world.rooms["open"].batch_id
    view = chair.get(f"{form_url(world)}&angkatan={batch}")
    assert f'value="{batch}"' in view.text
    assert chair.get(f"/angkatan/{batch}/usulkan", 303).location.endswith(f"angkatan={batch}")


def test_the_form_asks_no_more_of_the_database_for_more_people(world: World, chair: Page) -> None:
    chair.get(form_url(world))
    with count_statements(at_most=20):  # twice ten: the page, and for htmx
        chair.get(form_url(world))


def test_nothing_is_sent_by_checking_and_the_answer_is_per_person(world: World, chair: Page) -> None:
    before = groups()
    view = check(world, chair)
    assert "Periksa usulan" in view.text
    assert "Siti Aminah" in view.text
    assert "Masuk seleksi begitu usulan dikirim." in view.text
    assert groups() == before


def test_sending_twice_is_once_and_lands_on_the_list(world: World, chair: Page) -> None:
    before = groups()
    check(world, chair)
    for _again in range(2):
        answer = chair.post(form_url(world).replace("usulkan?", "usulkan/kirim?"), {}, 303)
        assert f"/koperasi/{world.ids['cooperative']}/usulan#usulan-" in answer.location
    assert groups() == before + 1
    view = chair.get(f"/koperasi/{world.ids['cooperative']}/usulan")
    assert "Siti Aminah" in view.text
    assert "Menunggu jawaban" in view.text


def test_rows_are_added_and_kept_without_scripts(world: World, chair: Page) -> None:
    view = chair.get(chair.post(form_url(world), typed(world, langkah="tambah"), 303).location.split("#")[0])
    assert 'name="baru4-name"' in view.text
    assert 'value="Siti Aminah"' in view.text
    check(world, chair)
    assert 'value="Siti Aminah"' in chair.get(f"{form_url(world)}&lanjut=1").text
    assert "Siti Aminah" not in chair.get(form_url(world)).text


def test_what_was_typed_is_of_one_account_and_sealed(app: Any, world: World, chair: Page) -> None:
    check(world, chair)
    kept = str(db.session.scalar(sa.text("select data from one_time where kind = 'show' order by id desc")))
    assert "Siti" not in kept
    assert "081234567890" not in kept
    review = form_url(world).replace("usulkan?", "usulkan/periksa?")
    assert "lanjut" not in Page(app).sign_in(world.users["companion"]).get(review, 303).location


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({"baru0-name": "", "baru0-phone": ""}, "paling sedikit satu orang"),
        ({"baru0-post": ""}, "Pilih jabatan orang ini"),
        ({"baru0-phone": "12"}, "nomor seluler"),
        ({"batch": ""}, "Pilih angkatan"),
        ({"people": "987654"}, "daftar koperasi ini"),
        ({"mode": "acak"}, "cara mengirim"),
    ],
)
def test_what_is_wrong_is_said_and_kept(world: World, chair: Page, more: Any, sentence: str) -> None:
    view = chair.post(form_url(world), typed(world, **more), 422)
    assert sentence in view.text
    if "baru0-name" not in more:
        assert 'value="Siti Aminah"' in view.text


def test_seats_that_went_meanwhile_keep_everything_typed(world: World, chair: Page) -> None:
    with transaction() as session:
        session.execute(
            sa.text("update batch set quota = seats_taken + 1 where id = :id"),
            {"id": world.rooms["open"].batch_id},
        )
    two = {"mode": "all", "rows": "2", "baru1-name": "Wahyu", "baru1-post": "member", "baru1-phone": ""}
    view = send(world, chair, 409, **two)
    assert "tidak cukup untuk 2 orang" in view.text
    assert 'value="Wahyu"' in chair.get(f"{form_url(world)}&lanjut=1").text


def test_the_list_costs_the_same_however_many_people(world: World, chair: Page) -> None:
    url = f"/koperasi/{world.ids['cooperative']}/usulan"
    chair.get(url)
    with count_statements() as few:
        chair.get(url)
    people = enumerate(f"Orang {letter}" for letter in "ABCDEF")
    more = {
        f"baru{n}-{key}": value
        for n, name in people
        for key, value in (("name", name), ("post", "member"), ("phone", ""))
    }
    send(world, chair, rows="6", **more)
    with count_statements(at_most=20) as many:
        chair.get(url)
    assert len(many) <= len(few) + 4


def test_a_link_is_shown_to_whoever_made_it_and_ends_the_old_one(world: World, chair: Page) -> None:
    url = f"/koperasi/{world.ids['cooperative']}/usulan/{world.ids['nomination']}/tautan"
    op = "b" * 32
    assert chair.post(url, {"op": op}, 303).location == url
    view = chair.get(url)
    assert "Hanya tampil sekarang" in view.text
    digest = db.session.scalar(
        sa.select(Nomination.link_hash).where(Nomination.id == world.ids["nomination"])
    )
    assert chair.post(url, {"op": op}, 303).location == url
    db.session.expire_all()
    assert digest == db.session.scalar(
        sa.select(Nomination.link_hash).where(Nomination.id == world.ids["nomination"])
    )
    companion = Page(chair.app).sign_in(world.users["companion"])
    assert "Hanya tampil sekarang" not in companion.get(url).text
    assert Page(chair.app).get(f"/usulan/{LINK}", 404).text.count("Tautan ini tidak berlaku") >= 1


def identity(**more: str) -> dict[str, str]:
    return {
        "name": "Rahmat Hidayat", "nik": "6105010405908123", "birth_date-day": "4", "birth_date-month": "5",
        "birth_date-year": "1990", "agree": "y", "phone": "",
    } | more  # fmt: skip


def test_the_link_works_without_an_account(app: Any, world: World) -> None:
    page = Page(app)
    view = page.get(f"/usulan/{LINK}")
    assert "Anda diusulkan ikut pelatihan" in view.text
    assert page.post(f"/usulan/{LINK}", identity(nik="123"), 422).text.count("NIK harus 16 angka") >= 1
    page.post(f"/usulan/{LINK}", identity(), 303)
    assert "Anda bersedia ikut" in page.get(f"/usulan/{LINK}").text
    person = db.session.scalar(
        sa.select(Person).join(Nomination, Nomination.person_id == Person.id).where(
            Nomination.id == world.ids["nomination"]
        )
    )  # fmt: skip
    assert (person.name, person.sex, person.nik_last4) == ("Rahmat Hidayat", "L", "8123")


def test_a_nik_with_an_account_is_answered_neutrally(app: Any, world: World) -> None:
    known = db.session.get(Person, world.rooms["running"].people[0])
    view = Page(app).post(
        f"/usulan/{LINK}",
        identity(nik="6105014503850001", **{
            "birth_date-day": str(BORN_A.day), "birth_date-month": str(BORN_A.month),
            "birth_date-year": str(BORN_A.year),
        }),
        409,
    )  # fmt: skip
    assert "Data ini perlu diteruskan dengan akun Anda" in view.text
    assert known.name not in view.text


def test_declining_takes_a_reason_or_none(app: Any, world: World, chair: Page) -> None:
    page = Page(app)
    page.post(f"/usulan/{LINK}/tolak", {"reason": "sedang panen"}, 303)
    assert "Anda tidak bersedia" in page.get(f"/usulan/{LINK}").text
    assert "sedang panen" in chair.get(f"/koperasi/{world.ids['cooperative']}/usulan").text


def test_tries_on_one_link_are_few(app: Any, world: World) -> None:
    page = Page(app)
    for _try in range(20):
        page.post(f"/usulan/{LINK}", identity(nik="6105014503850001"), 409)
    page.post(f"/usulan/{LINK}", identity(), 429)


def test_the_signed_in_person_finds_it_at_their_desk(app: Any, world: World) -> None:
    page = Page(app).sign_in(world.users["trainee_a"])
    url = f"/saya/usulan/{world.ids['own_nomination']}"
    assert url in page.get("/saya").text
    page.get(url)
    page.post(url, {}, 422)
    page.post(url, {"agree": "y"}, 303)
    assert "Anda bersedia ikut" in page.get(url).text
    assert "menunggu jawaban Anda" not in page.get("/saya").text


def test_a_nominee_is_swapped_and_one_is_taken_back(world: World, chair: Page) -> None:
    base = f"/koperasi/{world.ids['cooperative']}/usulan/{world.ids['nomination']}"
    chair.get(f"{base}/ganti")
    chair.post(f"{base}/ganti", {"person": "baru", "baru-name": "", "baru-post": ""}, 422)
    chair.post(f"{base}/ganti", {"person": "baru", "baru-name": "Pengganti Baik", "baru-post": "member"}, 303)
    view = chair.get(f"/koperasi/{world.ids['cooperative']}/usulan")
    assert "Diganti Pengganti Baik" in view.text
    new = db.session.scalar(sa.select(sa.func.max(Nomination.id)))
    chair.post(f"/koperasi/{world.ids['cooperative']}/usulan/{new}/tarik", {}, 303)
    assert db.session.scalar(sa.select(Nomination.state).where(Nomination.id == new)) == "withdrawn"


@pytest.mark.parametrize("kind", ["usulan", "tugas"])
def test_letters_are_the_cooperatives_own(world: World, chair: Page, kind: str) -> None:
    base = f"/koperasi/{world.ids['cooperative']}/usulan/kelompok/{world.ids['nomination_group']}"
    answer = chair.client.get(f"{base}/surat-{kind}.pdf")
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    assert answer.headers["Cache-Control"] == "no-store"
    away = base.replace(str(world.ids["nomination_group"]), str(world.ids["away_nomination_group"]))
    assert chair.client.get(f"{away}/surat-{kind}.pdf").status_code == 404


def test_the_center_sees_who_was_proposed_and_has_not_answered(app: Any, world: World, chair: Page) -> None:
    send(world, chair)
    admin = Page(app).sign_in(world.users["center_admin"])
    view = admin.get(f"/balai/angkatan/{world.rooms['open'].batch_id}/peserta?keadaan=pelamar")
    assert "Diusulkan koperasi" in view.text
    assert "Belum menyatakan bersedia" in view.text


def test_an_ended_registration_offers_no_change(world: World, chair: Page, clock: Any) -> None:
    send(world, chair)
    clock.move(days=16)
    chair.sign_in(world.users["chair"])
    view = chair.get(f"/koperasi/{world.ids['cooperative']}/usulan")
    assert "Siti Aminah" in view.text
    newest = db.session.scalar(sa.select(sa.func.max(Nomination.id)))
    assert f"/usulan/{newest}/ganti" not in view.text
    chair.post(f"/koperasi/{world.ids['cooperative']}/usulan/{newest}/tarik", {}, 409)
    assert (
        db.session.scalar(sa.select(Enrollment.state).where(Enrollment.nomination_id == newest)) == "applied"
    )
