"""E-mail through an SMTP server, in two steps: everything but the final dot, then the dot.

RFC 5321 (4.2.5): before the dot the server has nothing, after its answer it has everything. In between nobody
knows, so that moment is made as short as it can be and is written down (`mark`) before it begins.
"""

from __future__ import annotations

import contextlib
import re
import smtplib
import socket
import ssl
from dataclasses import dataclass
from urllib.parse import parse_qs, unquote, urlsplit

from portal.core.mail import mime
from portal.core.mail.deadline import at_most
from portal.core.mail.senders import Mark, Outcome, Outgoing, SendError

CONNECT, READ = 5.0, 20.0  # seconds for one step
TALK, ANSWER = 60.0, 60.0  # for all steps up to the dot, and for the answer to it
PER_CONNECTION = 100
_Broken = (OSError, smtplib.SMTPException)


@dataclass(frozen=True)
class Server:
    """Where and how: from `smtp[s]://user:password@host:port?starttls`."""

    host: str
    port: int
    is_tls: bool
    needs_starttls: bool
    user: str
    password: str

    @classmethod
    def parse(cls, url: str) -> Server:
        """Read SMTP_URL; user and password are percent-decoded."""
        parts = urlsplit(url)
        is_tls = parts.scheme == "smtps"
        needs_starttls = "starttls" in parse_qs(parts.query, keep_blank_values=True)
        port = parts.port or (465 if is_tls else 587 if needs_starttls else 25)
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
        return cls(parts.hostname or "localhost", port, is_tls, needs_starttls, user, password)


def _answer(step: str, code: int, text: bytes, *, is_down: bool = False) -> SendError:
    """The error of a refusal: step, code and, where given, the enhanced code of RFC 3463."""
    more = re.match(rb"\s*([245]\.\d{1,3}\.\d{1,3})\b", text or b"")
    words = f"smtp.{step} {code}" + (f" {more[1].decode()}" if more else "")
    outcome = Outcome.NEVER if 500 <= code <= 599 and not is_down else Outcome.AGAIN
    return SendError(words, outcome, is_down=is_down or code == 421)


