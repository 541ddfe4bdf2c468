"""The center, program, class and people that the benchmark's certificates belong to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import sqlalchemy as sa

from portal.batches.models import Batch
from portal.catalog.models import Curriculum, Program
from portal.centers.models import TrainingCenter
from portal.core.db import db, transaction
from portal.enrollment.models import Enrollment
from portal.people.models import Person
from portal.regions.models import Region

NOW = datetime(2026, 10, 19, 2, 41, tzinfo=UTC)
CENTER_CODE, PROGRAM_CODE = "BPVP-SKA", "KOP-PGR"
PEOPLE = 2000
GIVEN = ("Dewi", "Budi", "Siti Nur", "Agus", "Maria Goreti", "I Made", "Rahmat", "Yohana", "Andi", "Sri")
FAMILY = ("Lestari Ningrum", "Santoso", "Wahyuni", "Hidayat", "Simanjuntak", "Wirawan", "Kurniawati")


@dataclass(frozen=True)
class House:
    """Ids that certificates refer to; people and their enrollments are numbered alike."""

    center_id: int
    program_id: int
    batch_id: int
    people: list[int]
    enrollments: list[int]


def person_name(number: int) -> str:
    """A made-up name; 70 of them."""
    return f"{GIVEN[number % len(GIVEN)]} {FAMILY[number % len(FAMILY)]}"


def build_house() -> House:
    """Make one center, program, curriculum and class with PEOPLE enrolled. Writes."""
    made = NOW - timedelta(days=90)
    with transaction() as session:
        center_id, program_id, batch_id = _ground(made)
        people = [
            {"id": n, "name": person_name(n), "created_at": made, "updated_at": made}
            for n in range(1, PEOPLE + 1)
        ]
        enrollments = [
            {"id": n, "reference": f"B{n:06d}", "person_id": n, "batch_id": batch_id, "post": "treasurer",
             "state": "completed", "queued_at": made, "applied_at": made, "card_token": f"b{n}"}
            for n in range(1, PEOPLE + 1)
        ]  # fmt: skip
        session.execute(sa.insert(Person), people)
        session.execute(sa.insert(Enrollment), enrollments)
    ids = list(range(1, PEOPLE + 1))
    return House(center_id, program_id, batch_id, ids, ids)


def find_house() -> House:
    """The house of a filled database."""
    batch = db.session.scalars(sa.select(Batch)).one()
    ids = list(range(1, PEOPLE + 1))
    return House(batch.center_id, batch.program_id, batch.id, ids, ids)


def _ground(made: datetime) -> tuple[int, int, int]:
    db.session.add(Region(code="33", name="Jawa Tengah", kind="province"))
    db.session.flush()
    center = TrainingCenter(
        slug="bpvp-surakarta", code=CENTER_CODE, kind="uptp", city="Surakarta",
        name="Balai Pelatihan Vokasi dan Produktivitas Surakarta", short_name="BPVP Surakarta",
        region_code="33", zone="Asia/Jakarta",
    )  # fmt: skip
    program = Program(
        slug="pengurus-pemula", code=PROGRAM_CODE, name="Pengurus Koperasi Desa Merah Putih, tingkat pemula",
        short_name="Pengurus Kopdes Merah Putih Pemula", track="board", vocation="Koperasi", created_at=made,
    )  # fmt: skip
    db.session.add_all([center, program])
    db.session.flush()
    curriculum = Curriculum(program_id=program.id, version=1, hours=24, published_on=date(2026, 1, 1))
    db.session.add(curriculum)
    db.session.flush()
    batch = Batch(
        slug="pengurus-pemula", number=1, year=2026, program_id=program.id, curriculum_id=curriculum.id,
        center_id=center.id, state="finalized", quota=PEOPLE, seats_taken=PEOPLE, opens_at=made,
        closes_at=made + timedelta(days=30), starts_on=date(2026, 10, 12), ends_on=date(2026, 10, 14),
        created_at=made,
    )  # fmt: skip
    db.session.add(batch)
    db.session.flush()
    return center.id, program.id, batch.id
