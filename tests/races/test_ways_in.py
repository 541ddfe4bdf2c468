"""One code, one recovery, one activation: used by many at the same moment, it opens once."""

from __future__ import annotations

from datetime import date
from typing import Any

import sqlalchemy as sa

from portal.accounts import queries, services
from portal.accounts.models import AccessRecovery, ContactPoint, User
from portal.accounts.passwords import HashedPassword
from portal.accounts.services import activation, contacts, one_time, recovery
from portal.core.db import db, transaction
from portal.core.errors import Conflict
from portal.core.permissions import SYSTEM
from portal.people import services as people
from tests.support.codes import TYPED, give_contact, last_code, wrong
from tests.support.races import at_once

ROUNDS = 5
HASHED = HashedPassword("$argon2id$not$a$real$one")
HOME = "203.0.113.9"


def _user(login: str, now: Any) -> User:
    with transaction():
        return services.create_user(login=login, name=login.title(), password=HASHED, actor=SYSTEM, now=now)


def _ask(number: int, now: Any) -> tuple[str, str]:
    with transaction():
        handle = contacts.ask_sign_in_code(
            text=TYPED, op=f"{number:032x}", target="", language="id", address=HOME, now=now
        )
    return handle, last_code()


def test_a_code_typed_twice_at_once_opens_once(app: Any, db_session: Any, now: Any) -> None:
    give_contact(_user("sri", now).id, now)
    for number in range(ROUNDS):
        handle, code = _ask(number, now)

        def check(handle: str = handle, code: str = code) -> None:
            with transaction():
                contacts.confirm_sign_in_code(handle=handle, code=code, address=HOME, now=now)

        assert sorted(at_once(app, [check] * 6)) == ["code_refused"] * 5 + ["ok"]


def test_guesses_side_by_side_are_five(app: Any, db_session: Any, now: Any) -> None:
    give_contact(_user("sri", now).id, now)
    handle, code = _ask(1, now)

    def guess() -> None:
        with transaction():
            one_time.begin_check(kind="sign_in", handle=handle, address=HOME, now=now)
        with transaction():
            contacts.confirm_sign_in_code(handle=handle, code=wrong(code), address=HOME, now=now)

    at_once(app, [guess] * 8)
    row = db.session.execute(sa.text("select failures, used_at from one_time")).one()
    assert (row[0], row[1]) == (8, None)

    def right() -> None:
        with transaction():
            contacts.confirm_sign_in_code(handle=handle, code=code, address=HOME, now=now)

    assert at_once(app, [right]) == ["code_refused"]


def test_one_request_of_recovery_is_open_and_its_code_is_used_once(
    app: Any, db_session: Any, now: Any
) -> None:
    made = {}
    for login in ("rina", "wulan", "hadi", "joko"):
        made[login] = _user(login, now)
        with transaction():
            services.grant_role(
                user_id=made[login].id, role="center_admin", scope_kind="center", scope_id="1",
                starts_on=date(2026, 1, 1), actor=SYSTEM, now=now,
            )  # fmt: skip
    acting = {login: queries.actor_of(user.id, now) for login, user in made.items()}

    def ask(by: str) -> None:
        with transaction():
            recovery.ask_recovery(user_id=made["rina"].id, reason="KTP dicocokkan", actor=acting[by], now=now)

    def tries(by: str) -> Any:
        return lambda: _or_conflict(lambda: ask(by))

    assert sorted(at_once(app, [tries("wulan"), tries("hadi"), tries("joko")])).count("ok") == 1
    row = db.session.scalars(sa.select(AccessRecovery)).one()
    others = [login for login in ("wulan", "hadi", "joko") if made[login].id != row.asked_by]
    codes: list[str] = []

    def approve(by: str) -> None:
        with transaction():
            _row, code = recovery.decide_recovery(request_id=row.id, approve=True, actor=acting[by], now=now)
        codes.append(code)

    outcomes = at_once(app, [lambda by=by: approve(by) for by in others])  # type: ignore[misc]
    assert sorted(outcomes) == ["ok", "recovery_closed"]

    def use() -> None:
        with transaction():
            recovery.recover_access(login="rina", code=codes[0], password=HASHED, address=HOME, now=now)

    assert sorted(at_once(app, [use] * 5)) == ["ok"] + ["recovery_refused"] * 4


def _or_conflict(work: Any) -> None:
    """The second of two that pass the look at the same moment is stopped by the unique index."""
    try:
        work()
    except sa.exc.IntegrityError as error:
        raise Conflict("recovery_open", "") from error


def test_a_person_activates_one_account(app: Any, db_session: Any, now: Any) -> None:
    with transaction():
        person, _new = people.save_person(
            name="Dewi", nik="6105014903800001", birth_date=date(1980, 3, 9), phone="+6281234567890",
            actor=SYSTEM, now=now,
        )  # fmt: skip
        handles = [
            one_time.make(
                "choose",
                data={"people": [person.id], "purpose": "activation", "phone": "+6281234567890"},
                now=now,
            )
            for _turn in range(4)
        ]

    def make(number: int) -> None:
        with transaction():
            activation.activate(handle=handles[number], login=f"dewi{number}", password=HASHED, now=now)

    jobs = [lambda number=number: _or_conflict(lambda: make(number)) for number in range(4)]  # type: ignore[misc]
    assert at_once(app, jobs).count("ok") == 1
    assert db.session.scalar(sa.select(sa.func.count(User.id)).where(User.person_id == person.id)) == 1
    assert db.session.scalar(sa.select(sa.func.count(ContactPoint.id))) == 1
