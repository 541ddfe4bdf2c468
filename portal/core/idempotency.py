"""A double click is one effect: each form carries an operation id that is spent once.

with transaction():
    op = claim(form.op.data, actor=actor, now=now)
    if op.is_new:
        thing = do_it(...)
        op.finish(url_for(...))
return redirect(op.outcome)
"""

from __future__ import annotations

import re
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import UtcDateTime, db, upsert_ignore
from portal.core.errors import Conflict, DomainError
from portal.core.permissions import Actor
from portal.core.words import gettext as _

_SHAPE = re.compile(r"[0-9a-f]{32}")


class Operation(db.Model):  # type: ignore[name-defined]
    """One spent operation id and where it led."""

    __tablename__ = "operation"
    op_id: Mapped[str] = mapped_column(sa.String(32), primary_key=True)
    user_id: Mapped[int | None]
    outcome: Mapped[str] = mapped_column(sa.String(500), default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime(), index=True)


class Claim:
    """A claimed operation: `is_new` once, later only its outcome (a local URL)."""

    def __init__(self, op_id: str, is_new: bool, outcome: str) -> None:
        self.op_id = op_id
        self.is_new = is_new
        self.outcome = outcome

    def finish(self, outcome: str) -> None:
        """Keep where the operation led, for the second click."""
        self.outcome = outcome
        db.session.execute(
            sa.update(Operation).where(Operation.op_id == self.op_id).values(outcome=outcome[:500])
        )


def claim(op_id: str | None, *, actor: Actor, now: datetime) -> Claim:
    """Spend an operation id inside the running transaction. Raises DomainError for a malformed id and
    Conflict for somebody else's."""
    if not op_id or not _SHAPE.fullmatch(op_id):
        raise DomainError("op_invalid", _("Formulir ini tidak lengkap. Muat ulang halaman, lalu kirim lagi."))
    values = {"op_id": op_id, "user_id": actor.user_id, "outcome": "", "created_at": now}
    if upsert_ignore(db.session(), Operation.__table__, values):
        return Claim(op_id, True, "")
    row = db.session.execute(
        sa.select(Operation.user_id, Operation.outcome).where(Operation.op_id == op_id)
    ).one()
    if row.user_id != actor.user_id:
        raise Conflict("op_foreign", _("Formulir ini sudah dipakai. Muat ulang halaman, lalu kirim lagi."))
    return Claim(op_id, False, row.outcome)
