"""A chair speaks as long as the term lasts, reads on for a while, and speaks again when it is renewed."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from portal.accounts.models import RoleGrant
from portal.accounts.queries import AFTER_DAYS, actor_of, grant_of, load_session
from portal.accounts.services import open_session
from portal.cooperatives import timers
from portal.cooperatives.models import ChairClaim, PostTerm
from portal.cooperatives.queries.cooperatives import get_cooperative, may_edit
from portal.cooperatives.services import claims, voices
from portal.cooperatives.services.board import NewHolder
from portal.cooperatives.services.voices import keep_to_terms
from portal.core.audit import AuditEvent
from portal.core.db import db, transaction
from portal.core.errors import Conflict, NotFound
from portal.core.permissions import SYSTEM, Permission, Role, term_ended_on
from tests.support.boards import Board, account, board, minutes, person, taker

DAY = timedelta(days=1)


@pytest.fixture
def found(db_session: Any, now: Any) -> Board:
    """A cooperative whose chair's term ends in ten days, and the timer has seen it."""
    made = board(now)
    end_term(made, now.date() + 10 * DAY)
    timers.end_with_terms(now)
    return made


def end_term(made: Board, on: date | None) -> None:
    with transaction() as session:
        session.get_one(PostTerm, made.terms["chair"]).ends_on = on


def grants(made: Board) -> list[RoleGrant]:
    db.session.rollback()
    statement = sa.select(RoleGrant).where(RoleGrant.user_id == made.chair_user).order_by(RoleGrant.id)
    return list(db.session.scalars(statement.execution_options(populate_existing=True)))


def chair_on(made: Board, when: Any) -> Any:
    """The chair's account on a day, as a request would find it."""
    db.session.rollback()
    return actor_of(made.chair_user, when)


def told(action: str) -> list[dict[str, Any]]:
    db.session.rollback()
    return [one.data for one in db.session.scalars(sa.select(AuditEvent).where(AuditEvent.action == action))]


def test_the_role_ends_with_the_term_and_nobody_presses_anything(found: Board, now: Any) -> None:
    [grant] = grants(found)
    assert grant.ends_on == now.date() + 10 * DAY
    [event] = told("role.dated")
    assert (event["role"], event["ends_on"]) == ("cooperative_chair", grant.ends_on.isoformat())
    cooperative = get_cooperative(SYSTEM, found.cooperative_id)
    last, after = chair_on(found, now + 10 * DAY), chair_on(found, now + 11 * DAY)
    assert last.may(Permission.NOMINATE)
    assert may_edit(last, cooperative)
    assert term_ended_on(last, found.cooperative_id) is None
    assert not after.may(Permission.NOMINATE)
    assert not may_edit(after, cooperative)
    # Reading goes on, for a while.
    assert after.scope(Permission.COOPERATIVE_VIEW).cooperatives == {found.cooperative_id}
    assert term_ended_on(after, found.cooperative_id) == grant.ends_on
    assert get_cooperative(after, found.cooperative_id).id == found.cooperative_id
    gone = chair_on(found, now + (11 + AFTER_DAYS) * DAY)
    assert not gone.has_role(Role.CHAIR)
    with pytest.raises(NotFound):
        get_cooperative(gone, found.cooperative_id)
    with pytest.raises(NotFound):
        found.change(now + 11 * DAY, beginnings=(taker("manager"),), endings=("manager",), actor=after)


def test_other_roles_end_on_their_day_and_leave_nothing_to_read(db_session: Any, now: Any) -> None:
    with transaction() as session:
        user = account("Fitri Pendamping", now)
        for role, kind in ((Role.COMPANION, "cooperative"), (Role.REGENCY_OFFICER, "region")):
            session.add(
                RoleGrant(
                    user_id=user.id, role=role, scope_kind=kind, scope_id="61",
                    starts_on=now.date() - 9 * DAY, ends_on=now.date() - DAY,
                )
            )  # fmt: skip
    assert actor_of(user.id, now).grants == ()


def test_a_session_learns_of_the_end_in_the_statement_it_takes_anyway(
    found: Board, now: Any, query_count: Any
) -> None:
    later = now + 11 * DAY
    with transaction():
        token = open_session(user_id=found.chair_user, agent="", factor="password", now=later)
    with query_count(at_most=1):
        rows = load_session(token, later)
    assert [grant_of(row, later).ended_on for row in rows] == [now.date() + 10 * DAY]


def test_the_timer_asks_twice_where_nothing_changes(found: Board, now: Any, query_count: Any) -> None:
    with query_count(at_most=2) as seen, transaction():
        assert keep_to_terms(actor=SYSTEM, now=now) == 0
    assert seen.writes == []
    assert len(told("role.dated")) == 1


def test_a_renewed_term_lets_the_chair_go_on(found: Board, now: Any) -> None:
    later = now + 20 * DAY
    assert not chair_on(found, later).may(Permission.NOMINATE)
    # The office records that the meeting elected the same person again.
    again = NewHolder(
        key="n0", post="chair", person_id=found.people["chair"], ends_on=later.date() + 900 * DAY
    )
    found.change(later, beginnings=(again,), actor=found.officer())
    [grant] = grants(found)
    assert (grant.ends_on, grant.ended_at) == (later.date() + 900 * DAY, None)
    assert chair_on(found, later).may(Permission.NOMINATE)


