"""An end to talking: a server that sends one byte every few seconds beats every socket timeout."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from collections.abc import Iterator


def _cut(handle: socket.socket) -> None:
    with contextlib.suppress(OSError):
        handle.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def at_most(seconds: float, sock: socket.socket | None) -> Iterator[None]:
    """Cut the connection when the block takes longer; its next read or write then raises.

    Cut through a second handle: TLS takes the first one over in the middle of the block.
    """
    if sock is None:
        raise ConnectionError("not connected")
    with socket.socket(fileno=os.dup(sock.fileno())) as handle:
        watch = threading.Timer(seconds, _cut, [handle])
        watch.daemon = True
        watch.start()
        try:
            yield
        finally:
            watch.cancel()
