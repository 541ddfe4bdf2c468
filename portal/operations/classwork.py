"""A class played through the services: seeded marks and verdicts, the signed sheet, the certificates.

Used by the demo and by the scenario. Every step is one transaction at its own moment; `now` lies in the past
where the class does.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

import sqlalchemy as sa

from portal.assessment.queries import verdicts_of_batch
from portal.assessment.services import VerdictEntry, finalize_sheet, record_verdicts
from portal.assessment.services.second import record_second
from portal.attendance.models import Mark
from portal.attendance.services import record_attendance, record_many
from portal.batches.models import Batch, ClassSession
from portal.catalog.queries import units_of
from portal.certificates.models import CertificateRequest
from portal.certificates.services import decide_request, prepare_issue
from portal.core import clock, jobs
from portal.core.db import db, transaction
from portal.core.permissions import Actor
from portal.enrollment.queries import roll

NOTES = (
    "Saldo akhir belum cocok dengan bukti. Latih dengan contoh bulan lalu.",
    "Langkah belum berurutan; perlu didampingi sekali lagi.",
    "Dapat menjelaskan, tetapi belum dapat menunjukkan sendiri.",
    "Lembar kerja belum lengkap pada bagian kedua.",
)


@dataclass(frozen=True)
class Fate:
    """How one person does: a mark for each session, and the units that are not yet mastered."""

    marks: tuple[Mark, ...]
    not_yet: frozenset[int] = frozenset()

    @property
    def came(self) -> bool:
        """True when the person was in any session."""
        return any(mark in (Mark.PRESENT, Mark.LATE, Mark.LEFT_EARLY) for mark in self.marks)


@dataclass
class Classwork:
    """One batch with what playing it needs: sessions (id, begins, ends), units (id -> criteria ids)."""

    batch_id: int
    sessions: list[tuple[int, datetime, datetime]]
    units: dict[int, list[int]]
    admin: Actor
    head: Actor
    instructor: Actor
    assessor: Actor
    second: Actor | None = None
    fates: dict[int, Fate] = field(default_factory=dict)


def load_classwork(
    batch_id: int,
    *,
    admin: Actor,
    head: Actor,
    instructor: Actor,
    assessor: Actor,
    second: Actor | None = None,
) -> Classwork:
    """A batch as it stands now. Four statements."""
    batch = db.session.get_one(Batch, batch_id)
    sessions = db.session.execute(
        sa.select(ClassSession.id, ClassSession.starts_at, ClassSession.ends_at)
        .where(ClassSession.batch_id == batch_id)
        .order_by(ClassSession.starts_at)
    )
    units = {
        unit.id: [criterion.id for element in unit.elements for criterion in element.criteria]
        for unit in units_of(batch.curriculum_id)
    }
    return Classwork(
        batch_id,
        [(i, begins, ends) for i, begins, ends in sessions],
        units,
        admin,
        head,
        instructor,
        assessor,
        second,
    )


def draw_fates(work: Classwork, rng: Random) -> None:
    """Decide how everybody with a seat will do; the same seed and roll give the same fates."""
    work.fates = {
        row.enrollment_id: _fate(len(work.sessions), list(work.units), rng) for row in roll(work.batch_id)
    }


def _fate(sessions: int, units: Sequence[int], rng: Random) -> Fate:
    chance = rng.random()
    marks = [Mark.PRESENT] * sessions
    if chance < 0.02:
        return Fate((Mark.ABSENT,) * sessions)
    if chance < 0.07:
        away = rng.choice((Mark.SICK, Mark.EXCUSED, Mark.ABSENT))
        for place in rng.sample(range(sessions), max(1, sessions // 3)):
            marks[place] = away
    elif chance < 0.17:
        marks[rng.randrange(sessions)] = Mark.LATE
    elif chance < 0.19:
        marks[-1] = Mark.LEFT_EARLY
    missing = (
        rng.sample(list(units), 1 if rng.random() < 0.7 else min(2, len(units)))
        if rng.random() < 0.07
        else []
    )
    return Fate(tuple(marks), frozenset(missing))


def mark_session(work: Classwork, place: int, *, now: datetime, people: Iterable[int] | None = None) -> int:
    """Mark session number `place` (from 0) for all, or for some enrollments; returns how many marks."""
    session_id = work.sessions[place][0]
    wanted = list(work.fates if people is None else people)
    marks = {number: work.fates[number].marks[place] for number in wanted}
    early = [number for number, mark in marks.items() if mark == Mark.LEFT_EARLY]
    with transaction():
        record_many(
            session_id=session_id,
            marks={number: str(mark) for number, mark in marks.items() if mark != Mark.LEFT_EARLY},
            actor=work.instructor,
            now=now,
        )
        for number in early:
            record_attendance(
                session_id=session_id, enrollment_id=number, mark=Mark.LEFT_EARLY, hours_missed=1,
                actor=work.instructor, now=now,
            )  # fmt: skip
    return len(marks)


def judge(work: Classwork, *, now: datetime, rng: Random, people: Iterable[int] | None = None) -> int:
    """Record the verdicts of everybody who came, or of some; returns how many."""
    entries = []
    for number in work.fates if people is None else people:
        if work.fates[number].came:
            entries += [_entry(work, number, unit_id, rng) for unit_id in work.units]
    with transaction():
        return record_verdicts(batch_id=work.batch_id, entries=entries, actor=work.assessor, now=now)


def _entry(work: Classwork, number: int, unit_id: int, rng: Random) -> VerdictEntry:
    if unit_id not in work.fates[number].not_yet:
        return VerdictEntry(number, unit_id, "competent")
    criteria = tuple(sorted(rng.sample(work.units[unit_id], min(2, len(work.units[unit_id])))))
    return VerdictEntry(number, unit_id, "not_yet_competent", rng.choice(NOTES), criteria)


def sign_sheet(work: Classwork, *, now: datetime) -> None:
    """The second assessor, where there is one, agrees with the first; the assessor signs the results."""
    with transaction():
        if work.second is not None:
            for verdict in verdicts_of_batch(work.batch_id).values():
                record_second(
                    batch_id=work.batch_id, verdict_id=verdict.id, value=verdict.value, note=verdict.note,
                    actor=work.second, now=now,
                )  # fmt: skip
        finalize_sheet(batch_id=work.batch_id, actor=work.assessor, now=now)


def prepare(work: Classwork, *, now: datetime) -> int:
    """The administrator asks for the certificates; the request's id."""
    with transaction():
        return prepare_issue(batch_id=work.batch_id, actor=work.admin, now=now).id


def approve(work: Classwork, request_id: int, *, now: datetime) -> None:
    """The head approves, and the certificates are issued at that moment by this process.

    Raises RuntimeError when the issue job did not end well.
    """
    with transaction():
        job_id = decide_request(request_id=request_id, approve=True, actor=work.head, now=now).job_id
    assert job_id is not None
    run_jobs_at(now)
    job = db.session.get_one(jobs.Job, job_id, populate_existing=True)
    state = db.session.get_one(CertificateRequest, request_id, populate_existing=True).state
    db.session.rollback()
    if job.state != "done" or state != "done":
        raise RuntimeError(f"issue of batch {work.batch_id} ended as {job.state}: {job.error}")


def run_jobs_at(moment: datetime) -> None:
    """Run the waiting jobs here with the clock standing at `moment`."""
    with clock.freeze(moment):
        jobs.run_pending()


def after(moment: datetime, **spans: float) -> datetime:
    """A moment later by a timedelta's keywords."""
    return moment + timedelta(**spans)
