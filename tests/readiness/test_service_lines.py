"""Service lines as data: the shipped ones, changes, who may make them, and what they would do."""

from __future__ import annotations

from dataclasses import replace

import pytest
import sqlalchemy as sa

from portal.core.audit import AuditEvent
from portal.core.db import db, transaction
from portal.core.errors import Conflict, DomainError, Forbidden, NotFound
from portal.core.permissions import SYSTEM, Grant, GrantedActor, Role
from portal.readiness.models import CooperativeStanding, ServiceLine, ServiceNeed
from portal.readiness.queries import get_line, line_rows, service_lines
from portal.readiness.queries.effects import line_effects
from portal.readiness.reference import load_lines
from portal.readiness.services.lines import LineText, NeedText, load_service_lines, save_line
from portal.readiness.services.refresh import refresh_standings, standing_touched
from tests.support import halls
from tests.support.queries import count_statements

ADMIN = GrantedActor(None, None, "Indah Platform", (Grant(Role.PLATFORM_ADMIN, "all", ""),))
CHAIR = GrantedActor(None, None, "Yusuf", (Grant(Role.CHAIR, "cooperative", "1"),))


@pytest.fixture
def hall(db_session, now):
    return halls.build(now)


def line_id(code="internal_finance"):
    return db.session.scalar(sa.select(ServiceLine.id).where(ServiceLine.code == code))


def text(hall, **changes):
    need = NeedText(("treasurer",), (hall.programs[halls.KEU],), 1, True)
    return replace(LineText("Simpan pinjam", "", "", "", (), ("statutes",), True, (need,)), **changes)


def saved(hall, now, version=1, number=None, **changes):
    with transaction():
        return save_line(
            text=text(hall, **changes), line_id=number or line_id(), version=version, actor=ADMIN, now=now
        )


# -- the shipped ones ------------------------------------------------------------------------------


def test_the_shipped_lines_say_their_own_words_and_serve_the_promises():
    lines = {line.code: line for line in load_lines()}
    assert set(lines) == {
        "platform_dialogue", "social_protection", "vehicle_service", "surplus_sharing", "internal_finance",
        "digital_network", "village_store",
    }  # fmt: skip
    assert all(line.name and line.name_en and line.summary and line.summary_en for line in lines.values())
    assert not any("prospective" in line.kinds or not line.kinds for line in lines.values())


def test_every_need_can_be_met_by_the_kinds_of_its_line():
    from portal.catalog.reference import load_programs

    programs = {program.slug: program for program in load_programs()}
    for line in load_lines():
        for need in line.needs:
            for kind in line.kinds:
                fitting = [
                    slug for slug in need.programs
                    if kind in programs[slug].kinds and set(need.posts) & set(programs[slug].posts)
                ]  # fmt: skip
                assert fitting, (line.code, kind, need)


def test_loading_again_changes_nothing_and_keeps_what_was_edited(hall, now):
    saved(hall, now, name="Simpan pinjam kita")
    with transaction():
        assert load_service_lines(actor=SYSTEM, now=now) == 0
    assert get_line(line_id()).name == "Simpan pinjam kita"
    assert [line.code for line in service_lines()] == [line.code for line in load_lines()]


def test_lines_are_read_in_one_statement_and_parsed_once(hall):
    with count_statements(at_most=1):
        first = line_rows()
    assert line_rows()[0] is first[0]


# -- changes ---------------------------------------------------------------------------------------


def test_a_change_is_audited_and_all_standings_are_made_anew(hall, now):
    with transaction():
        standing_touched(cooperative_ids=[hall.cooperative_id], now=now)
        refresh_standings(now=now)
    assert db.session.scalar(sa.select(CooperativeStanding.next_change_on)) is None
    number = saved(hall, now)
    line = get_line(number)
    assert (line.version, line.name, line.rule.items, line.rule.kinds) == (
        2, "Simpan pinjam", ("statutes",), frozenset(),
    )  # fmt: skip
    assert len(line.rule.needs) == 1
    event = db.session.scalar(sa.select(AuditEvent).where(AuditEvent.action == "service_line.changed"))
    assert event.object_id == str(number)
    assert db.session.scalar(sa.select(CooperativeStanding.next_change_on)) is not None


def test_the_same_text_again_changes_nothing(hall, now):
    saved(hall, now)
    saved(hall, now, version=2)
    assert get_line(line_id()).version == 2
    count = sa.select(sa.func.count()).select_from(AuditEvent)
    assert db.session.scalar(count.where(AuditEvent.action == "service_line.changed")) == 1


def test_a_line_can_be_added(hall, now):
    with transaction():
        number = save_line(text=text(hall), line_id=None, version=None, actor=ADMIN, now=now)
    assert line_rows()[-1].rule.line_id == number


