"""One-time codes: bound to a browser, in time, once, five tries, bounded, alike for known and unknown."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from portal.accounts import services
from portal.accounts.models import Attempt, OneTime
from portal.accounts.rules.contact import CODE_LIFE, CODE_LIMITS
from portal.accounts.services import contacts, one_time
from portal.core.audit import AuditEvent
from portal.core.db import transaction
from portal.core.errors import DomainError, TooMany
from portal.core.permissions import SYSTEM
from tests.support.codes import PHONE, TYPED, address, content, give_contact, last_code, messages, wrong

HOME = "203.0.113.9"
OP = "a" * 32
PASSWORD = "kuda lumping di sawah"


@pytest.fixture
def sri(db_session, now):
    with transaction():
        user = services.create_user(login="sri", name="Sri Wahyuni", password=PASSWORD, actor=SYSTEM, now=now)
    give_contact(user.id, now)
    return user


def ask(now, text=TYPED, op=OP, address=HOME):
    with transaction():
        return contacts.ask_sign_in_code(text=text, op=op, target="", language="id", address=address, now=now)


def check(handle, code, now, kind="sign_in", address=HOME):
    with transaction():
        one_time.begin_check(kind=kind, handle=handle, address=address, now=now)
    with transaction():
        return contacts.confirm_sign_in_code(handle=handle, code=code, address=address, now=now)


def test_the_code_goes_to_the_phone_and_opens_the_account_once(sri, now, db_session):
    handle = ask(now)
    row = messages("code.sign_in")[0]
    assert (row.state, row.channel, address(row)) == ("waiting", "whatsapp", PHONE)
    assert row.expires_at == now + CODE_LIFE
    code = last_code()
    assert check(handle, f"{code[:3]} {code[3:]}", now) == [sri.id]
    with pytest.raises(DomainError, match="code_refused"):
        check(handle, code, now)


def test_an_address_gets_an_e_mail_in_both_forms_and_the_language_of_the_page(sri, now, db_session):
    give_contact(sri.id, now, "sri@contoh.id", "email")
    ask(now, "Sri@Contoh.id")
    row = messages("code.sign_in")[0]
    said = content(row)
    assert (row.channel, address(row)) == ("email", "sri@contoh.id")
    assert last_code() in said["subject"]
    assert last_code() in said["text"]
    assert last_code() in said["html"]


@pytest.mark.parametrize("minutes", [10, 11, 60])
def test_an_expired_code_is_refused(sri, now, minutes):
    handle = ask(now)
    with pytest.raises(DomainError, match="code_refused"):
        check(handle, last_code(), now + timedelta(minutes=minutes))


def test_a_code_is_worth_nothing_with_another_handle(sri, now):
    mine, other = ask(now), ask(now, op="b" * 32)
    code = last_code()
    for handle in ("", "nonsense", mine):
        with pytest.raises(DomainError, match="code_refused"):
            check(handle, code, now)
    assert check(other, code, now) == [sri.id]


def test_a_code_is_of_its_kind(sri, now):
    handle = ask(now)
    code = last_code()
    for kind in ("reset", "contact", "activation", "choose"):
        with pytest.raises(DomainError, match="code_refused"), transaction():
            one_time.spend(kind, handle=handle, code=code, now=now)
    with pytest.raises(DomainError, match="code_refused"), transaction():
        one_time.spend("sign_in", handle=handle, now=now)


def test_the_sixth_try_is_refused_even_when_it_is_right(sri, now):
    handle = ask(now)
    code = last_code()
    for _turn in range(5):
        with pytest.raises(DomainError, match="code_refused"):
            check(handle, wrong(code), now)
    with pytest.raises(DomainError, match="code_refused"):
        check(handle, code, now)


def test_the_fifth_try_may_be_right(sri, now):
    handle = ask(now)
    code = last_code()
    for _turn in range(4):
        with pytest.raises(DomainError, match="code_refused"):
            check(handle, wrong(code), now)
    assert check(handle, code, now) == [sri.id]


def test_only_keyed_hashes_are_kept(sri, now, db_session):
    handle = ask(now)
    code = last_code()
    row = db_session.scalars(sa.select(OneTime)).one()
    kept = [
        row.token_hash,
        row.code_hash,
        str(row.data),
        *(str(e.data) for e in db_session.scalars(sa.select(AuditEvent))),
    ]
    assert all(handle not in text and code not in text and PHONE not in text for text in kept)
    assert len(row.code_hash) == 64


def test_somebody_unknown_takes_the_same_statements_and_rows_but_nothing_leaves(
    sri, now, db_session, query_count
):
    counted = []
    for number, text in enumerate((TYPED, "0812-9999-8888")):
        with query_count() as seen:
            ask(now, text, op=f"{number:032x}")
        counted.append(seen)
    assert len(counted[0]) == len(counted[1])
    assert [t.split("(")[0] for t in counted[0].writes] == [t.split("(")[0] for t in counted[1].writes]
    known, unknown = messages("code.sign_in")
    assert (known.state, unknown.state, unknown.reason) == ("waiting", "skipped", "no_account")
    rows = list(db_session.scalars(sa.select(OneTime).order_by(OneTime.id)))
    assert [row.user_id for row in rows] == [sri.id, None]
    assert all(row.code_hash for row in rows)


def test_the_right_code_of_an_ask_for_nobody_opens_nothing(sri, now, query_count):
    unknown = ask(now, "0812-9999-8888")
    code = last_code()
    with pytest.raises(DomainError, match="code_refused"):
        check(unknown, code, now)


def test_an_unverified_removed_or_closed_contact_is_unknown(sri, now, db_session):
    from portal.accounts.models import ContactPoint, User

    changes = (
        lambda s: s.execute(sa.update(ContactPoint).values(verified_at=None)),
        lambda s: s.execute(sa.update(ContactPoint).values(verified_at=now, ended_at=now)),
        lambda s: (
            s.execute(sa.update(ContactPoint).values(ended_at=None)),
            s.execute(sa.update(User).values(is_active=False)),
        ),
    )
    for number, change in enumerate(changes):
        with transaction() as session:
            change(session)
        ask(now, op=f"{number:032x}")
    assert [row.reason for row in messages("code.sign_in")] == ["no_account"] * 3


def test_asks_are_bounded_for_a_contact_known_or_unknown(sri, now):
    for text in (TYPED, "0812-9999-8888"):
        for number in range(CODE_LIMITS["contact"].count):
            ask(now, text, op=f"{number:031x}{text[-1]}", address=f"198.51.100.{number}")
        with pytest.raises(TooMany) as caught:
            ask(now, text, op="c" * 32, address="198.51.100.99")
        assert 0 < caught.value.details["retry_after"] <= 15 * 60


def test_asks_are_bounded_for_an_address_and_leave_no_rows_after(sri, now, db_session):
    rows = []
    for number in range(80):
        try:
            ask(now, f"0812-0000-{number:04d}", op=f"{number:032x}")
        except TooMany:
            rows.append(
                [db_session.scalar(sa.select(sa.func.count()).select_from(m)) for m in (OneTime, Attempt)]
            )
            db_session.rollback()
    assert len(rows) == 20
    assert rows[0] == rows[-1]
    assert rows[0][0] == CODE_LIMITS["address"].count


def test_wrong_codes_are_bounded_for_a_place_over_all_handles(sri, now):
    with pytest.raises(TooMany):
        for _turn in range(120):
            with transaction():
                one_time.begin_check(kind="sign_in", handle="none", address=HOME, now=now)


def test_a_right_code_gives_its_try_back(sri, now):
    for number in range(40):
        handle = ask(now + timedelta(hours=number), op=f"{number:032x}")
        assert check(handle, last_code(), now + timedelta(hours=number)) == [sri.id]


def test_rows_of_the_day_before_go(sri, now, db_session):
    ask(now)
    ask(now + timedelta(days=2), op="b" * 32)
    assert db_session.scalar(sa.select(sa.func.count()).select_from(OneTime)) == 1


def test_the_same_form_gives_the_same_handle(sri, now):
    assert ask(now) == one_time.handle_of(OP)
    assert one_time.handle_of("b" * 32) != one_time.handle_of(OP)


def test_a_choice_without_a_code_is_spent_once_and_only_for_who_was_offered(sri, now):
    with transaction():
        handle = one_time.make("choose", data={"users": [sri.id], "purpose": "sign_in"}, now=now)
    with pytest.raises(DomainError, match="code_refused"), transaction():
        contacts.choose_account(handle=handle, user_id=sri.id + 1, now=now)
    with transaction():
        assert contacts.choose_account(handle=handle, user_id=sri.id, now=now)["users"] == [sri.id]
    with pytest.raises(DomainError, match="code_refused"), transaction():
        contacts.choose_account(handle=handle, user_id=sri.id, now=now)


def test_codes_on_their_way_end_with_the_contact(sri, now):
    handle = ask(now)
    code = last_code()
    with transaction():
        one_time.end_codes(user_id=sri.id, now=now)
    with pytest.raises(DomainError, match="code_refused"):
        check(handle, code, now)
    assert one_time.look("sign_in", handle, now) is None


@pytest.mark.parametrize("text", ["", "sri", "12", "a@b", "x" * 900])
def test_what_is_no_contact_is_said_beside_its_input(db_session, now, text):
    with pytest.raises(DomainError) as caught:
        ask(now, text)
    assert caught.value.field == "contact"
    assert not messages()


def test_handles_are_looked_up_by_their_hash(sri, now):
    ask(now)
    assert one_time.look("sign_in", "", now) is None
    assert one_time.look("sign_in", one_time.handle_of(OP), now)["hint"] == "•••• 7890"
