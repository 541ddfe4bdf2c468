"""How long the core keeps its own: spent operation ids, and the words of messages that were sent."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask import Flask
from flask_babel import lazy_gettext as _l

from portal.core.db import db
from portal.core.idempotency import Operation
from portal.core.mail.outbox import OutboxMessage
from portal.core.retention import Due, Rule, keep, rows_rule

#: States in which a message is over.
_OVER = ("sent", "failed", "skipped", "unsure")


def _due(cutoff: datetime) -> Any:
    return sa.and_(
        OutboxMessage.state.in_(_OVER),
        OutboxMessage.updated_at < cutoff,
        sa.or_(OutboxMessage.content_cipher != "", OutboxMessage.address_cipher != ""),
    )


def _count(cutoff: datetime, _now: datetime) -> Due:
    statement = sa.select(sa.func.count(), sa.func.min(OutboxMessage.updated_at)).where(_due(cutoff))
    number, oldest = db.session.execute(statement).one()
    return number, oldest


def _sweep(cutoff: datetime, _now: datetime, limit: int) -> int:
    due = sa.select(OutboxMessage.id).where(_due(cutoff)).limit(limit)
    done = db.session.execute(
        sa.update(OutboxMessage)
        .where(OutboxMessage.id.in_(due))
        .values(content_cipher="", address_cipher="")
        .execution_options(synchronize_session=False)
    )
    return int(done.rowcount)  # type: ignore[attr-defined]


def install(app: Flask) -> None:
    """Declare the core's rules."""
    keep(
        app,
        rows_rule(
            "operations",
            Operation,
            Operation.created_at,
            what=_l("Nomor formulir yang sudah dipakai"),
            after=timedelta(days=30),
            why=_l("Mencegah kiriman ganda; formulir yang dibuka tidak hidup selama itu."),
        ),
        Rule(
            "messages",
            _l("Isi dan alamat pesan yang sudah dikirim"),
            timedelta(days=90),
            _l("Cukup lama untuk menjawab pertanyaan; bahwa pesan dikirim dan kapan tetap tercatat."),
            _count,
            _sweep,
        ),
    )
