"""The outbox: a message is a row of the business transaction, and leaves only after its commit.

What was written is frozen here, encrypted: the words are made when the thing happens, in the language of the
person, and a later change of a template or of the data does not change what people are told.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.crypto import cipher
from portal.core.db import Pk, UtcDateTime, db, insert_new, on_commit
from portal.core.mail.content import Content

ADDRESS_AAD = "outbox_message.address"
CONTENT_AAD = "outbox_message.content"
CHANNELS = ("email", "whatsapp", "sms")
CHUNK = 500


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


@dataclass(frozen=True)
class Letter:
    """A message on its way into the outbox.

    Without an address (`to`), or with `skip` (a reason code), the row is kept as not sent, so that staff can
    see whom to call instead. A message still waiting at `expires_at` is no longer sent.
    """

    kind: str
    to: Address | None
    content: Content
    key: str
    person_id: int | None = None
    user_id: int | None = None
    center_id: int | None = None
    language: str = "id"
    not_before: datetime | None = None
    expires_at: datetime | None = None
    skip: str = ""


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
    """Add a message (see Letter) to the running transaction; False when its key is there already."""
    letter = Letter(
        kind,
        to,
        content,
        key,
        person_id,
        user_id,
        center_id,
        language,
        not_before,
        expires_at,
        skip,
    )
    return put_many([letter], now=now) == 1


def put_many(letters: Sequence[Letter], *, now: datetime) -> int:
    """`put` for many in one statement for each 500; answers how many are new."""
    table = sa.inspect(OutboxMessage).local_table
    new = 0
    for start in range(0, len(letters), CHUNK):
        rows = [_values(letter, now) for letter in letters[start : start + CHUNK]]
        new += insert_new(db.session(), table, rows)
    if wake not in db.session().info.get("after_commit", ()):
        on_commit(wake)  # once, however many messages the transaction writes
    return new


def known_keys(keys: Sequence[str]) -> set[str]:
    """Those of these keys that are in the outbox already."""
    found: set[str] = set()
    for start in range(0, len(keys), CHUNK):
        part = keys[start : start + CHUNK]
        found.update(db.session.scalars(sa.select(OutboxMessage.key).where(OutboxMessage.key.in_(part))))
    return found


def _values(letter: Letter, now: datetime) -> dict[str, Any]:
    """The row of a letter, its address and words encrypted."""
    sealed = cipher()
    to = letter.to
    reason = letter.skip or ("" if to else "no_address")
    return {
        "token": secrets.token_hex(16),
        "key": letter.key[:120],
        "kind": letter.kind,
        "channel": to.channel if to else "none",
        "person_id": letter.person_id,
        "user_id": letter.user_id,
        "center_id": letter.center_id,
        "language": letter.language,
        "address_cipher": sealed.encrypt(to.value, ADDRESS_AAD) if to else "",
        "address_hint": to.hint if to else "",
        "content_cipher": sealed.encrypt(json.dumps(letter.content.as_json()), CONTENT_AAD),
        "state": "skipped" if reason else "waiting",
        "reason": reason,
        "error": "",
        "attempts": 0,
        "not_before": letter.not_before or now,
        "expires_at": letter.expires_at,
        "created_at": now,
        "updated_at": now,
    }


def wake() -> None:
    """Tell a runner that messages wait; how is the app's choice (queue, or nothing in tests)."""
    waker = current_app.extensions.get("mail_waker")
    if waker:
        waker()
