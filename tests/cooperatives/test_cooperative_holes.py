"""Holes around who speaks for a cooperative: a decree alone, and a chair who is chair no longer."""

from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from portal.accounts.queries import actor_of
from portal.cooperatives.models import ChairClaim, ChecklistItem, Cooperative, PostTerm
from portal.cooperatives.queries.founding import founding_people
from portal.cooperatives.services import checklist, hold_posts, institution
from portal.cooperatives.services.posts import end_post, end_posts
from portal.core.db import transaction
from portal.core.errors import Conflict, Forbidden
from portal.core.permissions import SYSTEM, Role
from tests.cooperatives.test_claims import by_decree, decide, somebody
from tests.cooperatives.test_founding import add, begin, note, stand, whole
from tests.cooperatives.test_register_import import bring_in, reasons, send
from tests.support.boards import board, minutes
from tests.support.world_registry import villages


@pytest.mark.parametrize("what", ["village", "group", "legal", "entry"])
def test_a_decree_alone_changes_nothing_of_the_institution(db_session, now, what):
    found, who = board(now), somebody(now)
    row = by_decree(found, who, now)
    with transaction():
        checklist.load_checklist(actor=SYSTEM, now=now)
    actor = actor_of(who.user_id, now)
    assert actor.has_role(Role.CHAIR)
    code = db_session.scalar(sa.select(ChecklistItem.code))

    def act(actor):
        usual = {"cooperative_id": found.cooperative_id, "actor": actor, "now": now}
        with transaction():
            if what == "village":
                institution.add_village(village_code="61.05.01.2002", **usual)
            elif what == "group":
                institution.add_group(name="Petani", role="producer", **usual)
            elif what == "legal":
                institution.set_legal_approval(number="AHU-1", approved_on=date(2025, 1, 2), **usual)
            else:
                checklist.record_entry(item_code=code, done_on=date(2026, 1, 2), **usual)

    with pytest.raises(Forbidden) as refused:
        act(actor)
    assert refused.value.code == "claim_pending"
    decide(row, found.officer(), now, is_verified=True)
    if what in ("legal", "entry"):
        act(actor_of(who.user_id, now))


@pytest.mark.parametrize("way", ["roster", "moved", "term"])
def test_whoever_is_chair_no_longer_speaks_for_it_no_longer(db_session, now, way):
    found = board(now)
    user = found.chair_user
    person = found.people["chair"]
    assert actor_of(user, now).has_role(Role.CHAIR)
    with transaction():
        if way == "roster":
            hold_posts(rows=[(found.cooperative_id, person, "member")], starts_on=now.date(), actor=SYSTEM,
                       now=now)  # fmt: skip
        elif way == "moved":
            end_posts(rows=[(found.cooperative_id, person)], ends_on=now.date(), actor=SYSTEM, now=now)
        else:
            end_post(term_id=found.terms["chair"], ends_on=now.date(), actor=SYSTEM, now=now)
    assert not actor_of(user, now + timedelta(seconds=1)).has_role(Role.CHAIR)


def test_the_same_roster_again_takes_no_voice(db_session, now):
    found = board(now)
    rows = [(found.cooperative_id, found.people["chair"], "chair")]
    with transaction():
        hold_posts(rows=rows, starts_on=now.date(), actor=SYSTEM, now=now)
    assert actor_of(found.chair_user, now).has_role(Role.CHAIR)


def test_a_corrected_term_of_years_ago_takes_no_voice_from_the_chair_of_today(db_session, now):
    found = board(now)
    with transaction() as session:
        early = PostTerm(
            cooperative_id=found.cooperative_id, person_id=found.people["chair"], post="chair",
            starts_on=date(2018, 1, 1), ends_on=date(2020, 12, 31), source="board",
        )  # fmt: skip
        session.add(early)
        session.flush()
        found.terms["early"] = early.id
    found.change(now, endings=("early",), on=date(2019, 7, 1), is_correction=True)
    assert db_session.get(PostTerm, found.terms["early"], populate_existing=True).ends_on.year == 2019
    assert actor_of(found.chair_user, now).has_role(Role.CHAIR)


# ---- founding ----


def founded_by(who, now, name="Koperasi Kurir Baru"):
    """Somebody registers a cooperative to be founded, with everything but an office's word; its id."""
    number = begin(who, now, name)
    actor = actor_of(who.user_id, now)
    for letter in "ABCDEFGHI":
        add(number, f"Pendiri {letter}", actor, now)
    note(number, whole(now), actor, now, name=name, file=minutes())
    return number


def test_nobody_makes_a_cooperative_stand_that_no_office_has_looked_at(db_session, now):
    who = somebody(now)
    number = founded_by(who, now)
    people = {one.name: one.person_id for one in founding_people(number, now.date())}
    with pytest.raises(Conflict) as refused:
        stand(number, actor_of(who.user_id, now), now, people, chair="Pendiri A")
    assert refused.value.code == "claim_pending"
    row = db_session.get(Cooperative, number, populate_existing=True)
    assert (row.kind, row.cooperative_number) == ("prospective", None)
    claim = db_session.scalar(sa.select(ChairClaim).where(ChairClaim.cooperative_id == number))
    decide(claim, board(now).officer(), now, is_verified=True)
    stand(number, actor_of(who.user_id, now), now, people, chair="Pendiri A")
    assert db_session.get(Cooperative, number, populate_existing=True).kind == "driver_courier"


def test_nobody_fills_the_registry_with_names(db_session, now):
    who = somebody(now)
    for turn in ("Satu", "Dua", "Tiga"):
        begin(who, now, f"Koperasi Rintisan {turn}")
    with pytest.raises(Conflict) as refused:
        begin(who, now, "Koperasi Rintisan Empat")
    assert refused.value.code == "too_many_claims"
    count = sa.select(sa.func.count()).select_from(Cooperative).where(Cooperative.name.like("%Rintisan%"))
    assert db_session.scalar(count) == 3


@pytest.mark.parametrize(
    ("first", "then", "reason"),
    [("Desa", "Rintisan", "kind_founded"), ("Rintisan", "Desa", "kind_by_founding")],
)
def test_a_register_founds_and_unmakes_nothing(db_session, now, first, then, reason):
    [code] = villages(1)
    titles = "Nama koperasi;Jenis;Kode desa;Nomor Induk Koperasi"
    bring_in(f"{titles}\nKoperasi Padi;{first};{code};610500001\n".encode(), now)
    row = db_session.scalar(sa.select(Cooperative).where(Cooperative.cooperative_number == "610500001"))
    kind = row.kind
    found = send(f"{titles}\nKoperasi Padi;{then};{code};610500001\n".encode(), now)
    assert reasons(found) == {2: reason}
    assert db_session.get(Cooperative, row.id, populate_existing=True).kind == kind
