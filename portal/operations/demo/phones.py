"""The second factor of the demo's staff: a code generator each, whose seed and code can be read out."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import pyotp
import sqlalchemy as sa

from portal.accounts.models import TotpFactor, User
from portal.accounts.queries_factor import find_totp, totp_secret
from portal.accounts.rules_factor import WINDOW, code_at, time_step
from portal.accounts.services.factors import is_staff_account
from portal.accounts.services.totp import install_totp
from portal.core.db import db, transaction
from portal.core.permissions import SYSTEM


def give_phones(now: datetime) -> None:
    """Every account of the demo that is staff's gets a generator."""
    with transaction():
        for user_id in db.session.scalars(sa.select(User.id).order_by(User.id)):
            if is_staff_account(user_id, now):
                install_totp(user_id=user_id, secret=pyotp.random_base32(), actor=SYSTEM, now=now)


def demo_secrets(user_ids: Iterable[int]) -> dict[int, str]:
    """Base32 seeds by account."""
    rows = db.session.scalars(
        sa.select(TotpFactor).where(
            TotpFactor.user_id.in_(list(user_ids)),
            TotpFactor.confirmed_at.is_not(None),
            TotpFactor.ended_at.is_(None),
        )
    )
    return {row.user_id: totp_secret(row) for row in rows}


def shown_code(user_id: int, logins: Iterable[str], now: datetime) -> str | None:
    """What the phone of a demo account shows: the code of now, or the next one when that was used already."""
    user, factor = db.session.get(User, user_id), find_totp(user_id)
    if user is None or factor is None or user.login not in logins:
        return None
    step = time_step(now)
    return code_at(totp_secret(factor), min(max(step, factor.last_step + 1), step + WINDOW))
