"""The scenario on its first rows: everything adds up, over HTTP too; a wrong sum is found."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest

from portal.core import clock
from portal.operations.scenario import playing, stages, sums
from portal.operations.scenario.command import table
from portal.operations.scenario.playing import DatabaseInUse, Progress, play
from portal.operations.scenario.roster import FILE, roster_file
from portal.operations.scenario.verifying import free_port
from tests.support import databases
from tests.support.apps import make_settings

ROWS = 45


@pytest.fixture
def settings(database, worker_folder, worker_id, clock):
    """Settings of an empty database on the engine of this run, with a free port."""
    folder = worker_folder / "scenario"
    folder.mkdir(exist_ok=True)
    port = free_port()
    made = make_settings(databases.create_empty(f"scenario_{worker_id}"), folder)
    return replace(made, port=port, base_url=f"http://127.0.0.1:{port}", testing=False)


def test_small_scenario_adds_up(settings):
    progress = Progress(out=io.StringIO())
    world, wrong = play(settings, now=clock.now(), rows=ROWS, seed="sintang", progress=progress)
    assert wrong == []
    assert world.placed + world.reserves + world.unplaced == world.previewed > 30
    assert world.certified == len(world.codes) > 0
    assert world.certified + world.not_yet.total() == world.placed
    labels = [label for label, _value in table(world, progress)]
    assert {"Orang", "Mendapat kursi", "Hadir", "Bersertifikat, terperiksa", "Detik kelas"} <= set(labels)
    _refused_a_second_time(settings)


def _refused_a_second_time(settings):
    with pytest.raises(DatabaseInUse):
        play(settings, now=clock.now(), rows=ROWS, seed="sintang", progress=Progress(out=io.StringIO()))


def test_sums_of_an_empty_database_show_what_is_missing(db_session, now):
    world = stages.World(now=now, rng=None, previewed=3, placed=2, unplaced=1)
    found = list(sums.faults(world, verified=1))
    assert any(line.startswith("people of the roster: 3, people saved: 0") for line in found)
    assert any("verified over HTTP: 1" in line for line in found)
    assert any(line.startswith("certified and not yet: 0, placed: 2") for line in found)


@pytest.mark.parametrize(
    ("codes", "reason"),
    [
        (["attendance_lost", "unit_not_yet"], "kehadiran kurang"),
        (["unit_pending"], "unit belum kompeten"),
        (["no_seat"], "no_seat"),
        ([], "tanpa alasan"),
    ],
)
def test_one_reason_a_person(codes, reason):
    assert stages.reason_of(codes) == reason


def test_roster_is_the_whole_file_unless_rows_are_named():
    assert roster_file() == (FILE.name, FILE.read_bytes())
    name, content = roster_file(20)
    assert name == "sintang-nominations-20.csv"
    assert 10 < len(content.splitlines()) <= 24


def test_own_settings_leave_nothing_behind():
    with playing.own_settings(None) as made:
        folder = made.instance
        assert made.database_url.startswith("sqlite:///")
        assert folder.is_dir()
        assert not made.demo
    assert not folder.exists()


def test_overlapping_spans_are_found():
    assert sums._overlap([(1, 3), (2, 4)])
    assert not sums._overlap([(1, 3), (3, 4)])
