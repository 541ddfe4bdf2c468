"""The refresh of today's figures: what it looks at, what it leaves, what it costs."""

from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from portal.cooperatives.models import ChecklistEntry, ChecklistItem, Cooperative, PostTerm
from portal.core import timers
from portal.core.db import db, transaction
from portal.core.permissions import Grant, GrantedActor, Role
from portal.core.ports import ports
from portal.people.models import Inclusion
from portal.people.rules.inclusion import InclusionAnswers
from portal.people.services.inclusion import save_inclusion
from portal.readiness.jobs import mend, rebuild_all, recount_inclusion, refresh_all
from portal.readiness.models import (
    CooperativeStanding,
    CoverageCell,
    CoverageEdition,
    CoverageInclusion,
    LineStanding,
    ServiceLine,
    StandingChange,
)
from portal.readiness.queries.standing import live_standing
from portal.readiness.services import refresh
from portal.readiness.services.refresh import all_standings_touched, refresh_standings
from tests.support import classroom
from tests.support.classroom import _add
from tests.support.issuing import change, issue, sign_class

DAY = date(2026, 11, 22)


@pytest.fixture
def signed(db_session, now, monkeypatch):
    """A signed class of four on the boards of four cooperatives; refreshed once, and nothing is swept."""
    monkeypatch.setattr(refresh, "FRESH", timedelta(days=9999))
    made = sign_class(now)
    with transaction():
        for person, cooperative in zip(made.room.people, made.room.cooperatives, strict=True):
            _add(PostTerm(cooperative_id=cooperative, person_id=person, post="chair", starts_on=DAY))
    refresh_all(now)
    return made


def cell(region="61.05", kind="", post=""):
    found = db.session.scalar(
        sa.select(CoverageCell).where(
            CoverageCell.region_code == region, CoverageCell.kind == kind, CoverageCell.post == post
        )
    )
    db.session.rollback()
    return found


def waiting():
    count = db.session.scalar(sa.select(sa.func.count()).select_from(StandingChange))
    db.session.rollback()
    return count


def test_an_issue_and_a_revocation_when_the_next_round_comes_are_in_every_region_above(signed, now):
    assert (cell().holders, cell().certified) == (4, 0)
    made = issue(signed, now)
    timers.run_timers(now + timedelta(minutes=2))
    for region in ("", "61", "61.05", "61.05.-"):
        assert (cell(region).certified, cell(region, "village", "chair").certified) == (4, 4)
    change(signed, made[0], "revoke", now)
    refresh_all(now)
    assert [cell(region).certified for region in ("", "61", "61.05", "61.05.-")] == [3, 3, 3, 3]
    assert (cell().with_certified, waiting()) == (3, 0)


def test_made_at_when_something_still_waits_stays_where_it_was(signed, now):
    later = now + timedelta(minutes=5)
    with transaction():
        ports().standing_touched(cooperative_ids=signed.room.cooperatives, now=later)
    with transaction():
        assert refresh_standings(limit=3, now=later) == 3
    moment = sa.select(CoverageEdition.made_at).where(CoverageEdition.state == "current")
    assert db.session.scalar(moment) == now
    with transaction():
        assert refresh_standings(limit=3, now=later) == 1
    assert db.session.scalar(moment) == later


def test_a_term_when_its_day_is_over_leaves_the_count_without_being_said(signed, now):
    with transaction() as session:
        term = session.scalar(sa.select(PostTerm).where(PostTerm.person_id == signed.room.people[0]))
        term.ends_on = DAY + timedelta(days=3)
        ports().standing_touched(cooperative_ids=[term.cooperative_id], now=now)
    refresh_all(now)
    row = db.session.get(CooperativeStanding, signed.room.cooperatives[0])
    assert row.next_change_on == DAY + timedelta(days=4)
    refresh_all(now + timedelta(days=3))
    assert cell().holders == 4
    refresh_all(now + timedelta(days=4))
    assert cell().holders == 3
    assert db.session.scalar(sa.select(CoverageEdition.on)) == DAY + timedelta(days=4)


def test_next_change_when_a_paper_or_a_class_runs_out_is_the_day_after(signed, now):
    with transaction() as session:
        session.execute(sa.delete(PostTerm))
        _add(ChecklistItem(code="meeting-x", position=99, name="Rapat", valid_months=12, kinds=[]))
        _add(
            ChecklistEntry(
                cooperative_id=signed.room.cooperatives[0], item_code="meeting-x",
                done_on=DAY - timedelta(days=30), recorded_at=now,
            )
        )  # fmt: skip
    first, *_rest = signed.room.cooperatives
    assert live_standing([first], DAY)[first].next_change_on == date(2027, 10, 23)


