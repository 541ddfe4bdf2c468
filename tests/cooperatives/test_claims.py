"""Who speaks for a cooperative: codes, claims, their decision, and what each lets an account see."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from portal.accounts.models import RoleGrant
from portal.accounts.queries import actor_of
from portal.cooperatives.models import ChairClaim, ChairCode, CooperativeDocument
from portal.cooperatives.queries import claim_state, claims_pending, open_claim_id
from portal.cooperatives.queries.claims import get_claim, list_claims
from portal.cooperatives.queries.documents import check_document
from portal.cooperatives.services import claims, open_document
from portal.core.audit import AuditEvent
from portal.core.db import transaction
from portal.core.errors import Conflict, DomainError, Forbidden, NotFound, TooMany
from portal.core.permissions import Grant, GrantedActor, Role
from tests.support.boards import account, board, minutes, officer, person

PLACE = "10.0.0.7"


def somebody(now, name="Rudi Ketua"):
    """An account of a person with no more than their own things."""
    with transaction():
        user = account(name, now, Grant(Role.TRAINEE, "self", ""), person_id=person(name, now))
    return actor_of(user.id, now)


def code_for(found, now):
    with transaction():
        return claims.issue_chair_code(cooperative_id=found.cooperative_id, actor=found.officer(), now=now)


def by_code(code, actor, now):
    with transaction():
        return claims.claim_by_code(code=code, address=PLACE, actor=actor, now=now)


def by_decree(found, actor, now):
    with transaction():
        return claims.claim_by_decree(
            cooperative_id=found.cooperative_id, file=minutes(), actor=actor, now=now
        )


def decide(row, actor, now, **how):
    with transaction():
        return claims.decide_claim(claim_id=row.id, actor=actor, now=now, **how)


def state(actor, found, now):
    return claim_state(actor_of(actor.user_id, now), found.cooperative_id)


def test_a_code_lets_its_holder_speak_at_once(db_session, now):
    found, who = board(now), somebody(now)
    code = code_for(found, now)
    assert state(who, found, now) == "none"
    row = by_code(f" {code[:4].lower()}-{code[4:8]} {code[8:]} ", who, now)
    assert state(who, found, now) == "pending_code"
    assert open_claim_id(who, found.cooperative_id) == row.id
    assert actor_of(who.user_id, now).has_role(Role.CHAIR)
    kept = db_session.scalar(sa.select(ChairCode))
    assert kept.code_hash != code
    assert (kept.used_by, kept.used_at) == (who.user_id, now)


@pytest.mark.parametrize("why", ["wrong", "used", "old", "revoked", "replaced"])
def test_a_code_that_does_not_count_is_refused_in_one_sentence(db_session, now, why):
    found, who = board(now), somebody(now)
    code, later = code_for(found, now), now
    if why == "wrong":
        code = "0" * 12
    elif why == "used":
        by_code(code, somebody(now, "Sari Cepat"), now)
    elif why == "old":
        later = now + claims.CODE_LIFE + timedelta(seconds=1)
    elif why == "revoked":
        with transaction():
            claims.revoke_chair_codes(cooperative_id=found.cooperative_id, actor=found.officer(), now=now)
    else:
        code_for(found, now)
    with pytest.raises(DomainError) as caught:
        by_code(code, who, later)
    assert (caught.value.code, caught.value.field) == ("code_refused", "code")


def test_guesses_run_out_and_a_right_code_gives_them_back(db_session, now):
    found, who = board(now), somebody(now)
    for _try in range(claims.CODE_LIMITS["account"].count):
        with transaction():
            claims.begin_code_claim(address=PLACE, actor=who, now=now)
    with pytest.raises(TooMany), transaction():
        claims.begin_code_claim(address=PLACE, actor=who, now=now)
    by_code(code_for(found, now), who, now)
    with transaction():
        claims.begin_code_claim(address=PLACE, actor=who, now=now)


def test_a_decree_is_kept_sealed_and_read_by_the_office_alone(db_session, now):
    found, who = board(now), somebody(now)
    row = by_decree(found, who, now)
    assert state(who, found, now) == "pending_decree"
    assert b"%PDF" not in db_session.get(CooperativeDocument, row.document_id).content_cipher.encode()
    check_document(found.officer(), found.cooperative_id, row.document_id)
    check_document(actor_of(who.user_id, now), found.cooperative_id, row.document_id)
    for other in (found.chair(), officer(found.officer_user, "61.06")):
        with pytest.raises(NotFound):
            check_document(other, found.cooperative_id, row.document_id)
    with transaction():
        media_type, content, kind = open_document(
            document_id=row.document_id, cooperative_id=found.cooperative_id, actor=found.officer(), now=now
        )
    assert (media_type, content, kind) == ("application/pdf", minutes().read(), "decree")
    assert "cooperative.document_read" in db_session.scalars(sa.select(AuditEvent.action)).all()


@pytest.mark.parametrize("content", [b"MZ...", b"%PDF-1.4 /JavaScript %%EOF", b"x" * 1_500_001])
def test_a_file_that_is_no_paper_is_refused_beside_its_field(db_session, now, content):
    found, who = board(now), somebody(now)
    with pytest.raises(DomainError) as caught, transaction():
        claims.claim_by_decree(cooperative_id=found.cooperative_id, file=minutes(content), actor=who, now=now)
    assert caught.value.field == "file"
    assert not db_session.scalar(sa.select(sa.func.count()).select_from(ChairClaim))


def test_an_office_verifies_and_a_chair_before_all_this_counts_as_verified(db_session, now):
    found, who = board(now), somebody(now)
    assert state(found.chair(), found, now) == "verified"
    row = by_decree(found, who, now)
    decide(row, found.officer(), now, is_verified=True)
    assert state(who, found, now) == "verified"
    assert open_claim_id(who, found.cooperative_id) is None
    with pytest.raises(Conflict):
        decide(row, found.officer(), now, is_verified=False, note="Terlambat")


def test_a_rejection_ends_the_role_and_undoes_what_was_open(db_session, now, app):
    found, who = board(now), somebody(now)
    row, undone = by_decree(found, who, now), []
    app.extensions["ports"].claim_rejected["probe"] = lambda **what: undone.append(what["claim_id"])
    try:
        with pytest.raises(DomainError) as caught:
            decide(row, found.officer(), now, is_verified=False, note="  ")
        assert caught.value.field == "note"
        decide(row, found.officer(), now, is_verified=False, note="SK atas nama orang lain")
    finally:
        del app.extensions["ports"].claim_rejected["probe"]
    assert undone == [row.id]
    assert state(who, found, now) == "none"
    assert not actor_of(who.user_id, now).has_role(Role.CHAIR)
    # Asking again is possible, with a better paper.
    by_decree(found, who, now)


def test_nobody_decides_for_themselves_their_cooperative_or_another_region(db_session, now):
    found, who = board(now), somebody(now)
    row = by_decree(found, who, now)
    grant = (Grant(Role.REGENCY_OFFICER, "region", "61.05"),)
    for actor in (
        GrantedActor(who.user_id, None, "Sama", grant),
        GrantedActor(999, who.person_id, "Akun lain, orang sama", grant),
        GrantedActor(999, found.people["treasurer"], "Bendaharanya", grant),
    ):
        with pytest.raises(Forbidden):
            decide(row, actor, now, is_verified=True)
    with pytest.raises(NotFound):
        decide(row, officer(found.officer_user, "61.06"), now, is_verified=True)
    with pytest.raises(Forbidden):
        decide(row, found.chair(), now, is_verified=True)


@pytest.mark.parametrize("role", [Role.PARTNER, Role.REGENCY_OFFICER, Role.CENTER_ADMIN])
def test_accounts_of_offices_centers_and_partners_speak_for_nobody(db_session, now, role):
    found = board(now)
    kind = {"partner": "organization", "regency_officer": "region"}.get(role, "center")
    actor = GrantedActor(found.officer_user, None, "Petugas", (Grant(role, kind, "1"),))
    with pytest.raises(DomainError) as caught:
        by_decree(found, actor, now)
    assert caught.value.code == "staff_claim"
    assert not db_session.scalar(sa.select(RoleGrant.id).where(RoleGrant.user_id == actor.user_id,
                                                               RoleGrant.role == Role.CHAIR))  # fmt: skip


def test_one_account_claims_once_and_waits_with_three_at_most(db_session, now):
    who = somebody(now)
    boards = [board(now, f"KDMP Nomor {n}") for n in range(4)]
    by_decree(boards[0], who, now)
    with pytest.raises(Conflict) as caught:
        by_decree(boards[0], who, now)
    assert caught.value.code == "claim_open"
    for one in boards[1:3]:
        by_decree(one, who, now)
    with pytest.raises(Conflict) as caught:
        by_decree(boards[3], who, now)
    assert caught.value.code == "too_many_claims"


def test_the_office_sees_who_else_says_the_same(db_session, now, query_count):
    found, one, two = board(now), somebody(now), somebody(now, "Sari Saingan")
    by_decree(found, one, now)
    by_code(code_for(found, now), two, now)
    with query_count(at_most=6):
        rows = list_claims(found.officer(), now).items
    assert [(row.claimant, row.rivals) for row in rows] == [
        ("Rudi Ketua", ("Sari Saingan",)),
        ("Sari Saingan", ("Rudi Ketua",)),
    ]
    assert {row.chair for row in rows} == {"Asih Ladang"}
    assert not any(row.is_holder for row in rows)
    assert claims_pending({"61.05"}) == 2 == claims_pending({""})
    assert claims_pending({"61.06"}) == claims_pending(set()) == 0
    with pytest.raises(NotFound):
        get_claim(officer(1, "61.06"), rows[0].id, now)


def test_the_list_of_claims_does_not_grow_in_statements(db_session, now, query_count):
    found = board(now)
    for n in range(8):
        by_decree(board(now, f"KDMP Banyak {n}"), somebody(now, f"Orang {chr(65 + n)}"), now)
    with query_count(at_most=6):
        assert len(list_claims(found.officer(), now).items) == 8
