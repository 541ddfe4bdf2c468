"""Reads of the second factor: what an account has, and the rows behind it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from portal.accounts.models import OneTime, Passkey, RecoveryCode, TotpFactor
from portal.core.crypto import cipher, token_hash
from portal.core.db import db
from portal.core.errors import NotFound

TOTP_AAD = "totp_factor.secret_cipher"


@dataclass(frozen=True)
class Factors:
    """What an account proves itself with beside the first proof. `codes_left`: unspent recovery codes."""

    totp: TotpFactor | None
    passkeys: tuple[Passkey, ...]
    codes_left: int

    @property
    def count(self) -> int:
        """How many factors there are; recovery codes are none."""
        return len(self.passkeys) + (self.totp is not None)


def get_factors(user_id: int) -> Factors:
    """The factors of an account."""
    passkeys = db.session.scalars(
        sa.select(Passkey)
        .where(Passkey.user_id == user_id, Passkey.ended_at.is_(None))
        .order_by(Passkey.created_at, Passkey.id)
    )
    left = sa.select(sa.func.count(RecoveryCode.id)).where(
        RecoveryCode.user_id == user_id, RecoveryCode.used_at.is_(None), RecoveryCode.ended_at.is_(None)
    )
    return Factors(find_totp(user_id), tuple(passkeys), int(db.session.scalar(left) or 0))


_HAS_FACTOR = sa.select(
    sa.or_(
        sa.exists().where(
            TotpFactor.user_id == sa.bindparam("user_id"),
            TotpFactor.confirmed_at.is_not(None),
            TotpFactor.ended_at.is_(None),
        ),
        sa.exists().where(Passkey.user_id == sa.bindparam("user_id"), Passkey.ended_at.is_(None)),
    )
)


def has_factor(user_id: int) -> bool:
    """True when the account has a second factor to ask for."""
    return bool(db.session.scalar(_HAS_FACTOR, {"user_id": user_id}))


def find_totp(user_id: int, *, is_draft: bool = False) -> TotpFactor | None:
    """The code generator at work, or the one being set up."""
    at_work = TotpFactor.confirmed_at.is_(None) if is_draft else TotpFactor.confirmed_at.is_not(None)
    found: TotpFactor | None = db.session.scalar(
        sa.select(TotpFactor).where(TotpFactor.user_id == user_id, TotpFactor.ended_at.is_(None), at_work)
    )
    return found


def totp_secret(factor: TotpFactor) -> str:
    """The base32 seed."""
    return cipher().decrypt(factor.secret_cipher, TOTP_AAD)


def find_one_time(kind: str, handle: str | None, now: datetime) -> OneTime | None:
    """The open proof of a kind that a browser holds the handle of."""
    if not handle:
        return None
    found: OneTime | None = db.session.scalar(
        sa.select(OneTime).where(
            OneTime.kind == kind,
            OneTime.token_hash == token_hash(handle),
            OneTime.used_at.is_(None),
            OneTime.ended_at.is_(None),
            OneTime.expires_at > now,
        )
    )
    return found


def get_passkey(passkey_id: int, user_id: int) -> Passkey:
    """An open passkey of this account. Raises NotFound."""
    found: Passkey | None = db.session.scalar(
        sa.select(Passkey).where(
            Passkey.id == passkey_id, Passkey.user_id == user_id, Passkey.ended_at.is_(None)
        )
    )
    if found is None:
        raise NotFound()
    return found
