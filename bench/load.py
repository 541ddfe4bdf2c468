"""The load generator, a process of its own: `python -m bench.load` reads a plan on stdin, answers JSON.

Plan: {port, host, paths: [...], count, connections, seconds, headers: {...}}. Each connection is kept alive
and asks again as soon as it was answered, until `count` answers or `seconds` are reached. Instead of paths,
`posts` are asked for once each: {path, body (form or JSON text), headers}. With `rate`, requests fall due at
that many a second whether or not earlier ones were answered, and waiting counts from when they fell due.
Answer: {requests, seconds, p50_ms, p99_ms, statuses: {"200": n}, bytes: largest body, cookies: n}.
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
    common = plan.get("headers", {})
    if "posts" in plan:
        return [
            _post(plan["host"], post["path"], post["body"], common | post["headers"])
            for post in plan["posts"]
        ]
    lines = _lines(common)
    return [f"GET {path} HTTP/1.1\r\nHost: {plan['host']}\r\n{lines}\r\n".encode() for path in plan["paths"]]


def _post(host: str, path: str, body: str, headers: dict[str, str]) -> bytes:
    content = body.encode()
    head = f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {len(content)}\r\n{_lines(headers)}\r\n"
    return head.encode() + content


def _lines(headers: dict[str, str]) -> str:
    return "".join(f"{name}: {value}\r\n" for name, value in headers.items())


class Pace:
    """Hands out when request number n falls due: at once without a rate."""

    def __init__(self, rate: float | None) -> None:
        self._rate = rate
        self._began = time.perf_counter()

    def wait(self, number: int) -> float:
        """Sleep until request `number` falls due; answers the moment that its waiting counts from."""
        if not self._rate:
            return time.perf_counter()
        due = self._began + number / self._rate
        while (left := due - time.perf_counter()) > 0:
            time.sleep(left)
        return due


def run(plan: dict[str, Any]) -> dict[str, Any]:
    """Ask as planned; see the module's words for plan and answer."""
    prepared = requests(plan)
    until = time.monotonic() + plan["seconds"]
    count, connections = plan["count"], plan["connections"]
    pace = Pace(plan.get("rate"))
    waits: list[float] = []
    statuses: Counter[str] = Counter()
    sizes, cookies, failures = [0], [0], []

    def ask(first: int) -> None:
        try:
            connection = Connection(plan["port"])
            for number in range(first, count, connections):
                due = pace.wait(number)
                status, size, cookie = connection.ask(prepared[number % len(prepared)])
                waits.append(time.perf_counter() - due)
                statuses[str(status)] += 1
                sizes.append(size)
                cookies.append(cookie)
                if time.monotonic() > until:
                    break
            connection.close()
        except (OSError, ValueError, IndexError) as error:
            failures.append(str(error))

    began = time.monotonic()
    threads = [threading.Thread(target=ask, args=(number,), daemon=True) for number in range(connections)]
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