def test_a_term_that_turns_out_open_takes_the_day_away(found: Board, now: Any) -> None:
    end_term(found, None)
    timers.end_with_terms(now)
    [grant] = grants(found)
    assert grant.ends_on is None
    assert [one["ends_on"] for one in told("role.dated")] == [(now.date() + 10 * DAY).isoformat(), ""]


def test_a_successor_ends_what_was_left(found: Board, now: Any) -> None:
    later = now + 20 * DAY
    found.change(later, beginnings=(taker("chair"),), actor=found.officer())
    [grant] = grants(found)
    assert grant.ended_at == later
    assert not chair_on(found, later).has_role(Role.CHAIR)
    assert [one["reason"] for one in told("role.ended")] == ["successor"]


def test_without_a_successor_it_ends_after_the_time_for_reading(found: Board, now: Any) -> None:
    last = now + (10 + AFTER_DAYS) * DAY
    assert timers.end_with_terms(last) == 0
    assert timers.end_with_terms(last + DAY) == 1
    assert [one["reason"] for one in told("role.ended")] == ["term_over"]
    assert timers.end_with_terms(last + 2 * DAY) == 0


def test_a_last_day_given_by_hand_is_never_put_off(found: Board, now: Any) -> None:
    with transaction() as session:
        session.get_one(RoleGrant, grants(found)[0].id).ends_on = now.date() + 3 * DAY
    assert timers.end_with_terms(now) == 0
    assert grants(found)[0].ends_on == now.date() + 3 * DAY


def test_a_day_that_a_term_gave_elsewhere_makes_no_day_by_hand_its_own(found: Board, now: Any) -> None:
    """The same person is chair of two; of the second only until a day that somebody chose."""
    other, last = board(now, "KDMP Sawah"), now.date() + 10 * DAY
    with transaction() as session:
        term = session.get_one(PostTerm, other.terms["chair"])
        term.person_id, term.ends_on = found.people["chair"], last + 300 * DAY
        session.add(
            RoleGrant(
                user_id=found.chair_user, role=Role.CHAIR, scope_kind="cooperative", starts_on=now.date(),
                scope_id=str(other.cooperative_id), ends_on=last,
            )
        )  # fmt: skip
    assert timers.end_with_terms(now) == 0
    assert [one.ends_on for one in grants(found)] == [last, last]


def test_a_term_renewed_while_the_timer_looks_keeps_its_role(
    found: Board, now: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, calls = voices._bounds, 0

    def looked(cooperative_ids: Any) -> Any:
        """What it sees, and right after it somebody else records that the term goes on."""
        nonlocal calls
        calls += 1
        seen = real(cooperative_ids)
        if calls == 1:
            db.session.execute(sa.update(PostTerm).values(ends_on=None))
            db.session.execute(sa.update(RoleGrant).values(ends_on=None))
        return seen

    monkeypatch.setattr(voices, "_bounds", looked)
    assert timers.end_with_terms(now + (11 + AFTER_DAYS) * DAY) == 0
    [grant] = grants(found)
    assert (grant.ends_on, grant.ended_at) == (None, None)


def test_a_role_without_a_recorded_term_is_left_alone(db_session: Any, now: Any) -> None:
    made = board(now)
    with transaction() as session:
        session.delete(session.get_one(PostTerm, made.terms["chair"]))
    assert timers.end_with_terms(now) == 0
    assert grants(made)[0].ends_on is None


def test_who_may_only_read_claims_anew_and_speaks_at_once(found: Board, now: Any) -> None:
    with transaction() as session:
        session.add(
            ChairClaim(
                cooperative_id=found.cooperative_id, user_id=found.chair_user, method="founding",
                state="verified", asked_at=now, decided_at=now,
            )
        )  # fmt: skip

    def claim(when: Any) -> None:
        with transaction():
            claims.claim_by_decree(
                cooperative_id=found.cooperative_id, file=minutes(), actor=chair_on(found, when), now=when
            )

    with pytest.raises(Conflict, match="sudah mengurus"):
        claim(now)
    later = now + 11 * DAY
    claim(later)
    # The new paper is younger than the term that is over.
    assert timers.end_with_terms(later) == 0
    assert chair_on(found, later).may(Permission.NOMINATE)
    assert term_ended_on(chair_on(found, later), found.cooperative_id) is None
    states = db.session.scalars(sa.select(ChairClaim.state).order_by(ChairClaim.id)).all()
    assert states == ["ended", "pending"]
    with pytest.raises(Conflict, match="sudah mengurus"):
        claim(later)


def test_a_claim_of_somebody_with_a_term_ends_with_it(db_session: Any, now: Any) -> None:
    made = board(now)
    with transaction() as session:
        rudi = account("Rudi Ketua", now, person_id=person("Rudi Ketua", now))
        session.add(
            PostTerm(
                cooperative_id=made.cooperative_id, person_id=rudi.person_id, post="chair", source="roster",
                starts_on=now.date() - DAY, ends_on=now.date() + 30 * DAY,
            )
        )  # fmt: skip
    with transaction():
        claims.claim_by_decree(
            cooperative_id=made.cooperative_id, file=minutes(), actor=actor_of(rudi.id, now), now=now
        )
    db.session.rollback()
    ends = db.session.scalars(sa.select(RoleGrant.ends_on).where(RoleGrant.user_id == rudi.id)).all()
    assert ends == [now.date() + 30 * DAY]
