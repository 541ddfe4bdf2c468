"""Accounts: sign-in, factors, contacts, sessions, roles with a scope and dates, codes, recovery."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import BigId, JsonText, Pk, UtcDateTime, db


def _while(name: str, condition: str, *columns: str) -> sa.Index:
    """A unique index over the rows for which a condition holds."""
    rows = sa.text(condition)
    return sa.Index(name, *columns, unique=True, sqlite_where=rows, postgresql_where=rows)


def _while_open(name: str, *columns: str) -> sa.Index:
    """A unique index over the rows that have not ended."""
    return _while(name, "ended_at is null", *columns)


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
    # The strongest proof of this sign-in; only totp, passkey and recovery open what staff may do.
    factor: Mapped[str] = mapped_column(sa.String(12), default="password", server_default="password")
    __table_args__ = (
        sa.CheckConstraint(
            "factor in ('password','code','paper','oidc','totp','passkey','recovery')", name="factor_known"
        ),
    )


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


class TotpFactor(db.Model):  # type: ignore[name-defined]
    """A time-based code generator (RFC 6238, 30 s steps). The seed is encrypted; a step is accepted once.

    `drift` is how many steps the phone's clock runs ahead; `late_step` and `late_drift` remember a code that
    was right for a clock further off, so that the code after it may teach the drift.
    """

    __tablename__ = "totp_factor"
    id: Mapped[Pk]
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user_account.id"), index=True)
    secret_cipher: Mapped[str] = mapped_column(sa.String(300))
    drift: Mapped[int] = mapped_column(default=0)
    last_step: Mapped[int] = mapped_column(BigId, default=0)
    late_step: Mapped[int | None]
    late_drift: Mapped[int | None]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime())
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    # One at work and, while a new phone is set up, one waiting for its first code.
    __table_args__ = (
        _while("uq_totp_factor_open", "ended_at is null and confirmed_at is not null", "user_id"),
        _while("uq_totp_factor_draft", "ended_at is null and confirmed_at is null", "user_id"),
    )


class Passkey(db.Model):  # type: ignore[name-defined]
    """A WebAuthn credential. Ids and the COSE key are base64url; `credential_hash` is the id's SHA-256."""

    __tablename__ = "passkey"
    id: Mapped[Pk]
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user_account.id"), index=True)
    credential_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    credential_id: Mapped[str] = mapped_column(sa.Text)
    public_key: Mapped[str] = mapped_column(sa.Text)
    sign_count: Mapped[int] = mapped_column(BigId, default=0)
    transports: Mapped[str] = mapped_column(sa.String(100), default="")
    name: Mapped[str] = mapped_column(sa.String(60), default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime())
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime())


class RecoveryCode(db.Model):  # type: ignore[name-defined]
    """One of ten codes kept on paper for the day the phone is gone. Kept hashed, spent once."""

    __tablename__ = "recovery_code"
    id: Mapped[Pk]
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user_account.id"), index=True)
    code_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime())
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime())


class ContactPoint(db.Model):  # type: ignore[name-defined]
    """A phone (E.164) or e-mail address (lower case) that an account proved it can read, once `verified_at`.

    Several accounts may share one: families share phones.
    """

    __tablename__ = "contact_point"
    id: Mapped[Pk]
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user_account.id"), index=True)
    kind: Mapped[str] = mapped_column(sa.String(5))
    value: Mapped[str] = mapped_column(sa.String(200), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime())
    verified_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    __table_args__ = (
        sa.CheckConstraint("kind in ('phone','email')", name="kind_known"),
        _while_open("uq_contact_point_open", "user_id", "kind", "value"),
    )


class OneTime(db.Model):  # type: ignore[name-defined]
    """A short-lived proof on its way: a handle that the browser holds, and a code sent elsewhere.

    `token_hash` is the hash of the handle, `code_hash` a keyed hash of handle and code. Rows for unknown
    accounts are made too (`user_id` empty), so that both take the same writes.
    """

    __tablename__ = "one_time"
    id: Mapped[Pk]
    kind: Mapped[str] = mapped_column(sa.String(12))
    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    code_hash: Mapped[str | None] = mapped_column(sa.String(64))
    user_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user_account.id"), index=True)
    person_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    data: Mapped[Any] = mapped_column(JsonText(), default=dict)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime())
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime(), index=True)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    failures: Mapped[int] = mapped_column(default=0)
    __table_args__ = (
        sa.CheckConstraint(
            "kind in ('sign_in','choose','contact','reset','activation','second_step','passkey','oidc',"
            "'show')",
            name="kind_known",
        ),
    )


class LinkedIdentity(db.Model):  # type: ignore[name-defined]
    """An account at an outside sign-in provider (OpenID Connect issuer and subject)."""

    __tablename__ = "linked_identity"
    id: Mapped[Pk]
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user_account.id"), index=True)
    issuer: Mapped[str] = mapped_column(sa.String(300))
    subject: Mapped[str] = mapped_column(sa.String(255))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime())
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    __table_args__ = (
        _while_open("uq_linked_identity_open", "issuer", "subject"),
        _while_open("uq_linked_identity_user", "user_id", "issuer"),
    )


class AccessRecovery(db.Model):  # type: ignore[name-defined]
    """Getting a staff account back in person: one asks, another approves, a printed code is spent once."""

    __tablename__ = "access_recovery"
    id: Mapped[Pk]
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user_account.id"), index=True)
    state: Mapped[str] = mapped_column(sa.String(10), default="asked")
    reason: Mapped[str] = mapped_column(sa.String(200))
    asked_by: Mapped[int | None]
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime())
    decided_by: Mapped[int | None]
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    note: Mapped[str] = mapped_column(sa.String(200), default="")
    code_hash: Mapped[str | None] = mapped_column(sa.String(64), unique=True)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime())
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    failures: Mapped[int] = mapped_column(default=0)
    __table_args__ = (
        sa.CheckConstraint("state in ('asked','approved','refused','used','expired')", name="state_known"),
        sa.CheckConstraint("decided_by is null or decided_by <> asked_by", name="two_people"),
        sa.Index(
            "uq_access_recovery_open",
            "user_id",
            unique=True,
            sqlite_where=sa.text("state in ('asked','approved')"),
            postgresql_where=sa.text("state in ('asked','approved')"),
        ),
    )


class MessagePreference(db.Model):  # type: ignore[name-defined]
    """How a person wants to be told. Minutes of the day in the place's zone; equal ones: never quiet."""

    __tablename__ = "message_preference"
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), primary_key=True, autoincrement=False)
    language: Mapped[str] = mapped_column(sa.String(2), default="id")
    channel: Mapped[str] = mapped_column(sa.String(10), default="")
    quiet_from: Mapped[int] = mapped_column(default=21 * 60)
    quiet_until: Mapped[int] = mapped_column(default=7 * 60)
    wants_reminders: Mapped[bool] = mapped_column(default=True)
    wants_results: Mapped[bool] = mapped_column(default=True)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime())
    __table_args__ = (
        sa.CheckConstraint("channel in ('','email','whatsapp','sms')", name="channel_known"),
        sa.CheckConstraint("language in ('id','en')", name="language_known"),
        sa.CheckConstraint(
            "quiet_from between 0 and 1439 and quiet_until between 0 and 1439", name="quiet_in_day"
        ),
    )
