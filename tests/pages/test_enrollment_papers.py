"""Rolls, cards and claim letters as PDF."""

import pytest
import sqlalchemy as sa

from portal.accounts.models import ClaimCode
from portal.core.audit import AuditEvent
from portal.core.db import db
from portal.enrollment.models import State
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


@pytest.mark.parametrize("paper", ["daftar-hadir.pdf", "kartu.pdf"])
def test_rolls_and_cards_are_pdfs(admin, world, paper):
    batch = world.batch()
    world.placed(batch, 3)
    view = admin.get(f"/balai/angkatan/{batch}/{paper}")
    assert view.headers["Content-Type"] == "application/pdf"
    assert view.headers["Cache-Control"] == "no-store"
    assert view.response.data.startswith(b"%PDF")


def test_cards_for_nobody_are_a_readable_conflict(admin, world):
    batch = world.batch()
    admin.get(f"/balai/angkatan/{batch}/kartu.pdf", 409)
    admin.post(f"/balai/angkatan/{batch}/surat-klaim.pdf", {}, 409)


def test_claim_letters_make_fresh_codes_for_people_without_an_account(admin, world):
    batch = world.batch()
    ids = world.placed(batch, 3)
    world.user("sudah.punya", person_id=world.row(ids[0]).person_id)
    view = admin.get(roll(batch, "terkonfirmasi"))
    letters = admin.submit(view, status=200, action="/surat-klaim.pdf")
    assert letters.response.data.startswith(b"%PDF")
    admin.submit(view, status=409, action="/surat-klaim.pdf")
    with world.inside():
        codes = db.session.scalars(sa.select(ClaimCode)).all()
        assert {code.person_id for code in codes} == {world.row(n).person_id for n in ids[1:]}
        assert all(code.ended_at is None for code in codes)
    assert {"claims.printed", "claim.issued"} <= actions_of(world)
    admin.get(f"/balai/angkatan/{batch}/surat-klaim.pdf", 405)


def test_a_companion_prints_only_cards_of_people_who_agreed(page, world):
    from portal.enrollment.services import Placement, place_people
    from portal.people.services import give_consent

    batch, own, foreign = world.batch(), world.cooperative(), world.cooperative()
    people = {name: world.person(name) for name in ("Setuju", "Diam", "Asing")}
    rows = [Placement(people[name], foreign if name == "Asing" else own, "chair") for name in people]
    world.run(place_people, batch_id=batch, placements=rows, state=State.CONFIRMED)
    page.sign_in(world.user("pendamping", role="companion", scope=own))
    page.get(f"/balai/angkatan/{batch}/kartu.pdf", 409)
    for name in ("Setuju", "Asing"):
        world.run(give_consent, person_id=people[name], purpose="cooperative", method="paper")
    assert page.get(f"/balai/angkatan/{batch}/kartu.pdf").response.data.startswith(b"%PDF")
    from portal.core.permissions import Grant, GrantedActor, Role
    from portal.enrollment.queries import printable_cards

    actor = GrantedActor(1, None, "P", (Grant(Role.COMPANION, "cooperative", str(own)),))
    with world.inside():
        assert [row.name for row in printable_cards(actor, batch)[1]] == ["Setuju"]
    page.get(f"/balai/angkatan/{batch}/daftar-hadir.pdf", 404)
    page.post(f"/balai/angkatan/{batch}/surat-klaim.pdf", {}, 403)
