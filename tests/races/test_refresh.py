"""Many refresh at once while others change things: nothing is counted twice, nothing said is lost."""

from datetime import date

import pytest
import sqlalchemy as sa

from portal.cooperatives.models import PostTerm
from portal.core.db import db, transaction
from portal.core.ports import ports
from portal.readiness.jobs import mend, refresh_all
from portal.readiness.models import CoverageCell, CoverageEdition, StandingChange
from portal.readiness.services.refresh import refresh_standings
from tests.support import classroom
from tests.support.races import at_once

DAY = date(2026, 11, 22)
ROUNDS = 20


@pytest.fixture
def room(app, now):
    """Twelve cooperatives with a person each who holds no post yet."""
    with app.app_context():
        return classroom.build(people=12)


def seat(room, place, post, now):
    """Somebody takes another post, said in the same transaction."""
    with transaction() as session:
        session.execute(sa.delete(PostTerm).where(PostTerm.person_id == room.people[place]))
        session.add(
            PostTerm(
                cooperative_id=room.cooperatives[place],
                person_id=room.people[place],
                post=post,
                starts_on=DAY,
            )
        )
        session.flush()
        ports().standing_touched(cooperative_ids=[room.cooperatives[place]], now=now)


def look(now):
    with transaction():
        refresh_standings(limit=5, now=now)


def test_refreshes_at_once_with_changes_between_never_count_twice_and_lose_nothing(app, room, now):
    posts = ("chair", "treasurer", "secretary")
    for number in range(ROUNDS):
        changes = [
            lambda place=place, number=number: seat(room, place, posts[(place + number) % 3], now)
            for place in range(number % 3, 12, 3)
        ]
        with app.app_context():
            outcomes = at_once(app, [*changes, *(lambda: look(now) for _worker in range(4))])
            assert set(outcomes) == {"ok"}
    with app.app_context():
        refresh_all(now)
        assert db.session.scalar(sa.select(sa.func.count()).select_from(StandingChange)) == 0
        assert db.session.scalar(sa.select(sa.func.count()).select_from(CoverageEdition)) == 1
        held = dict(
            db.session.execute(sa.select(PostTerm.post, sa.func.count()).group_by(PostTerm.post)).all()
        )
        cells = sa.select(CoverageCell.post, CoverageCell.holders).where(
            CoverageCell.region_code == "", CoverageCell.kind == "", CoverageCell.holders > 0
        )
        assert dict(db.session.execute(cells).all()) == held | {"": 12}
        db.session.rollback()
        assert mend(now, is_dry=True) == 0


def test_the_first_refresh_when_many_begin_it_makes_one_edition(app, room, now):
    with app.app_context():
        assert set(at_once(app, [lambda: look(now)] * 6)) == {"ok"}
        refresh_all(now)
        states = db.session.scalars(sa.select(CoverageEdition.state)).all()
        total = db.session.scalar(
            sa.select(CoverageCell.cooperatives).where(
                CoverageCell.region_code == "", CoverageCell.kind == "", CoverageCell.post == ""
            )
        )
    assert (states, total) == (["current"], 12)
