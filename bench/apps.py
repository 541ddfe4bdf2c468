"""The WSGI app of a server under test: BENCH_ROLE says which, BENCH_DATABASE on what."""

from __future__ import annotations

import os
from typing import Any

from bench.databases import Database


def build(role: str, database: Database) -> Any:
    """The portal, or the floors beside it."""
    if role == "portal":
        return database.portal()
    from bench.floors import floor_app

    return floor_app(database.url)


if "BENCH_ROLE" in os.environ:
    app = build(os.environ["BENCH_ROLE"], Database.from_text(os.environ["BENCH_DATABASE"]))
