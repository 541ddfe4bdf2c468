"""Holes around who speaks for a cooperative: a decree alone, and a chair who is chair no longer."""

from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from portal.accounts.queries import actor_of
from portal.cooperatives.models import ChecklistItem
from portal.cooperatives.services import checklist, hold_posts, institution
from portal.cooperatives.services.posts import end_post, end_posts
from portal.core.db import transaction
from portal.core.errors import Forbidden
from portal.core.permissions import SYSTEM, Role
from tests.cooperatives.test_claims import by_decree, decide, somebody
from tests.support.boards import board


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
