"""Telling people: the port `notify` that the rooms call, and notices about an account itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from flask import current_app
from flask_babel import force_locale

from portal.accounts.queries import messages as queries
from portal.accounts.rules import messages as rules
from portal.core.formatting import call_name, current_locale, moment
from portal.core.mail.content import Attachment, Content, address, link, write
from portal.core.mail.outbox import Address, Letter, known_keys, put_many
from portal.core.ports import Message, no_files
from portal.core.words import gettext as _
from portal.settings import Settings

SECURITY_PATH = "/akun/keamanan"


def notify(
    *,
    person_id: int,
    kind: str,
    facts: Callable[[], dict[str, Any]],
    key: str,
    now: datetime,
    center_id: int | None = None,
    zone: str = "Asia/Jakarta",
    attachments: Callable[[], Sequence[Attachment]] = no_files,
    expires_at: datetime | None = None,
    starts_at: datetime | None = None,
    deadline: datetime | None = None,
) -> None:
    """Tell one person; see `core.ports.Message`."""
    message = Message(
        person_id, kind, facts, key, center_id, zone, attachments, expires_at, starts_at, deadline
    )
    notify_many(messages=[message], now=now)


def notify_many(*, messages: Sequence[Message], now: datetime) -> int:
    """Tell many people in a bounded number of statements; returns how many messages are new.

    A person without a usable address, or who switched a kind off, gets a row that never leaves and says why,
    so that staff see whom to call. Who was erased gets nothing.
    """
    if _is_muted():
        return 0
    known = known_keys([message.key for message in messages])
    fresh = {message.key: message for message in messages if message.key not in known}
    people = queries.recipients(message.person_id for message in fresh.values())
    letters = [_letter(m, people[m.person_id], now) for m in fresh.values() if m.person_id in people]
    return put_many(letters, now=now)


def tell_user(
    *,
    user_id: int,
    kind: str,
    facts: Callable[[], dict[str, Any]] | Mapping[str, Any] | None = None,
    key: str,
    now: datetime,
    also: Sequence[Address] = (),
) -> int:
    """Tell the owner of an account what happened to it, at every contact they proved to read, at any hour.

    kind: one of the `security.` kinds. facts: what the template may name (`device`, `factor`, `contact`), as
    a mapping or a callable. key: what makes it once ("security.factor_added:12"). also: addresses that are
    no longer the account's, for a contact that was just taken away. Returns how many messages are new.
    """
    found = queries.account_recipient(user_id)
    if found is None or _is_muted():
        return 0

    def told() -> dict[str, Any]:
        given = facts() if callable(facts) else dict(facts or {})
        action = _action(kind)
        usual = {"called": call_name(found.name), "when": moment(now), "action": action, "url": action[1]}
        return dict.fromkeys(("device", "factor", "contact"), "") | usual | given

    content = write(kind, told, language=found.wishes.language)
    phone_channel = current_app.extensions["portal_settings"].gateway_channel
    to = [Address(phone_channel if r.kind == "phone" else "email", r.value) for r in found.reaches]
    everywhere: list[Address | None] = [*dict.fromkeys([*to, *also])] or [None]
    letters = [
        Letter(
            kind,
            one,
            content,
            key if not number else f"{key}:{number}",
            found.person_id,
            user_id,
            language=found.wishes.language,
        )
        for number, one in enumerate(everywhere)
    ]
    return put_many(letters, now=now)


def _action(kind: str) -> tuple[str, str]:
    """Where the owner sees to it. Whose password somebody else changed gets in by a new one alone."""
    if kind == "security.password_changed":
        return _("Buka halaman masuk"), link("accounts.sign_in")
    return _("Buka keamanan akun"), address(SECURITY_PATH, current_locale())


@contextmanager
def muted() -> Iterator[None]:
    """Nobody is told of what happens meanwhile: made-up data, a rehearsal."""
    current_app.extensions["mail_muted"] = True
    try:
        yield
    finally:
        del current_app.extensions["mail_muted"]


def _is_muted() -> bool:
    return bool(current_app.extensions.get("mail_muted"))


def _letter(message: Message, person: queries.Recipient, now: datetime) -> Letter:
    """A message as the outbox takes it."""
    group = rules.KINDS[message.kind]
    wishes = person.wishes
    settings: Settings = current_app.extensions["portal_settings"]
    reach = rules.choose_reach(
        person.reaches,
        wish=wishes.channel,
        may_phone=person.may_phone,
        phone_channel=settings.gateway_channel,
        sendable=_sendable(settings),
    )
    skip = reach if isinstance(reach, str) else ""
    return Letter(
        message.kind,
        None if isinstance(reach, str) else Address(*reach),
        _content(message, person),
        message.key,
        message.person_id,
        person.user_id,
        message.center_id,
        wishes.language,
        rules.send_at(
            now,
            group=group,
            wishes=wishes,
            zone=message.zone,
            starts_at=message.starts_at,
            deadline=message.deadline,
        ),
        message.expires_at,
        skip if rules.is_wanted(group, wishes) else "not_wanted",
    )


def _sendable(settings: Settings) -> list[str]:
    """The kinds of contacts that a sender is set up for; both outside of production, where a console shows
    them."""
    senders = {"email": settings.smtp_url, "phone": settings.gateway_url}
    return [kind for kind, url in senders.items() if url or not settings.is_production]


def _content(message: Message, person: queries.Recipient) -> Content:
    """The words, and the files that go along, in the person's language."""
    language = person.wishes.language
    with force_locale(language):
        files = message.attachments()
    return write(
        message.kind,
        lambda: {
            "called": call_name(person.name),
            "manage_url": link("accounts.messages"),
            **message.facts(),
        },
        language=language,
        attachments=files,
    )
