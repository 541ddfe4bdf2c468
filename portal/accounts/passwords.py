"""Argon2id, and the sentences that refuse a password."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

from portal.accounts.rules import normal_password, password_problems
from portal.core.errors import DomainError
from portal.core.words import lazy_gettext as _l

_hasher = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1, type=Type.ID)

MESSAGES = {
    "too_short": _l("Kata sandi paling sedikit 8 karakter."),
    "too_long": _l("Kata sandi paling banyak 128 karakter."),
    "common": _l("Kata sandi ini mudah ditebak. Pilih beberapa kata yang tidak biasa berdampingan."),
    "context": _l("Jangan memakai nama Anda, nama masuk, atau kata seperti “koperasi” sebagai kata sandi."),
}


class HashedPassword(str):
    """A password that is already hashed, for callers who must not hash inside a write transaction."""


def protect(password: str, context: Iterable[str] = (), field: str = "password") -> HashedPassword:
    """Check a new password and hash it (about 45 ms). Raises DomainError with the reason on `field`."""
    problems = password_problems(password, context)
    if problems:
        raise DomainError(f"password_{problems[0]}", str(MESSAGES[problems[0]]), field)
    return HashedPassword(_hasher.hash(normal_password(password)))


def is_right(stored: str | None, password: str) -> bool:
    """Compare; an account that is missing or has no password costs the same time and is False."""
    try:
        matches = _hasher.verify(stored or _dummy(), normal_password(password[:1024]))
    except (VerificationError, InvalidHashError):
        return False
    return bool(matches and stored)


@cache
def _dummy() -> str:
    return _hasher.hash("nobody signs in with this")
