"""The limit on misses: per address and for all, bounded in what it keeps, told once, alive without Redis."""

from __future__ import annotations

import pytest
from limits.errors import StorageError
from limits.storage import MemoryStorage
from structlog.testing import capture_logs

from portal.verification import throttle
from portal.verification.throttle import MISSES, REPORTS, MissLimit, SharedMissLimit, subject

HERE, THERE = "203.0.113.5", "203.0.113.6"


@pytest.fixture
def limit():
    return MissLimit(MemoryStorage())


def test_an_address_waits_once_it_missed_too_often_and_others_do_not(limit):
    assert [limit.count(HERE) for _ in range(MISSES)] == [0] * MISSES
    assert limit.count(HERE) == 60
    assert limit.wait(HERE) == 60
    assert (limit.wait(THERE), limit.count(THERE)) == (0, 0)


def test_workers_share_the_limit_by_dividing_it():
    limit = MissLimit(MemoryStorage(), among=4)
    assert [limit.count(HERE) for _ in range(MISSES // 4)] == [0] * (MISSES // 4)
    assert limit.count(HERE)


def test_misses_of_a_list_count_as_many_as_they_are(limit):
    assert limit.count(HERE, MISSES) == 0
    assert limit.wait(HERE) == 60


def test_reports_have_a_limit_of_their_own(limit):
    assert [limit.report(HERE) for _ in range(REPORTS)] == [0] * REPORTS
    assert limit.report(HERE) == 3600
    assert limit.count(HERE) == 0


def test_what_is_kept_is_bounded_however_many_addresses_come(limit, monkeypatch):
    monkeypatch.setattr(throttle, "ALL_MISSES", 50)
    limit = MissLimit(MemoryStorage())
    waits = [limit.count(f"198.51.{n // 250}.{n % 250}") for n in range(2_000)]
    assert waits[:50] == [0] * 50
    assert set(waits[50:]) == {60}
    assert len(limit.storage.storage) <= 50 + 2


def test_many_misses_are_told_once_and_without_addresses(monkeypatch):
    monkeypatch.setattr(throttle, "ALL_MISSES", 40)
    limit = MissLimit(MemoryStorage())
    with capture_logs() as told:
        for _ in range(60):
            limit.count(HERE)
    assert [line["event"] for line in told] == ["verification.misses"]
    assert told[0]["misses"] == 20
    assert HERE not in str(told)


def test_an_address_that_is_refused_does_not_have_the_others_refused(limit):
    for _ in range(throttle.ALL_MISSES + 10):
        limit.count(HERE)
    for _ in range(throttle.ALL_REPORTS + 10):
        limit.report(HERE)
    assert (limit.count(HERE), limit.report(HERE)) == (60, 3600)
    assert (limit.wait(THERE), limit.count(THERE), limit.report(THERE)) == (0, 0, 0)


def test_a_long_list_of_one_address_does_not_have_the_others_refused():
    limit = MissLimit(MemoryStorage(), among=4)
    limit.count(HERE, 1_000)
    assert (limit.wait(HERE), limit.wait(THERE), limit.count(THERE)) == (60, 0, 0)


def test_what_a_refused_address_goes_on_trying_is_told(limit):
    with capture_logs() as told:
        for _ in range(throttle.ALL_MISSES):
            limit.count(HERE)
    assert [line["event"] for line in told] == ["verification.misses"]


class DeadRedis(MemoryStorage):
    """Answers nothing; counts how often it was asked."""

    asked = 0

    def incr(self, *args, **kwargs):
        self.asked += 1
        raise StorageError(ConnectionError("away"))

    get = incr


def test_without_redis_the_worker_counts_alone_and_leaves_it_in_peace():
    redis = DeadRedis()
    limit = SharedMissLimit(MissLimit(redis), MissLimit(MemoryStorage()))
    with capture_logs() as told:
        waits = [limit.count(HERE) for _ in range(MISSES + 1)]
    assert waits == [0] * MISSES + [60]
    assert redis.asked == 1
    assert [line["event"] for line in told] == ["verification.redis_away"]


@pytest.mark.parametrize(
    ("address", "who"),
    [
        ("203.0.113.5", "203.0.113.5"),
        ("::ffff:203.0.113.5", "203.0.113.5"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("", "unknown"),
        ("not an address", "unknown"),
    ],
)
def test_who_is_counted(address, who):
    assert subject(address) == who
