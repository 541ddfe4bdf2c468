"""Papers that change something or must not be empty."""

from __future__ import annotations

from collections.abc import Sized
from datetime import datetime, timedelta

from portal.accounts.rules import Limit
from portal.accounts.services.throttle import count_try
from portal.core import audit
from portal.core.errors import Conflict
from portal.core.permissions import Actor
from portal.core.words import gettext as _
from portal.enrollment.services.cases import lock_batch, scope_of

#: Letters of a cooperative that one account has typeset.
LETTERS = Limit("nominate.letters", 40, timedelta(minutes=10))


def count_letter(*, actor: Actor, now: datetime) -> None:
    """Count a letter, in a transaction of its own, before it is typeset. Raises TooMany."""
    count_try(LETTERS, str(actor.user_id), now=now)


def refuse_empty(people: Sized) -> None:
    """Raises Conflict `nobody_to_print`."""
    if not len(people):
        raise Conflict("nobody_to_print", _("Belum ada orang yang perlu dicetak untuk angkatan ini."))


def refuse_again(is_new: bool) -> None:
    """A second press must not end the codes that are being printed. Raises Conflict `printed_already`."""
    if not is_new:
        raise Conflict(
            "printed_already",
            _(
                "Surat ini sudah dibuat. Muat ulang halaman bila Anda ingin kode baru; "
                "kode yang lama lalu tidak berlaku."
            ),
        )


def note_letters(*, batch_id: int, count: int, actor: Actor, now: datetime) -> None:
    """Record that claim letters of a batch were printed, and how many."""
    batch = lock_batch(batch_id)
    audit.record(
        "claims.printed", "batch", batch_id, actor=actor, now=now, scope=scope_of(batch), count=count
    )
