"""What takes seconds to make is made once a worker; the next test gets its rows by a copy of the database."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from datetime import datetime
from typing import Any

from portal.core.db import db
from tests.support.databases import WorkerDatabase
from tests.support.world import World, build_world

_kept: dict[str, bytes] = {}


def kept(database: WorkerDatabase, name: str, make: Callable[[], Any]) -> Any:
    """What `make` answers (it can be pickled), with the database as it leaves it. Before it, the database
    holds nothing but its template. Keys stay in the worker's folder, which no test empties."""
    assert not database.changed, f"{name}: something was written before it"
    db.session.remove()
    if name in _kept:
        database.take(name)
    else:
        _kept[name] = pickle.dumps(make())
        db.session.remove()
        database.keep(name)
    return pickle.loads(_kept[name])


def kept_world(database: WorkerDatabase, now: datetime, *, passwords: bool = False) -> World:
    """What `build_world` makes."""
    world: World = kept(
        database, f"world_{now:%Y%m%d%H%M%S}_{int(passwords)}", lambda: build_world(now, passwords=passwords)
    )
    return world
