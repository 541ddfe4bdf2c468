"""Waits until the portal answers, says what it was given on standard input, and becomes the job runner.

A process of its own, run by its path so that it starts in milliseconds: the app server forks its workers, and
a thread that runs beside a fork can leave a lock held for ever in the child.
"""

from __future__ import annotations

import os
import signal
import sys
import time
import urllib.error
import urllib.request

# Ended while it is still importing, it goes without a word; later huey's own handlers end it after the task.
RUNNER = """
import signal
signal.signal(signal.SIGINT, signal.SIG_DFL)
from portal.operations.worker import main
main()
"""


def answers(port: int) -> bool:
    """True when something on the port speaks HTTP."""
    try:
        urllib.request.urlopen(f"http://127.0.0.1:{port}/sehat", timeout=5).close()
    except urllib.error.HTTPError:
        return True  # it answers, though not to this host name
    except OSError:
        return False
    return True


def main() -> None:
    """Wait, speak, then run jobs in this same process."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    greeting = sys.stdin.read()
    while not answers(int(sys.argv[1])):
        time.sleep(0.1)
    print(greeting, flush=True)
    os.execv(sys.executable, [sys.executable, "-c", RUNNER])  # noqa: S606  our own module


if __name__ == "__main__":
    main()
