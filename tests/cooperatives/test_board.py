"""A change of a board: one decision, one transaction, and what follows from it."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from portal.accounts.models import RoleGrant
from portal.cooperatives import queries, services
from portal.cooperatives.models import BoardChange, ChairClaim, CooperativeDocument, PostTerm
from portal.cooperatives.queries.board import board_history, board_on, people_to_choose
from portal.cooperatives.services.board import BoardRefused, BoardWarned
from portal.core.audit import AuditEvent
from portal.core.db import transaction
from portal.core.errors import Conflict, DomainError, Forbidden, NotFound
from portal.core.permissions import SYSTEM
from portal.people.models import Person
from tests.support.boards import board, minutes, officer, taker

DAY = timedelta(days=1)


def holders(found, on):
    rows = queries.posts_of_cooperative(found.cooperative_id, on)
    return {row.post: row.name for row in rows if row.post != "supervisor_member"}


def counts(session):
    tables = (PostTerm, BoardChange, CooperativeDocument, Person)
    return [session.scalar(sa.select(sa.func.count()).select_from(table)) for table in tables]


def test_a_new_chair_begins_the_day_after_the_old_one_ends(db_session, now):
    found = board(now)
    change = found.change(now, endings=["chair"], beginnings=[taker("chair", "t1")], note="RAT 2026")
    today = now.date()
    assert holders(found, today)["chair"] == "Joko Baru"
    assert holders(found, today - DAY)["chair"].startswith("Asih")
    assert change.summary == {"ended": 1, "began": 1, "kept": 8}
    begun = db_session.scalar(sa.select(PostTerm).where(PostTerm.change_id == change.id))
    assert (begun.source, begun.recorded_by, begun.recorded_at) == ("board", found.chair_user, now)
    actions = db_session.scalars(sa.select(AuditEvent.action)).all()
    assert {"post.board_changed", "post.ended", "post.held", "cooperative.document_kept"} <= set(actions)


def test_the_leaving_chair_no_longer_speaks_for_the_cooperative(db_session, now):
    found = board(now)
    with transaction() as session:
        session.add(
            ChairClaim(cooperative_id=found.cooperative_id, user_id=found.chair_user, method="decree",
                       document_id=_paper(found, now), state="verified", asked_at=now)
        )  # fmt: skip
    found.change(now, endings=["chair"], beginnings=[taker("chair", "t1")])
    grant = db_session.scalar(sa.select(RoleGrant).where(RoleGrant.user_id == found.chair_user))
    assert grant.ended_at == now
    assert db_session.scalar(sa.select(ChairClaim.state)) == "ended"


def _paper(found, now):
    return services.keep_document(
        cooperative_id=found.cooperative_id, kind="decree", file=minutes(), actor=SYSTEM, now=now
    )


def test_a_chair_who_is_elected_again_goes_on_speaking_for_it(db_session, now):
    found = board(now)
    again = taker("chair", "t1", person_id=found.people["chair"], ends_on=now.date() + 700 * DAY)
    found.change(now, endings=["chair"], beginnings=[again])
    grant = db_session.scalar(sa.select(RoleGrant).where(RoleGrant.user_id == found.chair_user))
    assert grant.ended_at is None
    assert holders(found, now.date())["chair"].startswith("Asih")


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        ({"endings": ["chair"], "minutes": False}, "file"),
        ({"beginnings": [taker("chair")]}, "n0_who"),
        ({"beginnings": [taker("manager", name="4")]}, "n0_name"),
        ({"beginnings": [taker("manager", phone="12")]}, "n0_phone"),
        ({"beginnings": [taker("castle")]}, "n0_who"),
        ({"beginnings": [taker("manager", person_id=987654)]}, "n0_who"),
        ({}, None),
    ],
)
def test_a_refused_change_leaves_nothing_behind(db_session, now, wish, field):
    found = board(now)
    before = counts(db_session)
    with pytest.raises(DomainError) as caught:
        found.change(now, **wish)
    assert caught.value.field == field
    assert counts(db_session) == before


def test_every_reason_comes_at_once_beside_its_row(db_session, now):
    found = board(now)
    begins = [taker("chair"), taker("treasurer", "n1")]
    with pytest.raises(BoardRefused) as caught:
        found.change(now, beginnings=begins, minutes=False)
    assert [field for field, _text in caught.value.details["problems"]] == ["n0_who", "n1_who", "file"]


def test_an_unusual_board_asks_once_and_is_kept_when_accepted(db_session, now):
    found = board(now)
    before = counts(db_session)
    with pytest.raises(BoardWarned) as caught:
        found.change(now, endings=["treasurer"], accepts_warnings=False)
    assert {one.code for one in caught.value.details["warnings"]} == {"board_small", "post_empty"}
    assert counts(db_session) == before
    found.change(now, endings=["treasurer"])
    assert "treasurer" not in holders(found, now.date())
    # What was unusual before is not asked again.
    found.change(now, endings=["manager"], beginnings=[taker("manager", "t9")], accepts_warnings=False)


def test_one_person_on_two_boards_is_a_warning(db_session, now):
    here, there = board(now), board(now, "KDMP Seberang")
    with transaction():
        services.hold_posts(
            rows=[(here.cooperative_id, there.people["secretary"], "member")], starts_on=now.date() - DAY,
            actor=SYSTEM, now=now,
        )  # fmt: skip
    wish = {
        "endings": ["secretary"],
        "beginnings": [taker("secretary", "t4", person_id=there.people["secretary"])],
    }
    with pytest.raises(BoardWarned) as caught:
        here.change(now, accepts_warnings=False, **wish)
    assert [one.code for one in caught.value.details["warnings"]] == ["two_boards"]
    here.change(now, **wish)


def test_a_form_of_an_older_board_is_a_conflict(db_session, now):
    found = board(now)
    seen = found.seen()
    found.change(now, endings=["manager"])
    with pytest.raises(Conflict) as caught:
        found.change(now, endings=["secretary"], seen=seen)
    assert caught.value.code == "board_changed"


def test_nobody_changes_the_board_of_another(db_session, now):
    here, there = board(now), board(now, "KDMP Seberang")
    for actor in (there.chair(), officer(there.officer_user, "61.06")):
        with pytest.raises(NotFound):
            here.change(now, endings=["manager"], actor=actor)
    here.change(now, endings=["manager"], actor=here.officer())


def test_whoever_only_showed_a_decree_changes_nothing(db_session, now):
    found = board(now)
    with transaction() as session:
        session.add(
            ChairClaim(cooperative_id=found.cooperative_id, user_id=found.chair_user, method="decree",
                       document_id=_paper(found, now), asked_at=now)
        )  # fmt: skip
    with pytest.raises(Forbidden):
        found.change(now, endings=["manager"])


def test_the_board_and_its_history_as_of_a_day(db_session, now, query_count):
    found = board(now)
    found.change(
        now - 30 * DAY, endings=["manager"], beginnings=[taker("manager", "t9", name="Kartika Baru")]
    )
    found.change(now, endings=["secretary"])
    cooperative = queries.cooperatives_by_id([found.cooperative_id])[found.cooperative_id]
    with query_count(at_most=1):
        today = board_on(cooperative, now.date())
    assert [(one.post, one.name) for one in today if not one.term_id] == [("secretary", None)]
    before = {one.post: one.name for one in board_on(cooperative, now.date() - 31 * DAY)}
    assert before["manager"].startswith("Intan")
    with query_count(at_most=2):
        history = board_history(found.cooperative_id).items
    assert [one.lines for one in history] == [
        ((False, "secretary", "Dedi Ladang"),),
        ((False, "manager", "Intan Ladang"), (True, "manager", "Kartika Baru")),
    ]
    assert (found.people["manager"], "Intan Ladang") in people_to_choose(found.cooperative_id)


def test_a_planned_end_is_seen_by_a_roster_too(db_session, now):
    found = board(now)
    until = now.date() + 365 * DAY
    found.change(now, endings=["manager"], beginnings=[taker("manager", "t9", ends_on=until)])
    person = db_session.scalar(sa.select(PostTerm.person_id).where(PostTerm.ends_on == until))
    with transaction():
        assert not services.hold_posts(
            rows=[(found.cooperative_id, person, "manager")],
            starts_on=now.date() + DAY,
            actor=SYSTEM,
            now=now,
        )
        assert services.end_posts(
            rows=[(found.cooperative_id, person)], ends_on=now.date() + DAY, actor=SYSTEM, now=now
        )


def test_a_change_tells_readiness_once(db_session, now, app):
    told = []
    ports = app.extensions["ports"]
    before, ports.standing_touched = ports.standing_touched, lambda **what: told.append(what)
    try:
        found = board(now)
        found.change(now, endings=["manager"])
    finally:
        ports.standing_touched = before
    assert told == [{"cooperative_ids": [found.cooperative_id], "now": now}]
