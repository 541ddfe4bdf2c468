"""Rosters and the people who bring them in, for tests of importing and spreading."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from lokal.wilayah import wilayah_name

from portal.accounts.models import User
from portal.batches.models import Batch
from portal.catalog.models import Curriculum, Program
from portal.centers.models import TrainingCenter
from portal.core import jobs
from portal.core.db import db, transaction
from portal.core.permissions import Grant, GrantedActor, Role
from portal.enrollment import services
from portal.enrollment.models import RosterImport
from tests.support import sheets
from tests.support.classroom import account
from tests.support.rosters import villages_of

SINTANG = (Path(__file__).parents[1] / "data" / "sintang-nominations.xlsx").read_bytes()
HEADER = ["No", "Koperasi", "Desa/Kelurahan", "Kecamatan", "Nama", "NIK", "Tanggal Lahir", "Jabatan", "No HP"]
START = date(2026, 12, 7)


def line(number: int, **changed: Any) -> list[Any]:
    """One good row of Sintang: two people a village, everybody's NIK and name their own."""
    village = villages_of("61.05")[(number // 2) % 400]
    district = wilayah_name(village.code[:8])
    facts = {
        "name": f"Orang {_letters(number)}",
        "nik": f"6105010203{85:02d}{number + 1:04d}",
        "birth": date(1985, 3, 2),
        "post": ("Ketua", "Bendahara")[number % 2],
        "phone": f"0812{number:08d}",
        "village": village.name,
        "district": district,
    } | changed
    return [
        number, f"KDMP {facts['village']}", facts["village"], facts["district"], facts["name"], facts["nik"],
        facts["birth"], facts["post"], facts["phone"],
    ]  # fmt: skip


def _letters(number: int) -> str:
    return "".join(chr(ord("A") + int(digit)) for digit in f"{number:05d}")


def roster(count: int, start: int = 0, **changed: Any) -> bytes:
    """A small .xlsx of good rows; `changed` holds for the first of them."""
    rows = [line(n, **(changed if n == start else {})) for n in range(start, start + count)]
    return sheets.xlsx([HEADER, *rows])


def program() -> int:
    """A program with a curriculum, committed; its id."""
    with transaction():
        made = Program(
            slug="pengurus-pemula", code="KOP-PGR", name="Pengurus tingkat pemula", short_name="Pengurus",
            track="board", vocation="Koperasi", created_at=datetime(2026, 1, 1, tzinfo=UTC),
        )  # fmt: skip
        db.session.add(made)
        db.session.flush()
        db.session.add(
            Curriculum(
                program_id=made.id, version=1, hours=24, min_attendance_pct=80, published_on=date(2026, 1, 1)
            )
        )
    return int(made.id)


def officer(region: str = "61.05") -> tuple[User, GrantedActor]:
    """A regency officer: the account and the actor."""
    with transaction():
        user = account("Yohana Dinas", Role.REGENCY_OFFICER, "region", region)
    return user, GrantedActor(user.id, None, user.name, (Grant(Role.REGENCY_OFFICER, "region", region),))


def center_admin(region: str = "61.05") -> tuple[User, GrantedActor, int]:
    """An admin of a new center in a regency: the account, the actor, the center's id."""
    with transaction():
        number = (db.session.query(TrainingCenter).count() or 0) + 1
        center = TrainingCenter(
            slug=f"blk-{number}", code=f"C{number}", kind="uptd", name=f"BLK Contoh {number}",
            short_name=f"BLK {number}", city="Sintang", region_code=region, zone="Asia/Pontianak",
        )  # fmt: skip
        db.session.add(center)
        db.session.flush()
        user = account("Wulan Admin", Role.CENTER_ADMIN, "center", str(center.id))
    grant = Grant(Role.CENTER_ADMIN, "center", str(center.id))
    return user, GrantedActor(user.id, None, user.name, (grant,)), int(center.id)


def upload(
    content: bytes, program_id: int, actor: Any, now: datetime, name: str = "usulan.xlsx"
) -> RosterImport:
    """Check a file and keep its preview, committed."""
    checked = services.check_roster_file(content, file_name=name, now=now)
    with transaction():
        return services.keep_preview(checked=checked, program_id=program_id, actor=actor, now=now)


def bring_in(content: bytes, program_id: int, actor: Any, now: datetime) -> dict[str, int]:
    """Upload, save the good rows and run the job; the counts of the result."""
    found = upload(content, program_id, actor, now)
    with transaction():
        services.start_import(import_id=found.id, only_good=True, actor=actor, now=now)
    jobs.run_pending()
    db.session.expire_all()
    result: dict[str, int] = db.session.get_one(RosterImport, found.id).summary["result"]
    return result


def classes(program_id: int, center_id: int, count: int, now: datetime, **more: Any) -> list[int]:
    """Published classes of 16 + 2 for Sintang, one a week; their ids."""
    with transaction():
        curriculum = db.session.query(Curriculum).filter_by(program_id=program_id).one()
        found = []
        for number in range(1, count + 1):
            first = START + timedelta(days=7 * number)
            facts: dict[str, Any] = {
                "slug": "pengurus", "number": number, "year": 2026, "program_id": program_id,
                "curriculum_id": curriculum.id, "center_id": center_id, "state": "published", "quota": 16,
                "reserve_seats": 2, "opens_at": now, "closes_at": now + timedelta(days=10),
                "starts_on": first, "ends_on": first + timedelta(days=2), "regions": ["61.05"],
                "created_at": now,
            }  # fmt: skip
            batch = Batch(**facts | more)
            db.session.add(batch)
            db.session.flush()
            found.append(int(batch.id))
    return found


__all__ = ["SINTANG", "bring_in", "center_admin", "classes", "line", "officer", "program", "roster", "upload"]
