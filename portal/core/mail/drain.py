"""Sends what waits in the outbox: take a row, talk to the server, write down what became of it.

No transaction is open while a server is talked to. Killed at any point, the next run finds the row: before it
was handed over it is sent again, after that it is offered again only to a side that knows it by its token.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

import structlog
from flask import current_app

from portal.core import clock
from portal.core.crypto import CryptoError, cipher
from portal.core.db import db
from portal.core.mail import states
from portal.core.mail.content import Content
from portal.core.mail.outbox import ADDRESS_AAD, CONTENT_AAD, OutboxMessage
from portal.core.mail.senders import Outcome, Outgoing, Sender, SendError, make_senders
from portal.settings import Settings

LIST_PAGE = "/saya/pesan"
log = structlog.get_logger()
Senders = Mapping[str, Sender]


def run(senders: Senders | None = None) -> int:
    """Send every message that is due; how many were tried. `senders` by channel, else the settings'."""
    settings: Settings = current_app.extensions["portal_settings"]
    crew = make_senders(settings, _list_page(settings)) if senders is None else senders
    again = {channel for channel, sender in crew.items() if sender.is_idempotent}
    now = clock.now()
    try:
        states.sweep(now, again)
        states.skip_due(now, "no_sender", OutboxMessage.channel.not_in(sorted(crew)))
        if settings.demo:
            states.skip_due(now, "demo", ~OutboxMessage.kind.like("code.%"))
        return _send_due(crew, again, settings.demo)
    finally:
        for sender in {id(one): one for one in crew.values()}.values():
            sender.close()


def _list_page(settings: Settings) -> str:
    """Where people choose what they are told, if this installation has the page."""
    rules = current_app.url_map.iter_rules()
    return settings.base_url + LIST_PAGE if any(rule.rule == LIST_PAGE for rule in rules) else ""


def _is_stopping() -> bool:
    """True once the worker was asked to end: the message at hand is finished, no other is begun."""
    stopping = current_app.extensions.get("stopping")
    return bool(stopping and stopping())


def _send_due(crew: Senders, again: set[str], is_demo: bool) -> int:
    """One message after the other. A sender whose server is away rests until the next run."""
    tried, up = 0, set(crew)
    while rows := states.list_due(clock.now(), up, again):
        for row_id, channel in rows:
            if _is_stopping():
                return tried
            if channel not in up:
                continue
            taken = states.take(row_id, clock.now(), again)
            if taken is None:
                continue
            tried += 1
            if not _send(taken, crew[channel], is_demo):
                up -= {name for name, sender in crew.items() if sender is crew[channel]}
    return tried


class _Hold:
    """The row as this worker holds it; its lease is renewed when it is handed over."""

    def __init__(self, taken: states.Taken) -> None:
        self.taken = taken

    def mark(self) -> None:
        self.taken = states.hand_over(self.taken, clock.now())


def _send(taken: states.Taken, sender: Sender, is_demo: bool) -> bool:
    """Try one message; False when its server is away."""
    hold = _Hold(taken)
    try:
        if taken.attempt > states.LAST_TRY:
            raise SendError("tries", Outcome.NEVER)  # each of them ended with the worker
        if reason := _stopped(taken):
            states.set_skipped(taken, clock.now(), reason)
            return True
        sender.send(_open(taken), hold.mark)
    except SendError as error:
        _note(hold.taken, sender, error)
        return not error.is_down
    except states.LeaseLost:
        log.warning("mail.lease_lost", message=taken.id, kind=taken.kind)
        return True
    except Exception:
        log.exception("mail.broken", message=taken.id, kind=taken.kind, channel=taken.channel)
        # Whether it was handed over is not known here; its lease runs out and a later run decides.
        return True
    if is_demo:
        states.set_skipped(hold.taken, clock.now(), "demo")
        return True
    states.set_sent(hold.taken, clock.now())
    log.info("mail.sent", message=taken.id, kind=taken.kind, channel=taken.channel, attempt=taken.attempt)
    return True


def _stopped(taken: states.Taken) -> str:
    """Why it may no longer be told, by what holds now (a consent withdrawn since), or nothing. The room that
    knows answers: `app.extensions["mail_gate"]`, called with the id of the row."""
    gate = current_app.extensions.get("mail_gate")
    reason = str(gate(taken.id)) if gate else ""
    db.session.rollback()  # nothing is read while a server is talked to
    return reason


def _note(taken: states.Taken, sender: Sender, error: SendError) -> None:
    now = clock.now()
    log.warning(
        "mail.refused", message=taken.id, kind=taken.kind, channel=taken.channel, attempt=taken.attempt,
        error=error.code,
    )  # fmt: skip
    if error.outcome is Outcome.NEVER:
        states.set_failed(taken, now, error.code)
    elif error.outcome is Outcome.AGAIN:
        states.set_waiting(taken, now, error.code, wait=error.retry_after)
    elif sender.is_idempotent:
        states.set_waiting(taken, now, error.code, wait=error.retry_after, reason=states.UNANSWERED)
    else:
        states.set_unsure(taken, now, error.code)


def _open(taken: states.Taken) -> Outgoing:
    """The message in the clear. Raises SendError when it does not open."""
    sealed = cipher()
    try:
        to = sealed.decrypt(taken.address_cipher, ADDRESS_AAD)
        content = Content.from_json(json.loads(sealed.decrypt(taken.content_cipher, CONTENT_AAD)))
    except (CryptoError, ValueError, TypeError):
        raise SendError("content unreadable", Outcome.NEVER) from None
    return Outgoing(
        taken.token, taken.kind, taken.channel, to, taken.language, content, written_at=taken.created_at
    )
