"""Refusing whoever tried too many codes that name nothing, in the same words wherever codes are asked for."""

from __future__ import annotations

from portal.core.errors import TooMany
from portal.core.words import gettext as _


def refuse_misses(wait: int) -> None:
    """Raises TooMany (`too_many_misses`) when there are seconds to wait; 0 refuses nobody."""
    if wait:
        sentence = _(
            "Terlalu banyak kode yang tidak cocok dari jaringan ini. Tunggu %(n)s detik, lalu coba lagi. "
            "Kode yang benar tetap dijawab.",
            n=wait,
        )
        raise TooMany("too_many_misses", sentence, retry_after=wait)
