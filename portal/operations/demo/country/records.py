"""What stands beside the portal's own certificates: papers in order, and competences from elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any

import sqlalchemy as sa

from portal.certificates.models import ExternalRecord
from portal.cooperatives.models import ChecklistEntry, ChecklistItem
from portal.core import audit
from portal.core.db import db, insert_many, transaction
from portal.core.permissions import SYSTEM
from portal.operations.demo.country.boards import Founded, Told

CHUNK = 5000
#: How likely a cooperative has a paper in order; items that are not named here are as likely as not.
CHANCES = {"legal_entity": 0.8, "statutes": 0.75, "annual_meeting": 0.4}
ISSUER = "Lembaga contoh (data rekaan)"


def papers_everywhere(founded: Sequence[Founded], rng: Random, now: datetime, told: Told) -> None:
    """Checklist entries of the last two years."""
    items = list(db.session.scalars(sa.select(ChecklistItem.code).order_by(ChecklistItem.position)))
    db.session.rollback()
    today = now.date()
    for start in range(0, len(founded), CHUNK):
        rows = [
            {
                "cooperative_id": one.id,
                "item_code": code,
                "done_on": today - timedelta(days=rng.randrange(1, 700)),
                "recorded_at": now,
            }
            for one in founded[start : start + CHUNK]
            for code in items
            if rng.random() < CHANCES.get(code, 0.5)
        ]
        with transaction() as session:
            insert_many(session, sa.inspect(ChecklistEntry).local_table, rows)
            audit.record("demo.papers", "demo", start, actor=SYSTEM, now=now, count=len(rows))
        told(len(founded[start : start + CHUNK]))


def competences_elsewhere(
    founded: Sequence[Founded], count: int, rng: Random, now: datetime, told: Told
) -> None:
    """`count` records of trainings elsewhere, two in three verified by now; one a person."""
    people = rng.sample([person for one in founded for person, _post in one.holders], count)
    today = now.date()
    for start in range(0, len(people), CHUNK):
        rows: list[dict[str, Any]] = []
        for person in people[start : start + CHUNK]:
            is_verified = rng.random() < 0.66
            rows.append(
                {
                    "person_id": person,
                    "kind": "training",
                    "title": "Pelatihan pengurus koperasi (contoh)",
                    "issuer": ISSUER,
                    "number": f"CONTOH-{person}",
                    "issued_on": today - timedelta(days=rng.randrange(30, 900)),
                    "source": "data contoh",
                    "state": "verified" if is_verified else "unverified",
                    "recorded_at": now,
                    "decided_at": now if is_verified else None,
                }
            )
        with transaction() as session:
            insert_many(session, sa.inspect(ExternalRecord).local_table, rows)
            audit.record("demo.external", "demo", start, actor=SYSTEM, now=now, count=len(rows))
        told(len(rows))
