"""Accounts: sign-in, sessions in the database, roles with a scope and dates, claim codes."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Pk, UtcDateTime, db


class User(db.Model):  # type: ignore[name-defined]
    """An account. `login` is unique without regard to case and is not a phone number."""

    __tablename__ = "user_account"
    id: Mapped[Pk]
    login: Mapped[str] = mapped_column(sa.String(40), unique=True)
    name: Mapped[str] = mapped_column(sa.String(100))
    password_hash: Mapped[str] = mapped_column(sa.String(200), default="")
    person_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"), unique=True)
    is_active: Mapped[bool] = mapped_column(default=True)
    must_change_password: Mapped[bool] = mapped_column(default=False)
    language: Mapped[str] = mapped_column(sa.String(2), default="id")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime())
    __table_args__ = (sa.CheckConstraint("login = lower(login)", name="login_lower"),)


class RoleGrant(db.Model):  # type: ignore[name-defined]
    """A role, its scope and its dates. Ended grants stay for the record."""

    __tablename__ = "role_grant"
    id: Mapped[Pk]
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user_account.id"), index=True)
    role: Mapped[str] = mapped_column(sa.String(30))
    scope_kind: Mapped[str] = mapped_column(sa.String(20))
    scope_id: Mapped[str] = mapped_column(sa.String(20), default="")
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    granted_by: Mapped[int | None]
    reason: Mapped[str] = mapped_column(sa.String(200), default="")
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    __table_args__ = (
        sa.CheckConstraint(
            "scope_kind in ('self','center','region','cooperative','organization','all')", name="scope_known"
        ),
    )


class UserSession(db.Model):  # type: ignore[name-defined]
    """A sign-in. The cookie holds the token, the database its hash; ending the row ends the access."""

    __tablename__ = "user_session"
    id: Mapped[Pk]
    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user_account.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime())
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime())
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime())
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    agent: Mapped[str] = mapped_column(sa.String(200), default="")


class Attempt(db.Model):  # type: ignore[name-defined]
    """A counted failure (sign-in, claim) per key and window; the throttle of our own."""

    __tablename__ = "attempt"
    key: Mapped[str] = mapped_column(sa.String(90), primary_key=True)
    count: Mapped[int] = mapped_column(default=0)
    window_ends: Mapped[datetime] = mapped_column(UtcDateTime())


class ClaimCode(db.Model):  # type: ignore[name-defined]
    """A printed one-time code with which an imported person takes over the record. Kept hashed."""

    __tablename__ = "claim_code"
    id: Mapped[Pk]
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), index=True)
    code_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime())
    created_by: Mapped[int | None]
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime())
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    failures: Mapped[int] = mapped_column(default=0)
