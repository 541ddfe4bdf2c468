"""Cooperatives, the villages they serve, their member groups, and who holds which post from when to when."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

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


def _known(column: str, values: type[StrEnum]) -> str:
    return f"{column} in ({','.join(repr(v.value) for v in values)})"


class Cooperative(db.Model):  # type: ignore[name-defined]
    """A cooperative. Village names repeat, so the key is the Kemendagri code; several may share a village."""

    __tablename__ = "cooperative"
    id: Mapped[Pk]
    kind: Mapped[str] = mapped_column(sa.String(20))
    name: Mapped[str] = mapped_column(sa.String(160))
    match_key: Mapped[str] = mapped_column(sa.String(200), unique=True)
    cooperative_number: Mapped[str | None] = mapped_column(sa.String(40), unique=True)
    region_code: Mapped[str] = mapped_column(sa.ForeignKey("region.code"), index=True)
    is_pilot: Mapped[bool] = mapped_column(default=False)
    sectors: Mapped[list[str]] = mapped_column(JsonText(), default=list)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime())
    __table_args__ = (sa.CheckConstraint(_known("kind", Kind), name="kind_known"),)


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


class PostTerm(db.Model):  # type: ignore[name-defined]
    """A post held by a person from a day to a day. Posts belong to cooperatives, certificates to people."""

    __tablename__ = "post_term"
    id: Mapped[Pk]
    cooperative_id: Mapped[int] = mapped_column(sa.ForeignKey("cooperative.id"), index=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), index=True)
    post: Mapped[str] = mapped_column(sa.String(30))
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    source: Mapped[str] = mapped_column(sa.String(20), default="roster")
    __table_args__ = (
        sa.CheckConstraint(_known("post", Post), name="post_known"),
        sa.CheckConstraint("ends_on is null or ends_on >= starts_on", name="order"),
        sa.Index(
            "uq_post_term_open",
            "cooperative_id",
            "person_id",
            unique=True,
            sqlite_where=sa.text("ends_on is null"),
            postgresql_where=sa.text("ends_on is null"),
        ),
    )
