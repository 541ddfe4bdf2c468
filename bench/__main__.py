"""`python -m bench [CASE...] [--json]`: run the cases, all by default, and answer with their rows.

Exit status: 0 when everything that was measured met its goal, 1 when something did not, 2 for a wrong call.
"""

from __future__ import annotations

import argparse
import json
import sys
import traceback
from collections.abc import Sequence

from bench.cases import CASES, find
from bench.rows import Row, not_measured, table
from bench.run import Run, running


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line; exits with 2 for an unknown case."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__.split("\n\n")[0])
    parser.add_argument("cases", nargs="*", metavar="CASE", help=f"of: {', '.join(CASES)}")
    parser.add_argument("--json", action="store_true", help="rows as JSON, alone on stdout")
    parser.add_argument("--engine", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--rows", type=int, default=200_000, help="certificates in the database")
    parser.add_argument("--rounds", type=int, default=5, help="turns that floor and portal take")
    parser.add_argument("--requests", type=int, default=800, help="requests in one turn")
    options = parser.parse_args(arguments)
    unknown = [name for name in options.cases if name not in CASES]
    if unknown:
        parser.error(f"no case {', '.join(unknown)}; there are: {', '.join(CASES)}")
    if min(options.rows, options.rounds, options.requests) < 1:
        parser.error("--rows, --rounds and --requests are at least 1")
    return options


def measure(run: Run, names: Sequence[str]) -> list[Row]:
    """The rows of the cases; one that breaks says so in a row, and the others go on."""
    rows: list[Row] = []
    for name in names:
        run.say(f"case {name}")
        try:
            rows.extend(find(name)(run))
        except Exception as error:
            traceback.print_exc(file=sys.stderr)
            rows.append(not_measured(name, "", f"{type(error).__name__}: {error}"))
    return rows


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what the command line asks for."""
    options = parse(arguments)
    with running(
        engine=options.engine, rows=options.rows, rounds=options.rounds, requests=options.requests
    ) as run:
        rows = measure(run, options.cases or list(CASES))
    if options.json:
        print(json.dumps([row.as_json() for row in rows], indent=1))
    else:
        print(table(rows))
    return 1 if any(row.met is False for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
