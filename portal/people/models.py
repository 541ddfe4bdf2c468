"""A person, once, whatever posts and accounts they hold; their consents, and their rights over the data."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.crypto import cipher
from portal.core.db import JsonText, Pk, UtcDateTime, db

NIK_AAD = "person.nik"
VALUE_AAD = "correction_request.value"
OLD_AAD = "correction_request.old"
EVIDENCE_AAD = "evidence.content"


class Person(db.Model):  # type: ignore[name-defined]
    """Identity. The NIK is encrypted, found by its blind index, and shown as its last four digits at most."""

    __tablename__ = "person"
    id: Mapped[Pk]
    name: Mapped[str] = mapped_column(sa.String(100))
    nik_cipher: Mapped[str | None] = mapped_column(sa.String(200))
    nik_index: Mapped[str | None] = mapped_column(sa.String(64), unique=True)
    # The id of the key of `nik_index`; '' for rows of before there were several.
    nik_index_key: Mapped[str] = mapped_column(sa.String(8), default="", server_default="")
    nik_last4: Mapped[str] = mapped_column(sa.String(4), default="")
    birth_date: Mapped[date | None]
    sex: Mapped[str] = mapped_column(sa.String(1), default="")
    phone: Mapped[str | None] = mapped_column(sa.String(16), index=True)
    email: Mapped[str | None] = mapped_column(sa.String(200))
    village_code: Mapped[str | None] = mapped_column(sa.ForeignKey("region.code"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime())
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime())
    erased_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    __table_args__ = (
        sa.CheckConstraint("sex in ('', 'L', 'P')", name="sex_known"),
        sa.CheckConstraint("length(name) > 0", name="name_filled"),
        sa.CheckConstraint("(nik_cipher is null) = (nik_index is null)", name="nik_whole"),
    )

    def set_nik(self, nik: str) -> None:
        """Protect and index a checked 16-digit NIK; call `people.services.hold_niks` before looking it up."""
        for column, value in nik_values(nik, self.id).items():
            setattr(self, column, value)

    def open_nik(self) -> str | None:
        """The NIK in full, for `people.services.reveal` and the person's own copy. Raises CryptoError."""
        return cipher().decrypt(self.nik_cipher, NIK_AAD, self.id) if self.nik_cipher else None

    @property
    def masked_nik(self) -> str:
        """`•••••••••••• 1234`, or an empty text."""
        return f"•••• •••• •••• {self.nik_last4}" if self.nik_last4 else ""


class Consent(db.Model):  # type: ignore[name-defined]
    """One answer to one versioned purpose; withdrawal ends it and keeps the row."""

    __tablename__ = "consent"
    id: Mapped[Pk]
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), index=True)
    purpose: Mapped[str] = mapped_column(sa.String(40))
    version: Mapped[int]
    method: Mapped[str] = mapped_column(sa.String(20))
    recorded_by: Mapped[int | None]
    given_at: Mapped[datetime] = mapped_column(UtcDateTime())
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    __table_args__ = (
        sa.Index(
            "uq_consent_open",
            "person_id",
            "purpose",
            "version",
            unique=True,
            sqlite_where=sa.text("withdrawn_at is null"),
            postgresql_where=sa.text("withdrawn_at is null"),
        ),
    )


class CorrectionRequest(db.Model):  # type: ignore[name-defined]
    """A wish to correct one field, with evidence; somebody else decides. Values are encrypted.

    `asked_person` is the person behind the account that filed it: two accounts are not two people.
    """

    __tablename__ = "correction_request"
    id: Mapped[Pk]
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), index=True)
    field: Mapped[str] = mapped_column(sa.String(20))
    value_cipher: Mapped[str] = mapped_column(sa.Text)
    old_cipher: Mapped[str] = mapped_column(sa.Text)
    note: Mapped[str] = mapped_column(sa.String(300), default="")
    state: Mapped[str] = mapped_column(sa.String(10), default="asked")
    asked_by: Mapped[int | None]
    asked_person: Mapped[int | None]
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime())
    decided_by: Mapped[int | None]
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    decision_note: Mapped[str] = mapped_column(sa.String(300), default="")
    __table_args__ = (
        sa.CheckConstraint("state in ('asked','applied','refused','withdrawn')", name="state_known"),
        sa.CheckConstraint(
            "state = 'withdrawn' or decided_by is null or decided_by <> asked_by", name="two_people"
        ),
        sa.CheckConstraint("field in ('name','nik','birth_date','sex','village_code')", name="field_known"),
        sa.Index(
            "uq_correction_request_open",
            "person_id",
            "field",
            unique=True,
            sqlite_where=sa.text("state = 'asked'"),
            postgresql_where=sa.text("state = 'asked'"),
        ),
    )


class Evidence(db.Model):  # type: ignore[name-defined]
    """A picture or PDF that supports a correction; encrypted, removed some time after the decision."""

    __tablename__ = "evidence"
    id: Mapped[Pk]
    request_id: Mapped[int] = mapped_column(sa.ForeignKey("correction_request.id"), index=True)
    media_type: Mapped[str] = mapped_column(sa.String(40))
    size: Mapped[int]
    content_cipher: Mapped[str] = mapped_column(sa.Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime())


