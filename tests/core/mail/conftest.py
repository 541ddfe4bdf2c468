"""Messages to put into the outbox, and servers for them to arrive at."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from portal.core.db import transaction
from portal.core.mail import outbox
from portal.core.mail.content import Content
from portal.core.mail.outbox import Address, OutboxMessage
from tests.support.mail_servers import gateway_server, smtp_server

SITI = Address("email", "siti@contoh.id")


@pytest.fixture
def mailbox():
    """A real SMTP server and what it accepted."""
    with smtp_server() as box:
        yield box


@pytest.fixture
def gateway():
    """A real HTTP gateway and what it accepted."""
    with gateway_server() as found:
        yield found


def content(subject="Kursi Anda", text="Kursi Anda sudah ada.\n", **more):
    """Small words in all forms."""
    return Content(
        subject, text, more.pop("html", f"<p>{text}</p>"), more.pop("sms", "Kursi Anda ada."), **more
    )


@pytest.fixture
def put(db_session, now):
    """`put(key, to=..., kind=...)`: one committed message; returns its id."""

    def add(key: str, to: Address | None = SITI, **more) -> int:
        values = {"kind": "seat.offered", "content": content(), "now": now, "center_id": None} | more
        with transaction():
            outbox.put(to=to, key=key, **values)
        return db_session.query(OutboxMessage.id).filter_by(key=key).scalar()

    return add


@pytest.fixture
def row(db_session):
    """`row(id)`: the message as the database has it now."""

    def find(message_id: int) -> OutboxMessage:
        db_session.rollback()
        db_session.expire_all()
        found = db_session.get(OutboxMessage, message_id)
        assert isinstance(found.created_at, datetime)
        return found

    return find


@pytest.fixture
def settings(app, monkeypatch):
    """`settings(smtp_url=...)`: the app's settings with some others, for this test."""

    def change(**values):
        changed = replace(app.extensions["portal_settings"], **values)
        monkeypatch.setitem(app.extensions, "portal_settings", changed)
        return changed

    return change
