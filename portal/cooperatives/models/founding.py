"""How a cooperative comes into being: founders, meeting, name, deed, legal approval, number."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from portal.cooperatives.models.registry import Kind, known
from portal.core.db import UtcDateTime, db


class Founding(db.Model):  # type: ignore[name-defined]
    """The track of a `prospective` cooperative. Founders are post terms `founder`; `founded_at` ends the
    track and gives the cooperative its kind. Steps may be recorded in any order; dates may not contradict."""

    __tablename__ = "founding"
    cooperative_id: Mapped[int] = mapped_column(
        sa.ForeignKey("cooperative.id"), primary_key=True, autoincrement=False
    )
    intended_kind: Mapped[str] = mapped_column(sa.String(20))
    meeting_on: Mapped[date | None]
    meeting_place: Mapped[str] = mapped_column(sa.String(160), default="")
    meeting_document_id: Mapped[int | None] = mapped_column(sa.ForeignKey("cooperative_document.id"))
    name_approved_on: Mapped[date | None]
    deed_number: Mapped[str] = mapped_column(sa.String(80), default="")
    deed_on: Mapped[date | None]
    notary: Mapped[str] = mapped_column(sa.String(120), default="")
    legal_number: Mapped[str] = mapped_column(sa.String(80), default="")
    legal_on: Mapped[date | None]
    cooperative_number: Mapped[str] = mapped_column(sa.String(40), default="")
    founded_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    founded_by: Mapped[int | None]
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime())
    version: Mapped[int] = mapped_column(default=1)
    __table_args__ = (
        sa.CheckConstraint(known("intended_kind", Kind), name="kind_known"),
        sa.CheckConstraint("intended_kind <> 'prospective'", name="kind_final"),
    )