class SmtpSender:
    """Sends e-mail; one connection serves many messages."""

    is_idempotent = False

    def __init__(self, url: str, *, sender: str, host: str, list_page: str = "") -> None:
        self._server = Server.parse(url)
        self._sender, self._host, self._list_page = sender, host, list_page
        self._smtp: smtplib.SMTP | None = None
        self._count = 0

    def send(self, message: Outgoing, mark: Mark) -> None:
        """See Sender."""
        to = mime.wire_address(message.to)
        mail = mime.compose(message, sender=self._sender, host=self._host, list_page=self._list_page)
        data = mime.as_data(mail)
        smtp = self._begin()
        try:
            with at_most(TALK, smtp.sock):
                self._offer(smtp, to, data)
            mark()
            self._hand_over(smtp)
        except SendError as error:
            # After a refused address the server still listens; after anything in or past DATA start afresh.
            if not error.code.startswith("smtp.rcpt") or not self._reset(smtp):
                self._drop()
            raise
        except _Broken as error:
            self._drop()
            raise SendError(f"smtp.talk {_kind(error)}", Outcome.AGAIN, is_down=True) from None
        except BaseException:
            self._drop()  # hanging up without the dot: the server throws away what it has
            raise

    def _offer(self, smtp: smtplib.SMTP, to: str, data: bytes) -> None:
        """Address and content, without the dot."""
        code, text = smtp.rcpt(to)
        if code not in (250, 251):
            raise _answer("rcpt", code, text)
        code, text = smtp.docmd("DATA")
        if code != 354:
            raise _answer("data", code, text)
        smtp.send(data)

    def _hand_over(self, smtp: smtplib.SMTP) -> None:
        """The dot, and the answer that decides. Without one nobody knows."""
        try:
            with at_most(ANSWER, smtp.sock):
                assert smtp.sock is not None
                smtp.sock.settimeout(ANSWER)
                smtp.send(b".\r\n")
                code, text = smtp.getreply()
                if smtp.sock is not None:
                    smtp.sock.settimeout(READ)
        except _Broken as error:
            raise SendError(f"smtp.dot {_kind(error)}", Outcome.UNKNOWN, is_down=True) from None
        if code != 250:
            raise _answer("dot", code, text)

    def _begin(self) -> smtplib.SMTP:
        """A connection on which MAIL FROM was accepted. One left open meanwhile may have been closed by the
        server: then once more on a new one."""
        if self._smtp is not None and self._count < PER_CONNECTION:
            try:
                return self._mail_from(self._smtp)
            except (SendError, *_Broken):
                pass
        self._drop()
        self._smtp = smtp = self._connect()
        try:
            return self._mail_from(smtp)
        except SendError:
            self._drop()
            raise
        except _Broken as error:
            self._drop()
            raise SendError(f"smtp.mail {_kind(error)}", Outcome.AGAIN, is_down=True) from None

    def _mail_from(self, smtp: smtplib.SMTP) -> smtplib.SMTP:
        with at_most(TALK, smtp.sock):
            code, text = smtp.mail(mime.sender_address(self._sender))
        if code != 250:
            # Our own address is refused, or the server is busy: no fault of this message.
            raise _answer("mail", code, text, is_down=True)
        self._count += 1
        return smtp

    def _connect(self) -> smtplib.SMTP:
        """Connected, encrypted as asked and signed in. Every failure here is the server's as a whole."""
        server = self._server
        smtp = smtplib.SMTP(timeout=READ, local_hostname=self._host)
        try:
            sock = socket.create_connection((server.host, server.port), CONNECT)
            smtp.sock = sock
            with at_most(TALK, sock):
                self._greet(smtp, sock)
        except SendError:
            self._hang_up(smtp)
            raise
        except _Broken as error:
            self._hang_up(smtp)
            raise SendError(f"smtp.connect {_kind(error)}", Outcome.AGAIN, is_down=True) from None
        self._count = 0
        return smtp

    def _greet(self, smtp: smtplib.SMTP, sock: socket.socket) -> None:
        server, context = self._server, ssl.create_default_context()
        sock.settimeout(READ)
        if server.is_tls:
            smtp.sock = context.wrap_socket(sock, server_hostname=server.host)
        smtp._host = server.host  # type: ignore[attr-defined]  # whom STARTTLS expects
        code, text = smtp.getreply()
        if code != 220:
            raise _answer("greeting", code, text, is_down=True)
        smtp.ehlo_or_helo_if_needed()
        if server.needs_starttls:
            smtp.starttls(context=context)
            smtp.ehlo_or_helo_if_needed()
        if server.user:
            self._login(smtp, server)

    @staticmethod
    def _login(smtp: smtplib.SMTP, server: Server) -> None:
        try:
            smtp.user, smtp.password = server.user, server.password
            if "PLAIN" in smtp.esmtp_features.get("auth", "").split():
                # smtplib's login() tries all mechanisms in turn, and a wrong password counts each time.
                smtp.auth("PLAIN", smtp.auth_plain)
            else:
                smtp.login(server.user, server.password)
        except smtplib.SMTPResponseException as error:
            raise _answer("login", error.smtp_code, b"", is_down=True) from None
        except smtplib.SMTPException as error:
            raise SendError(f"smtp.login {_kind(error)}", Outcome.AGAIN, is_down=True) from None

    def _reset(self, smtp: smtplib.SMTP) -> bool:
        try:
            with at_most(READ, smtp.sock):
                return smtp.rset()[0] == 250
        except _Broken:
            return False

    @staticmethod
    def _hang_up(smtp: smtplib.SMTP) -> None:
        with contextlib.suppress(*_Broken):
            smtp.close()

    def _drop(self) -> None:
        if self._smtp is not None:
            self._hang_up(self._smtp)
        self._smtp = None

    def close(self) -> None:
        """Say good-bye."""
        if self._smtp is not None:
            with contextlib.suppress(*_Broken), at_most(READ, self._smtp.sock):
                self._smtp.quit()
        self._drop()


def _kind(error: BaseException) -> str:
    """The class of a failure in one word."""
    if isinstance(error, TimeoutError):
        return "timeout"
    return type(error).__name__
