"""A register of the country's cooperatives: what it costs, how that grows, and how much memory it takes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench.counting import growth, tree_seconds
from bench.databases import Database, scratch
from bench.registering import ENVIRONMENT, write_register
from bench.rows import Goal, Row
from bench.run import Run

SMALL, LARGE = 10_000, 80_000
MEMORY, LINEAR = Goal("<=", 400, "portal"), Goal("<=", 1.05, "portal")


def registry(run: Run) -> Iterator[Row]:
    """Reading, judging and writing 10,000 and 80,000 rows, as .csv and as .xlsx."""
    with (
        tempfile.TemporaryDirectory(prefix="balai-bench-") as folder,
        scratch(run.database(1, "registry"), run.say) as database,
    ):
        for kind in ("csv", "xlsx"):
            costs = {}
            for rows in (SMALL, LARGE):
                path = Path(folder) / f"registri-{rows}.{kind}"
                with database.portal().app_context():
                    write_register(path, rows)
                run.say(f"{rows:,} rows of .{kind}")
                costs[rows] = _cost(database, path)
            few, many = costs[SMALL], costs[LARGE]
            beside = {"engine": run.engine, "rows": LARGE, "new": many["new"], "seconds": many["seconds"]}
            yield Row(f"registry {kind} memory", "MB", None, many["peak_mb"], MEMORY, more=beside)
            exponent = growth(few["cpu_s"], many["cpu_s"], SMALL, LARGE)
            sizes = {"from": SMALL, "to": LARGE, "cpu_s_from": few["cpu_s"], "cpu_s_to": many["cpu_s"]}
            yield Row(
                f"registry {kind} growth", "exponent", None, exponent, LINEAR,
                more={"engine": run.engine, **sizes},
            )  # fmt: skip


def _cost(database: Database, path: Path) -> dict[str, float]:
    """What the file costs in a process of its own, with the database's share of the CPU."""
    server = sum(tree_seconds(pid) for pid in database.pids)
    command = [sys.executable, "-m", "bench.registering", str(path)]
    environment = {**os.environ, ENVIRONMENT: database.as_text()}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"bench.registering failed:\n{done.stderr[-2000:]}")
    cost: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    cost["cpu_s"] += sum(tree_seconds(pid) for pid in database.pids) - server
    return cost
