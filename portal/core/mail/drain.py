"""Sends what waits in the outbox."""

from __future__ import annotations


def run() -> int:
    """Send every message that is due; how many were tried."""
    return 0
