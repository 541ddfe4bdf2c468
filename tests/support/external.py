"""People and papers for tests of outside records."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import Any

from portal.certificates.external_rules import RecordText
from portal.certificates.external_sample import COLUMNS
from portal.certificates.models import ExternalRecord
from portal.certificates.queries.external_people import Who
from portal.certificates.services.external import record_external
from portal.certificates.services.external_check import check_external_file
from portal.certificates.services.external_import import keep_external_preview, start_external_import
from portal.core import jobs
from portal.core.db import db, transaction
from tests.support import nominations
from tests.support.sheets import xlsx

PAPER = RecordText(
    "competency", "Pengurus koperasi tingkat pemula", "LSP Contoh", date(2025, 3, 1), number="CONTOH-1"
)


def people(count: int, now: datetime) -> tuple[Any, Any]:
    """(account, actor) of an officer of Sintang who has brought in so many people (see nominations.line)."""
    program_id = nominations.program()
    user, actor = nominations.officer()
    if count:
        nominations.bring_in(nominations.roster(count), program_id, actor, now)
    return user, actor


def who(number: int, **changed: Any) -> Who:
    """The person of `nominations.line(number)`."""
    row = nominations.line(number)
    return replace(Who(row[4], row[5]), **changed)


def note(which: int, actor: Any, now: datetime, **changed: Any) -> ExternalRecord:
    """A paper of that person, recorded."""
    with transaction():
        return record_external(who=who(which), text=replace(PAPER, **changed), actor=actor, now=now)


def row(number: int | None, **cells: Any) -> list[Any]:
    """A line of a list in the order of COLUMNS: that person by name and NIK, and a paper."""
    facts: dict[str, Any] = {
        "Jenis": "Pelatihan", "Judul": "Pembukuan dasar", "Penerbit": "BLK Contoh",
        "Tanggal terbit": "17/05/2023",
    }  # fmt: skip
    if number is not None:
        line = nominations.line(number)
        facts |= {"Nama": line[4], "NIK": line[5]}
    facts |= {name.replace("_", " "): value for name, value in cells.items()}
    return [facts.get(name, "") for name in COLUMNS]


def list_of(*rows: list[Any]) -> bytes:
    """An .xlsx of such lines."""
    return xlsx([list(COLUMNS), *rows])


def preview(content: bytes, actor: Any, now: datetime) -> Any:
    """The list, checked and kept."""
    checked = check_external_file(content, file_name="daftar.xlsx", actor=actor, now=now)
    db.session.rollback()
    with transaction():
        return keep_external_preview(checked=checked, actor=actor, now=now)


def import_list(content: bytes, actor: Any, now: datetime) -> dict[str, int]:
    """The good rows of a list, saved; what came of them."""
    made = preview(content, actor, now)
    with transaction():
        start_external_import(import_id=made.id, only_good=True, actor=actor, now=now)
    jobs.run_pending()
    db.session.expire_all()
    return dict(made.summary["result"])
