"""When something was noted without signal, whatever the device's clock says; until when a pack is good."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from portal.desks.rules_offline import good_until, noted_at

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
DAY = datetime(2026, 11, 21, 17, 0, tzinfo=UTC)
YEARS = int(timedelta(days=731).total_seconds() * 1000)
BASE = 1_795_000_000_000


@pytest.mark.parametrize("wrong", [0, -YEARS, YEARS, -BASE])
@pytest.mark.parametrize(
    ("ago", "wanted"),
    [
        (0, NOW),
        (90_000, NOW - timedelta(seconds=90)),
        (3 * 3_600_000, NOW - timedelta(hours=3)),
        (16 * 3_600_000, DAY),
        (17 * 3_600_000, DAY),
        (YEARS * 3, DAY),
        (-60_000, NOW),
        (-YEARS, NOW),
    ],
)
def test_only_differences_of_the_devices_clock_count(wrong: int, ago: int, wanted: datetime) -> None:
    sent = BASE + wrong
    assert noted_at(client_now=sent, client_time=sent - ago, day_start=DAY, now=NOW) == wanted


def test_a_class_of_tomorrow_is_noted_now() -> None:
    tomorrow = NOW + timedelta(days=1)
    assert noted_at(client_now=BASE, client_time=BASE - 5000, day_start=tomorrow, now=NOW) == NOW


@pytest.mark.parametrize(
    ("end", "wanted"),
    [
        (NOW + timedelta(hours=40), NOW + timedelta(hours=40)),
        (NOW + timedelta(hours=24), NOW + timedelta(hours=24)),
        (NOW + timedelta(hours=3), NOW + timedelta(hours=24)),
        (NOW - timedelta(days=9), NOW + timedelta(hours=24)),
    ],
)
def test_a_pack_is_good_for_a_day_at_least(end: datetime, wanted: datetime) -> None:
    assert good_until(end, NOW) == wanted
