"""Papers of claims go when their time is over or their owner is forgotten; codes that nobody used go too."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from portal.cooperatives import retention
from portal.cooperatives.models import ChairClaim, ChairCode, CooperativeDocument, PostTerm
from portal.cooperatives.personal import erase_person, personal_data
from portal.cooperatives.queries.documents import check_document
from portal.cooperatives.services import claims, open_document
from portal.core.db import transaction
from portal.core.errors import NotFound
from portal.core.permissions import SYSTEM
from portal.people.services import place_hold
from tests.cooperatives.test_claims import by_decree, code_for, decide, somebody
from tests.support.boards import board

DAY = timedelta(days=1)
RULES = {rule.code: rule for rule in retention.RULES}


def sweep(code, now):
    rule = RULES[code]
    with transaction():
        return rule.sweep(now - rule.after, now, rule.chunk)


def content(session, claim):
    statement = sa.select(CooperativeDocument.content_cipher).where(
        CooperativeDocument.id == claim.document_id
    )
    return session.scalar(statement)


def test_a_decree_loses_its_content_a_year_after_the_decision(db_session, now):
    found = board(now)
    waiting, decided, held = (by_decree(found, somebody(now, name), now) for name in ("Satu", "Dua", "Tiga"))
    for row in (decided, held):
        decide(row, found.officer(), now, is_verified=True)
    with transaction():
        place_hold(person_id=held.person_id, reason="Perkara 12", until=None, actor=found.officer(), now=now)
    assert sweep("chair_decrees", now + 364 * DAY) == 0
    later = now + 366 * DAY
    assert RULES["chair_decrees"].count(later - 365 * DAY, later) == (1, now)
    assert sweep("chair_decrees", later) == 1
    assert sweep("chair_decrees", later) == 0
    assert content(db_session, decided) == ""
    assert content(db_session, waiting) != "" != content(db_session, held)
    check_document(found.officer(), found.cooperative_id, decided.document_id)
    with pytest.raises(NotFound), transaction():
        open_document(
            document_id=decided.document_id, cooperative_id=found.cooperative_id, actor=SYSTEM, now=now
        )


def test_unused_codes_go_and_used_ones_stay_with_their_claim(db_session, now):
    found, who = board(now), somebody(now)
    code = code_for(found, now)
    with transaction():
        claims.claim_by_code(code=code, address=None, actor=who, now=now)
    code_for(found, now)
    assert sweep("chair_codes", now + 400 * DAY) == 1
    assert db_session.scalar(sa.select(ChairCode.used_by)) == who.user_id


def test_a_forgotten_person_speaks_for_nobody_and_their_paper_is_gone(db_session, now):
    found, who = board(now), somebody(now)
    row = by_decree(found, who, now)
    copy = personal_data(who.person_id)
    assert [one["claimed_by"] for one in copy] == ["decree"]
    with transaction():
        dry = erase_person(person_id=who.person_id, actor=SYSTEM, now=now, is_dry=True)
    assert len(dry.goes) == len(dry.stays) == 1
    assert content(db_session, row) != ""
    with transaction():
        erase_person(person_id=who.person_id, actor=SYSTEM, now=now, is_dry=False)
    assert content(db_session, row) == ""
    assert db_session.get(ChairClaim, row.id, populate_existing=True).state == "ended"


def test_a_forgotten_chair_leaves_the_post_today(db_session, now):
    found = board(now)
    with transaction():
        erase_person(person_id=found.people["chair"], actor=SYSTEM, now=now, is_dry=False)
    assert db_session.get(PostTerm, found.terms["chair"], populate_existing=True).ends_on == now.date()
    assert personal_data(found.people["chair"])[0]["ends_on"] == now.date().isoformat()
