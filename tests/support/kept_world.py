"""The small world once a worker: its rows are copied into the next test's database, which takes milliseconds
where making them takes seconds."""

from __future__ import annotations

import pickle
from datetime import datetime

from portal.core.db import db
from tests.support.databases import WorkerDatabase
from tests.support.world import World, build_world

_kept: dict[tuple[datetime, bool], bytes] = {}


def kept_world(database: WorkerDatabase, now: datetime, *, passwords: bool = False) -> World:
    """What `build_world` makes, in a database that holds nothing yet. Its keys stay in the worker's folder,
    which no test empties."""
    if database.changed:
        return build_world(now, passwords=passwords)
    key = (now, passwords)
    name = f"world_{now:%Y%m%d%H%M%S}_{int(passwords)}"
    if key in _kept:
        db.session.remove()
        database.take(name)
    else:
        _kept[key] = pickle.dumps(build_world(now, passwords=passwords))
        db.session.remove()
        database.keep(name)
    world: World = pickle.loads(_kept[key])
    return world
