"""The cases by name. A case is a function from the run (bench/run.py) to its rows; a new one joins CASES.

`python -m bench NAME` runs one; the numbers in the comments are those of the table of goals.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib import import_module

from bench.rows import Row
from bench.run import Run

Case = Callable[[Run], Iterable[Row]]

CASES = {
    "verify": "bench.cases.verify:verify",  # 1
    "microcache": "bench.cases.microcache:microcache",  # 2
    "tap": "bench.cases.attendance:tap",  # 4
    "roll": "bench.cases.attendance:roll",  # 5
    "checkins": "bench.cases.checkins:checkins",
    "answers": "bench.cases.answers:answers",
    "pdf": "bench.cases.paper:pdf",  # 6
    "issue": "bench.cases.issuing:issue",  # 7
    "growth": "bench.cases.growth:growth_of_rows",  # 10
    "coverage": "bench.cases.coverage:coverage",  # 9
    "cooperative": "bench.cases.coverage:cooperative",  # 9
    "nominate": "bench.cases.nominating:nominate",
    "registry": "bench.cases.registry:registry",
    "badge": "bench.cases.badge:badge",
    "inclusion": "bench.cases.log:inclusion",
    "status": "bench.cases.status:status",
}


def find(name: str) -> Case:
    """The function of a case. Raises KeyError for a name that is none."""
    module, function = CASES[name].split(":")
    found: Case = getattr(import_module(module), function)
    return found
