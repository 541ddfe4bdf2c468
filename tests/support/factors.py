"""Phones and paper for tests: a code generator of an account, and the code it shows at a moment."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pyotp

from portal.accounts.rules.factor import code_at, time_step
from portal.accounts.services import totp
from portal.core.db import transaction
from portal.core.permissions import SYSTEM


class Phone:
    """A generator; `ahead` is how many 30-second steps its clock runs ahead."""

    def __init__(self, secret: str = "", ahead: int = 0) -> None:
        self.secret = secret or pyotp.random_base32()
        self.ahead = ahead

    def code(self, now: datetime) -> str:
        """The six digits it shows."""
        return code_at(self.secret, time_step(now) + self.ahead)


def give_phone(user: Any, now: datetime, ahead: int = 0) -> Phone:
    """An account's generator, ready to use; inside an application context."""
    phone = Phone(ahead=ahead)
    user_id = user if isinstance(user, int) else user.id
    with transaction():
        totp.install_totp(user_id=user_id, secret=phone.secret, actor=SYSTEM, now=now)
    return phone
