"""Cooperatives with real programs, papers and service lines: rows written past the services."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from typing import Any

import sqlalchemy as sa

from portal.batches.models import Batch
from portal.catalog.models import Curriculum, Program
from portal.catalog.services import load_catalog
from portal.centers.models import TrainingCenter
from portal.certificates.models import Certificate, CertificateEvent, ExternalRecord
from portal.cooperatives.models import ChecklistEntry, Cooperative, PostTerm
from portal.cooperatives.services import load_checklist
from portal.core.db import db, transaction
from portal.core.permissions import SYSTEM
from portal.enrollment.models import Enrollment, Nomination
from portal.people.models import Person
from portal.readiness.services.lines import load_service_lines

TKL, DLG, PLS = "tata-kelola-koperasi-pengemudi-kurir", "dialog-dan-mediasi", "pelindungan-sosial-anggota"
SRV, BUK, KEU = "unit-servis-dan-suku-cadang", "pembukuan-dan-shu", "pembiayaan-internal-anggota"
DIG, PGW = "digitalisasi-koperasi", "pengawas-koperasi-merah-putih"
BOARD = (
    ("chair", "Yusuf Ardiansyah"), ("vice_chair_business", "Rahmat Hidayat"),
    ("vice_chair_membership", "Maria Yosefina"), ("secretary", "Endah Kusumaningtyas"),
    ("treasurer", "Tri Handoko"), ("supervisor_chair", "Sukardi Notowijoyo"),
    ("supervisor_member", "Lestari Handayani"), ("manager", "Dimas Bagaskara"),
)  # fmt: skip
_serial = count(1)


@dataclass
class Hall:
    """A cooperative and what hangs on it; people by the post they were first given."""

    now: datetime
    cooperative_id: int
    center_id: int
    programs: dict[str, int]
    people: dict[str, int] = field(default_factory=dict)
    batches: dict[str, int] = field(default_factory=dict)

    @property
    def today(self) -> date:
        """The day in Jakarta."""
        return (self.now + timedelta(hours=7)).date()


def add(row: Any) -> Any:
    """Store a row and give it its id."""
    db.session.add(row)
    db.session.flush()
    return row


def build(now: datetime, kind: str = "driver_courier", name: str = "Koperasi Roda Lintas") -> Hall:
    """An empty cooperative in Sintang, with the reference data; committed."""
    with transaction():
        if db.session.scalar(sa.select(Program.id).limit(1)) is None:
            load_catalog(actor=SYSTEM, now=now)
            load_checklist(actor=SYSTEM, now=now)
            load_service_lines(actor=SYSTEM, now=now)
        number = next(_serial)
        center = add(
            TrainingCenter(
                slug=f"hall-{number}", code=f"H{number}", kind="uptp", name="BPVP Contoh",
                short_name="BPVP Contoh", city="Sintang", region_code="61.05", zone="Asia/Pontianak",
            )
        )  # fmt: skip
        home = add(
            Cooperative(
                kind=kind, name=name, match_key=f"hall-{number}", region_code="61.05", created_at=now,
            )
        )  # fmt: skip
        programs = dict(db.session.execute(sa.select(Program.slug, Program.id)).all())
        return Hall(now, home.id, center.id, programs)


def seat_board(hall: Hall, ends_on: date | None = None) -> None:
    """Eight people on eight posts, since last year."""
    for post, name in BOARD:
        hold(hall, post, name, ends_on=ends_on)


def hold(hall: Hall, post: str, name: str = "Orang", ends_on: date | None = None, **more: Any) -> int:
    """Give a post to a new person, or to `person_id`; answers the person."""
    person = (
        more.pop("person_id", None) or add(Person(name=name, created_at=hall.now, updated_at=hall.now)).id
    )
    hall.people.setdefault(post, person)
    starts_on = more.pop("starts_on", hall.today - timedelta(days=400))
    add(
        PostTerm(
            cooperative_id=hall.cooperative_id, person_id=person, post=post, starts_on=starts_on,
            ends_on=ends_on, source="board", **more,
        )
    )  # fmt: skip
    return int(person)


def plan(hall: Hall, slug: str, start: date, **more: Any) -> int:
    """A published batch of three days; answers its id."""
    number = next(_serial)
    curriculum = db.session.scalar(
        sa.select(Curriculum.id).where(Curriculum.program_id == hall.programs[slug]).limit(1)
    )
    opens = datetime.combine(start - timedelta(days=60), time(1), UTC)
    made = add(
        Batch(
            slug=slug, number=number, year=2026, program_id=hall.programs[slug], curriculum_id=curriculum,
            center_id=hall.center_id, starts_on=start, ends_on=start + timedelta(days=2), opens_at=opens,
            **{
                "state": "published", "quota": 16, "seats_taken": 11, "created_at": hall.now,
                "closes_at": datetime.combine(start - timedelta(days=2), time(1), UTC), **more,
            },
        )
    )  # fmt: skip
    return int(made.id)


def enroll(hall: Hall, person: int, batch_id: int, state: str = "confirmed") -> int:
    """A seat, or a place in the queue."""
    number = next(_serial)
    seat = Enrollment(
        reference=f"HALL{number}", person_id=person, batch_id=batch_id, post="chair", state=state,
        cooperative_id=hall.cooperative_id, queued_at=hall.now - timedelta(days=300),
        applied_at=hall.now - timedelta(days=300), card_token=f"hall{number}",
    )  # fmt: skip
    return int(add(seat).id)


def propose(hall: Hall, person: int, slug: str) -> None:
    """A nomination without a batch."""
    add(
        Nomination(
            person_id=person, cooperative_id=hall.cooperative_id, program_id=hall.programs[slug],
            post="chair", created_at=hall.now - timedelta(days=1), updated_at=hall.now,
        )
    )  # fmt: skip


def certify(hall: Hall, person: int, slug: str, until: date | None = None) -> str:
    """A certificate in force since half a year; answers its number."""
    if slug not in hall.batches:
        hall.batches[slug] = plan(hall, slug, hall.today - timedelta(days=200), state="finalized")
    number = next(_serial)
    issued = hall.now - timedelta(days=180)
    made = add(
        Certificate(
            code=f"H{number:011d}", number=f"{number:04d}/{slug[:3].upper()}/H/2026", signed_bytes=b"{}",
            signature=b"s", kid="k", salt=b"s", qr_text="q", status_index=90_000 + number,
            log_index=90_000 + number, enrollment_id=enroll(hall, person, hall.batches[slug], "completed"),
            person_id=person, batch_id=hall.batches[slug], center_id=hall.center_id,
            program_id=hall.programs[slug], issue_key=f"hall{number}", issued_at=issued, expires_on=until,
        )
    )  # fmt: skip
    add(
        CertificateEvent(
            certificate_id=made.id, position=0, type="issue", log_index=95_000 + number, at=issued
        )
    )
    return str(made.number)


def outside(hall: Hall, person: int, slug: str, state: str = "verified", until: date | None = None) -> None:
    """A competency certificate of an LSP."""
    decided = None if state == "unverified" else hall.now - timedelta(days=5)
    add(
        ExternalRecord(
            person_id=person, kind="competency", program_id=hall.programs[slug], title="Juru Buku Koperasi",
            issuer="LSP Contoh", number=f"L{next(_serial)}", issued_on=hall.today - timedelta(days=100),
            expires_on=until, source="salinan", state=state, recorded_at=hall.now - timedelta(days=9),
            decided_at=decided,
        )
    )  # fmt: skip


def paper(hall: Hall, code: str, days_ago: int = 60) -> None:
    """An entry of the institution checklist."""
    add(
        ChecklistEntry(
            cooperative_id=hall.cooperative_id, item_code=code, recorded_at=hall.now - timedelta(days=1),
            done_on=hall.today - timedelta(days=days_ago),
        )
    )  # fmt: skip


def like_the_mock(now: datetime) -> Hall:
    """Two services ready, two nearly, others not; something ends in 90 days."""
    hall = build(now)
    with transaction():
        seat_board(hall, ends_on=hall.today + timedelta(days=1200))
        people = hall.people
        for post in ("chair", "secretary"):
            certify(hall, people[post], TKL)
        for post in ("chair", "vice_chair_business", "vice_chair_membership"):
            certify(hall, people[post], DLG)
        certify(hall, people["vice_chair_membership"], PLS, hall.today + timedelta(days=41))
        certify(hall, people["secretary"], PLS, hall.today + timedelta(days=300))
        certify(hall, people["secretary"], BUK)
        certify(hall, people["supervisor_chair"], BUK)
        outside(hall, people["supervisor_member"], BUK)
        enroll(hall, people["treasurer"], plan(hall, BUK, hall.today + timedelta(days=9)))
        for slug in (SRV, KEU, DIG, BUK):
            plan(hall, slug, hall.today + timedelta(days=20))
        for code in ("legal_entity", "member_register", "open_books", "annual_meeting"):
            paper(hall, code)
    return hall
