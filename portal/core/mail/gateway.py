"""SMS and WhatsApp through an HTTP gateway; the contract is docs/gateway.md.

The gateway remembers the Idempotency-Key of what it accepted, so a message may be offered again whenever the
answer is not known.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import ssl
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from portal.core import clock
from portal.core.mail.deadline import at_most
from portal.core.mail.senders import PHONE, Mark, Outcome, Outgoing, SendError

CONNECT, READ, TALK = 5.0, 10.0, 30.0  # seconds: to connect, for one read, for all of it
LONGEST_ANSWER = 65_536
LONGEST_WAIT = timedelta(hours=12)
_AGAIN = frozenset((408, 425, 429))
_ACCOUNT = frozenset((401, 403))  # our key is refused, not the message
_OPEN = frozenset((500, 502, 504))  # it may have it all the same
_Broken = (OSError, http.client.HTTPException)


class GatewaySender:
    """Posts messages; one connection serves many."""

    is_idempotent = True

    def __init__(self, url: str, token: str) -> None:
        parts = urlsplit(url)
        self._is_tls = parts.scheme == "https"
        self._host, self._port = parts.hostname or "localhost", parts.port
        self._path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self._token = token
        self._open: http.client.HTTPConnection | None = None

    def send(self, message: Outgoing, mark: Mark) -> None:
        """See Sender."""
        if not PHONE.fullmatch(message.to):
            raise SendError("address invalid", Outcome.NEVER)
        body = {
            "id": message.token,
            "channel": message.channel,
            "to": message.to,
            "text": message.short_text,
        }
        kept = self._open is not None
        if not kept:
            self._connect()
        mark()
        try:
            status, wait = self._post(body)
        except _Broken as error:
            self._drop()
            if not kept or isinstance(error, TimeoutError):
                raise SendError(f"gateway {_kind(error)}", Outcome.UNKNOWN, is_down=True) from None
            status, wait = self._once_more(body)
        except BaseException:
            self._drop()
            raise
        _judge(status, wait)

    def _once_more(self, body: dict[str, str]) -> tuple[int, str]:
        """On a new connection: the kept one had been closed meanwhile. The key makes this safe."""
        self._connect()
        try:
            return self._post(body)
        except _Broken as error:
            self._drop()
            raise SendError(f"gateway {_kind(error)}", Outcome.UNKNOWN, is_down=True) from None

    def _connect(self) -> None:
        connection: http.client.HTTPConnection
        if self._is_tls:
            tls = ssl.create_default_context()
            connection = http.client.HTTPSConnection(self._host, self._port, timeout=CONNECT, context=tls)
        else:
            connection = http.client.HTTPConnection(self._host, self._port, timeout=CONNECT)
        try:
            connection.connect()
        except _Broken as error:
            connection.close()
            code = f"gateway.connect {_kind(error)}"
            raise SendError(code, Outcome.AGAIN, is_down=True) from None
        connection.sock.settimeout(READ)
        self._open = connection

    def _post(self, body: dict[str, str]) -> tuple[int, str]:
        """Status and Retry-After. Redirects are an answer like any other, and a long answer is not read."""
        connection = self._open
        assert connection is not None
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "Accept": "application/json",
            "Idempotency-Key": body["id"],
            "User-Agent": "balai",
        }
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        with at_most(TALK, connection.sock):
            data = json.dumps(body, ensure_ascii=False).encode()
            connection.request("POST", self._path, data, headers)
            response = connection.getresponse()
            with contextlib.suppress(*_Broken):  # the status has said it already
                response.read(LONGEST_ANSWER)
        if not response.isclosed() or response.will_close:
            self._drop()
        return response.status, response.headers.get("Retry-After") or ""

    def _drop(self) -> None:
        if self._open is not None:
            with contextlib.suppress(*_Broken):
                self._open.close()
        self._open = None

    def close(self) -> None:
        """End the connection."""
        self._drop()


def _judge(status: int, wait: str) -> None:
    """Return when it has the message; else raise what the status means."""
    if 200 <= status <= 299 or status == 409:
        return
    if 400 <= status <= 499 and status not in _AGAIN | _ACCOUNT:
        raise SendError(f"gateway {status}", Outcome.NEVER)
    outcome = Outcome.UNKNOWN if status in _OPEN else Outcome.AGAIN
    raise SendError(f"gateway {status}", outcome, is_down=status not in (408, 425), retry_after=_wait(wait))


def _wait(text: str) -> timedelta | None:
    """Retry-After in seconds or as a date; None when it says nothing that can be used."""
    text = text.strip()
    if text.isascii() and text.isdigit() and len(text) <= 9:
        return min(timedelta(seconds=int(text)), LONGEST_WAIT)
    try:
        until = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None
    left = _aware(until) - clock.now()
    return min(max(left, timedelta(0)), LONGEST_WAIT)


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _kind(error: BaseException) -> str:
    """The class of a failure in one word."""
    return "timeout" if isinstance(error, TimeoutError) else type(error).__name__
