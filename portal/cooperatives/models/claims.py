"""Who may speak for a cooperative: codes from the regency office, claims with a code or a decree."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Pk, UtcDateTime, db


class ChairCode(db.Model):  # type: ignore[name-defined]
    """A code that the regency office hands to a new chair; kept hashed, used once, ends by itself."""

    __tablename__ = "chair_code"
    id: Mapped[Pk]
    cooperative_id: Mapped[int] = mapped_column(sa.ForeignKey("cooperative.id"), index=True)
    code_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    issued_by: Mapped[int | None]
    issued_at: Mapped[datetime] = mapped_column(UtcDateTime())
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime())
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    used_by: Mapped[int | None]
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime())


class ChairClaim(db.Model):  # type: ignore[name-defined]
    """That an account speaks for a cooperative. It may nominate at once; until the regency office has
    verified it, what it nominates says so, and a claim by decree alone sees no names of others. `founding`:
    whoever registered a cooperative that is being founded."""

    __tablename__ = "chair_claim"
    id: Mapped[Pk]
    cooperative_id: Mapped[int] = mapped_column(sa.ForeignKey("cooperative.id"), index=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user_account.id"), index=True)
    person_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"), index=True)
    method: Mapped[str] = mapped_column(sa.String(8))
    code_id: Mapped[int | None] = mapped_column(sa.ForeignKey("chair_code.id"), unique=True)
    document_id: Mapped[int | None] = mapped_column(sa.ForeignKey("cooperative_document.id"))
    state: Mapped[str] = mapped_column(sa.String(10), default="pending")
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime())
    decided_by: Mapped[int | None]
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    decision_note: Mapped[str] = mapped_column(sa.String(300), default="")
    __table_args__ = (
        sa.CheckConstraint("method in ('code','decree','founding')", name="method_known"),
        sa.CheckConstraint("state in ('pending','verified','rejected','ended')", name="state_known"),
        sa.CheckConstraint("(method = 'code') = (code_id is not null)", name="code_with_code"),
        sa.CheckConstraint("method <> 'decree' or document_id is not null", name="decree_with_paper"),
        sa.Index(
            "uq_chair_claim_open",
            "cooperative_id",
            "user_id",
            unique=True,
            sqlite_where=sa.text("state in ('pending','verified')"),
            postgresql_where=sa.text("state in ('pending','verified')"),
        ),
    )
