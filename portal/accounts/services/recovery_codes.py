"""Ten codes on paper for the day the phone is gone: kept hashed, spent once, shown for ten minutes."""

from __future__ import annotations

import json
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import CursorResult

from portal.accounts.models import OneTime, RecoveryCode
from portal.accounts.queries.factor import find_one_time
from portal.accounts.rules import normal_code
from portal.accounts.rules.factor import CODES_LIFE, RECOVERY_CODES, RECOVERY_LENGTH
from portal.accounts.services import one_time
from portal.core import audit
from portal.core.crypto import cipher, random_code, token_hash
from portal.core.db import db
from portal.core.permissions import Actor

_AAD = "one_time.data"


def _hash(user_id: int, code: str) -> str:
    """60 random bits need no slow hash; the account in it keeps one search from serving for all."""
    return token_hash(f"recovery:{user_id}:{normal_code(code)}")


def renew_codes(*, user_id: int, actor: Actor, now: datetime) -> list[str]:
    """Ten new codes; the old ones end. The plain codes exist only in the answer."""
    end_codes(user_id=user_id, now=now)
    codes = [random_code(RECOVERY_LENGTH) for _number in range(RECOVERY_CODES)]
    db.session.add_all(
        RecoveryCode(user_id=user_id, code_hash=_hash(user_id, code), created_at=now) for code in codes
    )
    audit.record("factor.codes_renewed", "user", user_id, actor=actor, now=now)
    return codes


def end_codes(*, user_id: int, now: datetime) -> None:
    """End all codes of an account that were not spent."""
    db.session.execute(
        sa.update(RecoveryCode)
        .where(
            RecoveryCode.user_id == user_id, RecoveryCode.used_at.is_(None), RecoveryCode.ended_at.is_(None)
        )
        .values(ended_at=now)
        .execution_options(synchronize_session=False)
    )


def spend_recovery_code(*, user_id: int, code: str, actor: Actor, now: datetime) -> bool:
    """Use a code up; False when it is none of the account's, spent or replaced."""
    statement = (
        sa.update(RecoveryCode)
        .where(
            RecoveryCode.user_id == user_id,
            RecoveryCode.code_hash == _hash(user_id, code),
            RecoveryCode.used_at.is_(None),
            RecoveryCode.ended_at.is_(None),
        )
        .values(used_at=now)
        .execution_options(synchronize_session=False)
    )
    result: CursorResult[object] = db.session.execute(statement)  # type: ignore[assignment]
    is_spent = bool(result.rowcount == 1)
    action = "factor.code_used" if is_spent else "factor.refused"
    facts = {} if is_spent else {"factor": "recovery", "reason": "wrong"}
    audit.record(action, "user", user_id, actor=actor, now=now, **facts)
    return is_spent


def keep_to_show(*, user_id: int, codes: list[str], now: datetime) -> str:
    """Keep new codes, encrypted, for the page that shows them after the redirect; returns its handle."""
    sealed = cipher().encrypt(json.dumps(codes), _AAD)
    return one_time.make("show", data={"users": [user_id], "codes": sealed}, now=now, life=CODES_LIFE)


def shown_codes(*, user_id: int, handle: str | None, now: datetime) -> list[str]:
    """The codes behind a handle, as they are typed (7K2M-9QXR-4TB9); none when their time is over."""
    row = find_one_time("show", handle, now)
    if row is None or row.user_id != user_id:
        return []
    codes: list[str] = json.loads(cipher().decrypt(row.data["codes"], _AAD))
    return ["-".join(code[at : at + 4] for at in range(0, len(code), 4)) for code in codes]


def end_showing(*, handle: str) -> None:
    """The person keeps the codes now: forget them."""
    db.session.execute(
        sa.delete(OneTime).where(OneTime.kind == "show", OneTime.token_hash == token_hash(handle))
    )
