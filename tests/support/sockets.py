"""Tests reach nobody: every connection but loopback and Unix sockets is refused."""

import ipaddress
import sys
from typing import Any


class NetworkRefused(RuntimeError):
    """A test tried to talk to another machine."""


def _is_local(host: Any) -> bool:
    """True for loopback names and addresses, and for 'any interface' of a listening socket."""
    text = host.decode() if isinstance(host, bytes) else str(host or "")
    if text in ("", "localhost", "0.0.0.0", "::"):
        return True
    try:
        return ipaddress.ip_address(text.split("%")[0]).is_loopback
    except ValueError:
        return False


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    if event in ("socket.connect", "socket.sendto"):
        address = arguments[1]
        if isinstance(address, tuple) and not _is_local(address[0]):
            raise NetworkRefused(f"A test opened a connection to {address[0]}.")
    elif event in ("socket.getaddrinfo", "socket.gethostbyname") and not _is_local(arguments[0]):
        raise NetworkRefused(f"A test looked up {arguments[0]}.")


def refuse_network() -> None:
    """Refuse other machines for the rest of this process (an audit hook cannot be taken out again)."""
    sys.addaudithook(_audit)
