"""Doing things at the same moment, each in a thread with a context and a connection of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

from portal.core.db import db
from portal.core.errors import DomainError

#: How many do it at the same moment, and how often the race is run (GUARDS.md). A race that needs a world of
#: its own for each round shares one and takes another person, session or batch of it.
CONCURRENT = 40
ROUNDS = 20


def at_once(app: Any, jobs: Sequence[Callable[[], Any]]) -> list[str]:
    """Run all jobs together; for each "ok" or the code of its DomainError. Anything else is raised here."""
    start = threading.Barrier(len(jobs))
    outcomes: list[str] = [""] * len(jobs)
    broken: list[BaseException] = []

    def run(index: int, job: Callable[[], Any]) -> None:
        with app.app_context():
            try:
                start.wait(30)
                job()
                outcomes[index] = "ok"
            except DomainError as error:
                outcomes[index] = error.code
            except BaseException as error:
                broken.append(error)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if broken:
        raise broken[0]
    db.session.rollback()
    db.session.expire_all()
    return outcomes