def test_a_line_not_offered_is_left_out(hall, now):
    saved(hall, now, is_active=False)
    assert "internal_finance" not in [line.code for line in service_lines()]
    assert "internal_finance" in [line.code for line in service_lines(active_only=False)]


def test_who_saw_an_older_version_is_told(hall, now):
    saved(hall, now)
    with pytest.raises(Conflict):
        saved(hall, now, version=1, name="Lain")
    assert get_line(line_id()).name == "Simpan pinjam"


def test_only_an_administrator_changes_lines(hall, now):
    with pytest.raises(Forbidden), transaction():
        save_line(text=text(hall), line_id=line_id(), version=1, actor=CHAIR, now=now)


def test_a_line_that_is_not_there_is_not_found(hall, now):
    with pytest.raises(NotFound):
        saved(hall, now, number=10**6)


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"name": "  "}, "name_missing", "name"),
        ({"kinds": ("planet",)}, "kind_unknown", "kinds"),
        ({"items": ("passport",)}, "item_unknown", "items"),
        ({"needs": ()}, "needs_missing", "needs-0"),
    ],
)
def test_a_line_that_does_not_hold_together_is_refused(hall, now, changes, code, field):
    with pytest.raises(DomainError) as refused:
        saved(hall, now, **changes)
    assert (refused.value.code, refused.value.field) == (code, field)


@pytest.mark.parametrize(
    ("need", "code"),
    [
        ({"posts": ()}, "posts_missing"),
        ({"posts": ("emperor",)}, "posts_missing"),
        ({"programs": ()}, "programs_missing"),
        ({"programs": (10**6,)}, "programs_missing"),
        ({"count": 0}, "count_range"),
        ({"count": 51}, "count_range"),
        ({"count": 2}, "count_unreachable"),
        ({"posts": ("treasurer", "chair"), "count": 3}, "count_unreachable"),
    ],
)
def test_a_need_that_nobody_could_meet_is_refused(hall, now, need, code):
    good = NeedText(("treasurer",), (hall.programs[halls.KEU],), 1, True)
    with pytest.raises(DomainError) as refused:
        saved(hall, now, needs=(good, replace(good, **need)))
    assert (refused.value.code, refused.value.field) == (code, "needs-1")
    assert db.session.scalar(sa.select(sa.func.count()).select_from(ServiceNeed)) > 2


def test_several_supervisors_may_be_asked_for(hall, now):
    need = NeedText(("supervisor_member",), (hall.programs[halls.KEU],), 5, True)
    assert get_line(saved(hall, now, needs=(need,))).rule.needs[0].count == 5


# -- what it would do ------------------------------------------------------------------------------


def test_what_a_change_would_do_is_counted_with_names(db_session, now):
    ready, short = halls.build(now, name="Koperasi Siap"), halls.build(now, name="Koperasi Kurang")
    with transaction():
        for hall in (ready, short):
            halls.certify(hall, halls.hold(hall, "treasurer"), halls.KEU)
        halls.paper(ready, "statutes")
    after = text(ready).rule(0)
    before = replace(after, items=())
    effects = line_effects(before, after, ready.today)
    assert (effects.total, effects.checked) == (2, 2)
    assert (effects.begins, effects.stops) == (0, 1)
    assert effects.stopping == [(short.cooperative_id, "Koperasi Kurang")]
    back = line_effects(after, before, ready.today)
    assert back.beginning == effects.stopping
    assert line_effects(before, None, ready.today).stops == 2
    assert line_effects(None, after, ready.today).begins == 1


@pytest.mark.parametrize(
    ("before", "after", "total"),
    [
        (frozenset({"village"}), frozenset({"village"}), 0),
        (frozenset({"village"}), frozenset({"driver_courier"}), 1),
        (frozenset({"village"}), frozenset(), 1),
        (frozenset({"prospective"}), frozenset(), 2),
    ],
)
def test_only_cooperatives_of_the_kinds_concerned_are_judged(db_session, now, before, after, total):
    hall = halls.build(now)
    halls.build(now, kind="prospective")
    rule = text(hall).rule(0)
    effects = line_effects(replace(rule, kinds=before), replace(rule, kinds=after), hall.today)
    assert effects.total == total


def test_a_look_is_bounded_whatever_the_rows(db_session, now, monkeypatch):
    monkeypatch.setattr("portal.readiness.queries.effects.SAMPLE", 3)
    made = [halls.build(now, name=f"Koperasi {number}") for number in range(5)]
    rule = text(made[0]).rule(0)
    with count_statements(at_most=9):
        effects = line_effects(rule, rule, made[0].today)
    assert (effects.total, effects.checked) == (5, 3)
