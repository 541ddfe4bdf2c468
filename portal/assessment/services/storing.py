"""The one place where versions of verdicts are written: the lock, who may not judge whom, and the rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from portal.assessment import rules
from portal.assessment.models import Verdict, VerdictSource
from portal.assessment.queries import Candidate
from portal.batches.models import Batch
from portal.cooperatives.queries import own_cooperatives
from portal.core import audit
from portal.core.blockers import Blocker
from portal.core.db import db
from portal.core.errors import Conflict, Forbidden
from portal.core.permissions import Actor
from portal.core.words import gettext as _


@dataclass(frozen=True)
class NewVersion:
    """A version to write over `old` (None: the first one)."""

    enrollment_id: int
    unit_id: int
    value: str
    note: str
    criteria: list[int]
    old: Verdict | None
    source: str = VerdictSource.JUDGED
    evidence: Mapping[str, Any] = field(default_factory=dict)


def hold_batch(batch_id: int) -> None:
    """One writer of results at a time in a batch, until the transaction ends; issuing takes the same lock.

    A statement of its own, so that what is read next is newer than whatever held the lock. SQLite has one
    writer anyway.
    """
    if db.session.get_bind().dialect.name == "postgresql":
        held = sa.select(Batch.id).where(Batch.id == batch_id)
        db.session.execute(held.with_for_update(key_share=True))


def own_blockers(actor: Actor, own: set[int], person: Candidate) -> list[Blocker]:
    """Why this actor, who holds posts in the cooperatives `own`, may not judge that person."""
    return rules.judge_blockers(
        judge_person=actor.person_id,
        judge_cooperatives=own,
        person_id=person.person_id,
        cooperative_id=person.cooperative_id,
        _=_,
    )


def check_own(actor: Actor, people: Iterable[Candidate], now: datetime) -> None:
    """Raises Forbidden when one of these people is the actor, or of the actor's cooperative."""
    own = own_cooperatives(actor, now)
    for person in people:
        for blocker in own_blockers(actor, own, person):
            raise Forbidden(blocker.code, blocker.message)


def store_versions(versions: Sequence[NewVersion], center_id: int, actor: Actor, now: datetime) -> None:
    """Retire the versions in force, add the new ones, audit each. Two statements. Raises Conflict when
    somebody wrote meanwhile. The batch is held (`hold_batch`)."""
    retired = [{"b_id": version.old.id} for version in versions if version.old is not None]
    if retired:
        table = Verdict.__table__
        statement = sa.update(table).where(table.c.id == sa.bindparam("b_id"), table.c.is_current)
        done = db.session.connection().execute(statement.values(is_current=False), retired)
        if done.rowcount not in (-1, len(retired)):
            raise Conflict(
                "verdict_conflict", _("Rekan Anda baru saja mengubah hasil ini. Muat ulang halaman.")
            )
    for version in versions:
        _audit(version, center_id, actor, now)
    if versions:
        db.session.execute(sa.insert(Verdict.__table__), [_row(version, actor, now) for version in versions])


def _row(version: NewVersion, actor: Actor, now: datetime) -> dict[str, Any]:
    return {
        "enrollment_id": version.enrollment_id,
        "unit_id": version.unit_id,
        "version": (version.old.version if version.old else 0) + 1,
        "is_current": True,
        "value": version.value,
        "note": version.note,
        "criteria": version.criteria,
        "source": str(version.source),
        "evidence": dict(version.evidence),
        "judged_by": actor.user_id,
        "judged_at": now,
    }


def _audit(version: NewVersion, center_id: int, actor: Actor, now: datetime) -> None:
    audit.record(
        "verdict.recorded",
        "enrollment",
        version.enrollment_id,
        actor=actor,
        now=now,
        scope=f"center:{center_id}",
        unit=version.unit_id,
        value=version.value,
        was=version.old.value if version.old else "",
        criteria=version.criteria,
        source=str(version.source),
    )
