"""What a batch asks for, as people see it: the page that explains, and the list of the center."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from portal.catalog.models import Program
from portal.catalog.rules import Need
from portal.core.ports import HeldCertificate
from portal.enrollment.models import State
from tests.enrollment.world import World
from tests.pages.test_enrollment_stepper import BIRTH, identity
from tests.support.renewals import set_rule


@pytest.fixture
def world(app: Any) -> World:
    return World(app)


@pytest.fixture
def ask(world: World, now: Any) -> Any:
    """Call it: batches made from now on ask for a valid certificate of "Prinsip dasar"; answers its id."""

    def make() -> int:
        with world.write():
            first = int(
                world._add(
                    Program(
                        slug="dasar", code="DSR", name="Prinsip dasar", short_name="Dasar", track="board",
                        vocation="Koperasi", kinds=[], posts=[], sectors=[], created_at=now,
                    )
                ).id
            )  # fmt: skip
        with world.inside():
            set_rule(world.program_id, now, groups=[[Need(first)]])
        return first

    return make


def test_who_lacks_it_gets_a_page_that_explains_and_no_form(page: Any, world: World, ask: Any) -> None:
    ask()
    batch, cooperative = world.batch(), world.cooperative(name="KDMP Ladang Uji")
    page.follow(page.submit(page.get(f"/angkatan/{batch}/daftar/identitas"), identity(world.nik(BIRTH))))
    view = page.get(f"/angkatan/{batch}/daftar/koperasi?q=KDMP+Ladang+Uji")
    shown = page.follow(page.submit(view, {"choice": str(cooperative), "post": "chair"}))
    assert shown.heading == "Angkatan ini belum bisa Anda ikuti"
    assert "sertifikat “Prinsip dasar” yang masih berlaku pada hari pertama" in shown.words
    assert "Ikuti pelatihan “Prinsip dasar” dahulu." in shown.words
    assert "Lanjut memeriksa" not in shown.links
    page.get(f"/angkatan/{batch}/daftar/periksa", 303, htmx=False)


def test_center_reads_what_each_applicant_lacks_and_cannot_offer(
    page: Any, world: World, ask: Any, app: Any, monkeypatch: Any, now: Any
) -> None:
    batch = world.batch()
    lacks, ready = world.placed(batch, 2, State.APPLIED)
    first = ask()
    held = {world.row(ready).person_id: [HeldCertificate(first, "X", "valid", date(2026, 1, 1), None)]}
    monkeypatch.setattr(
        app.extensions["ports"], "held_by_people", lambda ids, on: {i: held[i] for i in ids if i in held}
    )
    page.sign_in(world.admin())
    view = page.get(f"/balai/angkatan/{batch}/peserta?keadaan=pelamar")
    assert view.words.count("Syarat belum terpenuhi") == 1
    refused = page.post(f"/balai/peserta/{lacks}/tawarkan", {"keadaan": "pelamar"}, 422)
    assert "Sertifikat itu belum ada." in refused.words
    page.post(f"/balai/peserta/{ready}/tawarkan", {"keadaan": "pelamar"})
    assert (world.state(lacks), world.state(ready)) == ("applied", "offered")
