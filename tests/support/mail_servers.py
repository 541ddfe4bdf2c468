"""Real servers on loopback for messages to arrive at: SMTP (aiosmtpd, or scripted), and the HTTP gateway."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

QUIT = b"QUIT\r\n"


@dataclass
class Mailbox:
    """What an SMTP server accepted, and what it is to answer instead: `answers["RCPT"]` in order."""

    mails: list[EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    answers: dict[str, list[str]] = field(default_factory=dict)
    peers: set[Any] = field(default_factory=set)
    port: int = 0
    delay: float = 0.0

    @property
    def url(self) -> str:
        """SMTP_URL of this server."""
        return f"smtp://127.0.0.1:{self.port}"

    def counts(self) -> Counter[str]:
        """How often each Message-ID arrived."""
        return Counter(str(mail["Message-ID"]) for mail in self.mails)

    def _next(self, step: str) -> str | None:
        waiting = self.answers.get(step)
        return waiting.pop(0) if waiting else None

    # The hooks of aiosmtpd.
    async def handle_MAIL(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        """Note the connection."""
        self.peers.add(session.peer)
        found = self._next("MAIL")
        if not found:
            envelope.mail_from = address
        return found or "250 2.1.0 OK"

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        """Take every address unless told otherwise."""
        found = self._next("RCPT")
        if not found:
            envelope.rcpt_tos.append(address)
        return found or "250 2.1.5 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        """After the final dot; `delay` seconds pass before the mail counts and again before the answer."""
        await asyncio.sleep(self.delay)
        found = self._next("DATA")
        if not found:
            self.mails.append(message_from_bytes(envelope.content, policy=policy.default))  # type: ignore[arg-type]
            self.recipients += envelope.rcpt_tos
        await asyncio.sleep(self.delay)
        return found or "250 2.0.0 OK"


class _OnFreePort(Controller):
    """On a port that the system chose."""

    def __init__(self, handler: Mailbox, **options: Any) -> None:
        self._bound = socket.create_server(("127.0.0.1", 0))
        super().__init__(handler, hostname="127.0.0.1", port=self._bound.getsockname()[1], **options)

    def _create_server(self) -> Any:
        return self.loop.create_server(self._factory_invoker, sock=self._bound, ssl=self.ssl_context)


@contextmanager
def smtp_server(password: str = "", **options: Any) -> Iterator[Mailbox]:
    """A real SMTP server in a thread. password: what the user "portal" must sign in with."""
    box = Mailbox()
    if password:

        def check(_server: Any, _session: Any, _envelope: Any, _mechanism: str, given: Any) -> AuthResult:
            is_right = (given.login, given.password) == (b"portal", password.encode())
            return AuthResult(success=is_right, handled=is_right)

        options |= {"authenticator": check, "auth_require_tls": False}
    controller = _OnFreePort(box, **options)
    controller.start()
    box.port = controller.port
    try:
        yield box
    finally:
        controller.stop()


Script = Callable[[socket.socket, Any], None]


@contextmanager
def scripted_server(script: Script) -> Iterator[int]:
    """A server whose every connection is handled by `script(socket, its lines)`; yields the port."""
    listener = socket.create_server(("127.0.0.1", 0))
    threads: list[threading.Thread] = []
    open_sockets: list[socket.socket] = []

    def talk(sock: socket.socket) -> None:
        try:
            with sock, sock.makefile("rb") as lines:
                script(sock, lines)
        except OSError:
            return  # the portal hung up

    def accept() -> None:
        while True:
            try:
                sock, _peer = listener.accept()
            except OSError:
                return
            open_sockets.append(sock)
            threads.append(threading.Thread(target=talk, args=[sock], daemon=True))
            threads[-1].start()

    accepting = threading.Thread(target=accept, daemon=True)
    accepting.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for sock in open_sockets:
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue
        for thread in (accepting, *threads):
            thread.join(5)


def smtp_until_data(sock: socket.socket, lines: Any) -> None:
    """Greet and say yes to everything up to DATA, whose answer (354) is sent too."""
    sock.sendall(b"220 scripted\r\n")
    for line in lines:
        is_data = line.upper().startswith(b"DATA")
        sock.sendall(b"354 go on\r\n" if is_data else b"250 OK\r\n")
        if is_data:
            return


def smtp_body(lines: Any) -> bytes:
    """Read the content up to the dot, or to the end of the connection: without the dot then."""
    found = b""
    for line in lines:
        if line == b".\r\n":
            return found + line
        found += line
    return found


@dataclass
class Answer:
    """What the gateway says to one request; `before` runs first and may wait or raise."""

    status: int = 202
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b"{}"
    accepts: bool | None = None
    before: Callable[[Any], None] | None = None


@dataclass
class Gateway:
    """What the HTTP gateway accepted by Idempotency-Key, every request, and answers to use up first."""

    accepted: dict[str, dict[str, str]] = field(default_factory=dict)
    deliveries: Counter[str] = field(default_factory=Counter)
    requests: list[tuple[dict[str, str], dict[str, str]]] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    port: int = 0
    delay: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def url(self) -> str:
        """GATEWAY_URL of this server."""
        return f"http://127.0.0.1:{self.port}/pesan"

    def handle(self, request: BaseHTTPRequestHandler) -> None:
        """One POST: scripted, else accepted once for each key."""
        body = json.loads(request.rfile.read(int(request.headers["Content-Length"])))
        key = request.headers["Idempotency-Key"]
        with self.lock:
            self.requests.append((dict(request.headers), body))
            answer = self.answers.pop(0) if self.answers else None
            known = key in self.accepted
            answer = answer or Answer(409 if known else 202)
            takes = answer.status // 100 == 2 if answer.accepts is None else answer.accepts
            if takes and not known:
                self.accepted[key] = body
                self.deliveries[key] += 1
        threading.Event().wait(self.delay)
        if answer.before:
            answer.before(request)
        request.send_response(answer.status)
        for name, value in {"Content-Length": str(len(answer.body)), **answer.headers}.items():
            request.send_header(name, value)
        request.end_headers()
        request.wfile.write(answer.body)


@contextmanager
def gateway_server() -> Iterator[Gateway]:
    """A gateway that keeps the contract of docs/gateway.md, in threads."""
    gateway = Gateway()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 10

        def do_POST(self) -> None:
            try:
                gateway.handle(self)
            except OSError:
                self.close_connection = True

        def log_message(self, *_arguments: Any) -> None:
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_arguments: Any) -> None:
            """A client that was killed is no news."""

    server = Server(("127.0.0.1", 0), Handler)
    gateway.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=[0.05], daemon=True)
    thread.start()
    try:
        yield gateway
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
