"""The waitlist of a batch on screen: order and reasons, changes by hand, the person's own place."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from portal.batches.models import Batch
from portal.core import clock
from portal.core.db import db
from portal.enrollment import services
from portal.enrollment.models import NominationGroup, QueueChange, State
from tests.enrollment.world import World


@pytest.fixture
def world(app: Any) -> World:
    return World(app)


@pytest.fixture
def admin(page: Any, world: World) -> Any:
    return page.sign_in(world.admin())


def url(batch: int) -> str:
    return f"/balai/angkatan/{batch}/daftar-tunggu"


def wait(world: World, batch: int, name: str, minutes: int = 0, **values: Any) -> int:
    person = world.person(name)
    moment = clock.now() + timedelta(minutes=minutes)
    return int(world.enroll(batch, person, waitlist=True, now=moment, **values).id)


def test_the_page_says_order_class_and_reason(admin: Any, world: World) -> None:
    mine = world.cooperative()
    batch = world.batch(quota=2, cooperative_cap=1)
    world.enroll(batch, cooperative_id=mine)
    world.placed(batch)
    wait(world, batch, "Sari Capped", cooperative_id=mine)
    wait(world, batch, "Joko Biasa", 5)
    view = admin.get(url(batch))
    assert "2 orang menunggu" in view.words
    assert "Koperasinya sudah mencapai batas" in view.words
    assert "Berikutnya" in view.words
    assert view.words.index("Sari Capped") < view.words.index("Joko Biasa")


def test_an_empty_waitlist_says_so(admin: Any, world: World) -> None:
    view = admin.get(url(world.batch()))
    assert "Tidak ada yang menunggu" in view.words
    assert "Belum pernah diubah" in view.words


def test_a_page_of_the_waitlist_takes_as_many_statements_for_sixty(
    admin: Any, world: World, query_count: Any
) -> None:
    batch = world.batch(quota=1)
    world.placed(batch, 1)
    world.placed(batch, 60, State.WAITLISTED)
    admin.get(url(batch))
    with query_count(at_most=13):
        view = admin.get(url(batch), htmx=False)
    assert "60 orang menunggu" in view.words
    assert "Mulai dari orang ke-51" in admin.get(url(batch) + "?hal=2").words


def test_staff_move_somebody_and_the_person_sees_that_they_were_moved(
    admin: Any, page: Any, world: World
) -> None:
    batch = world.batch(quota=1)
    world.placed(batch)
    first, second = wait(world, batch, "Ani Pertama"), wait(world, batch, "Budi Kedua", 5)
    address = f"/balai/peserta/{second}/urutan"
    assert "1. Ani Pertama" in admin.get(address).words
    refused = admin.post(address, {"before": str(first), "reason": ""}, status=422)
    assert "Tulis alasannya" in refused.words
    unknown = admin.post(address, {"before": "999", "reason": "Bencana banjir"}, status=422)
    assert "Pilih orang yang masih menunggu" in unknown.words
    admin.post(address, {"before": str(first), "reason": "Bencana banjir"}, status=303)
    view = admin.get(url(batch))
    assert "Bencana banjir" in view.words
    assert view.words.index("Budi Kedua") < view.words.index("Ani Pertama")
    own = page.sign_in(world.user("budi", person_id=world.row(second).person_id)).get(
        f"/saya/angkatan/{second}"
    )
    assert "ke-1" in own.words
    assert "mengubah urutan Anda" in own.words
    assert "banjir" not in own.words


def test_a_double_click_moves_once(admin: Any, world: World) -> None:
    batch = world.batch(quota=1)
    world.placed(batch)
    ids = [wait(world, batch, f"Orang {name}", n) for n, name in enumerate(("Satu", "Dua", "Tiga"))]
    data = {"before": str(ids[0]), "reason": "Sebab yang sama", "op": "c" * 32}
    for _turn in range(2):
        admin.post(f"/balai/peserta/{ids[2]}/urutan", data, status=303)
    with world.inside():
        assert db.session.scalar(sa.select(sa.func.count(QueueChange.id))) == 1


def test_a_group_is_raised_from_the_form(admin: Any, world: World) -> None:
    batch = world.batch(quota=2)
    world.placed(batch, 2)
    early, mine = wait(world, batch, "Ani Dulu"), world.cooperative()
    with world.write():
        group = world._add(
            NominationGroup(
                cooperative_id=mine, program_id=world.program_id, batch_id=batch, mode="all",
                keep_together=True, form_key="k", made_at=clock.now(),
            )
        ).id  # fmt: skip
    ids = [wait(world, batch, f"Anggota {n}", 9, cooperative_id=mine, group_id=group) for n in "AB"]
    assert "Rombongan 2 orang" in admin.get(url(batch)).words
    address = f"/balai/peserta/{ids[0]}/urutan"
    data = {"do": "rombongan", "reason": "Satu kendaraan"}
    assert "tidak muat" in admin.post(address, data, status=409).words
    with world.inside():
        held = db.session.scalars(
            sa.text("select id from enrollment where state = 'confirmed' order by id")
        ).all()
    for number in held:
        world.run(services.withdraw, enrollment_id=number)
    admin.post(address, data, status=303)
    assert [world.state(number) for number in (*ids, early)] == ["offered", "offered", "waitlisted"]
    admin.post(f"/balai/peserta/{early}/urutan", data, status=404)


def test_people_of_another_center_stay_nameless(admin: Any, world: World) -> None:
    away = world.center("balai-jauh")
    here = world.batch(quota=1, waitlist_pool="Bersama")
    there = world.batch(quota=1, waitlist_pool="Bersama", center_id=away, days=30)
    for batch in (here, there):
        world.placed(batch)
    wait(world, here, "Ani Disini")
    wait(world, there, "Budi Disana", 5)
    view = admin.get(url(here))
    assert "Ani Disini" in view.words
    assert "Budi Disana" not in view.words
    assert "Peserta balai lain" in view.words
    assert "Dipakai bersama 2 angkatan" in view.words


def test_the_own_place_is_counted_over_the_pool(page: Any, world: World) -> None:
    one = world.batch(quota=1, waitlist_pool="Bersama")
    two = world.batch(quota=1, waitlist_pool="Bersama", days=30)
    for batch in (one, two):
        world.placed(batch)
    wait(world, one, "Ani Dulu")
    second = wait(world, two, "Budi Nanti", 5)
    view = page.sign_in(world.user("budi", person_id=world.row(second).person_id)).get(
        f"/saya/angkatan/{second}"
    )
    assert "ke-2" in view.words
    assert "2 orang di 2 angkatan" in view.words


def test_the_form_of_a_batch_keeps_caps_and_quotas_and_says_what_does_not_fit(
    admin: Any, page: Any, world: World
) -> None:
    batch = world.batch(quota=4, cooperative_cap=2, post_quotas={"treasurer": 2}, waitlist_pool="Bersama")
    address = f"/balai/angkatan/{batch}/ubah"
    _action, fields = admin.get(address).form(address)
    assert (fields["quota_treasurer"], fields["cooperative_cap"], fields["waitlist_pool"]) == (
        "2", "2", "Bersama",
    )  # fmt: skip
    for changes, sentence in (
        ({"quota_treasurer": "3", "quota_chair": "2"}, "Kursi yang dijaga 5, melebihi kuota 4"),
        ({"cooperative_cap": "5"}, "Batas per koperasi"),
        ({"cooperative_cap": "0"}, "Isi angka 1 sampai 200"),
    ):
        view = admin.submit(admin.get(address), {**changes, "do": "simpan"}, status=422)
        assert sentence in view.words
    admin.submit(admin.get(address), {"cooperative_cap": "3", "quota_treasurer": "", "do": "simpan"})
    with world.inside():
        row = db.session.get(Batch, batch)
        assert (row.cooperative_cap, row.post_quotas, row.waitlist_pool) == (3, {}, "Bersama")


def test_the_public_page_says_how_places_are_shared(page: Any, world: World) -> None:
    batch = world.batch(quota=4, cooperative_cap=2, post_quotas={"treasurer": 2}, waitlist_pool="Bersama")
    with world.inside():
        slug = db.session.get(Batch, batch).slug
    shown = page.get(f"/angkatan/{batch}-{slug}").words
    assert "Paling banyak 2 orang dari satu koperasi" in shown
    assert "2 untuk bendahara" in shown
    assert "dipakai bersama angkatan lain" in shown
