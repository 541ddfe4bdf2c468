"""Coverage of past days: made once by a job, kept, made anew when asked."""

from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from portal.cooperatives.models import Cooperative, PostTerm
from portal.core import clock, jobs
from portal.core.db import db, transaction
from portal.core.errors import Conflict, DomainError
from portal.core.permissions import SYSTEM
from portal.readiness.jobs import refresh_all
from portal.readiness.models import CoverageCell, CoverageEdition
from portal.readiness.services import editions
from portal.readiness.services.editions import ensure_edition, remake_edition
from tests.readiness.naive import naive, rows_of_everything
from tests.readiness.test_coverage_histories import kept
from tests.support.classroom import _add
from tests.support.issuing import change, issue, sign_class

DAY = date(2026, 11, 22)


@pytest.fixture
def world(db_session, now):
    """Four people on four boards since October; certificates of the 20th, one revoked on the 22nd."""
    before = now - timedelta(days=2)
    signed = sign_class(before)
    with transaction():
        for person, cooperative in zip(signed.room.people, signed.room.cooperatives, strict=True):
            _add(
                PostTerm(
                    cooperative_id=cooperative, person_id=person, post="chair", starts_on=date(2026, 10, 1)
                )
            )
    with clock.freeze(before):
        made = issue(signed, before)
    change(signed, made[0], "revoke", now)
    refresh_all(now)
    return signed


def ensure(on, now):
    with transaction():
        return ensure_edition(on=on, actor=SYSTEM, now=now).id


def country(edition_id):
    return kept(edition_id)[0].get(("", "", ""))


@pytest.mark.parametrize(("days", "certified"), [(1, 4), (2, 4), (3, 0)])
def test_a_past_day_when_asked_for_is_made_by_a_job_and_kept(world, now, days, certified):
    on = DAY - timedelta(days=days)
    number = ensure(on, now)
    assert db.session.get(CoverageEdition, number).state == "making"
    jobs.run_pending()
    db.session.expire_all()
    assert db.session.get(CoverageEdition, number).state == "past"
    assert kept(number) == naive(rows_of_everything(), on)
    assert country(number)[2] == certified
    assert ensure(on, now) == number
    assert db.session.scalar(sa.select(sa.func.count()).select_from(CoverageEdition)) == 2


def test_a_day_when_a_chunk_is_killed_goes_on_where_it_stood(world, now, monkeypatch):
    monkeypatch.setattr(editions, "CHUNK", 1)
    on = DAY - timedelta(days=1)
    number = ensure(on, now)
    job_id = db.session.get(CoverageEdition, number).job_id
    with transaction() as session:
        editions.make_chunk(session.get(jobs.Job, job_id), now)
    with pytest.raises(RuntimeError), transaction() as session:
        editions.make_chunk(session.get(jobs.Job, job_id), now)
        raise RuntimeError("killed before the commit")
    assert country(number)[0] == 1
    jobs.run_pending()
    assert kept(number) == naive(rows_of_everything(), on)


def test_a_day_when_made_anew_has_what_was_corrected_since(world, now):
    on = DAY - timedelta(days=1)
    number = ensure(on, now)
    with pytest.raises(Conflict), transaction():
        remake_edition(on=on, actor=SYSTEM, now=now)
    jobs.run_pending()
    with transaction() as session:
        session.execute(
            sa.update(PostTerm)
            .where(PostTerm.person_id == world.room.people[0])
            .values(ends_on=date(2026, 11, 1))
        )
    assert country(number)[1] == 4
    with transaction():
        assert remake_edition(on=on, actor=SYSTEM, now=now).id == number
    jobs.run_pending()
    assert country(number)[1] == 3


@pytest.mark.parametrize(
    ("on", "code"),
    [(DAY, "day_not_over"), (date(2027, 1, 1), "day_not_over"), (date(2020, 1, 1), "day_too_early")],
)
def test_a_day_when_it_cannot_be_told_is_refused_beside_its_field(world, now, on, code):
    with pytest.raises(DomainError) as refused:
        ensure(on, now)
    assert (refused.value.code, refused.value.field) == (code, "on")


def test_a_cooperative_when_registered_later_is_not_there_on_a_day_before(world, now):
    with transaction():
        _add(Cooperative(kind="village", name="Baru", match_key="baru", region_code="61.05", created_at=now))
    number = ensure(DAY - timedelta(days=1), now)
    jobs.run_pending()
    assert country(number)[0] == 4
    refresh_all(now)
    cells = sa.select(CoverageCell.cooperatives).where(
        CoverageCell.region_code == "", CoverageCell.kind == "", CoverageCell.post == ""
    )
    found = db.session.scalars(cells.order_by(CoverageCell.edition_id)).all()
    assert sorted(found) == [4, 5]
