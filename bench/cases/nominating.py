"""Eight people proposed to a class in one act, in a whole country."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from statistics import median
from time import process_time

import sqlalchemy as sa

from bench.databases import scratch
from bench.rows import Goal, Row
from bench.run import Run
from portal.batches.models import Batch
from portal.cooperatives.models import PostTerm
from portal.core.db import db, transaction
from portal.core.permissions import Grant, GrantedActor, Role
from portal.enrollment.queries.nominating import Proposed
from portal.enrollment.services.nominating import nominate_group

PEOPLE, TIMES = 8, 20
NAMES = ("Satu", "Dua", "Tiga", "Empat", "Lima", "Enam", "Tujuh", "Delapan")


def nominate(run: Run) -> Iterator[Row]:
    """Statements and CPU of `nominate_group` for a board of eight, cooperative after cooperative."""
    with scratch(run.database(content="country"), run.say) as database, database.portal().app_context():
        now = datetime.now(UTC)
        batch = _open_class(now)
        counts, spent = [], []
        seen: list[str] = []
        sa.event.listen(db.engine, "before_cursor_execute", lambda *given: seen.append(given[2]))
        for cooperative_id in _boards():
            people = [
                Proposed(
                    str(n),
                    f"Orang Baru {NAMES[n]}",
                    "secretary",
                    phone=f"+62812000{cooperative_id % 100:02d}{n:02d}",
                )
                for n in range(PEOPLE)
            ]
            actor = GrantedActor(
                None, None, "bench", (Grant(Role.CHAIR, "cooperative", str(cooperative_id)),)
            )
            seen.clear()
            began = process_time()
            with transaction():
                nominate_group(
                    cooperative_id=cooperative_id, program_id=batch.program_id, batch_id=batch.id,
                    people=people, mode="fit", keep_together=False, letter_number="",
                    form_key=f"bench:{cooperative_id}", actor=actor, now=now,
                )  # fmt: skip
            spent.append((process_time() - began) * 1000)
            counts.append(len([line for line in seen if not line.startswith(("BEGIN", "COMMIT"))]))
        db.session.remove()
        db.engine.dispose()
    more = {**run.about(), "cpu_ms": median(spent), "people": PEOPLE}
    yield Row("nominate statements", "statements/act", None, max(counts), Goal("<=", 12, "portal"), more=more)


def _open_class(now: datetime) -> Batch:
    """A class of the country that is made to take applications now, for everybody."""
    with transaction() as session:
        batch = session.scalars(sa.select(Batch).order_by(Batch.id.desc()).limit(1)).one()
        batch.state, batch.quota, batch.seats_taken, batch.reserve_seats = "published", 1000, 0, 0
        batch.opens_at, batch.closes_at = now - timedelta(days=5), now + timedelta(days=20)
        batch.starts_on, batch.ends_on = (now + timedelta(days=30)).date(), (now + timedelta(days=33)).date()
    return batch


def _boards() -> list[int]:
    statement = sa.select(PostTerm.cooperative_id).distinct().order_by(PostTerm.cooperative_id).limit(TIMES)
    return list(db.session.scalars(statement))