INCLUSION_AAD = "inclusion"


class Inclusion(db.Model):  # type: ignore[name-defined]
    """What a person chose to say about disability and the help they need in class; sealed, shown to nobody
    but the person and, with their consent, the center that prepares the class. Counted in aggregates only."""

    __tablename__ = "inclusion"
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), primary_key=True, autoincrement=False)
    answers_cipher: Mapped[str] = mapped_column(sa.Text)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime())


class ErasureRequest(db.Model):  # type: ignore[name-defined]
    """A wish to be forgotten; somebody else carries it out. `kept` says what stayed and why."""

    __tablename__ = "erasure_request"
    id: Mapped[Pk]
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), index=True)
    reason: Mapped[str] = mapped_column(sa.String(300), default="")
    state: Mapped[str] = mapped_column(sa.String(10), default="asked")
    asked_by: Mapped[int | None]
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime())
    decided_by: Mapped[int | None]
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    decision_note: Mapped[str] = mapped_column(sa.String(300), default="")
    kept: Mapped[Any] = mapped_column(JsonText(), default=list)
    __table_args__ = (
        sa.CheckConstraint("state in ('asked','done','refused','withdrawn')", name="state_known"),
        sa.CheckConstraint(
            "state = 'withdrawn' or decided_by is null or decided_by <> asked_by", name="two_people"
        ),
        sa.Index(
            "uq_erasure_request_open",
            "person_id",
            unique=True,
            sqlite_where=sa.text("state = 'asked'"),
            postgresql_where=sa.text("state = 'asked'"),
        ),
    )


class LegalHold(db.Model):  # type: ignore[name-defined]
    """A reason (a dispute, an audit) for which a person's records may not be erased until it is lifted."""

    __tablename__ = "legal_hold"
    id: Mapped[Pk]
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), index=True)
    reason: Mapped[str] = mapped_column(sa.String(300))
    placed_by: Mapped[int | None]
    placed_at: Mapped[datetime] = mapped_column(UtcDateTime())
    until: Mapped[date | None]
    lifted_by: Mapped[int | None]
    lifted_at: Mapped[datetime | None] = mapped_column(UtcDateTime())


class UnmaskedRead(db.Model):  # type: ignore[name-defined]
    """Somebody saw protected data of a person in full, and why. Insert-only; the person may read it."""

    __tablename__ = "unmasked_read"
    id: Mapped[Pk]
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), index=True)
    actor_id: Mapped[int | None]
    actor_name: Mapped[str] = mapped_column(sa.String(120))
    fields: Mapped[str] = mapped_column(sa.String(100))
    reason: Mapped[str] = mapped_column(sa.String(200))
    at: Mapped[datetime] = mapped_column(UtcDateTime())


class Breach(db.Model):  # type: ignore[name-defined]
    """An entry of the breach register. The 3 x 24 hours of UU PDP article 46 run from `found_at`."""

    __tablename__ = "breach"
    id: Mapped[Pk]
    title: Mapped[str] = mapped_column(sa.String(150))
    found_at: Mapped[datetime] = mapped_column(UtcDateTime())
    description: Mapped[str] = mapped_column(sa.Text)
    data_kinds: Mapped[str] = mapped_column(sa.String(300), default="")
    people_count: Mapped[int | None]
    measures: Mapped[str] = mapped_column(sa.Text, default="")
    recorded_by: Mapped[int | None]
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime())
    people_told_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    authority_told_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    closed_by: Mapped[int | None]
    closing_note: Mapped[str] = mapped_column(sa.String(300), default="")
    __table_args__ = (
        sa.CheckConstraint("found_at <= recorded_at", name="found_before_recorded"),
        sa.CheckConstraint("people_told_at is null or people_told_at >= found_at", name="people_told_later"),
        sa.CheckConstraint(
            "authority_told_at is null or authority_told_at >= found_at", name="authority_told_later"
        ),
        sa.CheckConstraint("(closed_at is null) = (closing_note = '')", name="closed_with_note"),
    )


def nik_index(nik: str) -> str:
    """The blind index (hex) of a NIK under the current key."""
    return nik_indexes(nik)[0]


def nik_indexes(nik: str) -> list[str]:
    """The blind indexes (hex) of a NIK under every known key, the current one first. A look-up searches all:
    while keys are changed, rows under the old and the new one live side by side."""
    return cipher().blind_indexes(nik, NIK_AAD)


def nik_values(nik: str, row: int | None = None) -> dict[str, str]:
    """The protected columns of a checked NIK; `row` is the person's id where it is known already."""
    keys = cipher()
    return {
        "nik_cipher": keys.encrypt(nik, NIK_AAD, row),
        "nik_index": nik_index(nik),
        "nik_index_key": keys.index_key,
        "nik_last4": nik[-4:],
    }
