"""Timed work runs at most once a window, whoever asks, and one that fails does not stop the others."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from portal.core import timers


@pytest.fixture
def registry(monkeypatch):
    """An empty registry, and a list of what was called."""
    monkeypatch.setattr(timers, "_timers", {})
    calls = []

    def add(name, minutes, error=None):
        @timers.timer(name, minutes=minutes)
        def work(now):
            calls.append((name, now))
            if error:
                raise error

    return add, calls


def test_timer_runs_once_a_window_and_again_in_the_next(db_session, registry, clock):
    add, calls = registry
    add("a", 15)
    assert timers.run_timers(clock.now) == ["a"]
    assert timers.run_timers(clock.now) == []
    assert timers.run_timers(clock.move(minutes=14)) == []
    assert timers.run_timers(clock.move(minutes=1)) == ["a"]
    assert len(calls) == 2


def test_timer_is_not_run_again_when_the_clock_is_set_back(db_session, registry, clock):
    add, _calls = registry
    add("a", 5)
    assert timers.run_timers(clock.now) == ["a"]
    assert timers.run_timers(clock.now - timedelta(hours=3)) == []


def test_timer_taken_by_another_worker_is_not_called(db_session, registry, now):
    add, calls = registry
    add("a", 5)
    assert timers._begin(timers._timers["a"], now)
    assert not timers._begin(timers._timers["a"], now)
    assert timers.run_timers(now) == []
    assert calls == []


def test_timer_that_fails_leaves_a_line_and_the_others_run(db_session, registry, now, capsys):
    add, calls = registry
    add("a", 5, ZeroDivisionError("no"))
    add("b", 5)
    assert timers.run_timers(now) == ["a", "b"]
    assert [name for name, _now in calls] == ["a", "b"]
    line = capsys.readouterr().err
    assert "timer.failed" in line
    assert '"timer": "a"' in line


@pytest.mark.parametrize(
    ("minute", "minutes", "begins"), [(0, 15, 0), (14, 15, 0), (15, 15, 15), (59, 60, 0), (7, 1, 7)]
)
def test_window_begins_at_whole_multiples(minute, minutes, begins):
    one = timers.Timer("a", minutes, print)
    moment = datetime(2026, 11, 22, 2, minute, 31, tzinfo=UTC)
    assert one.window(moment) == moment.replace(minute=begins, second=0)


@pytest.mark.parametrize("minutes", [0, 1441])
def test_timer_refuses_a_senseless_period(minutes):
    with pytest.raises(ValueError):
        timers.timer("a", minutes=minutes)


def test_timer_refuses_a_name_of_another_module(registry):
    add, _calls = registry
    add("a", 5)
    with pytest.raises(ValueError):
        timers.timer("a", minutes=5)(datetime.now)
