"""The outbox: a message is a row of the business transaction, and leaves only after its commit.

What was written is frozen here, encrypted: the words are made when the thing happens, in the language of the
person, and a later change of a template or of the data does not change what people are told.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.crypto import cipher
from portal.core.db import Pk, UtcDateTime, db, on_commit, upsert_ignore
from portal.core.mail.content import Content

ADDRESS_AAD = "outbox_message.address"
CONTENT_AAD = "outbox_message.content"
CHANNELS = ("email", "whatsapp", "sms")


class OutboxMessage(db.Model):  # type: ignore[name-defined]
    """One message to one address. `key` makes it once: the same thing told again is the same row.

    waiting -> sending -> handed -> sent; a try that failed goes back to waiting with a later `not_before`,
    the last one to failed. `handed` is the moment in which the other side may or may not have it; a row found
    there after a crash is `unsure`. `skipped` was never meant to leave, and `reason` says why.
    """

    __tablename__ = "outbox_message"
    id: Mapped[Pk]
    token: Mapped[str] = mapped_column(sa.String(32), unique=True)
    key: Mapped[str] = mapped_column(sa.String(120), unique=True)
    kind: Mapped[str] = mapped_column(sa.String(40))
    channel: Mapped[str] = mapped_column(sa.String(10))
    person_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"), index=True)
    user_id: Mapped[int | None] = mapped_column(index=True)
    center_id: Mapped[int | None] = mapped_column(index=True)
    language: Mapped[str] = mapped_column(sa.String(2), default="id")
    address_cipher: Mapped[str] = mapped_column(sa.Text, default="")
    address_hint: Mapped[str] = mapped_column(sa.String(60), default="")
    content_cipher: Mapped[str] = mapped_column(sa.Text, default="")
    state: Mapped[str] = mapped_column(sa.String(10), default="waiting")
    reason: Mapped[str] = mapped_column(sa.String(40), default="")
    error: Mapped[str] = mapped_column(sa.String(200), default="")
    attempts: Mapped[int] = mapped_column(default=0)
    not_before: Mapped[datetime] = mapped_column(UtcDateTime())
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime())
    created_at: Mapped[datetime] = mapped_column(UtcDateTime(), index=True)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime())
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    __table_args__ = (
        sa.CheckConstraint(
            "state in ('waiting','sending','handed','sent','failed','skipped','unsure')", name="state_known"
        ),
        sa.CheckConstraint("channel in ('email','whatsapp','sms','none')", name="channel_known"),
        sa.Index("ix_outbox_message_due", "state", "not_before"),
    )


@dataclass(frozen=True)
class Address:
    """Where a message goes: channel `email`, `whatsapp` or `sms`; an e-mail address or a phone as E.164."""

    channel: str
    value: str

    @property
    def hint(self) -> str:
        """The address as staff may see it: `s•••@contoh.id`, `•••• 0042`."""
        if self.channel == "email":
            name, _at, host = self.value.partition("@")
            return f"{name[:1]}•••@{host}"[:60]
        return f"•••• {self.value[-4:]}"


def put(
    *,
    kind: str,
    to: Address | None,
    content: Content,
    key: str,
    now: datetime,
    person_id: int | None = None,
    user_id: int | None = None,
    center_id: int | None = None,
    language: str = "id",
    not_before: datetime | None = None,
    expires_at: datetime | None = None,
    skip: str = "",
) -> bool:
    """Add a message to the running transaction; False when its key is there already.

    Without an address, or with `skip` (a reason code), the row is kept as not sent, so that staff can see
    whom to call instead. A message still waiting at `expires_at` is no longer sent.
    """
    reason = skip or ("" if to else "no_address")
    sealed = cipher()
    values = {
        "token": secrets.token_hex(16),
        "key": key[:120],
        "kind": kind,
        "channel": to.channel if to else "none",
        "person_id": person_id,
        "user_id": user_id,
        "center_id": center_id,
        "language": language,
        "address_cipher": sealed.encrypt(to.value, ADDRESS_AAD) if to else "",
        "address_hint": to.hint if to else "",
        "content_cipher": sealed.encrypt(json.dumps(content.as_json()), CONTENT_AAD),
        "state": "skipped" if reason else "waiting",
        "reason": reason,
        "error": "",
        "attempts": 0,
        "not_before": not_before or now,
        "expires_at": expires_at,
        "created_at": now,
        "updated_at": now,
    }
    is_new = upsert_ignore(db.session(), sa.inspect(OutboxMessage).local_table, values)
    on_commit(wake)
    return is_new


def wake() -> None:
    """Tell a runner that messages wait; how is the app's choice (queue, or nothing in tests)."""
    waker = current_app.extensions.get("mail_waker")
    if waker:
        waker()
