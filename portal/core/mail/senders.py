"""What carries a message away: the contract of a sender, and which sender carries which channel."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol
from urllib.parse import urlsplit

from portal.core.mail.content import Content
from portal.settings import Settings

PHONE = re.compile(r"\+[1-9][0-9]{6,14}")


class Outcome(StrEnum):
    """What a failed try means for the message."""

    AGAIN = "again"  # the other side does not have it; later may work
    NEVER = "never"  # the other side does not have it and never will
    UNKNOWN = "unknown"  # it was handed over and no answer came


class SendError(Exception):
    """A try that did not end in an acceptance.

    code: the step and the number of the answer ("smtp.rcpt 550 5.1.1"), never an address or the words of the
    other side, which may quote the message. is_down: the trouble is the other side's as a whole, so the other
    messages need not try it now. retry_after: how long it asked us to wait.
    """

    def __init__(
        self, code: str, outcome: Outcome, *, is_down: bool = False, retry_after: timedelta | None = None
    ) -> None:
        super().__init__(code)
        self.code = code[:200]
        self.outcome = outcome
        self.is_down = is_down
        self.retry_after = retry_after


@dataclass(frozen=True)
class Outgoing:
    """A message on its way: `to` is an e-mail address or a phone as E.164, `token` names it for ever."""

    token: str
    kind: str
    channel: str
    to: str
    language: str
    content: Content
    written_at: datetime

    @property
    def short_text(self) -> str:
        """The words for a phone."""
        return self.content.sms or self.content.text.strip()

    @property
    def is_code(self) -> bool:
        """True for one-time codes, which are never kept or shown."""
        return self.kind.startswith("code.")


Mark = Callable[[], None]


class Sender(Protocol):
    """Carries messages of one or more channels. May keep a connection open until `close`."""

    # True when the other side recognizes a message that it gets a second time.
    is_idempotent: bool

    def send(self, message: Outgoing, mark: Mark) -> None:
        """Returns once the other side has accepted the message; else raises SendError.

        Calls `mark` exactly at the point before which the other side cannot have it and after which it may.
        What `mark` raises is passed on, and then the message is not handed over.
        """
        ...

    def close(self) -> None:
        """End what is open; never raises."""
        ...


class ConsoleSender:
    """For development and the demo: shows the message at the terminal instead of sending it."""

    is_idempotent = True

    def send(self, message: Outgoing, mark: Mark) -> None:
        """Print the short form to standard error."""
        mark()
        body = message.short_text if message.channel != "email" or message.is_code else message.content.text
        line = (
            f"--- {message.channel} {message.to} [{message.kind}] {message.content.subject}\n{body.strip()}\n"
        )
        print(line, file=sys.stderr, flush=True)  # noqa: T201  this is what it is for

    def close(self) -> None:
        """Nothing is open."""


def mail_host(settings: Settings) -> str:
    """The host name that messages come from: of MAIL_FROM, else of BASE_URL."""
    _name, _at, host = settings.mail_from.rpartition("@")
    host = host.rstrip("> ") or urlsplit(settings.base_url).hostname or ""
    is_name = re.search(r"[a-z]", host, re.I) and ":" not in host
    return host if is_name else "localhost"


def mail_sender(settings: Settings) -> str:
    """The From of every e-mail."""
    return settings.mail_from or f"Balai <noreply@{mail_host(settings)}>"


def make_senders(settings: Settings, list_page: str = "") -> Mapping[str, Sender]:
    """The sender of each channel; a channel without one is missing. The demo never reaches the network.

    list_page: where people choose what they are told, for the List-Unsubscribe header; "" for none.
    """
    from portal.core.mail.gateway import GatewaySender
    from portal.core.mail.smtp import SmtpSender

    if settings.demo:
        return dict.fromkeys(("email", "whatsapp", "sms"), ConsoleSender())
    found: dict[str, Sender] = {}
    if not settings.is_production:
        found = dict.fromkeys(("email", "whatsapp", "sms"), ConsoleSender())
    if settings.smtp_url:
        found["email"] = SmtpSender(
            settings.smtp_url, sender=mail_sender(settings), host=mail_host(settings), list_page=list_page
        )
    if settings.gateway_url:
        gateway = GatewaySender(settings.gateway_url, settings.gateway_token)
        found |= {"whatsapp": gateway, "sms": gateway}
    return found


def missing_senders(settings: Settings) -> list[str]:
    """The settings that are empty in production although messages would leave through them."""
    if not settings.is_production:
        return []
    given = {"SMTP_URL": settings.smtp_url, "GATEWAY_URL": settings.gateway_url}
    return [name for name, value in given.items() if not value]
