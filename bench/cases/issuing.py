"""Case 7: issuing in bulk, beside an insert of the same rows with one Ed25519 signature each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any
from uuid import uuid4

import sqlalchemy as sa

from bench.counting import alternate
from bench.databases import Database, scratch
from bench.filling import COOPERATIVE, SIGNATORY, UNITS
from bench.house import CENTER_CODE, NOW, find_house, person_name
from bench.rows import Goal, Row
from bench.run import Run
from portal.certificates import rules
from portal.certificates.keys import keys
from portal.certificates.models import Certificate
from portal.certificates.services.ground import load_ground
from portal.certificates.services.mint import Subject, mint
from portal.certificates.services.requests import CHUNK
from portal.core.db import db, transaction
from portal.core.permissions import SYSTEM

UNIT = "certificates/CPU s"
CHUNKS = 10
#: Where the floor's rows take their unique indexes: far from those that the portal draws.
_FAR = 1 << 40


@dataclass
class Bench:
    """One database to issue into: turns of CHUNKS transactions of the portal's own size."""

    run: Run
    database: Database

    def __post_init__(self) -> None:
        """Read what all certificates share."""
        self.house = find_house()
        self.ground = load_ground(self.house.batch_id, SIGNATORY)
        self.serial = count()
        self.run_id = uuid4().hex[:16]

    def portal(self) -> dict[str, float]:
        """Issue as the job does: {rate per CPU second, wall_rate}."""
        chunks = [[self._subject() for _ in range(CHUNK)] for _ in range(CHUNKS)]

        def work() -> None:
            for subjects in chunks:
                with transaction() as session:
                    mint(session, self.ground, subjects, actor_id=None, approver=SYSTEM, now=NOW)

        return _rates(self.run.spent(work, self.database))

    def floor(self) -> dict[str, float]:
        """Sign and insert rows of the same bytes into the same table, as many a transaction."""
        chunks = [[self._row() for _ in range(CHUNK)] for _ in range(CHUNKS)]
        signer = keys().signer_for(CENTER_CODE, NOW.year, NOW)

        def work() -> None:
            for rows in chunks:
                with transaction() as session:
                    signed = [row | {"signature": signer.sign(row["signed_bytes"])} for row in rows]
                    session.execute(sa.insert(Certificate), signed)

        return _rates(self.run.spent(work, self.database))

    def _subject(self) -> Subject:
        number = next(self.serial)
        who = number % len(self.house.people)
        return Subject(
            issue_key=f"{self.run_id}:{number}", enrollment_id=self.house.enrollments[who],
            person_id=self.house.people[who], name=person_name(number), post="Bendahara",
            cooperative=COOPERATIVE, units=UNITS,
        )  # fmt: skip

    def _row(self) -> dict[str, Any]:
        """A row like those of the fill, with everything unique made new."""
        number = next(self.serial)
        code = rules.new_code()
        columns = [column for column in Certificate.__table__.columns if column.name != "id"]
        if not hasattr(self, "_like"):
            like = db.session.execute(sa.select(*columns).where(Certificate.id == 1)).mappings().one()
            self._like = dict(like)
        old = self._like["code"].encode()
        return self._like | {
            "code": code, "number": f"{self.run_id}-{number}", "issue_key": f"{self.run_id}-{number}",
            "signed_bytes": bytes(self._like["signed_bytes"]).replace(old, code.encode()),
            "status_index": _FAR + number, "log_index": _FAR + number,
        }  # fmt: skip


def _rates(spent: dict[str, float]) -> dict[str, float]:
    done = CHUNK * CHUNKS
    return {"rate": done / spent["cpu_s"], "wall_rate": done / spent["seconds"]}


def cost(run: Run, rows: int) -> tuple[dict[str, float], dict[str, float]]:
    """(floor, portal) rates of issuing into a database that has `rows` certificates already."""
    with scratch(run.database(rows), run.say) as database:
        app = database.portal()
        with app.app_context():
            bench = Bench(run, database)
            bench.portal(), bench.floor()
            run.say(f"issue into {rows:,}: {run.rounds} rounds of {CHUNK * CHUNKS} certificates")
            floor, portal = alternate(run.rounds, bench.floor, bench.portal)
            db.session.remove()
            db.engine.dispose()
    return floor, portal


def issue(run: Run) -> Iterator[Row]:
    """Signed, logged and stored, in the transactions of the job; the PDF is made on demand."""
    floor, portal = cost(run, run.rows)
    rates = {"floor_rate": floor["wall_rate"], "portal_rate": portal["wall_rate"]}
    yield Row("issue", UNIT, floor["rate"], portal["rate"], Goal(">=", 0.3), more={**run.about(), **rates})
    minutes = 1_000_000 / portal["wall_rate"] / 60
    yield Row("issue 1,000,000", "minutes at this rate", None, minutes, None, "derived, on one core")
