"""A staff account given back in person: two different people, one code, everything of before over."""

from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from portal.accounts import queries, services
from portal.accounts.models import AccessRecovery, Passkey, RecoveryCode, TotpFactor, User
from portal.accounts.passwords import protect
from portal.accounts.queries.recovery import get_case, list_requests, search_recoverable
from portal.accounts.rounds import close_recoveries
from portal.accounts.services import recovery
from portal.core.audit import AuditEvent
from portal.core.db import db, transaction
from portal.core.errors import Conflict, DomainError, Forbidden, NotFound, TooMany
from portal.core.permissions import SYSTEM, GrantedActor
from tests.support.codes import give_contact, messages

PASSWORD = "kuda lumping di sawah"
NEW = "ijuk rumbia nibung"
HOME = "203.0.113.9"
REASON = "KTP asli dicocokkan di loket"


def staff(now, login, role="center_admin", kind="center", scope="1", more=()):
    with transaction():
        user = services.create_user(login=login, name=login.title(), password=PASSWORD, actor=SYSTEM, now=now)
        for one, its_kind, its_scope in ((role, kind, scope), *more):
            services.grant_role(
                user_id=user.id, role=one, scope_kind=its_kind, scope_id=its_scope,
                starts_on=date(2026, 1, 1), actor=SYSTEM, now=now,
            )  # fmt: skip
    return user


def acting(user, now):
    return queries.actor_of(user.id, now)


@pytest.fixture
def team(db_session, now):
    made = {login: staff(now, login) for login in ("wulan", "hadi", "rina")}
    made["indah"] = staff(now, "indah", "platform_admin", "all", "")
    made["joko"] = staff(now, "joko", "platform_admin", "all", "")
    made["jauh"] = staff(now, "jauh", scope="2")
    made["atas"] = staff(now, "atas", more=(("regulator", "region", "61"),))
    made["guru"] = staff(now, "guru", "instructor")
    with transaction():
        made["sri"] = services.create_user(login="sri", name="Sri", password=PASSWORD, actor=SYSTEM, now=now)
    return made


def ask(user, by, now, reason=REASON):
    actor = acting(by, now)
    with transaction():
        return recovery.ask_recovery(user_id=user.id, reason=reason, actor=actor, now=now)


def decide(row, by, now, approve=True):
    actor = acting(by, now)
    with transaction():
        return recovery.decide_recovery(request_id=row.id, approve=approve, actor=actor, now=now)


def use(login, code, now, password=NEW, address=HOME):
    with transaction():
        recovery.begin_recovery(login=login, address=address, now=now)
    hashed = protect(password)
    with transaction():
        return recovery.recover_access(login=login, code=code, password=hashed, address=address, now=now)


def test_two_people_give_an_account_back_and_all_of_before_ends(team, now, db_session):
    rina = team["rina"]
    give_contact(rina.id, now, "rina@contoh.id", "email")
    with transaction() as session:
        session.add(TotpFactor(user_id=rina.id, secret_cipher="x", created_at=now, confirmed_at=now))
        session.add(
            Passkey(user_id=rina.id, credential_hash="h", credential_id="c", public_key="k", created_at=now)
        )
        session.add(RecoveryCode(user_id=rina.id, code_hash="r", created_at=now))
        token = services.open_session(rina.id, now=now)
    row, code = decide(ask(rina, team["wulan"], now), team["hadi"], now)
    assert len(code) == 12
    assert code not in (row.code_hash, "")
    assert use("Rina", f"{code[:4]}-{code[4:8]}-{code[8:]}".lower(), now).id == rina.id
    assert not queries.load_session(token, now)
    assert services.verify_password(login="rina", password=NEW) == rina.id
    for model in (TotpFactor, Passkey, RecoveryCode):
        assert db_session.scalars(sa.select(model.ended_at)).all() == [now]
    told = [row.kind for row in messages("security.")]
    assert {"security.recovery_asked", "security.recovered"} <= set(told)
    actions = list(db_session.scalars(sa.select(AuditEvent.action).order_by(AuditEvent.seq)))
    assert [a for a in actions if a.startswith("recovery.")] == [
        "recovery.asked",
        "recovery.approved",
        "recovery.used",
    ]
    assert code not in str([e.data for e in db_session.scalars(sa.select(AuditEvent))])


