"""Helping somebody to enroll: who helped is kept, the rules are the same, and reach ends at one's own."""

from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from portal.accounts.models import RoleGrant
from portal.core.db import db
from portal.enrollment.models import Enrollment
from portal.people.models import Consent
from tests.enrollment.world import World


@pytest.fixture
def world(app):
    return World(app)


@pytest.fixture
def admin(page, world):
    return page.sign_in(world.admin())


def roll(batch, tab="pelamar"):
    return f"/balai/angkatan/{batch}/peserta?keadaan={tab}"


def form_of(world, cooperative, nik, **changes):
    return {
        "choice": str(cooperative),
        "post": "chair",
        "name": "Bu Aminah",
        "nik": nik,
        "birth_date-day": "12",
        "birth_date-month": "3",
        "birth_date-year": "1985",
        "sex": "P",
        "agree": "y",
        "consent_method": "spoken",
    } | changes


def test_helping_somebody_records_who_helped_and_how_they_agreed(admin, world):
    batch, cooperative = world.batch(), world.cooperative(name="KDMP Ladang Uji")
    view = admin.get(f"/balai/angkatan/{batch}/bantu?q=Ladang+Uji")
    nik = world.nik()
    done = admin.follow(admin.submit(view, form_of(world, cooperative, nik)))
    assert done.heading == "Bu Aminah"
    assert nik not in done.text
    with world.inside():
        row = db.session.scalar(sa.select(Enrollment))
        consent = db.session.scalar(sa.select(Consent))
    assert row.helped_by is not None
    assert (consent.method, consent.recorded_by) == ("spoken", row.helped_by)


def test_a_known_nik_is_that_person_when_the_birth_date_agrees(admin, world):
    batch, cooperative, nik = world.batch(), world.cooperative(name="KDMP Ladang Uji"), world.nik()
    person = world.person("Nama Tercatat", nik)
    view = admin.get(f"/balai/angkatan/{batch}/bantu?q=Ladang+Uji")
    wrong = admin.submit(view, form_of(world, cooperative, nik, **{"birth_date-year": "1986"}), 422)
    assert "Cocokkan keduanya" in wrong.errors[0]
    assert "Nama Tercatat" not in wrong.text
    admin.submit(view, form_of(world, cooperative, nik))
    with world.inside():
        assert db.session.scalar(sa.select(Enrollment.person_id)) == person


def test_helpers_meet_the_same_rules(admin, world):
    batch, cooperative = world.batch(posts=["treasurer"]), world.cooperative(name="KDMP Ladang Uji")
    view = admin.get(f"/balai/angkatan/{batch}/bantu?q=Ladang+Uji")
    refused = admin.submit(view, form_of(world, cooperative, world.nik()), 422)
    assert "Bendahara" in refused.errors[0]
    full = world.batch(days=40, quota=1)
    world.placed(full)
    view = admin.get(f"/balai/angkatan/{full}/bantu?q=Ladang+Uji")
    admin.submit(view, form_of(world, cooperative, world.nik()), 409)
    done = admin.follow(admin.submit(view, form_of(world, cooperative, world.nik(), waitlist="y")))
    assert "Daftar tunggu, urutan ke-1" in done.words


@pytest.mark.parametrize("role", ["companion", "cooperative_chair"])
def test_companions_and_chairs_help_only_their_own(page, world, role):
    batch = world.batch()
    own, foreign = world.cooperative(name="KDMP Milik"), world.cooperative(name="KDMP Asing")
    page.sign_in(world.user("pendamping", role=role, scope=own))
    view = page.get(f"/balai/angkatan/{batch}/bantu?q=Asing")
    assert "KDMP Milik" in view.words
    assert "KDMP Asing" not in view.words
    page.submit(view, form_of(world, foreign, world.nik()), 422)
    done = page.submit(view, form_of(world, own, world.nik()))
    assert page.follow(done).heading == "Bu Aminah"
    page.get(roll(batch), 403)


def test_a_companion_does_not_reach_people_of_other_cooperatives(page, world, now):
    batch, nik = world.batch(), world.nik()
    own, foreign = world.cooperative(name="KDMP Milik"), world.cooperative(name="KDMP Asing")
    person = world.person("Orang Asing", nik)
    from portal.cooperatives.services import hold_posts

    world.run(
        hold_posts,
        rows=[(foreign, person, "chair")],
        starts_on=now.date() - timedelta(days=9),
        source="roster",
    )
    page.sign_in(world.user("pendamping", role="companion", scope=own))
    view = page.get(f"/balai/angkatan/{batch}/bantu")
    refused = page.submit(view, form_of(world, own, nik), 422)
    assert "Cocokkan keduanya" in refused.errors[0]


def test_helped_results_are_for_the_helper_alone(page, new_page, world):
    batch, cooperative = world.batch(), world.cooperative(name="KDMP Milik")
    page.sign_in(world.user("pendamping", role="companion", scope=cooperative))
    done = page.submit(page.get(f"/balai/angkatan/{batch}/bantu"), form_of(world, cooperative, world.nik()))
    other = new_page().sign_in(world.user("lain", role="companion", scope=cooperative))
    other.get(done.location, 404)


def test_a_chair_who_administers_another_center_helps_only_the_own_cooperative_here(page, world):
    own, foreign = world.cooperative(name="KDMP Sendiri"), world.cooperative(name="KDMP Asing", village=1)
    batch, elsewhere = world.batch(), world.center("balai-lain")
    both = world.admin("dua.peran", center_id=elsewhere)
    with world.write() as session:
        session.add(
            RoleGrant(
                user_id=both, role="cooperative_chair", scope_kind="cooperative", scope_id=str(own),
                starts_on=date(2026, 1, 1),
            )
        )  # fmt: skip
    page.sign_in(both)
    view = page.get(f"/balai/angkatan/{batch}/bantu?q=Asing")
    assert "KDMP Sendiri" in view.words
    assert "KDMP Asing" not in view.words
    page.post(f"/balai/angkatan/{batch}/bantu", form_of(world, foreign, world.nik()), status=422)
    with world.inside():
        assert db.session.scalar(sa.select(sa.func.count(Enrollment.id))) == 0
