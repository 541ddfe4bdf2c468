"""Case 10: what ten thousand certificates cost, and what the run's number of them costs."""

from __future__ import annotations

from collections.abc import Iterator

from bench.cases import issuing
from bench.counting import alternate, growth
from bench.rows import Goal, Row, not_measured
from bench.run import Run

SMALL = 10_000
POINT, BULK = Goal("<=", 0.1, "portal"), Goal("<=", 1.05, "portal")
UNIT = "exponent"


def growth_of_rows(run: Run) -> Iterator[Row]:
    """The exponent e of cost ~ rows^e: of one page's CPU, and of the CPU to issue all rows there are."""
    if run.rows <= SMALL:
        why = f"needs --rows above {SMALL}"
        yield not_measured("growth verify", UNIT, why, POINT)
        yield not_measured("growth issue", UNIT, why, BULK)
        return
    sizes = {"from": SMALL, "to": run.rows, "engine": run.engine}
    small, large = _pages(run)
    yield Row(
        "growth verify", UNIT, None, growth(small, large, SMALL, run.rows), POINT,
        more={**sizes, "cpu_ms_from": small, "cpu_ms_to": large},
    )  # fmt: skip
    few, many = (1 / issuing.cost(run, rows)[1]["rate"] for rows in (SMALL, run.rows))
    # The cost of one certificate at each size; all of them cost that times their number.
    exponent = 1 + growth(few, many, SMALL, run.rows)
    yield Row(
        "growth issue", UNIT, None, exponent, BULK,
        more={**sizes, "cpu_ms_from": few * 1000, "cpu_ms_to": many * 1000},
    )  # fmt: skip


def _pages(run: Run) -> tuple[float, float]:
    """CPU ms of a page on the small and on the large database, in turns."""
    sides = []
    for rows in (SMALL, run.rows):
        paths, server = [f"/V/{code}" for code in run.codes(2000, rows)], run.server("portal", rows)
        server.load(paths, 300)
        sides.append((server, paths))
    (first, few), (second, many) = sides
    small, large = alternate(
        run.rounds, lambda: first.load(few, run.requests), lambda: second.load(many, run.requests)
    )
    return small["cpu_ms"], large["cpu_ms"]
