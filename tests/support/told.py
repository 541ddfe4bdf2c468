"""What people were told in a test: the rows of the outbox with their words."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from icalendar import Calendar

from portal.core.crypto import cipher
from portal.core.db import db
from portal.core.mail.content import Content
from portal.core.mail.outbox import ADDRESS_AAD, CONTENT_AAD, OutboxMessage


@dataclass(frozen=True)
class Told:
    """One message: its row, its words, and where it goes in the clear."""

    row: OutboxMessage
    content: Content
    address: str

    @property
    def words(self) -> str:
        """Everything a reader may see, in every form."""
        return "\n".join((self.content.subject, self.content.text, self.content.html, self.content.sms))

    def calendar(self, number: int = 0) -> Any:
        """An attached calendar, parsed back."""
        return Calendar.from_ical(self.content.attachments[number].text)


def told(kind: str = "", person_id: int | None = None) -> list[Told]:
    """The messages in the order they were written, of one kind and one person when asked."""
    db.session.rollback()
    statement = sa.select(OutboxMessage).order_by(OutboxMessage.id)
    if kind:
        statement = statement.where(OutboxMessage.kind == kind)
    if person_id is not None:
        statement = statement.where(OutboxMessage.person_id == person_id)
    rows = db.session.scalars(statement.execution_options(populate_existing=True)).all()
    return [Told(row, _content(row), _address(row)) for row in rows]


def _content(row: OutboxMessage) -> Content:
    return Content.from_json(json.loads(cipher().decrypt(row.content_cipher, CONTENT_AAD)))


def _address(row: OutboxMessage) -> str:
    return cipher().decrypt(row.address_cipher, ADDRESS_AAD) if row.address_cipher else ""
