"""How long the core keeps its own: spent operation ids, and the words of messages that were sent."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa
from flask import Flask

from portal.core.idempotency import Operation
from portal.core.mail.outbox import OutboxMessage
from portal.core.retention import keep, rows_rule
from portal.core.words import lazy_gettext as _l

#: States in which a message is over.
_OVER = ("sent", "failed", "skipped", "unsure")


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
        rows_rule(
            "messages",
            OutboxMessage,
            OutboxMessage.updated_at,
            OutboxMessage.state.in_(_OVER),
            sa.or_(OutboxMessage.content_cipher != "", OutboxMessage.address_cipher != ""),
            what=_l("Isi dan alamat pesan yang sudah dikirim"),
            after=timedelta(days=90),
            why=_l("Cukup lama untuk menjawab pertanyaan; bahwa pesan dikirim dan kapan tetap tercatat."),
            emptied={"content_cipher": "", "address_cipher": ""},
        ),
    )