def test_the_code_works_once(team, now):
    _row, code = decide(ask(team["rina"], team["wulan"], now), team["hadi"], now)
    use("rina", code, now)
    with pytest.raises(DomainError, match="recovery_refused"):
        use("rina", code, now)


@pytest.mark.parametrize("who", ["wulan", "rina"])
def test_neither_who_asked_nor_the_owner_approves(team, now, who):
    row = ask(team["rina"], team["wulan"], now)
    with pytest.raises(Forbidden):
        decide(row, team[who], now)
    assert db.session.scalar(sa.select(AccessRecovery.state)) == "asked"


def test_two_accounts_of_one_person_are_one_person(team, now, db_session):
    from tests.support.classroom import newcomer

    person_id = newcomer()
    row = ask(team["rina"], team["wulan"], now)
    with transaction() as session:
        session.get(User, team["wulan"].id).person_id = person_id
    same = GrantedActor(team["hadi"].id, person_id, "Hadi", acting(team["hadi"], now).grants)
    with pytest.raises(Forbidden), transaction():
        recovery.decide_recovery(request_id=row.id, approve=True, actor=same, now=now)
    assert not get_case(row.id, same, now).may_approve
    with transaction() as session:
        session.get(User, team["wulan"].id).person_id = None
        session.get(User, team["rina"].id).person_id = person_id
    with pytest.raises(Forbidden), transaction():
        recovery.decide_recovery(request_id=row.id, approve=True, actor=same, now=now)


def test_nobody_asks_for_themselves(team, now):
    with pytest.raises(Forbidden):
        ask(team["wulan"], team["wulan"], now)


def test_the_database_refuses_one_person_too(team, now):
    row = ask(team["rina"], team["wulan"], now)
    with pytest.raises(sa.exc.IntegrityError), transaction() as session:
        session.execute(
            sa.update(AccessRecovery).where(AccessRecovery.id == row.id).values(decided_by=team["wulan"].id)
        )


@pytest.mark.parametrize(
    ("who", "by"),
    [
        ("jauh", "wulan"),
        ("indah", "wulan"),
        ("atas", "wulan"),
        ("sri", "wulan"),
        ("wulan", "jauh"),
    ],
)
def test_a_center_reaches_only_staff_that_is_wholly_its_own(team, now, who, by):
    with pytest.raises(NotFound):
        ask(team[who], team[by], now)
    assert team[who].id not in [row.id for row in search_recoverable(who, acting(team[by], now), now)]
    row = ask(team[who], team["joko"], now)
    with pytest.raises(NotFound):
        decide(row, team[by], now)
    with pytest.raises(NotFound):
        get_case(row.id, acting(team[by], now), now)
    assert list_requests(acting(team[by], now), now) == []


@pytest.mark.parametrize("who", ["rina", "guru"])
def test_a_center_reaches_its_own_staff(team, now, who):
    assert [row.login for row in search_recoverable(who, acting(team["wulan"], now), now)] == [who]
    assert ask(team[who], team["wulan"], now).state == "asked"


@pytest.mark.parametrize("who", ["rina", "indah", "atas", "sri", "jauh"])
def test_platform_administrators_reach_every_account_together(team, now, who):
    others = [team[name] for name in ("indah", "joko") if name != who] + [
        staff(now, "lagi", "platform_admin", "all", "")
    ]
    row, code = decide(ask(team[who], others[0], now), others[1], now)
    assert use(who, code, now).id == team[who].id
    assert row.decided_by == others[1].id


def test_who_has_no_such_role_may_not(team, now):
    for call in (
        lambda: ask(team["rina"], team["guru"], now),
        lambda: decide(ask(team["rina"], team["wulan"], now), team["guru"], now),
    ):
        with pytest.raises(Forbidden):
            call()


@pytest.mark.parametrize("reason", ["", "  ", "ok", "a   b"])
def test_a_reason_is_needed(team, now, reason):
    with pytest.raises(DomainError) as caught:
        ask(team["rina"], team["wulan"], now, reason)
    assert caught.value.field == "reason"


