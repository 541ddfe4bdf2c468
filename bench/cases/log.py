"""The proof that a certificate is in the log, out of a log of a million leaves."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import cycle
from typing import Any
from unittest import mock

from bench.counting import alternate
from bench.rows import Goal, Row
from bench.run import Run
from portal.certificates.models import Certificate
from portal.certificates.queries import log

LEAVES = 1_000_000
PER_TURN = 50
SAMPLES = 500


def inclusion(run: Run, leaves: int = LEAVES) -> Iterator[Row]:
    """`proof_text` of leaves at random, as the page and the paper ask for it."""
    database = run.database(leaves, "log")
    draw = random.Random(3)  # noqa: S311  no secret
    asked = [Certificate(log_index=draw.randrange(leaves)) for _ in range(SAMPLES)]
    again = cycle(asked)

    def work() -> None:
        for _ in range(PER_TURN):
            log.proof_text(next(again))

    with database.portal().app_context():
        work()
        reads = max(_reads(one) for one in asked[:100])
        (spent,) = alternate(run.rounds, lambda: run.spent(work, database))
    about = {"leaves": leaves, "engine": run.engine}
    yield Row("inclusion reads", "hash reads, the most", None, reads, Goal("<=", 20, "portal"), more=about)
    cpu = spent["cpu_s"] * 1000 / PER_TURN
    rate = {"portal_rate": PER_TURN / spent["seconds"]}
    yield Row("inclusion", "CPU ms/proof", None, cpu, Goal("<=", 10, "portal"), more={**about, **rate})


def _reads(certificate: Certificate) -> int:
    """How many hashes of the tree one proof reads."""
    seen: list[Any] = []
    read = log.read_nodes

    def counted(session: Any, places: Any) -> Any:
        found = read(session, places)
        seen.extend(found)
        return found

    with mock.patch.object(log, "read_nodes", counted):
        log.proof_text(certificate)
    return len(seen)
