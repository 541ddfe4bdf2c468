"""A limit on misses: codes that name nothing, names that do not fit, papers of no use. Hits never count.

Counted per address and for all together, in Redis where the workers share one, else in each worker with the
limit divided among them (docs/decisions/0019). What is kept is bounded: once all together have missed too
often, no further address is remembered until the window is over.
"""

from __future__ import annotations

import ipaddress
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import structlog
from flask import Flask, current_app
from limits import RateLimitItem, RateLimitItemPerHour, RateLimitItemPerMinute
from limits.errors import StorageError
from limits.storage import MemoryStorage, storage_from_string
from limits.strategies import FixedWindowRateLimiter

from portal.settings import Settings

#: A minute: of one address (a whole office or a mobile network may share it), of all together.
MISSES, ALL_MISSES = 120, 3_000
#: An hour.
REPORTS, ALL_REPORTS = 10, 400
#: How long Redis is left alone after it did not answer, so that a dead one costs one wait and not each.
REST_SECONDS = 30
_ALL = "all"
log = structlog.get_logger()


@dataclass(frozen=True)
class Pair:
    """How often, of one address and of all together."""

    address: RateLimitItem
    everybody: RateLimitItem


class MissLimit:
    """Counts misses and reports. Safe for the threads of a worker; `among` workers share the limits."""

    def __init__(self, storage: Any, among: int = 1) -> None:
        self.storage = storage
        self._limiter = FixedWindowRateLimiter(storage)
        self._misses = Pair(
            RateLimitItemPerMinute(math.ceil(MISSES / among), namespace="miss"),
            RateLimitItemPerMinute(math.ceil(ALL_MISSES / among), namespace="misses"),
        )
        self._reports = Pair(
            RateLimitItemPerHour(math.ceil(REPORTS / among), namespace="report"),
            RateLimitItemPerHour(math.ceil(ALL_REPORTS / among), namespace="reports"),
        )
        # What addresses missed beyond their own limit: for the warning alone.
        self._refused: RateLimitItem = RateLimitItemPerMinute(1, namespace="refused")
        self._told: RateLimitItem = RateLimitItemPerMinute(1, namespace="told")

    def wait(self, address: str) -> int:
        """Seconds after which this address may surely miss again; 0 when it may now. Counts nothing."""
        for item, who in ((self._misses.everybody, _ALL), (self._misses.address, subject(address))):
            if not self._limiter.test(item, who):
                return item.get_expiry()
        return 0

    def count(self, address: str, misses: int = 1) -> int:
        """Count misses of an address. Returns the seconds to wait once they are too many, else 0."""
        wait = self._hit(self._misses, address, misses)
        self._tell()
        return wait

    def report(self, address: str) -> int:
        """Count a report of an address. Returns the seconds to wait once they are too many, else 0."""
        return self._hit(self._reports, address, 1)

    def _hit(self, pair: Pair, address: str, cost: int) -> int:
        who = subject(address)
        # No address takes more from the others than its own limit, or it could have them all refused.
        share = min(cost, pair.address.amount) if self._limiter.test(pair.address, who) else 0
        if cost > share and pair is self._misses:
            self._limiter.hit(self._refused, _ALL, cost=cost - share)
        if not share:
            return pair.address.get_expiry()
        # Everybody first: beyond that no address is remembered, which bounds what is kept.
        for item, name, part in ((pair.everybody, _ALL, share), (pair.address, who, cost)):
            if not self._limiter.hit(item, name, cost=part):
                return item.get_expiry()
        return 0

    def _tell(self) -> None:
        """One warning a minute, without addresses: somebody may be trying codes."""
        most = self._misses.everybody
        count = sum(self.storage.get(item.key_for(_ALL)) for item in (most, self._refused))
        if count * 2 >= most.amount and self._limiter.hit(self._told, _ALL):
            log.warning("verification.misses", misses=count, seconds=most.get_expiry(), limit=most.amount)


class SharedMissLimit:
    """Counts in Redis, and in this worker alone while Redis does not answer."""

    def __init__(self, shared: MissLimit, alone: MissLimit) -> None:
        self._shared = shared
        self._alone = alone
        self._rests_until = 0.0

    def wait(self, address: str) -> int:
        """As MissLimit.wait."""
        return self._ask(lambda limit: limit.wait(address))

    def count(self, address: str, misses: int = 1) -> int:
        """As MissLimit.count."""
        return self._ask(lambda limit: limit.count(address, misses))

    def report(self, address: str) -> int:
        """As MissLimit.report."""
        return self._ask(lambda limit: limit.report(address))

    def _ask(self, question: Callable[[MissLimit], int]) -> int:
        if time.monotonic() >= self._rests_until:
            try:
                return question(self._shared)
            except StorageError as error:
                self._rests_until = time.monotonic() + REST_SECONDS
                log.warning("verification.redis_away", error=type(error.storage_error).__name__)
        return question(self._alone)


def subject(address: str) -> str:
    """Who is counted: an IPv4 address, an IPv6 network of /64, since one customer has all of it."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(found, ipaddress.IPv6Address):
        mapped = found.ipv4_mapped
        return str(mapped) if mapped else str(ipaddress.ip_network((found, 64), strict=False))
    return str(found)


def make_limit(settings: Settings) -> MissLimit | SharedMissLimit:
    """The limit of these settings; see the module."""
    alone = MissLimit(MemoryStorage(), max(1, settings.workers))
    if not settings.redis_url:
        return alone
    redis = storage_from_string(
        settings.redis_url, wrap_exceptions=True, socket_timeout=0.2, socket_connect_timeout=0.2
    )
    return SharedMissLimit(MissLimit(redis), alone)


def install(app: Flask, settings: Settings) -> None:
    """Make the app's limit."""
    app.extensions["miss_limit"] = make_limit(settings)


def misses() -> MissLimit | SharedMissLimit:
    """The running app's limit."""
    found: MissLimit | SharedMissLimit = current_app.extensions["miss_limit"]
    return found
