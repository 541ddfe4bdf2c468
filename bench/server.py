"""`python -m bench.server PORT WORKERS THREADS`: bench.apps served as `make run` serves the portal."""

from __future__ import annotations

import sys


def main(port: int, workers: int, threads: int) -> None:
    """Serve until SIGINT."""
    from granian import Granian
    from granian.constants import Interfaces

    Granian(
        "bench.apps:app",
        address="127.0.0.1",
        port=port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=threads,
        backpressure=64,
        log_access=False,
        log_level="warning",  # type: ignore[arg-type]
    ).serve()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:4]))
