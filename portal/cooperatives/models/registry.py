"""Cooperatives, the villages they serve, their member groups, what they have put in order, and registers on
their way in."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import JsonText, Pk, UtcDateTime, db


class Kind(StrEnum):
    """Cooperative kinds (FLOWS: Kinds)."""

    VILLAGE = "village"
    URBAN_VILLAGE = "urban_village"
    MULTI_STAKEHOLDER = "multi_stakeholder"
    WORKER = "worker"
    UNION = "union"
    DRIVER_COURIER = "driver_courier"
    PARTNERSHIP = "partnership"
    PROSPECTIVE = "prospective"
    OTHER = "other"


class Post(StrEnum):
    """Posts a person holds in a cooperative (FLOWS: Posts)."""

    CHAIR = "chair"
    VICE_CHAIR_BUSINESS = "vice_chair_business"
    VICE_CHAIR_MEMBERSHIP = "vice_chair_membership"
    SECRETARY = "secretary"
    TREASURER = "treasurer"
    SUPERVISOR_CHAIR = "supervisor_chair"
    SUPERVISOR_MEMBER = "supervisor_member"
    MANAGER = "manager"
    FOUNDER = "founder"
    MEMBER = "member"


def known(column: str, values: type[StrEnum]) -> str:
    """The condition that a column holds one of these values."""
    return f"{column} in ({','.join(repr(v.value) for v in values)})"


class Cooperative(db.Model):  # type: ignore[name-defined]
    """A cooperative. Village names repeat, so the key is the Kemendagri code; several may share a village.

    `cooperative_number` (Nomor Induk Koperasi) and the legal approval are optional; `simkopdes_id` is kept
    for matching with that register alone. `source` says where the row came from.
    """

    __tablename__ = "cooperative"
    id: Mapped[Pk]
    kind: Mapped[str] = mapped_column(sa.String(20))
    name: Mapped[str] = mapped_column(sa.String(160))
    match_key: Mapped[str] = mapped_column(sa.String(200), unique=True)
    cooperative_number: Mapped[str | None] = mapped_column(sa.String(40), unique=True)
    region_code: Mapped[str] = mapped_column(sa.ForeignKey("region.code"), index=True)
    is_pilot: Mapped[bool] = mapped_column(default=False)
    sectors: Mapped[list[str]] = mapped_column(JsonText(), default=list)
    simkopdes_id: Mapped[str | None] = mapped_column(sa.String(40), unique=True)
    legal_number: Mapped[str | None] = mapped_column(sa.String(80))
    legal_on: Mapped[date | None]
    source: Mapped[str] = mapped_column(sa.String(20), default="roster", server_default="roster")
    version: Mapped[int] = mapped_column(default=1, server_default="1")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime())
    updated_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    __table_args__ = (sa.CheckConstraint(known("kind", Kind), name="kind_known"),)


class CooperativeVillage(db.Model):  # type: ignore[name-defined]
    """A further village that a cooperative serves."""

    __tablename__ = "cooperative_village"
    cooperative_id: Mapped[int] = mapped_column(sa.ForeignKey("cooperative.id"), primary_key=True)
    village_code: Mapped[str] = mapped_column(sa.ForeignKey("region.code"), primary_key=True)


class MemberGroup(db.Model):  # type: ignore[name-defined]
    """A member group of a multi-stakeholder cooperative (at least two; Permenkop 8/2021)."""

    __tablename__ = "member_group"
    id: Mapped[Pk]
    cooperative_id: Mapped[int] = mapped_column(sa.ForeignKey("cooperative.id"), index=True)
    name: Mapped[str] = mapped_column(sa.String(80))
    role: Mapped[str] = mapped_column(sa.String(20), default="other", server_default="other")
    created_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    __table_args__ = (sa.UniqueConstraint("cooperative_id", "name"),)


class ChecklistItem(db.Model):  # type: ignore[name-defined]
    """Something an institution has in order (legal entity, statutes, annual meeting), edited as data.

    `valid_months`: how long an entry counts; None for good. `kinds`: only these kinds; empty means all.
    """

    __tablename__ = "checklist_item"
    code: Mapped[str] = mapped_column(sa.String(40), primary_key=True)
    position: Mapped[int]
    name: Mapped[str] = mapped_column(sa.String(120))
    name_en: Mapped[str] = mapped_column(sa.String(120), default="")
    help: Mapped[str] = mapped_column(sa.String(300), default="")
    help_en: Mapped[str] = mapped_column(sa.String(300), default="")
    valid_months: Mapped[int | None]
    kinds: Mapped[list[str]] = mapped_column(JsonText(), default=list)
    source: Mapped[str] = mapped_column(sa.String(200), default="")
    source_status: Mapped[str] = mapped_column(sa.String(20), default="unconfirmed")
    is_active: Mapped[bool] = mapped_column(default=True)
    __table_args__ = (sa.CheckConstraint("valid_months between 1 and 600", name="months_range"),)


class ChecklistEntry(db.Model):  # type: ignore[name-defined]
    """That an item was done on a day. Corrected by withdrawing and writing a new one, so that every past day
    can be told again."""

    __tablename__ = "checklist_entry"
    id: Mapped[Pk]
    cooperative_id: Mapped[int] = mapped_column(sa.ForeignKey("cooperative.id"), index=True)
    item_code: Mapped[str] = mapped_column(sa.ForeignKey("checklist_item.code"))
    done_on: Mapped[date]
    number: Mapped[str] = mapped_column(sa.String(80), default="")
    note: Mapped[str] = mapped_column(sa.String(300), default="")
    document_id: Mapped[int | None] = mapped_column(sa.ForeignKey("cooperative_document.id"))
    recorded_by: Mapped[int | None]
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime())
    withdrawn_by: Mapped[int | None]
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    withdrawn_reason: Mapped[str] = mapped_column(sa.String(300), default="")
    __table_args__ = (
        sa.CheckConstraint("(withdrawn_at is null) = (withdrawn_reason = '')", name="withdrawn_with_reason"),
        sa.Index(
            "uq_checklist_entry_day",
            "cooperative_id",
            "item_code",
            "done_on",
            unique=True,
            sqlite_where=sa.text("withdrawn_at is null"),
            postgresql_where=sa.text("withdrawn_at is null"),
        ),
    )


class RegistryImport(db.Model):  # type: ignore[name-defined]
    """A register of cooperatives on its way in: read into rows, shown as a dry run, then applied by a job."""

    __tablename__ = "registry_import"
    id: Mapped[Pk]
    file_hash: Mapped[str] = mapped_column(sa.String(64), index=True)
    file_name: Mapped[str] = mapped_column(sa.String(120), default="")
    state: Mapped[str] = mapped_column(sa.String(12), default="reading")
    summary: Mapped[Any] = mapped_column(JsonText(), default=dict)
    only_good: Mapped[bool] = mapped_column(default=False)
    job_id: Mapped[int | None] = mapped_column(sa.ForeignKey("job.id"))
    created_by: Mapped[int | None]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime())
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    __table_args__ = (
        sa.CheckConstraint(
            "state in ('reading','preview','importing','imported','discarded','failed')", name="state_known"
        ),
    )


class RegistryBlock(db.Model):  # type: ignore[name-defined]
    """Rows of a register file that are still to be judged: compressed JSON of [[row number, [cells]], ...].
    Gone once they are judged."""

    __tablename__ = "registry_block"
    import_id: Mapped[int] = mapped_column(sa.ForeignKey("registry_import.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    content: Mapped[bytes] = mapped_column(sa.LargeBinary)


class RegistryRow(db.Model):  # type: ignore[name-defined]
    """One row of a register file, 1-based as in the sheet. `outcome`: what it would do, then what it did."""

    __tablename__ = "registry_row"
    import_id: Mapped[int] = mapped_column(sa.ForeignKey("registry_import.id"), primary_key=True)
    row: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    data: Mapped[Any] = mapped_column(JsonText())
    outcome: Mapped[str] = mapped_column(sa.String(12))
    reason: Mapped[str] = mapped_column(sa.String(40), default="")
    cooperative_id: Mapped[int | None]
    applied_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    __table_args__ = (
        sa.CheckConstraint("outcome in ('new','changed','same','bad')", name="outcome_known"),
        sa.Index("ix_registry_row_outcome", "import_id", "outcome", "row"),
    )
