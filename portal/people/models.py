"""A person, once, whatever posts and accounts they hold; and what they consented to."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.crypto import cipher
from portal.core.db import Pk, UtcDateTime, db

NIK_AAD = "person.nik"


class Person(db.Model):  # type: ignore[name-defined]
    """Identity. The NIK is encrypted, found by its blind index, and shown as its last four digits at most."""

    __tablename__ = "person"
    id: Mapped[Pk]
    name: Mapped[str] = mapped_column(sa.String(100))
    nik_cipher: Mapped[str | None] = mapped_column(sa.String(200))
    nik_index: Mapped[str | None] = mapped_column(sa.String(64), unique=True)
    nik_last4: Mapped[str] = mapped_column(sa.String(4), default="")
    birth_date: Mapped[date | None]
    sex: Mapped[str] = mapped_column(sa.String(1), default="")
    phone: Mapped[str | None] = mapped_column(sa.String(16), index=True)
    email: Mapped[str | None] = mapped_column(sa.String(200))
    village_code: Mapped[str | None] = mapped_column(sa.ForeignKey("region.code"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime())
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime())
    __table_args__ = (
        sa.CheckConstraint("sex in ('', 'L', 'P')", name="sex_known"),
        sa.CheckConstraint("length(name) > 0", name="name_filled"),
        sa.CheckConstraint("(nik_cipher is null) = (nik_index is null)", name="nik_whole"),
    )

    def set_nik(self, nik: str) -> None:
        """Protect and index a checked 16-digit NIK."""
        self.nik_cipher = cipher().encrypt(nik, NIK_AAD)
        self.nik_index = nik_index(nik)
        self.nik_last4 = nik[-4:]

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


def nik_index(nik: str) -> str:
    """The blind index (hex) of a NIK."""
    return cipher().blind_index(nik, "person.nik")
