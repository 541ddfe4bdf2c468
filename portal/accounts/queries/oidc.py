"""Reads of accounts connected with an office's provider."""

from __future__ import annotations

import sqlalchemy as sa

from portal.accounts.models import LinkedIdentity, User
from portal.core.db import db


def find_identity(issuer: str, subject: str) -> LinkedIdentity | None:
    """The open connection of an account at a provider."""
    found: LinkedIdentity | None = db.session.scalar(
        sa.select(LinkedIdentity).where(
            LinkedIdentity.issuer == issuer,
            LinkedIdentity.subject == subject,
            LinkedIdentity.ended_at.is_(None),
        )
    )
    return found


def find_linked_user(issuer: str, subject: str) -> int | None:
    """The active account that an account at a provider opens; None for a closed one too."""
    found: int | None = db.session.scalar(
        sa.select(LinkedIdentity.user_id)
        .join(User, User.id == LinkedIdentity.user_id)
        .where(
            LinkedIdentity.issuer == issuer,
            LinkedIdentity.subject == subject,
            LinkedIdentity.ended_at.is_(None),
            User.is_active,
        )
    )
    return found


def identity_of(user_id: int | None, issuer: str) -> LinkedIdentity | None:
    """The open connection of an account with this provider."""
    found: LinkedIdentity | None = db.session.scalar(
        sa.select(LinkedIdentity).where(
            LinkedIdentity.user_id == user_id,
            LinkedIdentity.issuer == issuer,
            LinkedIdentity.ended_at.is_(None),
        )
    )
    return found
