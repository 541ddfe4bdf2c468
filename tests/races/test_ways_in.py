"""One code, one recovery, one activation: used by many at the same moment, it opens once."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Any

import sqlalchemy as sa

from portal.accounts import queries, services
from portal.accounts.models import AccessRecovery, ContactPoint, OneTime, User
from portal.accounts.passwords import HashedPassword
from portal.accounts.services import activation, contacts, one_time, recovery
from portal.core.db import db, transaction
from portal.core.errors import Conflict
from portal.core.permissions import SYSTEM
from tests.support.classroom import newcomer
from tests.support.codes import give_contact, last_code, wrong
from tests.support.races import CONCURRENT, ROUNDS, at_once

HASHED = HashedPassword("$argon2id$not$a$real$one")
HOME = "203.0.113.9"
#: What each of eight colleagues does of it.
EACH = CONCURRENT // 8


def _user(login: str, now: Any) -> User:
    with transaction():
        return services.create_user(login=login, name=login.title(), password=HASHED, actor=SYSTEM, now=now)


def _phone(number: int) -> str:
    return f"+62812345678{number:02d}"


def _ask(number: int, now: Any) -> tuple[str, str]:
    with transaction():
        handle = contacts.ask_sign_in_code(
            text=_phone(number),
            op=f"{number:032x}",
            target="",
            language="id",
            address=f"203.0.113.{number}",
            now=now,
        )
    return handle, last_code()


def test_a_code_typed_twice_at_once_opens_once(app: Any, db_session: Any, now: Any) -> None:
    for number in range(ROUNDS):
        give_contact(_user(f"sri{number}", now).id, now, _phone(number))
        handle, code = _ask(number, now)

        def check(handle: str = handle, code: str = code) -> None:
            with transaction():
                contacts.confirm_sign_in_code(handle=handle, code=code, address=HOME, now=now)

        assert sorted(at_once(app, [check] * CONCURRENT)) == ["code_refused"] * (CONCURRENT - 1) + ["ok"]


def test_guesses_side_by_side_are_five(app: Any, db_session: Any, now: Any) -> None:
    for number in range(ROUNDS):
        give_contact(_user(f"sri{number}", now).id, now, _phone(number))
        handle, code = _ask(number, now)
        home = f"203.0.113.{number}"

        def guess(typed: str, handle: str = handle, home: str = home) -> None:
            with transaction():
                one_time.begin_check(kind="sign_in", handle=handle, address=home, now=now)
            with transaction():
                contacts.confirm_sign_in_code(handle=handle, code=typed, address=home, now=now)

        guesses = [partial(guess, wrong(code))] * (CONCURRENT - 1)
        assert set(at_once(app, guesses)) == {"code_refused"}
        newest = sa.select(OneTime.failures, OneTime.used_at).order_by(OneTime.id.desc()).limit(1)
        assert db.session.execute(newest).one() == (CONCURRENT - 1, None)
        assert at_once(app, [partial(guess, code)]) == ["code_refused"]


def test_one_request_of_recovery_is_open(app: Any, db_session: Any, now: Any) -> None:
    acting = _colleagues(now)
    for number in range(ROUNDS):
        lost = _admin(f"rina{number}", now)
        jobs = [partial(_or_conflict, partial(_ask_recovery, lost, by, now)) for by in acting] * EACH
        assert sorted(at_once(app, jobs)) == ["ok"] + ["recovery_open"] * (CONCURRENT - 1)
        assert len(db.session.scalars(_requests(lost)).all()) == 1


def test_a_recovery_is_approved_once(app: Any, db_session: Any, now: Any) -> None:
    asker, *others = _colleagues(now)
    for number in range(ROUNDS):
        lost = _admin(f"rina{number}", now)
        _ask_recovery(lost, asker, now)
        jobs = [partial(_approve, lost, by, now) for by in others * (EACH + 1)][:CONCURRENT]
        assert sorted(at_once(app, jobs)) == ["ok"] + ["recovery_closed"] * (CONCURRENT - 1)


def test_the_code_of_a_recovery_is_used_once(app: Any, db_session: Any, now: Any) -> None:
    asker, other, *_rest = _colleagues(now)
    for number in range(ROUNDS):
        lost = _admin(f"rina{number}", now)
        _ask_recovery(lost, asker, now)
        code = _approve(lost, other, now)

        def use(login: str = lost.login, code: str = code) -> None:
            with transaction():
                recovery.recover_access(login=login, code=code, password=HASHED, address=HOME, now=now)

        assert sorted(at_once(app, [use] * CONCURRENT)) == ["ok"] + ["recovery_refused"] * (CONCURRENT - 1)


def _requests(lost: User) -> Any:
    return sa.select(AccessRecovery).where(AccessRecovery.user_id == lost.id)


def _ask_recovery(lost: User, by: Any, now: Any) -> None:
    with transaction():
        recovery.ask_recovery(user_id=lost.id, reason="KTP dicocokkan", actor=by, now=now)


def _approve(lost: User, by: Any, now: Any) -> str:
    with transaction() as session:
        number = session.scalars(_requests(lost)).one().id
        return recovery.decide_recovery(request_id=number, approve=True, actor=by, now=now)[1]


def _colleagues(now: Any) -> list[Any]:
    return [queries.actor_of(_admin(f"rekan{number}", now).id, now) for number in range(8)]


def _admin(login: str, now: Any) -> User:
    user = _user(login, now)
    with transaction():
        services.grant_role(
            user_id=user.id, role="center_admin", scope_kind="center", scope_id="1",
            starts_on=date(2026, 1, 1), actor=SYSTEM, now=now,
        )  # fmt: skip
    return user


def _or_conflict(work: Any) -> None:
    """The second of two that pass the look at the same moment is stopped by the unique index."""
    try:
        work()
    except sa.exc.IntegrityError as error:
        raise Conflict("recovery_open", "") from error


def test_a_person_activates_one_account(app: Any, db_session: Any, now: Any) -> None:
    for number in range(ROUNDS):
        person_id, phone = newcomer("Dewi"), _phone(number)
        data = {"people": [person_id], "purpose": "activation", "phone": phone}
        with transaction():
            handles = [one_time.make("choose", data=data, now=now) for _turn in range(CONCURRENT)]

        def make(turn: int, handles: list[str] = handles, number: int = number) -> None:
            login = f"dewi{number}x{turn}"
            with transaction():
                activation.activate(handle=handles[turn], login=login, password=HASHED, now=now)

        jobs = [partial(_or_conflict, partial(make, turn)) for turn in range(CONCURRENT)]
        assert at_once(app, jobs).count("ok") == 1
        assert db.session.scalar(sa.select(sa.func.count(User.id)).where(User.person_id == person_id)) == 1
        contacts_made = sa.select(sa.func.count(ContactPoint.id)).where(ContactPoint.value == phone)
        assert db.session.scalar(contacts_made) == 1
