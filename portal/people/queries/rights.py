"""Requests about one's own data, for their owner and for whoever decides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from portal.core.crypto import cipher
from portal.core.db import db
from portal.core.errors import NotFound
from portal.core.paging import Page, cut
from portal.people.models import (
    OLD_AAD,
    VALUE_AAD,
    CorrectionRequest,
    ErasureRequest,
    Evidence,
    LegalHold,
    Person,
    UnmaskedRead,
)

PAGE = 25


@dataclass(frozen=True)
class CorrectionView:
    """A correction with its values opened: `old` and `new` as text (ISO dates, whole NIK, village code)."""

    row: CorrectionRequest
    person: Person
    old: str
    new: str
    has_evidence: bool


def corrections_of(person_id: int) -> list[CorrectionRequest]:
    """Every correction asked for a person, the newest first; without values."""
    statement = sa.select(CorrectionRequest).where(CorrectionRequest.person_id == person_id)
    return list(db.session.scalars(statement.order_by(CorrectionRequest.id.desc()).limit(100)))


def get_correction(request_id: int, *where: Any) -> CorrectionView:
    """One correction that also meets these conditions. The same NotFound for a foreign and a missing one."""
    statement: Any = (
        sa.select(CorrectionRequest, Person, sa.exists().where(Evidence.request_id == CorrectionRequest.id))
        .join(Person, Person.id == CorrectionRequest.person_id)
        .where(CorrectionRequest.id == request_id, *where)
    )
    found = db.session.execute(statement).first()
    if found is None:
        raise NotFound()
    row, person, has_evidence = found
    old, new = cipher().decrypt(row.old_cipher, OLD_AAD), cipher().decrypt(row.value_cipher, VALUE_AAD)
    return CorrectionView(row, person, old, new, has_evidence)


def list_corrections(*where: Any, number: int = 1) -> Page:
    """A page of (CorrectionRequest, name of the person): those that wait first, then the newest. One
    statement."""
    statement: Any = (
        sa.select(CorrectionRequest, Person.name)
        .join(Person, Person.id == CorrectionRequest.person_id)
        .where(*where)
        .order_by(sa.case((CorrectionRequest.state == "asked", 0), else_=1), CorrectionRequest.id.desc())
        .limit(PAGE + 1)
        .offset((number - 1) * PAGE)
    )
    return cut(db.session.execute(statement).all(), number, PAGE)


def erasures_of(person_id: int) -> list[ErasureRequest]:
    """Every erasure a person asked for, the newest first."""
    statement = sa.select(ErasureRequest).where(ErasureRequest.person_id == person_id)
    return list(db.session.scalars(statement.order_by(ErasureRequest.id.desc())))


def list_erasures(number: int = 1) -> Page:
    """A page of erasure requests: those that wait first, the oldest of them on top."""
    waits = ErasureRequest.state == "asked"
    statement = (
        sa.select(ErasureRequest)
        .order_by(sa.case((waits, 0), else_=1), sa.case((waits, ErasureRequest.id)), ErasureRequest.id.desc())
        .limit(PAGE + 1)
        .offset((number - 1) * PAGE)
    )
    return cut(list(db.session.scalars(statement)), number, PAGE)


def get_erasure(request_id: int) -> ErasureRequest:
    """One erasure request. Raises NotFound."""
    found = db.session.get(ErasureRequest, request_id)
    if found is None:
        raise NotFound()
    return found


def list_holds(number: int = 1) -> Page:
    """A page of holds, those not lifted first, then the newest."""
    statement = (
        sa.select(LegalHold)
        .order_by(sa.case((LegalHold.lifted_at.is_(None), 0), else_=1), LegalHold.id.desc())
        .limit(PAGE + 1)
        .offset((number - 1) * PAGE)
    )
    return cut(list(db.session.scalars(statement)), number, PAGE)


def get_hold(hold_id: int) -> LegalHold:
    """One hold. Raises NotFound."""
    found = db.session.get(LegalHold, hold_id)
    if found is None:
        raise NotFound()
    return found


def requests_data(person_id: int) -> dict[str, list[dict[str, Any]]]:
    """Corrections, erasures, holds and unmasked reads of a person, for their own copy."""
    reads: Sequence[UnmaskedRead] = db.session.scalars(
        sa.select(UnmaskedRead).where(UnmaskedRead.person_id == person_id).order_by(UnmaskedRead.id)
    ).all()
    holds = db.session.scalars(sa.select(LegalHold).where(LegalHold.person_id == person_id))
    kept = dict(
        db.session.execute(
            sa.select(Evidence.request_id, sa.func.sum(Evidence.size))
            .join(CorrectionRequest, CorrectionRequest.id == Evidence.request_id)
            .where(CorrectionRequest.person_id == person_id)
            .group_by(Evidence.request_id)
        ).all()
    )
    return {
        "corrections": [
            {
                "field": row.field,
                "state": row.state,
                "note": row.note or None,
                "asked_at": row.asked_at.isoformat(),
                "decided_at": _text(row.decided_at),
                "decision_note": row.decision_note or None,
                "evidence_bytes": int(kept.get(row.id, 0)),
            }
            for row in corrections_of(person_id)
        ],
        "erasures": [
            {"state": row.state, "asked_at": row.asked_at.isoformat(), "decided_at": _text(row.decided_at)}
            for row in erasures_of(person_id)
        ],
        "holds": [
            {"placed_at": row.placed_at.isoformat(), "lifted_at": _text(row.lifted_at)} for row in holds
        ],
        "unmasked_reads": [
            {"at": row.at.isoformat(), "by": row.actor_name, "fields": row.fields, "reason": row.reason}
            for row in reads
        ],
    }


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
