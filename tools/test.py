"""All tests: `make test`. On SQLite, then what needs a database again on PostgreSQL, then in a browser.

Arguments go to pytest (`.venv/bin/python tools/test.py -k roster`). What could not run is said in one line
and counted as skipped; with PORTAL_STRICT=1 anything skipped is a failure.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tools.browser import find_browser
from tools.postgres import PostgresMissing, postgres_server

ROOT = Path(__file__).resolve().parent.parent
BROWSER_TESTS = "tests/browser"
NOTHING_COLLECTED = 5
NIK_FOUND = 9  # tests/conftest.py: an identity number stands in plain text somewhere
CORES = os.cpu_count() or 2
#: The races wait for each other more than they compute, on SQLite above all; a browser wants its core.
WORKERS = os.environ.get("PORTAL_TEST_WORKERS", str(CORES + 1))
BROWSER_WORKERS = os.environ.get("PORTAL_TEST_WORKERS", "auto")


@dataclass
class Totals:
    """Counts over all phases; `broken` is set when pytest itself failed."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    broken: bool = False
    leaked: bool = False

    def add(self, report: Path) -> None:
        """Add the counts of one JUnit report."""
        if not report.exists():
            self.broken = True
            return
        for suite in ElementTree.parse(report).iter("testsuite"):  # noqa: S314  written by pytest just now
            count = {name: int(suite.get(name, 0)) for name in ("tests", "failures", "errors", "skipped")}
            bad = count["failures"] + count["errors"]
            self.failed += bad
            self.skipped += count["skipped"]
            self.passed += count["tests"] - bad - count["skipped"]


def run_phase(totals: Totals, name: str, arguments: list[str], environment: dict[str, str]) -> None:
    """Run pytest once and add what it counted."""
    print(f"\n== {name}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        command = [sys.executable, "-m", "pytest", "-q", f"--junitxml={report}", *arguments]
        status = subprocess.run(command, cwd=ROOT, env={**os.environ, **environment}).returncode
        if status == NOTHING_COLLECTED:
            return
        totals.add(report)
        totals.leaked |= status == NIK_FOUND
        totals.broken |= status not in (0, 1, NIK_FOUND)


def not_run(totals: Totals, why: str, arguments: list[str]) -> None:
    """Say in one line that a phase did not run, and count its tests as skipped."""
    command = [sys.executable, "-m", "pytest", "-q", "--collect-only", *arguments]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True).stdout
    found = re.search(r"^(\d+)(?:/\d+)? tests? collected", listed, re.MULTILINE)
    count = max(int(found.group(1)) if found else 0, 1)
    totals.skipped += count
    print(f"\n== Not run: {why} ({count} tests skipped)", flush=True)


def main(extra: list[str]) -> int:
    """Run the three phases; returns the exit status."""
    started, totals = time.monotonic(), Totals()
    everything = ["-n", WORKERS, "--dist", "worksteal", f"--ignore={BROWSER_TESTS}", *extra]
    run_phase(totals, "SQLite", everything, {"PORTAL_TEST_DB": "sqlite"})

    again = ["-m", "not pure", *everything]
    try:
        with postgres_server() as server:
            environment = {
                "PORTAL_TEST_DB": "postgresql", "PORTAL_TEST_PG": server.url("postgres"),
                "PORTAL_TEST_PG_DATA": f"{server.data}:{server.home / 'log'}",
            }  # fmt: skip
            run_phase(totals, "PostgreSQL", again, environment)
    except PostgresMissing as missing:
        not_run(totals, f"PostgreSQL: {missing}", again)

    journeys = ["-n", BROWSER_WORKERS, BROWSER_TESTS, *extra]
    browser = find_browser()
    if not any((ROOT / BROWSER_TESTS).glob("**/test_*.py")):
        print("\n== Browser: there are no journeys yet", flush=True)
    elif browser:
        run_phase(totals, "Browser", journeys, {"PORTAL_TEST_DB": "sqlite", "PORTAL_BROWSER": browser})
    else:
        not_run(totals, "Browser: no Chromium was found (Debian: apt install chromium)", journeys)

    print(f"\n{totals.passed} passed, {totals.failed} failed, {totals.skipped} skipped", end=" ")
    print(f"in {time.monotonic() - started:.0f} s")
    if totals.broken:
        print("pytest itself stopped before the end; see above.")
    if totals.leaked:
        print("A NIK was found in plain text; the places are above.")
    strict = os.environ.get("PORTAL_STRICT") == "1"
    if strict and totals.skipped:
        print("PORTAL_STRICT=1: something was skipped, so this run failed.")
    return (
        1
        if totals.failed or totals.broken or totals.leaked or (strict and totals.skipped) or not totals.passed
        else 0
    )


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
