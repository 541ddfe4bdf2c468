"""The benchmark itself: its arithmetic, the shape of its rows, and one small run from start to end."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bench import __main__ as command
from bench import counting, databases, load, rows
from bench.cases import CASES, find
from bench.databases import Database, fingerprint
from bench.rows import Goal, Row, not_measured
from bench.run import Run

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("floor", "portal", "goal", "ratio", "met"),
    [
        (2.0, 1.0, Goal("<=", 1.0), 0.5, True),
        (1.0, 1.31, Goal("<=", 1.3), 1.31, False),
        (1000.0, 300.0, Goal(">=", 0.3), 0.3, True),
        (None, 3, Goal("<=", 2, "portal"), None, False),
        (None, 0, Goal("<=", 0, "portal"), None, True),
        (None, None, Goal("<=", 1.0), None, None),
        (2.0, 1.0, None, 0.5, None),
    ],
)
def test_row_is_held_to_its_goal(floor, portal, goal, ratio, met):
    row = Row("case", "unit", floor, portal, goal)
    assert (row.ratio, row.met) == (ratio, met)


def test_row_as_json_has_the_promised_names_first():
    row = Row("verify", "CPU ms/request", 1.23456, 2.0, Goal("<=", 1.0), more={"portal_rate": 512.3456})
    told = row.as_json()
    assert list(told)[:6] == ["case", "floor", "portal", "ratio", "goal", "met"]
    assert (told["floor"], told["goal"], told["met"]) == (1.235, "ratio <= 1", False)
    assert told["portal_rate"] == 512.3
    assert not_measured("x", "", "no nginx").as_json()["met"] is None


def test_table_marks_what_missed_its_goal():
    text = rows.table(
        [Row("good", "ms", 1.0, 1.0, Goal("<=", 1.0)), Row("bad", "ms", 1.0, 2.0, Goal("<=", 1.0))]
    )
    head, good, bad = text.splitlines()
    assert head.split()[:6] == ["case", "floor", "portal", "ratio", "goal", "met"]
    assert " yes " in good
    assert " NO " in bad


def test_cpu_of_a_line_of_proc_whatever_the_command_is_called():
    line = "42 (a) b (c)) S 7 1 1 0 -1 0 0 0 0 0 150 50 0 0 20 0 1 0 0"
    ticks = counting._TICKS
    assert counting.stat_fields(line) == (7, 200 / ticks)


def test_cpu_of_a_process_tree_counts_children():
    code = "import subprocess,sys;p=subprocess.Popen([sys.executable,'-c','''\nwhile 1: pass\n'''])\np.wait()"
    parent = subprocess.Popen([sys.executable, "-c", code])
    try:
        spent = 0.0
        for _ in range(200):
            spent = counting.tree_seconds(parent.pid)
            if spent > 0.2:
                break
            parent_is_running = parent.poll() is None
            assert parent_is_running
            subprocess.run(["sleep", "0.05"])
        assert spent > 0.2
    finally:
        for child in Path(f"/proc/{parent.pid}/task/{parent.pid}/children").read_text().split():
            subprocess.run(["kill", "-9", child])
        parent.wait()


def test_sides_take_turns_and_give_their_medians():
    order = []

    def side(name, values):
        figures = iter(values)

        def run():
            order.append(name)
            return {"cpu_ms": next(figures)}

        return run

    found = counting.alternate(3, side("floor", [1, 9, 2]), side("portal", [5, 4, 6]))
    assert found == [{"cpu_ms": 2}, {"cpu_ms": 5}]
    assert order == ["floor", "portal", "portal", "floor", "floor", "portal"]


@pytest.mark.parametrize(("share", "value"), [(0.5, 50), (0.99, 99), (1.0, 100), (0.0, 1)])
def test_percentile(share, value):
    assert counting.percentile(range(1, 101), share) == value


def test_growth_is_the_exponent_between_two_sizes():
    assert counting.growth(1, 1, 10_000, 1_000_000) == 0
    assert counting.growth(2, 200, 10_000, 1_000_000) == pytest.approx(1)
    with pytest.raises(ValueError):
        counting.growth(0, 1, 10, 100)
    with pytest.raises(ValueError):
        counting.growth(1, 1, 100, 100)


def test_every_case_is_found_and_unknown_ones_are_refused(capsys):
    assert all(callable(find(name)) for name in CASES)
    assert command.parse(["verify", "--json"]).cases == ["verify"]
    for wrong in (["nothing"], ["--rows", "0"], ["--engine", "oracle"]):
        with pytest.raises(SystemExit) as left:
            command.parse(wrong)
        assert left.value.code == 2
    capsys.readouterr()


def test_case_that_breaks_is_a_row_and_the_others_go_on(monkeypatch, capsys):
    def broken(run):
        raise RuntimeError("no database today")

    cases = {"first": broken, "second": lambda run: [Row("second", "ms", 1.0, 1.0)]}
    monkeypatch.setattr(command, "find", cases.__getitem__)
    found = command.measure(Run(), ["first", "second"])
    assert [row.case for row in found] == ["first", "second"]
    assert "no database today" in found[0].note
    assert "no database today" in capsys.readouterr().err


def test_requests_of_a_plan_are_whole():
    plan = {"paths": ["/V/A"], "host": "balai.example", "headers": {"If-None-Match": '"x"'}}
    assert load.requests(plan) == [b'GET /V/A HTTP/1.1\r\nHost: balai.example\r\nIf-None-Match: "x"\r\n\r\n']


def test_database_goes_through_the_environment_whole(tmp_path):
    made = Database("sqlite", "sqlite:////x.db", tmp_path, 10, (1, 2))
    assert Database.from_text(made.as_text()) == made
    assert fingerprint() == fingerprint()


def test_databases_of_other_code_are_forgotten_when_long_unused(tmp_path, monkeypatch):
    monkeypatch.setattr(databases, "cache_folder", lambda: tmp_path)
    for name in ("old-certificates-10", "scratch-x", f"{fingerprint()}-certificates-10"):
        (tmp_path / name).mkdir()
    (tmp_path / "old-certificates-10" / "complete").touch()
    databases.forget_old(time.time())
    assert len(list(tmp_path.iterdir())) == 3
    databases.forget_old(time.time() + databases.KEPT_SECONDS + 60)
    assert [folder.name for folder in tmp_path.iterdir()] == [f"{fingerprint()}-certificates-10"]


@pytest.mark.engine("sqlite")
def test_small_run_of_the_verify_page(tmp_path, monkeypatch):
    """As `python -m bench verify --json`: fills, serves both sides, measures, and says only JSON."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    options = ["--json", "--rows", "30", "--rounds", "1", "--requests", "20"]
    done = subprocess.run(
        [sys.executable, "-m", "bench", "verify", *options], cwd=ROOT, capture_output=True, text=True
    )
    found = {row["case"]: row for row in json.loads(done.stdout)}
    assert found["verify"]["floor"] > 0, done.stderr
    assert found["verify"]["portal"] > 0
    assert found["verify"]["rows"] == 30
    assert found["verify statements"]["portal"] <= 2
    assert found["verify cookies"]["portal"] == 0
    assert done.returncode == (1 if any(row["met"] is False for row in found.values()) else 0)
