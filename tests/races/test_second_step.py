"""One code, one paper, one step at many doors at the same moment: exactly one opens."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from portal.accounts import services
from portal.accounts.models import Passkey, RecoveryCode, UserSession
from portal.accounts.queries.factor import get_factors
from portal.accounts.services import factors, recovery_codes, steps, totp
from portal.core.db import db, transaction
from portal.core.errors import DomainError
from portal.core.permissions import SYSTEM, GrantedActor, Role
from tests.support.factors import give_phone
from tests.support.races import CONCURRENT, ROUNDS, at_once


def _account(now: Any, number: int) -> Any:
    with transaction():
        return services.create_user(
            login=f"sri{number}",
            name="Sri Wahyuni",
            password=services.HashedPassword("x"),
            actor=SYSTEM,
            now=now,
        )


def _refuse(code: str) -> None:
    raise DomainError(code, "")


def test_a_code_is_taken_once_by_many_at_once(app: Any, db_session: Any, now: Any) -> None:
    for number in range(ROUNDS):
        user = _account(now, number)
        phone = give_phone(user, now)
        code = phone.code(now)

        def spend(user_id: int = user.id, code: str = code) -> None:
            with transaction():
                outcome = totp.spend_totp(user_id=user_id, code=code, actor=SYSTEM, now=now)
            if outcome != "fits":
                _refuse(outcome)

        assert sorted(at_once(app, [spend] * CONCURRENT)) == ["ok", *["used"] * (CONCURRENT - 1)]


def test_a_paper_code_is_taken_once_by_many_at_once(app: Any, db_session: Any, now: Any) -> None:
    for number in range(ROUNDS):
        user = _account(now, number)
        with transaction():
            code = recovery_codes.renew_codes(user_id=user.id, actor=SYSTEM, now=now)[0]

        def spend(user_id: int = user.id, code: str = code) -> None:
            with transaction():
                is_spent = recovery_codes.spend_recovery_code(
                    user_id=user_id, code=code, actor=SYSTEM, now=now
                )
            if not is_spent:
                _refuse("spent")

        assert sorted(at_once(app, [spend] * CONCURRENT)) == ["ok", *["spent"] * (CONCURRENT - 1)]


def test_one_step_with_two_valid_proofs_opens_one_session(app: Any, db_session: Any, now: Any) -> None:
    for number in range(ROUNDS):
        user = _account(now, number)
        give_phone(user, now)
        with transaction():
            codes = recovery_codes.renew_codes(user_id=user.id, actor=SYSTEM, now=now)
            handle = steps.begin_step(user.id, first="password", target="", login="", address=None, now=now)
        step = steps.find_step(handle, now)
        assert step is not None

        def enter(code: str, step: steps.Step = step) -> None:
            with transaction():
                passed = steps.pass_with_paper(step, code=code, address=None, agent="", now=now)
            if passed.refused:
                raise passed.refused

        doors = codes[:10] * (CONCURRENT // 10)
        outcomes = at_once(app, [lambda code=code: enter(code) for code in doors])
        assert outcomes.count("ok") == 1
        assert set(outcomes) <= {"ok", "step_over", "recovery_code_wrong"}
        spent = sa.select(sa.func.count(RecoveryCode.id)).where(
            RecoveryCode.user_id == user.id, RecoveryCode.used_at.is_not(None)
        )
        assert db.session.scalar(spent) == 1
        opened = sa.select(sa.func.count(UserSession.id)).where(UserSession.user_id == user.id)
        assert db.session.scalar(opened) == 1


def test_staff_with_two_factors_cannot_lose_both_at_once(app: Any, db_session: Any, now: Any) -> None:
    for number in range(ROUNDS):
        user = _account(now, number)
        give_phone(user, now)
        with transaction() as session:
            key = Passkey(
                user_id=user.id, credential_hash=f"{number:064d}", credential_id="a2V5", public_key="a2V5",
                name="HP", created_at=now,
            )  # fmt: skip
            session.add(key)
            services.grant_role(
                user_id=user.id, role=Role.REGULATOR, scope_kind="region", starts_on=now.date(), actor=SYSTEM,
                now=now,
            )  # fmt: skip
        owner = GrantedActor(user.id, None, "Sri")

        def drop_totp(owner: GrantedActor = owner) -> None:
            with transaction():
                factors.remove_totp(actor=owner, session_id=None, now=now)

        def drop_key(owner: GrantedActor = owner, key_id: int = key.id) -> None:
            with transaction():
                factors.remove_passkey(passkey_id=key_id, actor=owner, session_id=None, now=now)

        outcomes = at_once(app, [drop_totp, drop_key] * (CONCURRENT // 2))
        assert outcomes.count("ok") == 1
        assert set(outcomes) <= {"ok", "last_factor", "not_found"}
        assert get_factors(user.id).count == 1
