"""Eight people proposed to a class in one act, in a whole country."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from statistics import median
from time import process_time
from typing import Any

import sqlalchemy as sa

from bench.databases import scratch
from bench.rows import Goal, Row
from bench.run import Run
from portal.batches.models import Batch
from portal.catalog.models import Program, ProgramRule
from portal.catalog.rules import RULE_ZONE, Level
from portal.certificates.models import Certificate
from portal.cooperatives.models import PostTerm
from portal.core.clock import local_date
from portal.core.db import db, transaction
from portal.core.permissions import Grant, GrantedActor, Role
from portal.enrollment.queries.nominating import Proposed
from portal.enrollment.services.nominating import nominate_group

PEOPLE, TIMES = 8, 20
NAMES = ("Satu", "Dua", "Tiga", "Empat", "Lima", "Enam", "Tujuh", "Delapan")


def nominate(run: Run) -> Iterator[Row]:
    """Statements and CPU of `nominate_group` for eight people, one cooperative after another: new by name,
    then on record for a program that asks for certificates."""
    with scratch(run.database(content="country"), run.say) as database, database.portal().app_context():
        now = datetime.now(UTC)
        batch = _open_class(now)
        yield _measure(run, "nominate statements", batch, _newcomers(), now)
        _ask_for_certificates(batch, now)
        yield _measure(run, "nominate statements, certificates asked", batch, _holders(), now)
        db.session.remove()
        db.engine.dispose()


def _measure(run: Run, case: str, batch: Batch, boards: dict[int, list[Proposed]], now: datetime) -> Row:
    counts, spent = [], []
    seen: list[str] = []

    def note(*given: Any) -> None:
        seen.append(given[2])

    sa.event.listen(db.engine, "before_cursor_execute", note)
    for cooperative_id, people in boards.items():
        actor = GrantedActor(None, None, "bench", (Grant(Role.CHAIR, "cooperative", str(cooperative_id)),))
        seen.clear()
        began = process_time()
        with transaction():
            nominate_group(
                cooperative_id=cooperative_id, program_id=batch.program_id, batch_id=batch.id,
                people=people, mode="fit", keep_together=False, letter_number="",
                form_key=f"{case}:{cooperative_id}", actor=actor, now=now,
            )  # fmt: skip
        spent.append((process_time() - began) * 1000)
        counts.append(len([line for line in seen if not line.startswith(("BEGIN", "COMMIT"))]))
    sa.event.remove(db.engine, "before_cursor_execute", note)
    more = {**run.about(), "cpu_ms": median(spent), "people": PEOPLE, "boards": len(counts)}
    return Row(case, "statements/act", None, max(counts), Goal("<=", 12, "portal"), more=more)


def _open_class(now: datetime) -> Batch:
    """A class of the country that is made to take applications now, for everybody."""
    with transaction() as session:
        batch = session.scalars(sa.select(Batch).order_by(Batch.id.desc()).limit(1)).one()
        batch.state, batch.quota, batch.seats_taken, batch.reserve_seats = "published", 1000, 0, 0
        batch.opens_at, batch.closes_at = now - timedelta(days=5), now + timedelta(days=20)
        batch.starts_on, batch.ends_on = (now + timedelta(days=30)).date(), (now + timedelta(days=33)).date()
    return batch


def _ask_for_certificates(batch: Batch, now: datetime) -> None:
    """The class's program asks for a certificate of any other one, as good or bad as it is."""
    with transaction() as session:
        others = session.scalars(sa.select(Program.id).where(Program.id != batch.program_id)).all()
        session.execute(sa.update(Batch).where(Batch.id == batch.id).values(created_at=now))
        version = sa.select(sa.func.coalesce(sa.func.max(ProgramRule.version), 0) + 1)
        rule = ProgramRule(
            program_id=batch.program_id, in_force_from=local_date(now, RULE_ZONE), created_at=now,
            version=session.scalar(version.where(ProgramRule.program_id == batch.program_id)),
            groups=[[{"program": number, "at_least": Level.EXPIRED.value}] for number in others],
        )  # fmt: skip
        session.add(rule)


def _newcomers() -> dict[int, list[Proposed]]:
    """Cooperative id -> eight people who are new by name."""
    statement = sa.select(PostTerm.cooperative_id).distinct().order_by(PostTerm.cooperative_id).limit(TIMES)
    return {
        number: [
            Proposed(str(n), f"Orang Baru {name}", "secretary", phone=f"+62812000{number % 100:02d}{n:02d}")
            for n, name in enumerate(NAMES)
        ]
        for number in db.session.scalars(statement)
    }


def _holders() -> dict[int, list[Proposed]]:
    """Cooperative id -> eight people of its board, where somebody of them holds a certificate."""
    certified = sa.select(Certificate.person_id)
    statement = (
        sa.select(PostTerm.cooperative_id, PostTerm.person_id)
        .where(PostTerm.ends_on.is_(None))
        .order_by(PostTerm.cooperative_id, PostTerm.person_id.in_(certified).desc(), PostTerm.person_id)
    )
    found: dict[int, list[Proposed]] = {}
    for cooperative_id, person_id in db.session.execute(statement):
        board = found.setdefault(cooperative_id, [])
        if len(board) < PEOPLE and person_id not in {one.person_id for one in board}:
            board.append(Proposed(str(person_id), "", "", person_id=person_id))
    return dict([(key, board) for key, board in found.items() if len(board) == PEOPLE][-TIMES:])
