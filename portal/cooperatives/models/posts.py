"""Who holds which post from when to when, the board changes behind it, and the papers that prove them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from portal.cooperatives.models.registry import Post, known
from portal.core.db import JsonText, Pk, UtcDateTime, db

DOCUMENT_AAD = "cooperative_document"
DOCUMENT_KINDS = ("minutes", "decree", "deed", "checklist", "other")
#: Posts of which a cooperative has one; roster rows are exempt, since a roster may be wrong.
SOLE_POST = (
    "ends_on is null and source <> 'roster' and post in "
    "('chair','vice_chair_business','vice_chair_membership','secretary','treasurer','supervisor_chair')"
)


class CooperativeDocument(db.Model):  # type: ignore[name-defined]
    """A picture or PDF that a cooperative handed in (minutes, a decree, a deed); encrypted."""

    __tablename__ = "cooperative_document"
    id: Mapped[Pk]
    cooperative_id: Mapped[int] = mapped_column(sa.ForeignKey("cooperative.id"), index=True)
    kind: Mapped[str] = mapped_column(sa.String(12))
    media_type: Mapped[str] = mapped_column(sa.String(40))
    size: Mapped[int]
    content_cipher: Mapped[str] = mapped_column(sa.Text)
    uploaded_by: Mapped[int | None]
    uploaded_at: Mapped[datetime] = mapped_column(UtcDateTime())
    __table_args__ = (
        sa.CheckConstraint(f"kind in ({','.join(repr(k) for k in DOCUMENT_KINDS)})", name="kind_known"),
    )


class BoardChange(db.Model):  # type: ignore[name-defined]
    """One decision that changed who holds which post, as one form and one audited act.

    `summary`: {"ended": n, "began": n, "kept": n}.
    """

    __tablename__ = "board_change"
    id: Mapped[Pk]
    cooperative_id: Mapped[int] = mapped_column(sa.ForeignKey("cooperative.id"), index=True)
    effective_on: Mapped[date]
    document_id: Mapped[int | None] = mapped_column(sa.ForeignKey("cooperative_document.id"))
    note: Mapped[str] = mapped_column(sa.String(300), default="")
    summary: Mapped[Any] = mapped_column(JsonText(), default=dict)
    made_by: Mapped[int | None]
    made_at: Mapped[datetime] = mapped_column(UtcDateTime())


class PostTerm(db.Model):  # type: ignore[name-defined]
    """A post held by a person from a day to a day. Posts belong to cooperatives, certificates to people.

    `source` is roster, board (a board change), founding or registry. A roster may name two chairs (a
    warning); a board change may not, and the database holds it to that.
    """

    __tablename__ = "post_term"
    id: Mapped[Pk]
    cooperative_id: Mapped[int] = mapped_column(sa.ForeignKey("cooperative.id"), index=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), index=True)
    post: Mapped[str] = mapped_column(sa.String(30))
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    source: Mapped[str] = mapped_column(sa.String(20), default="roster")
    is_ex_officio: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    change_id: Mapped[int | None] = mapped_column(sa.ForeignKey("board_change.id"))
    recorded_by: Mapped[int | None]
    recorded_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    __table_args__ = (
        sa.CheckConstraint(known("post", Post), name="post_known"),
        sa.CheckConstraint("ends_on is null or ends_on >= starts_on", name="order"),
        sa.Index(
            "uq_post_term_open",
            "cooperative_id",
            "person_id",
            unique=True,
            sqlite_where=sa.text("ends_on is null"),
            postgresql_where=sa.text("ends_on is null"),
        ),
        sa.Index(
            "uq_post_term_sole",
            "cooperative_id",
            "post",
            unique=True,
            sqlite_where=sa.text(SOLE_POST),
            postgresql_where=sa.text(SOLE_POST),
        ),
    )
