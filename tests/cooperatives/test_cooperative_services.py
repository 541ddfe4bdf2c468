"""Cooperatives and posts, many at a time."""

from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from portal.cooperatives import queries, services
from portal.cooperatives.models import Cooperative, PostTerm
from portal.cooperatives.rules import match_key
from portal.cooperatives.services import CooperativeRow
from portal.core.audit import AuditEvent
from portal.core.db import transaction
from portal.core.errors import DomainError, NotFound
from portal.core.permissions import SYSTEM, Grant, GrantedActor, Role
from portal.people import services as people

REGENCY = "61.05"
DAY = date(2026, 11, 22)


def ensure(now, *rows):
    with transaction():
        return services.ensure_cooperatives(rows=list(rows), actor=SYSTEM, now=now)


def hold(now, *rows, on=DAY):
    with transaction():
        return services.hold_posts(rows=rows, starts_on=on, source="roster", actor=SYSTEM, now=now)


def some_people(now, count=3):
    rows = [
        people.PersonRow(f"Orang {chr(65 + n)}", f"61050109038{n + 1:05d}", date(1980, 3, 9))
        for n in range(count)
    ]
    with transaction():
        return [i for i, _new in people.save_people(rows=rows, actor=SYSTEM, now=now)]


def chair_of(*ids):
    return GrantedActor(7, None, "Ketua", tuple(Grant(Role.CHAIR, "cooperative", str(i)) for i in ids))


def test_spellings_of_one_cooperative_are_registered_once(db_session, now):
    rows = [
        CooperativeRow("village", name, REGENCY)
        for name in ("KDMP Ladang", "Koperasi Desa Merah Putih LADANG")
    ]
    ids = ensure(now, *rows)
    assert len(ids) == 1 == db_session.scalar(sa.select(sa.func.count()).select_from(Cooperative))
    assert ensure(now, rows[1]) == ids
    assert set(ids) == {match_key("village", "KDMP Ladang", REGENCY)}


def test_a_pilot_is_marked_and_stays_one(db_session, now):
    plain, pilot = (CooperativeRow("village", "KDMP Ladang", REGENCY, is_pilot=p) for p in (False, True))
    ensure(now, plain)
    ensure(now, pilot)
    ensure(now, plain)
    assert db_session.scalars(sa.select(Cooperative.is_pilot)).all() == [True]


def test_the_registration_of_many_is_bounded(db_session, now, query_count):
    rows = [CooperativeRow("village", f"KDMP Desa {n:04d}", REGENCY) for n in range(406)]
    with query_count(at_most=8):
        ids = ensure(now, *rows)
    assert len(ids) == 406
    with query_count(at_most=2):
        assert ensure(now, *rows) == ids


@pytest.mark.parametrize(("kind", "name", "field"), [("castle", "X", "kind"), ("village", "  ", "name")])
def test_bad_rows_are_refused(db_session, now, kind, name, field):
    with pytest.raises(DomainError) as caught:
        ensure(now, CooperativeRow(kind, name, REGENCY))
    assert caught.value.field == field


def test_a_post_is_held_once_and_a_new_post_ends_the_old_term(db_session, now):
    (cooperative_id,) = ensure(now, CooperativeRow("village", "KDMP Ladang", REGENCY)).values()
    one, two, _ = some_people(now)
    assert hold(now, (cooperative_id, one, "chair"), (cooperative_id, two, "secretary")) == 2
    assert hold(now, (cooperative_id, one, "chair")) == 0
    later = DAY + timedelta(days=30)
    assert hold(now, (cooperative_id, one, "treasurer"), on=later) == 1
    terms = db_session.execute(
        sa.select(PostTerm.post, PostTerm.starts_on, PostTerm.ends_on)
        .where(PostTerm.person_id == one)
        .order_by(PostTerm.id)
    ).all()
    assert [tuple(t) for t in terms] == [
        ("chair", DAY, later - timedelta(days=1)),
        ("treasurer", later, None),
    ]
    assert [row.post for row in queries.posts_of_cooperative(cooperative_id, DAY)] == ["chair", "secretary"]
    assert [row.post for row in queries.posts_of_cooperative(cooperative_id, later)] == [
        "treasurer",
        "secretary",
    ]


def test_a_correction_on_the_same_day_corrects_the_term(db_session, now):
    (cooperative_id,) = ensure(now, CooperativeRow("village", "KDMP Ladang", REGENCY)).values()
    one = some_people(now)[0]
    hold(now, (cooperative_id, one, "chair"))
    assert hold(now, (cooperative_id, one, "secretary")) == 1
    assert db_session.scalars(sa.select(PostTerm.post)).all() == ["secretary"]


def test_holding_many_posts_is_bounded_and_recorded_per_post(db_session, now, query_count):
    (cooperative_id,) = ensure(now, CooperativeRow("village", "KDMP Ladang", REGENCY)).values()
    ids = some_people(now, 26)
    with query_count(at_most=6):
        hold(now, *[(cooperative_id, i, "member") for i in ids])
    count = sa.select(sa.func.count()).where(AuditEvent.action == "post.held")
    assert db_session.scalar(count) == 26


def test_posts_of_people_by_day(db_session, now):
    (cooperative_id,) = ensure(now, CooperativeRow("village", "KDMP Ladang", REGENCY)).values()
    one, two, _ = some_people(now)
    hold(now, (cooperative_id, one, "chair"))
    assert queries.cooperatives_of([one, two], DAY) == {one: {cooperative_id}}
    assert queries.cooperatives_of([one], DAY - timedelta(days=1)) == {}


def test_ending_a_post_before_it_began_is_refused(db_session, now):
    (cooperative_id,) = ensure(now, CooperativeRow("village", "KDMP Ladang", REGENCY)).values()
    one = some_people(now)[0]
    hold(now, (cooperative_id, one, "chair"))
    term_id = db_session.scalar(sa.select(PostTerm.id))
    with pytest.raises(DomainError), transaction():
        services.end_post(term_id=term_id, ends_on=DAY - timedelta(days=1), actor=SYSTEM, now=now)
    with transaction():
        services.end_post(term_id=term_id, ends_on=DAY, actor=SYSTEM, now=now)
    assert queries.cooperatives_of([one], DAY + timedelta(days=1)) == {}


def test_a_foreign_cooperative_and_a_missing_one_are_the_same(db_session, now):
    mine, other = ensure(
        now,
        CooperativeRow("village", "KDMP Ladang", REGENCY),
        CooperativeRow("village", "KDMP Sawah", REGENCY),
    ).values()
    actor = chair_of(mine)
    assert queries.get_cooperative(actor, mine).id == mine
    for wrong in (other, 10**6):
        with pytest.raises(NotFound):
            queries.get_cooperative(actor, wrong)
    assert [c.id for c in queries.list_own_cooperatives(actor).items] == [mine]


def test_search_takes_words_in_any_case_within_a_region(db_session, now):
    ensure(
        now,
        CooperativeRow("village", "KDMP Ladang Jaya", REGENCY),
        CooperativeRow("village", "KDMP 100%", REGENCY),
    )
    assert [c.name for c in queries.search_cooperatives("jaya LADANG", "61", 5)] == ["KDMP Ladang Jaya"]
    assert queries.search_cooperatives("ladang", "62", 5) == []
    assert [c.name for c in queries.search_cooperatives("0%", None, 5)] == ["KDMP 100%"]
