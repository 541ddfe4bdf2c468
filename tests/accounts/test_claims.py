"""Taking over a record with a printed code, and access restored at the counter."""

from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from portal.accounts import queries, services
from portal.accounts.models import ClaimCode
from portal.core.audit import AuditEvent
from portal.core.db import transaction
from portal.core.errors import Conflict, DomainError, NotFound, TooMany
from portal.core.permissions import SYSTEM, GrantedActor
from portal.people import services as people

BORN = date(1980, 3, 9)
NEW = "ijuk rumbia nibung"
HOME = "203.0.113.9"


def person(now, name="Sri Wahyuni", nik="6105014903800001", **more):
    with transaction():
        return people.save_person(name=name, nik=nik, birth_date=BORN, actor=SYSTEM, now=now, **more)[0]


def code_for(person_id, now):
    with transaction():
        return services.issue_claim_codes(person_ids=[person_id], actor=SYSTEM, now=now)[person_id]


def claim(code, now, born=BORN, login="sri", password=NEW):
    with transaction():
        services.begin_claim(code=code, address=HOME, now=now)
    with transaction():
        return services.claim_record(code=code, birth_date=born, login=login, password=password, now=now)


def test_a_code_and_the_birth_date_make_the_persons_account(db_session, now):
    sri = person(now)
    code = code_for(sri.id, now)
    user = claim(f"{code[:4].lower()}-{code[4:8]} {code[8:]}", now)
    assert (user.person_id, user.login, user.name) == (sri.id, "sri", "Sri Wahyuni")
    assert services.verify_password(login="sri", password=NEW) == user.id


def test_a_code_works_once(db_session, now):
    code = code_for(person(now).id, now)
    claim(code, now)
    with pytest.raises(DomainError, match="claim_refused"):
        claim(code, now, login="lagi")


def test_refusals_do_not_tell_which_part_was_wrong(db_session, now):
    sri = person(now)
    code, old = code_for(sri.id, now), ""
    said = set()
    for attempt in (
        lambda: claim("0000-0000-0000", now),
        lambda: claim(code, now, born=date(1980, 3, 10)),
        lambda: claim(code, now + timedelta(days=60)),
        lambda: claim(old, now),
    ):
        with pytest.raises(DomainError) as caught:
            attempt()
        said.add((caught.value.code, caught.value.message, caught.value.field, caught.value.status))
    assert len(said) == 1


def test_a_code_closes_after_five_wrong_birth_dates(db_session, now):
    code = code_for(person(now).id, now)
    for day in range(10, 15):
        with pytest.raises(DomainError, match="claim_refused"):
            claim(code, now, born=date(1980, 3, day))
    with pytest.raises(DomainError, match="claim_refused"):
        claim(code, now)


def test_unknown_codes_are_bounded_by_address(db_session, now):
    with pytest.raises(TooMany) as caught:
        for number in range(30):
            with transaction():
                services.begin_claim(code=f"{number:012d}", address=HOME, now=now)
    assert caught.value.details["retry_after"] > 0


def test_a_fresh_code_ends_the_earlier_one(db_session, now):
    sri = person(now)
    first, second = code_for(sri.id, now), code_for(sri.id, now)
    with pytest.raises(DomainError, match="claim_refused"):
        claim(first, now)
    assert claim(second, now).person_id == sri.id


def test_a_taken_sign_in_name_leaves_the_code_unspent(db_session, now):
    sri = person(now)
    with transaction():
        services.create_user(login="sri", name="Sri Lain", password=NEW, actor=SYSTEM, now=now)
    code = code_for(sri.id, now)
    for _turn in range(9):
        with pytest.raises(Conflict) as caught:
            claim(code, now)
        assert caught.value.field == "login"
        with transaction():
            services.forgive_claim(code=code, address=HOME)
    assert claim(code, now, login="sri2").person_id == sri.id


def test_a_family_with_one_phone_has_an_account_each(db_session, now):
    one = person(now, phone="+6281234567890")
    two = person(now, "Budi Hartono", "6105010903800002", phone="+6281234567890")
    assert claim(code_for(one.id, now), now).id != claim(code_for(two.id, now), now, login="budi").id


def test_many_codes_take_a_bounded_number_of_statements(db_session, now, query_count):
    with transaction():
        rows = [
            people.PersonRow(f"Orang Ke {chr(97 + n % 26)}", f"61050109038{n:05d}", BORN)
            for n in range(1, 401)
        ]
        ids = [i for i, _new in people.save_people(rows=rows, actor=SYSTEM, now=now)]
    with query_count(at_most=8), transaction():
        codes = services.issue_claim_codes(person_ids=ids, actor=SYSTEM, now=now)
    assert len(set(codes.values())) == 400
    kept = set(db_session.scalars(sa.select(ClaimCode.code_hash)))
    assert kept.isdisjoint(codes.values())


def test_restoring_access_ends_password_and_sessions_and_is_recorded(db_session, now):
    sri = person(now)
    user = claim(code_for(sri.id, now), now)
    with transaction():
        token = services.open_session(user.id, now=now)
    with transaction():
        code = services.reset_access(person_id=sri.id, actor=SYSTEM, now=now, reason="KTP asli dicocokkan")
    assert not queries.load_session(token, now)
    with pytest.raises(DomainError):
        services.verify_password(login="sri", password=NEW)
    event = db_session.scalars(sa.select(AuditEvent).where(AuditEvent.action == "access.reset")).one()
    assert event.data["reason"] == "KTP asli dicocokkan"
    assert code not in str(event.data)
    again = claim(code, now, login="sri", password="tiga belas ember")
    assert again.id == user.id
    assert services.verify_password(login="sri", password="tiga belas ember") == user.id


@pytest.mark.parametrize("reason", ["", "  ", "ok"])
def test_restoring_access_needs_a_reason(db_session, now, reason):
    sri = person(now)
    with pytest.raises(DomainError) as caught, transaction():
        services.reset_access(person_id=sri.id, actor=SYSTEM, now=now, reason=reason)
    assert caught.value.field == "reason"


def test_nobody_restores_their_own_access_or_that_of_a_missing_person(db_session, now):
    sri = person(now)
    with pytest.raises(DomainError, match="own_access"), transaction():
        services.reset_access(
            person_id=sri.id, actor=GrantedActor(5, sri.id, "Sri"), now=now, reason="KTP asli dicocokkan"
        )
    with pytest.raises(NotFound), transaction():
        services.reset_access(person_id=10**6, actor=SYSTEM, now=now, reason="KTP asli dicocokkan")


def test_the_account_of_staff_is_not_reached_by_a_code(db_session, now):
    sri, other = person(now), GrantedActor(900, None, "Admin balai")
    old = code_for(sri.id, now)
    head = claim(code_for(sri.id, now), now)
    with transaction():
        services.grant_role(
            user_id=head.id, role="center_head", scope_kind="center", scope_id="1",
            starts_on=queries.today(now), actor=SYSTEM, now=now,
        )  # fmt: skip
    with pytest.raises(DomainError) as refused, transaction():
        services.reset_access(person_id=sri.id, actor=other, now=now, reason="KTP dicocokkan")
    assert refused.value.code == "staff_access"
    for code in (old, code_for(sri.id, now)):
        with pytest.raises(DomainError) as refused:
            claim(code, now, login="diambil.alih")
        assert refused.value.code == "claim_refused"