def test_one_request_is_open_at_a_time(team, now):
    row = ask(team["rina"], team["wulan"], now)
    with pytest.raises(Conflict, match="recovery_open"):
        ask(team["rina"], team["hadi"], now)
    decide(row, team["hadi"], now, approve=False)
    assert ask(team["rina"], team["hadi"], now).id != row.id


@pytest.mark.parametrize("who", ["wulan", "rina", "hadi"])
def test_everybody_concerned_may_refuse(team, now, who):
    row, code = decide(ask(team["rina"], team["wulan"], now), team[who], now, approve=False)
    assert (row.state, code) == ("refused", "")
    with pytest.raises(Conflict, match="recovery_closed"):
        decide(row, team["hadi"], now)


def test_a_request_and_a_code_end_after_a_day(team, now, db_session):
    late = now + timedelta(hours=24)
    row = ask(team["rina"], team["wulan"], now)
    with pytest.raises(Conflict, match="recovery_closed"):
        decide(row, team["hadi"], late)
    assert [r.state for r in list_requests(acting(team["wulan"], late), late)] == ["expired"]
    again, code = decide(ask(team["rina"], team["wulan"], late), team["hadi"], late)
    with pytest.raises(DomainError, match="recovery_refused"):
        use("rina", code, late + timedelta(hours=24))
    with transaction():
        assert recovery.expire_requests(now=late + timedelta(hours=24)) == 1
    states = dict(db_session.execute(sa.select(AccessRecovery.id, AccessRecovery.state)).all())
    assert states == {row.id: "expired", again.id: "expired"}
    actions = list(db_session.scalars(sa.select(AuditEvent.action)))
    assert actions.count("recovery.expired") == 2


def test_wrong_tries_of_strangers_do_not_close_the_code(team, now):
    _row, code = decide(ask(team["rina"], team["wulan"], now), team["hadi"], now)
    for _turn in range(8):
        with pytest.raises(DomainError, match="recovery_refused"):
            use("rina", "0000-0000-0000", now)
    assert use("rina", code, now).login == "rina"


def test_refusals_do_not_tell_what_was_wrong(team, now, query_count):
    _row, code = decide(ask(team["rina"], team["wulan"], now), team["hadi"], now)
    said, counts = set(), []
    for login, typed in (("rina", "000000000000"), ("hadi", code), ("tak.dikenal", code), ("", "")):
        with query_count() as seen, pytest.raises(DomainError) as caught:
            use(login, typed, now)
        said.add((caught.value.code, caught.value.message, caught.value.field, caught.value.status))
        counts.append(len(seen))
    assert len(said) == 1
    assert len(set(counts)) == 1


def test_tries_are_bounded_for_an_address(team, now):
    with pytest.raises(TooMany):
        for number in range(40):
            with transaction():
                recovery.begin_recovery(login=f"nama{number}", address=HOME, now=now)


def test_a_closed_account_is_not_recovered(team, now):
    row, code = decide(ask(team["rina"], team["wulan"], now), team["hadi"], now)
    with transaction():
        services.set_account_active(
            user_id=team["rina"].id, is_active=False, reason="uji", actor=SYSTEM, now=now
        )
    with pytest.raises(DomainError, match="recovery_refused"):
        use("rina", code, now)
    with pytest.raises(NotFound):
        ask(team["rina"], team["wulan"], now)
    assert row.state == "approved"


def test_the_list_is_one_statement(team, now, query_count):
    for name in ("rina", "guru", "hadi"):
        ask(team[name], team["wulan"], now)
    actor = acting(team["wulan"], now)
    with query_count(at_most=1):
        assert len(list_requests(actor, now)) == 3


def test_what_is_over_is_closed_by_the_clock(team, now, db_session):
    ask(team["rina"], team["wulan"], now)
    close_recoveries(now + timedelta(hours=23))
    assert db_session.scalar(sa.select(AccessRecovery.state)) == "asked"
    close_recoveries(now + timedelta(hours=24))
    close_recoveries(now + timedelta(hours=25))
    assert db_session.scalar(sa.select(AccessRecovery.state)) == "expired"