def test_next_change_when_a_certificate_is_awaited_is_when_it_is_expected_no_more(db_session, now):
    room = classroom.build(people=1, start=now + timedelta(days=2))
    with transaction():
        _add(
            PostTerm(
                cooperative_id=room.cooperatives[0], person_id=room.people[0], post="chair", starts_on=DAY
            )
        )
    standing = live_standing(room.cooperatives, DAY)[room.cooperatives[0]]
    assert standing.posts[""].training == 1
    assert standing.next_change_on == DAY + timedelta(days=2 + 2 + 121)
    gone = live_standing(room.cooperatives, standing.next_change_on)[room.cooperatives[0]]
    assert gone.posts[""].training == 0


def test_a_cooperative_when_moved_to_another_kind_and_place_moves_its_numbers(signed, now):
    with transaction() as session:
        moved = session.get(Cooperative, signed.room.cooperatives[0])
        moved.kind, moved.region_code, moved.is_pilot = "worker", "33.18", True
        ports().standing_touched(cooperative_ids=[moved.id], now=now)
    refresh_all(now)
    assert (cell("61").cooperatives, cell("33.18", "worker").pilots, cell("", "village").cooperatives) == (
        3, 1, 3,
    )  # fmt: skip
    assert mend(now, is_dry=True) == 0


def test_a_line_when_switched_off_leaves_every_standing(signed, now):
    with transaction():
        line = ServiceLine(
            code="line-x", position=99, name="Unit", kinds=[], items=[], updated_at=now, is_active=True
        )
        number = _add(line).id
        all_standings_touched(now=now)
    refresh_all(now)
    held = sa.select(sa.func.count()).select_from(LineStanding).where(LineStanding.line_id == number)
    assert (db.session.scalar(held), cell().any_ready) == (4, 4)
    with transaction() as session:
        session.get(ServiceLine, number).is_active = False
        all_standings_touched(now=now)
    refresh_all(now)
    assert (db.session.scalar(held), cell().any_ready) == (0, 0)
    assert mend(now, is_dry=True) == 0


def test_cells_when_tampered_with_are_counted_by_check_and_mended_by_a_rebuild(signed, now):
    with transaction() as session:
        session.execute(sa.update(CoverageCell).where(CoverageCell.region_code == "61").values(holders=99))
        session.execute(sa.delete(CoverageCell).where(CoverageCell.region_code == ""))
    assert mend(now, is_dry=True) > 0
    rebuild_all(now=now)
    assert (cell("61").holders, cell("").holders, mend(now, is_dry=True)) == (4, 4, 0)


def test_a_rebuild_leaves_nothing_waiting_of_what_it_has_looked_at(signed, now):
    with transaction():
        ports().standing_touched(
            cooperative_ids=signed.room.cooperatives, person_ids=signed.room.people, now=now
        )
    assert waiting() == 8
    issue(signed, now)
    rebuild_all(now=now)
    assert (waiting(), cell("61").certified, refresh_all(now)) == (0, 4, 0)


def test_the_commands_when_asked_for_json_answer_it_alone(app, signed, now):
    runner = app.test_cli_runner()
    for command, expected in (
        ("refresh", '"cooperatives": 0'), ("rebuild", '"cooperatives": 4'), ("check --deep", '"cells": 0'),
    ):  # fmt: skip
        answer = runner.invoke(args=["readiness", *command.split(), "--json"])
        assert answer.exit_code == 0
        assert expected in answer.stdout


def test_the_refresh_when_many_wait_takes_a_bounded_number_of_statements(signed, now, query_count):
    with transaction():
        all_standings_touched(now=now)
    with query_count(at_most=22), transaction():
        assert refresh_standings(now=now) == 4


def test_one_cooperative_live_takes_six_statements(signed, query_count):
    with query_count(at_most=7):
        assert len(live_standing(signed.room.cooperatives, DAY)) == 4


def test_inclusion_when_counted_is_by_region_alone_and_goes_with_the_answers(signed, now):
    made = issue(signed, now)
    said = (InclusionAnswers("yes", ("sight",)), InclusionAnswers("no", (), "yes", ("front_seat",)))
    for person, answers in zip([made[0].person_id, made[1].person_id], said, strict=True):
        actor = GrantedActor(None, person, "Peserta", (Grant(Role.TRAINEE, "self", ""),))
        with transaction():
            save_inclusion(answers=answers, actor=actor, now=now)
    change(signed, made[1], "revoke", now)
    assert recount_inclusion(now) == 4
    rows = {row.region_code: row for row in db.session.scalars(sa.select(CoverageInclusion))}
    assert set(rows) == {"", "61", "61.05", "61.05.-"}
    for row in rows.values():
        assert (row.answered, row.disability, row.assistance, row.certified) == (2, 1, 1, 1)
    with transaction() as session:
        session.execute(sa.delete(Inclusion))
    assert recount_inclusion(now) == 0
    assert db.session.scalar(sa.select(sa.func.count()).select_from(CoverageInclusion)) == 0
