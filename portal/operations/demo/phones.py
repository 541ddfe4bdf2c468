"""The second factor of the demo's staff: a code generator each, whose seed and code can be read out."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import pyotp
import sqlalchemy as sa

from portal.accounts.models import User
from portal.accounts.services.factors import has_second_factor, is_staff_account
from portal.accounts.services.totp import install_totp, shown_code
from portal.core.db import db, transaction
from portal.core.permissions import SYSTEM


def give_phones(logins: Iterable[str], now: datetime) -> None:
    """Each of these accounts that is staff's and has no second factor gets a generator.

    A demo made by an earlier version has none, so every start of a demo portal asks.
    """
    known = sa.select(User.id).where(User.login.in_(list(logins)), User.is_active).order_by(User.id)
    with transaction():
        for user_id in db.session.scalars(known).all():
            if is_staff_account(user_id, now) and not has_second_factor(user_id):
                install_totp(user_id=user_id, secret=pyotp.random_base32(), actor=SYSTEM, now=now)


def code_of(user_id: int, logins: Iterable[str], now: datetime) -> str | None:
    """What the phone of one of these demo accounts shows."""
    user = db.session.get(User, user_id)
    return shown_code(user_id, now) if user is not None and user.login in logins else None
