"""Outside records of the small world: one of trainee A, one of another center's person, two lists."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from portal.accounts.models import User
from portal.batches.models import Batch
from portal.certificates.external_sample import COLUMNS
from portal.certificates.models import ExternalRecord
from portal.certificates.services.external_check import check_external_file
from portal.certificates.services.external_import import keep_external_preview
from portal.core.db import db, transaction
from portal.core.permissions import Grant, GrantedActor, Role
from portal.enrollment.models import Enrollment
from tests.support.sheets import xlsx


def line(**cells: Any) -> tuple[Any, ...]:
    """A row in the order of the columns of the sample, by their words."""
    return tuple(cells.get(name.split()[0].split("/")[0].lower(), "") for name in COLUMNS)


def note_outside_records(users: dict[str, int], ids: dict[str, Any], now: datetime) -> dict[str, Any]:
    """Ids: "external", "external_gone" (to be removed), "own_external" of trainee A, list "external_list",
    and each "away_"."""
    own = db.session.get_one(Enrollment, ids["open_enrollment"])
    away = db.session.get_one(Enrollment, ids["away_enrollment"])
    with transaction() as session:
        rows = {
            name: ExternalRecord(
                person_id=seat.person_id, kind="competency", title="Pengurus koperasi",
                number=f"CONTOH-{name}", issuer="LSP Contoh",
                issued_on=now.date() - timedelta(days=400), source="Fotokopi pemegang",
                expires_on=now.date() + timedelta(days=600), recorded_at=now,
                center_id=session.get_one(Batch, seat.batch_id).center_id,
            )
            for name, seat in (
                ("external", own), ("external_gone", own), ("away_external", away),
                ("away_external_gone", away),
            )
        }  # fmt: skip
        for name, trainee in (("own_external", "trainee_a"), ("away_own_external", "trainee_b")):
            rows[name] = ExternalRecord(
                person_id=session.get_one(User, users[trainee]).person_id, kind="training", title="Diklat",
                number=f"CONTOH-{name}", issuer="Dinas Contoh", issued_on=now.date() - timedelta(days=300),
                source="Fotokopi pemegang", recorded_at=now,
            )  # fmt: skip
        session.add_all(rows.values())
        session.flush()
        found: dict[str, Any] = {name: row.id for name, row in rows.items()}
    officer = GrantedActor(
        users["regency_officer"], None, "Hendra Dinas", (Grant(Role.REGENCY_OFFICER, "region", "61.05"),)
    )
    content = xlsx([COLUMNS, line(nama="Tidak Dikenal", jenis="Pelatihan", judul="Diklat")])
    for name in ("external_list", "away_external_list"):
        checked = check_external_file(content, file_name="daftar.xlsx", actor=officer, now=now)
        db.session.rollback()
        with transaction():
            made = keep_external_preview(checked=checked, actor=officer, now=now)
            found[name] = made.id
            if name == "away_external_list":
                made.created_by = None
            else:
                made.file_hash = "0" * 64
    return found
