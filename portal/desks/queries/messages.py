"""Messages as staff see them: whom they were for and what became of them, never the address in full."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from portal.accounts.models import User
from portal.centers.models import TrainingCenter
from portal.core.crypto import CryptoError, cipher
from portal.core.db import db
from portal.core.errors import NotFound
from portal.core.mail.content import Content
from portal.core.mail.outbox import CONTENT_AAD
from portal.core.mail.outbox import OutboxMessage as Row
from portal.core.mail.resending import in_scope
from portal.core.paging import Page, cut
from portal.core.permissions import Actor, Permission
from portal.people.models import Person

SIZE = 30
# What is one thing to people may be several states of a row.
GROUPS: dict[str, tuple[str, ...]] = {
    "terkirim": ("sent",),
    "menunggu": ("waiting", "sending", "handed"),
    "gagal": ("failed",),
    "mungkin": ("unsure",),
    "tidak-dikirim": ("skipped",),
}
_COLUMNS = (
    Row.id, Row.token, Row.kind, Row.channel, Row.state, Row.reason, Row.error, Row.attempts,
    Row.address_hint, Row.not_before, Row.expires_at, Row.created_at, Row.sent_at, Row.center_id,
    (Row.content_cipher != "").label("has_words"),
    sa.func.coalesce(Person.name, User.name, "").label("name"),
    TrainingCenter.short_name.label("center"), TrainingCenter.zone,
)  # fmt: skip


@dataclass(frozen=True)
class Counts:
    """How many messages there are in each group, and of how many kinds."""

    groups: dict[str, int]
    topics: list[str]


def _joined(*columns: Any) -> Any:
    return (
        sa.select(*columns)
        .select_from(Row)
        .outerjoin(Person, Person.id == Row.person_id)
        .outerjoin(User, User.id == Row.user_id)
        .outerjoin(TrainingCenter, TrainingCenter.id == Row.center_id)
    )


def count_messages(actor: Actor) -> Counts:
    """By group, and the topics there are (first words of kinds), in the actor's scope. One statement."""
    rows = db.session.execute(
        sa.select(Row.state, Row.kind, sa.func.count()).where(in_scope(actor)).group_by(Row.state, Row.kind)
    )
    groups = dict.fromkeys(GROUPS, 0)
    of_state = {state: group for group, states in GROUPS.items() for state in states}
    topics = set()
    for state, kind, count in rows:
        groups[of_state[state]] += count
        topics.add(kind.partition(".")[0])
    return Counts(groups, sorted(topics))


def list_messages(actor: Actor, number: int, *, group: str = "", topic: str = "") -> Page:
    """One page in the actor's scope, the newest first, narrowed to a group and a topic. One statement."""
    statement = _joined(*_COLUMNS).where(in_scope(actor))
    if group in GROUPS:
        statement = statement.where(Row.state.in_(GROUPS[group]))
    if topic:
        statement = statement.where(Row.kind.startswith(topic + ".", autoescape=True))
    statement = statement.order_by(Row.id.desc()).offset((number - 1) * SIZE).limit(SIZE + 1)
    return cut(list(db.session.execute(statement)), number, SIZE)


def get_message(actor: Actor, message_id: int) -> Any:
    """One message in the actor's scope, with `content_cipher`. Raises NotFound."""
    statement = _joined(*_COLUMNS, Row.content_cipher).where(Row.id == message_id, in_scope(actor))
    row = db.session.execute(statement).first()
    if row is None:
        raise NotFound()
    return row


def words_of(actor: Actor, row: Any) -> Content | None:
    """What a message says, for the center it is of; None for one-time codes and for everybody else."""
    is_own = row.center_id in actor.scope(Permission.MESSAGES_READ).centers
    if not is_own or not row.content_cipher or row.kind.startswith("code."):
        return None
    try:
        return Content.from_json(json.loads(cipher().decrypt(row.content_cipher, CONTENT_AAD)))
    except (CryptoError, ValueError, TypeError):
        return None
