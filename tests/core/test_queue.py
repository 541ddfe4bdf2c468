"""The queue: three lanes that do not wait for each other, where it lives, and no request fails with it."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest
from flask import Flask
from huey import PostgresHuey, RedisHuey, SqliteHuey

from portal.core import jobs, queue
from portal.core.mail import drain
from portal.core.queue import Lane


def test_lane_works_in_one_thread_at_a_time_and_goes_round_again_when_asked():
    inside, go_on, seen = threading.Event(), threading.Event(), []

    def work():
        seen.append(threading.get_ident())
        inside.set()
        assert go_on.wait(10)

    lane = Lane(work)
    first = threading.Thread(target=lane.run)
    first.start()
    assert inside.wait(10)
    lane.run()  # does not wait: the first thread will look again
    lane.run()
    assert len(seen) == 1
    go_on.set()
    first.join(10)
    assert len(seen) == 2
    assert len(set(seen)) == 1


def test_lane_that_failed_works_again():
    results = iter([ZeroDivisionError(), None])
    seen = []

    def work():
        seen.append(1)
        if error := next(results):
            raise error

    lane = Lane(work)
    with pytest.raises(ZeroDivisionError):
        lane.run()
    lane.run()
    assert len(seen) == 2


def test_queue_lives_where_the_settings_say(app, tmp_path):
    settings = replace(app.extensions["portal_settings"], instance=tmp_path)
    assert isinstance(queue.make_queue(settings), SqliteHuey)
    assert (tmp_path / "queue.db").exists()
    there = queue.make_queue(replace(settings, queue_url="postgresql://nobody@127.0.0.1:9/none"))
    assert isinstance(there, PostgresHuey)
    assert isinstance(queue.make_queue(replace(settings, queue_url="redis://127.0.0.1:9/0")), RedisHuey)


def _installed(app, settings):
    """A bare app with the portal's settings and database, and a queue of its own."""
    other = Flask("portal")
    other.extensions |= {
        key: app.extensions[key] for key in ("portal_settings", "field_cipher", "sqlalchemy")
    }
    return other, queue.install(other, settings)


@pytest.mark.parametrize("url", ["postgresql://nobody@127.0.0.1:9/none", "redis://nobody@127.0.0.1:9/0"])
def test_queue_that_is_away_fails_no_request(app, tmp_path, capsys, url):
    settings = replace(app.extensions["portal_settings"], queue_url=url)
    other, _queue = _installed(app, settings)
    queue.wake_all(other)
    lines = capsys.readouterr().err
    assert lines.count("queue.unreachable") == 3
    assert "nobody" not in lines


def test_waking_puts_each_lane_into_the_queue_and_running_it_does_the_work(app, tmp_path, monkeypatch):
    done = []
    monkeypatch.setattr(jobs, "run_pending", lambda: done.append("jobs"))
    monkeypatch.setattr(drain, "run", lambda: done.append("mail"))
    monkeypatch.setattr(queue.timers, "run_timers", lambda now: done.append("timers"))
    settings = replace(app.extensions["portal_settings"], instance=tmp_path)
    other, there = _installed(app, settings)
    queue.wake_all(other)
    assert there.pending_count() == 3
    while task := there.dequeue():
        there.execute(task)
    assert sorted(done) == ["jobs", "mail", "timers"]


@pytest.mark.engine("postgresql")
def test_queue_in_postgresql_carries_tasks(app, database, monkeypatch):
    done = []
    monkeypatch.setattr(drain, "run", lambda: done.append("mail"))
    url = database.url.replace("+psycopg", "")
    other, there = _installed(app, replace(app.extensions["portal_settings"], queue_url=url))
    there.storage.initialize_schema()
    database.mark_changed()
    other.extensions["mail_waker"]()
    there.execute(there.dequeue())
    there.storage.close()
    assert done == ["mail"]
