"""A year and more of classes and certificates for the people on the boards, in the order of their days."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby
from random import Random
from typing import Any

import sqlalchemy as sa

from portal.batches.models import Batch
from portal.catalog.models import CompetencyUnit, Curriculum, Program
from portal.centers.models import TrainingCenter
from portal.certificates import rules
from portal.certificates.services.ground import load_ground, place_line
from portal.certificates.services.mint import Subject, mint
from portal.cooperatives.labels import POST_LABELS
from portal.core.crypto import random_code
from portal.core.db import db, insert_many, transaction
from portal.core.permissions import SYSTEM
from portal.enrollment.models import Enrollment
from portal.operations.demo.country.boards import Founded, Told
from portal.operations.demo.country.ids import Ids
from portal.operations.demo.names import full_name
from portal.people.models import Person
from portal.regions.models import Region

#: The programs that people on a post follow, the first one first.
PATHS: dict[str, tuple[str, ...]] = {
    "chair": ("KOP-PGR", "KOP-KEU", "KOP-DLG", "KOP-DIG"),
    "vice_chair_business": ("KOP-PGR", "KOP-SRV", "KOP-DIG", "KOP-KEU"),
    "vice_chair_membership": ("KOP-PGR", "KOP-PLS", "KOP-DLG"),
    "secretary": ("KOP-PGR", "KOP-PLS", "KOP-DIG", "KOP-BUK"),
    "treasurer": ("KOP-PGR", "KOP-BUK", "KOP-KEU"),
    "supervisor_chair": ("KOP-PGW", "KOP-BUK"),
    "supervisor_member": ("KOP-PGW", "KOP-KEU"),
    "manager": ("KOP-PGL", "KOP-SRV", "KOP-DIG"),
}
FORTNIGHT = timedelta(days=14)
PERIODS = 30
CLASS_SIZE = 60
CLASSES_A_COMMIT = 8
Seat = tuple[int, int, int, int, str, int]  # period, center, program, person, post, place of the cooperative


@dataclass(frozen=True)
class School:
    """What classes are made of: centers, programs with their curriculum and units, and who signs."""

    centers: tuple[TrainingCenter, ...]
    programs: dict[str, tuple[Program, Curriculum, tuple[rules.UnitFacts, ...]]]
    signatories: tuple[rules.SignatoryFacts, ...]
    by_province: dict[str, int]


def read_school(rng: Random) -> School:
    """From the reference data. Three statements."""
    centers = tuple(db.session.scalars(sa.select(TrainingCenter).order_by(TrainingCenter.id)))
    rows = db.session.execute(
        sa.select(Program, Curriculum)
        .join(Curriculum, Curriculum.program_id == Program.id)
        .where(Curriculum.retired_on.is_(None))
    ).all()
    units: dict[int, list[rules.UnitFacts]] = {}
    for unit in db.session.scalars(sa.select(CompetencyUnit).order_by(CompetencyUnit.position)):
        units.setdefault(unit.curriculum_id, []).append(rules.UnitFacts(unit.code, unit.title, unit.hours))
    programs = {p.code: (p, c, tuple(units.get(c.id, ()))) for p, c in rows}
    signatories = tuple(
        rules.SignatoryFacts(full_name(rng, "java", "L"), f"Kepala {center.short_name}") for center in centers
    )
    by_province: dict[str, int] = {}
    for place, center in enumerate(centers):
        by_province.setdefault(center.region_code[:2], place)
    return School(centers, programs, signatories, by_province)


def plan_seats(founded: Sequence[Founded], count: int, school: School, rng: Random) -> list[Seat]:
    """`count` seats in classes, more in some provinces than in others, in the order of days and centers."""
    codes = list(school.programs)
    zeal = {province: rng.uniform(0.15, 1.0) for province in sorted({one.region_code[:2] for one in founded})}
    seats: list[Seat] = []
    taken: set[tuple[int, int]] = set()
    order = list(range(len(founded)))
    for _round in range(12):
        rng.shuffle(order)
        for place in order:
            one = founded[place]
            if rng.random() > zeal[one.region_code[:2]]:
                continue
            for person, post in rng.sample(one.holders, min(3, len(one.holders))):
                period = rng.randrange(PERIODS)
                for code in PATHS.get(post, ()):
                    program = codes.index(code) if code in codes else -1
                    if program < 0 or period >= PERIODS or (person, program) in taken:
                        continue
                    taken.add((person, program))
                    seats.append((period, _center(school, one.region_code), program, person, post, place))
                    period += 1 + rng.randrange(5)
            if len(seats) >= count:
                return sorted(seats[:count])
    return sorted(seats)


def _center(school: School, region_code: str) -> int:
    province = region_code[:2]
    return school.by_province.get(province, int(province) % len(school.centers))


def hold_classes(
    founded: Sequence[Founded], seats: Sequence[Seat], school: School, now: datetime, told: Told
) -> None:
    """Classes, enrollments and certificates, a few classes a transaction."""
    places = _place_lines({one.region_code for one in founded})
    serials: Counter[tuple[int, int, int]] = Counter()
    batches, enrollments = Ids(Batch), Ids(Enrollment)
    groups = list(_classes(seats))
    for start in range(0, len(groups), CLASSES_A_COMMIT):
        part = groups[start : start + CLASSES_A_COMMIT]
        with transaction() as session:
            for group in part:
                _hold(session, group, founded, places, school, serials, batches, enrollments, now)
            batches.close()
            enrollments.close()
        told(sum(len(group) for group in part))


def _classes(seats: Iterable[Seat]) -> Iterator[list[Seat]]:
    for _key, group in groupby(seats, key=lambda seat: seat[:3]):
        members = list(group)
        for start in range(0, len(members), CLASS_SIZE):
            yield members[start : start + CLASS_SIZE]


def _hold(
    session: Any,
    group: Sequence[Seat],
    founded: Sequence[Founded],
    places: dict[str, str],
    school: School,
    serials: Counter[tuple[int, int, int]],
    batches: Ids,
    enrollments: Ids,
    now: datetime,
) -> None:
    period, at, program_at, *_rest = group[0]
    program, curriculum, units = list(school.programs.values())[program_at]
    center = school.centers[at]
    first = (now - FORTNIGHT * (PERIODS - period)).date()
    key = (center.id, program.id, first.year)
    serials[key] += 1
    batch_id = batches.take()
    batch = _batch(batch_id, center, program, curriculum, first, len(group), serials[key])
    insert_many(session, sa.inspect(Batch).local_table, [batch])
    issued = datetime.combine(first + timedelta(days=5), time(3), UTC)
    rows = [_enrollment(enrollments.take(), batch_id, seat, founded[seat[5]], issued) for seat in group]
    insert_many(session, sa.inspect(Enrollment).local_table, rows)
    people = [seat[3] for seat in group]
    names = dict(session.execute(sa.select(Person.id, Person.name).where(Person.id.in_(people))).all())
    subjects = [
        Subject(
            issue_key=f"enrollment:{row['id']}",
            enrollment_id=row["id"],
            person_id=seat[3],
            name=names[seat[3]],
            post=str(POST_LABELS[seat[4]]),
            cooperative=rules.CooperativeFacts(
                founded[seat[5]].name, places.get(founded[seat[5]].region_code, "")
            ),
            units=units,
        )
        for seat, row in zip(group, rows, strict=True)
    ]
    ground = load_ground(batch_id, school.signatories[at])
    mint(session, ground, subjects, actor_id=None, approver=SYSTEM, now=issued)


def _batch(
    number: int,
    center: TrainingCenter,
    program: Program,
    curriculum: Curriculum,
    first: date,
    people: int,
    serial: int,
) -> dict[str, Any]:
    opened = datetime.combine(first - timedelta(days=40), time(1), UTC)
    return {
        "id": number,
        "slug": program.slug,
        "number": serial,
        "year": first.year,
        "program_id": program.id,
        "curriculum_id": curriculum.id,
        "center_id": center.id,
        "state": "finalized",
        "mode": "online",
        "quota": CLASS_SIZE,
        "seats_taken": people,
        "opens_at": opened,
        "closes_at": opened + timedelta(days=30),
        "starts_on": first,
        "ends_on": first + timedelta(days=4),
        "created_at": opened,
    }


def _enrollment(number: int, batch_id: int, seat: Seat, one: Founded, at: datetime) -> dict[str, Any]:
    return {
        "id": number,
        "reference": random_code(10),
        "person_id": seat[3],
        "batch_id": batch_id,
        "cooperative_id": one.id,
        "region_code": one.region_code,
        "post": seat[4],
        "state": "completed",
        "priority": 0 if one.is_pilot else 2,
        "queued_at": at - timedelta(days=30),
        "applied_at": at - timedelta(days=30),
        "confirmed_at": at - timedelta(days=20),
        "card_token": random_code(16),
    }


def _place_lines(codes: set[str]) -> dict[str, str]:
    """Village code -> the district, regency and province as certificates name them. One statement."""
    rows = db.session.execute(sa.select(Region.code, Region.name).where(sa.func.length(Region.code) <= 8))
    names: dict[str, str] = {code: name for code, name in rows}  # noqa: C416
    return {
        code: place_line([names[code[:length]] for length in (2, 5, 8) if code[:length] in names])
        for code in codes
    }
