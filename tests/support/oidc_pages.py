"""The way to an office's provider and back, as the page client walks it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import sqlalchemy as sa

from portal.accounts import services
from portal.accounts.models import LinkedIdentity
from portal.accounts.services.oidc import link_identity
from portal.core.db import db, transaction
from portal.core.permissions import SYSTEM, GrantedActor
from tests.support.oidc_provider import LocalProvider

PASSWORD = "kuda lumping di sawah"


def make_sri(now: Any) -> Any:
    """An account with a password."""
    with transaction():
        return services.create_user(login="sri", name="Sri Wahyuni", password=PASSWORD, actor=SYSTEM, now=now)


def link(user: Any, office: LocalProvider, now: Any) -> Any:
    """The account, connected with the provider's account s-1."""
    owner = GrantedActor(user.id, None, user.name)
    with transaction():
        link_identity(issuer=office.issuer, subject="s-1", actor=owner, now=now)
    return user


def local(address: str) -> str:
    """Path and query."""
    parts = urlsplit(address)
    return f"{parts.path}?{parts.query}"


def go(page: Any, office: LocalProvider, subject: str = "s-1", start: str = "/masuk/lewat") -> str:
    """To the provider and back; the address on this portal that the browser comes back to."""
    there = page.get(start, 303, htmx=False).location
    assert there.startswith(office.issuer)
    return local(office.approve(there, subject))


def come_back(page: Any, address: str, status: int | None = 303) -> Any:
    """Open the address that the provider sent back to."""
    return page.get(address, status, htmx=False)


def open_links() -> list[tuple[int, str]]:
    """(account, subject) of every open connection."""
    db.session.rollback()
    rows = db.session.scalars(sa.select(LinkedIdentity).where(LinkedIdentity.ended_at.is_(None)))
    return [(row.user_id, row.subject) for row in rows]
