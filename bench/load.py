"""The load generator, a process of its own: `python -m bench.load` reads a plan on stdin, answers JSON.

Plan: {port, host, paths: [...], count, connections, seconds, headers: {...}}. Each connection is kept alive
and asks again as soon as it was answered, until `count` answers or `seconds` are reached. Answer: {requests,
seconds, p50_ms, p99_ms, statuses: {"200": n}, bytes: largest body, cookies: n}.
"""

from __future__ import annotations

import json
import socket
import sys
import threading
import time
from collections import Counter
from typing import Any

from bench.counting import percentile

_END = b"\r\n\r\n"


class Connection:
    """One keep-alive HTTP/1.1 connection that knows just enough to be cheap."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(self, request: bytes) -> tuple[int, int, bool]:
        """(status, bytes of the body, whether it set a cookie). Raises OSError when it is cut short."""
        self._socket.sendall(request)
        data = b""
        while _END not in data:
            data += self._receive()
        head, _, body = data.partition(_END)
        lines = head.lower().split(b"\r\n")
        status = int(lines[0].split()[1])
        length = next((int(line[15:]) for line in lines if line.startswith(b"content-length:")), 0)
        got = len(body)
        while got < length:
            got += len(self._receive())
        return status, got, any(line.startswith(b"set-cookie:") for line in lines)

    def _receive(self) -> bytes:
        data = self._socket.recv(65536)
        if not data:
            raise OSError("the server closed the connection")
        return data

    def close(self) -> None:
        """Hang up."""
        self._socket.close()


def requests(plan: dict[str, Any]) -> list[bytes]:
    """The bytes of each request of a plan."""
    lines = "".join(f"{name}: {value}\r\n" for name, value in plan.get("headers", {}).items())
    return [f"GET {path} HTTP/1.1\r\nHost: {plan['host']}\r\n{lines}\r\n".encode() for path in plan["paths"]]


def run(plan: dict[str, Any]) -> dict[str, Any]:
    """Ask as planned; see the module's words for plan and answer."""
    prepared = requests(plan)
    until = time.monotonic() + plan["seconds"]
    share = -(-plan["count"] // plan["connections"])
    waits: list[float] = []
    statuses: Counter[str] = Counter()
    sizes, cookies, failures = [0], [0], []

    def ask(start: int) -> None:
        try:
            connection = Connection(plan["port"])
            for turn in range(share):
                began = time.perf_counter()
                status, size, cookie = connection.ask(prepared[(start + turn) % len(prepared)])
                waits.append(time.perf_counter() - began)
                statuses[str(status)] += 1
                sizes.append(size)
                cookies.append(cookie)
                if time.monotonic() > until:
                    break
            connection.close()
        except (OSError, ValueError, IndexError) as error:
            failures.append(str(error))

    began = time.monotonic()
    threads = [
        threading.Thread(target=ask, args=(number * share,), daemon=True)
        for number in range(plan["connections"])
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(plan["seconds"] + 35)
    if failures or not waits:
        raise SystemExit(f"load: {failures[:1] or 'no answer'}")
    return {
        "requests": len(waits),
        "seconds": time.monotonic() - began,
        "p50_ms": percentile(waits, 0.5) * 1000,
        "p99_ms": percentile(waits, 0.99) * 1000,
        "statuses": dict(statuses),
        "bytes": max(sizes),
        "cookies": sum(cookies),
    }


if __name__ == "__main__":
    json.dump(run(json.load(sys.stdin)), sys.stdout)
