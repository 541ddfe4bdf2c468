"""Reads for probes."""

from __future__ import annotations

import sqlalchemy as sa

from portal.core.db import db


def ping() -> None:
    """Ask the database for anything; raises what the driver raises."""
    db.session.execute(sa.text("select 1"))
