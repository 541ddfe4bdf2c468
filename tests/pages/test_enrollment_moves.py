"""Postponing and cancelling a batch on its pages."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from portal.core import clock as product_clock
from portal.core.audit import AuditEvent
from portal.core.db import db
from tests.enrollment.world import World


@pytest.fixture
def world(app):
    return World(app)


@pytest.fixture
def admin(page, world):
    return page.sign_in(world.admin())


def test_postponing_previews_moves_and_asks(admin, world):
    batch = world.batch()
    world.placed(batch, 3)
    view = admin.get(f"/balai/angkatan/{batch}/tunda")
    assert "3 orang memegang kursi" in view.words
    admin.submit(view, {"reason": ""}, 422)
    day = product_clock.now().date() + timedelta(days=45)
    fields = {
        "starts_on-day": str(day.day),
        "starts_on-month": str(day.month),
        "starts_on-year": str(day.year),
    }
    admin.submit(
        view,
        {"starts_on-day": "31", "starts_on-month": "2", "starts_on-year": "2027", "reason": "alasan panjang"},
        422,
    )
    view = admin.follow(admin.submit(view, fields | {"reason": "Gedung diperbaiki"}))
    assert "3 orang belum memilih" in view.words


def test_a_clash_is_a_409_that_changes_nothing_and_offers_days(admin, world):
    batch, other = world.batch(), world.batch(days=45)
    from portal.batches.models import Batch, Booking, ClassSession
    from portal.batches.rules import slots_of

    with world.write():
        for session in db.session.scalars(
            sa.select(ClassSession).where(ClassSession.batch_id == other)
        ).all():
            for slot in slots_of(session.starts_at, session.ends_at):
                db.session.add(Booking(resource=f"room:{session.room_id}", slot=slot, session_id=session.id))
    view = admin.get(f"/balai/angkatan/{batch}/tunda")
    day = product_clock.now().date() + timedelta(days=45)
    fields = {
        "starts_on-day": str(day.day),
        "starts_on-month": str(day.month),
        "starts_on-year": str(day.year),
    }
    view = admin.submit(view, fields | {"reason": "Gedung diperbaiki"}, 409)
    assert "bentrok" in view.words
    assert "Waktu yang masih kosong" in view.words
    assert "sudah dipakai" in view.words
    with world.inside():
        assert db.session.get(Batch, batch).starts_on == product_clock.now().date() + timedelta(days=15)


def test_cancelling_asks_for_a_reason_and_does_it_once(admin, world):
    batch = world.batch()
    [held] = world.placed(batch)
    view = admin.get(f"/balai/angkatan/{batch}/batal")
    admin.submit(view, {"reason": "x"}, 422)
    for _ in range(2):
        admin.submit(view, {"reason": "Instruktur sakit"})
    assert world.state(held) == "confirmed"
    with world.inside():
        asked = db.session.scalar(
            sa.select(sa.func.count()).select_from(AuditEvent).where(AuditEvent.action == "move.asked")
        )
    assert asked == 1
