"""An Open Badge, made and signed; the floor is pyld on the same documents and one signature."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from itertools import cycle

import sqlalchemy as sa

from bench.counting import alternate
from bench.house import CENTER_CODE, NOW
from bench.rows import Goal, Row
from bench.run import HOST, Run
from portal.certificates import badges
from portal.certificates.contexts import vendored
from portal.certificates.keys import keys
from portal.certificates.models import Certificate
from portal.certificates.rdfc import reading
from portal.core.db import db

UNIT = "CPU ms/badge"
PER_TURN = 20
#: TRUST.md: signing costs 7 ms.
MOST_MS = 7.0


def badge(run: Run) -> Iterator[Row]:
    """`badge_bytes` of one certificate after another, nothing kept from before."""
    from pyld import jsonld

    base_url, database = f"https://{HOST}", run.database()
    with run.app().app_context():
        found = list(db.session.scalars(sa.select(Certificate).order_by(Certificate.id).limit(100)))
        certificates, signer = cycle(found), keys().signer_for(CENTER_CODE, NOW.year, NOW)
        made = [json.loads(badges.badge_bytes(one, base_url)) for one in found]
        documents = cycle([{k: v for k, v in one.items() if k != "proof"} for one in made])
        options = {"algorithm": "URDNA2015", "format": "application/n-quads", **reading(vendored())}

        def floor() -> None:
            for _ in range(PER_TURN):
                text = jsonld.normalize(next(documents), options)
                signer.sign(hashlib.sha256(text.encode()).digest())

        def portal() -> None:
            for _ in range(PER_TURN):
                badges.sign_badge.cache_clear()
                badges.badge_bytes(next(certificates), base_url)

        floor(), portal()
        alone, whole = alternate(
            run.rounds, lambda: run.spent(floor, database), lambda: run.spent(portal, database)
        )
    floor_ms, portal_ms = (side["cpu_s"] * 1000 / PER_TURN for side in (alone, whole))
    rates = {"floor_rate": PER_TURN / alone["seconds"], "portal_rate": PER_TURN / whole["seconds"]}
    yield Row("badge", UNIT, floor_ms, portal_ms, Goal("<=", MOST_MS, "portal"), more=rates)
