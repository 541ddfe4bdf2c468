"""A decree that waits for its second person, so that its pages can be tried."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from portal.accounts.queries import actor_of, find_user
from portal.certificates.services.decrees import DecreeText, save_decree
from portal.core.db import transaction
from portal.operations.demo.cast import ADMIN_LOGIN


def draft_decree(today: date, now: datetime) -> None:
    """A draft over what ended in the last half year or ends in the next; nothing is extended by it."""
    user = find_user(ADMIN_LOGIN)
    assert user is not None
    text = DecreeText(
        number=f"CONTOH-1/{today.year}",
        title="Perpanjangan masa berlaku (contoh)",
        legal_basis="Contoh untuk mencoba halaman ini; bukan keputusan yang sungguh ada.",
        signed_on=today,
        last_day_from=today - timedelta(days=180),
        last_day_to=today + timedelta(days=180),
        extend_months=6,
    )
    with transaction():
        save_decree(text=text, actor=actor_of(user.id, now), now=now)
