"""Do the counts add up? Read back from the database, not from what the stages believe."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import pairwise

import sqlalchemy as sa

from portal.attendance.models import AttendanceMark, Mark
from portal.batches.models import Batch, ClassSession, SessionStaff
from portal.certificates.models import Certificate, CertificateEvent, LogHead, LogLeaf, NumberCounter
from portal.core import audit
from portal.core.db import db
from portal.enrollment.models import SEAT_STATES, Enrollment, Nomination
from portal.operations.scenario.stages import World
from portal.people.models import Person


def _count(model: type, *where: sa.ColumnElement[bool]) -> int:
    return int(db.session.scalar(sa.select(sa.func.count()).select_from(model).where(*where)) or 0)


def faults(world: World, verified: int) -> Iterator[str]:
    """One sentence for each sum that is wrong."""
    came = sa.select(sa.func.count(AttendanceMark.enrollment_id.distinct()))
    present = came.where(AttendanceMark.mark.in_((Mark.PRESENT, Mark.LATE, Mark.LEFT_EARLY)))
    attended = int(db.session.scalar(present) or 0)
    pairs = (
        ("people of the roster", world.previewed, "people saved", _count(Person)),
        ("people of the roster", world.previewed, "nominations", _count(Nomination)),
        ("people saved as new", world.imported.get("new", 0), "people of the roster", world.previewed),
        (
            "placed, reserves and not placed",
            world.placed + world.reserves + world.unplaced,
            "people of the roster",
            world.previewed,
        ),
        (
            "placed",
            world.placed,
            "enrollments with a seat",
            _count(Enrollment, Enrollment.state.in_(SEAT_STATES)),
        ),
        (
            "placed",
            world.placed,
            "seats taken",
            int(db.session.scalar(sa.select(sa.func.sum(Batch.seats_taken))) or 0),
        ),
        ("attended", world.attended, "people with a mark of presence", attended),
        ("certified and not yet", world.certified + world.not_yet.total(), "placed", world.placed),
        ("ready by the forecast", world.ready, "certified", world.certified),
        ("certified", world.certified, "certificates", _count(Certificate)),
        ("certified", world.certified, "verified over HTTP", verified),
        ("classes", len(world.batches), "finalized batches", _count(Batch, Batch.state == "finalized")),
        ("events of certificates", _count(CertificateEvent), "leaves of the log", _count(LogLeaf)),
        (
            "leaves of the log",
            _count(LogLeaf),
            "size of the log",
            db.session.scalar(sa.select(LogHead.size)) or 0,
        ),
    )
    for left, left_count, right, right_count in pairs:
        if left_count != right_count:
            yield f"{left}: {left_count}, {right}: {right_count}"
    yield from _number_gaps()
    yield from _double_bookings()
    yield from audit.check_chain(db.session())
    db.session.rollback()


def _number_gaps() -> Iterator[str]:
    """Serials run from 1 to the counter in each center, program and year."""
    serials: dict[tuple[int, int, int], list[int]] = {}
    rows = db.session.execute(sa.select(Certificate.center_id, Certificate.program_id, Certificate.number))
    for center_id, program_id, number in rows:
        key = (center_id, program_id, int(number.rsplit("/", 1)[1]))
        serials.setdefault(key, []).append(int(number.split("/", 1)[0]))
    for counter in db.session.scalars(sa.select(NumberCounter)):
        key = (counter.center_id, counter.program_id, counter.year)
        if sorted(serials.pop(key, [])) != list(range(1, counter.last + 1)):
            yield f"numbers of {key} have gaps before {counter.last}"
    for key in serials:
        yield f"numbers of {key} have no counter"


def _double_bookings() -> Iterator[str]:
    """Nobody and no room is in two sessions at once, seen from the sessions themselves."""
    times = (ClassSession.starts_at, ClassSession.ends_at)
    rooms = sa.select(ClassSession.room_id, *times).where(ClassSession.room_id.is_not(None))
    staff = sa.select(SessionStaff.staff_id, *times).join(
        ClassSession, ClassSession.id == SessionStaff.session_id
    )
    for kind, statement in (("room", rooms), ("staff", staff)):
        spans: dict[int | None, list[tuple[datetime, datetime]]] = {}
        for number, begins, ends in db.session.execute(statement):
            spans.setdefault(number, []).append((begins, ends))
        for number, found in spans.items():
            if _overlap(sorted(found)):
                yield f"{kind} {number} is in two places at once"


def _overlap(spans: Sequence[tuple[datetime, datetime]]) -> bool:
    return any(later[0] < earlier[1] for earlier, later in pairwise(spans))
