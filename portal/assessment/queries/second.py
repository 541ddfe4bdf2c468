"""Second words on the verdicts in force, and what still lacks one."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from portal.accounts.models import User
from portal.assessment import rules
from portal.assessment.models import SecondVerdict, Verdict
from portal.assessment.queries.judging import SheetHead, verdicts_of_batch
from portal.batches.models import Batch
from portal.catalog.models import Curriculum
from portal.catalog.queries import units_of
from portal.core.db import db
from portal.core.permissions import Actor, Permission
from portal.core.words import gettext
from portal.enrollment.models import Enrollment


@dataclass(frozen=True)
class Second:
    """A second word on the version in force."""

    verdict_id: int
    value: str
    note: str
    judged_by: int | None
    judged_at: datetime
    by: str


def seconds_of_batch(batch_id: int) -> dict[tuple[int, int], Second]:
    """(enrollment id, unit id) -> the second word on the version in force. One statement."""
    rows: Any = db.session.execute(
        sa.select(
            Verdict.enrollment_id,
            Verdict.unit_id,
            SecondVerdict.verdict_id,
            SecondVerdict.value,
            SecondVerdict.note,
            SecondVerdict.judged_by,
            SecondVerdict.judged_at,
            sa.func.coalesce(User.name, ""),
        )
        .join(SecondVerdict, SecondVerdict.verdict_id == Verdict.id)
        .join(Enrollment, Enrollment.id == Verdict.enrollment_id)
        .outerjoin(User, User.id == SecondVerdict.judged_by)
        .where(Enrollment.batch_id == batch_id, Verdict.is_current)
    )
    return {(row[0], row[1]): Second(*row[2:]) for row in map(list, rows)}


_LACKING = (
    sa.select(
        Verdict.enrollment_id,
        Verdict.unit_id,
        Verdict.source,
        Verdict.value,
        SecondVerdict.value,
    )
    .join(Enrollment, Enrollment.id == Verdict.enrollment_id)
    .join(Batch, Batch.id == Enrollment.batch_id)
    .join(Curriculum, Curriculum.id == Batch.curriculum_id)
    .outerjoin(SecondVerdict, SecondVerdict.verdict_id == Verdict.id)
    .where(Batch.id == sa.bindparam("batch"), Curriculum.second_assessor, Verdict.is_current)
)


def lacking_second(batch_id: int) -> dict[int, dict[int, str]]:
    """enrollment id -> unit id -> missing or disagreed: verdicts in force without an agreeing second word,
    in a program that asks for two assessors; empty for other programs. One statement."""
    found: dict[int, dict[int, str]] = {}
    for enrollment_id, unit_id, source, first, second in db.session.execute(_LACKING, {"batch": batch_id}):
        state = rules.second_state(asked=True, source=source, first=first, second=second)
        if state in (rules.MISSING, rules.DISAGREED):
            found.setdefault(enrollment_id, {})[unit_id] = state
    return found


def persons_of(user_ids: Collection[int | None]) -> dict[int, int | None]:
    """account id -> the person behind it, where known."""
    wanted = {user_id for user_id in user_ids if user_id is not None}
    if not wanted:
        return {}
    rows = db.session.execute(sa.select(User.id, User.person_id).where(User.id.in_(wanted)))
    return {row.id: row.person_id for row in rows}


@dataclass(frozen=True)
class SecondCell:
    """One verdict as the second assessor sees it. `first_*` are empty until the second word is given; `why`
    says why this account may not give it, "" when it may."""

    verdict_id: int
    unit_id: int
    position: int
    title: str
    state: str
    why: str = ""
    first_value: str = ""
    first_note: str = ""
    first_by: str = ""
    second: Second | None = None

    @property
    def is_to_give(self) -> bool:
        """True when this account can give the missing word now."""
        return self.state == rules.MISSING and not self.why


def second_desk(head: SheetHead, actor: Actor, own: Mapping[int, str]) -> dict[int, list[SecondCell]]:
    """enrollment id -> the verdicts in force that need a second word, in the order of the units. `own`:
    enrollment id -> why the actor may not judge that person. A fixed number of statements."""
    units = {unit.id: unit for unit in units_of(head.curriculum_id)}
    verdicts, seconds = verdicts_of_batch(head.batch_id), seconds_of_batch(head.batch_id)
    users = {verdict.judged_by for verdict in verdicts.values() if verdict.judged_by is not None}
    accounts = {row.id: row for row in db.session.execute(_ACCOUNTS.where(User.id.in_(users)))}
    found: dict[int, list[SecondCell]] = {}
    for cell, verdict in verdicts.items():
        second, unit = seconds.get(cell), units.get(cell[1])
        state = rules.second_state(
            asked=head.second_assessor, source=verdict.source, first=verdict.value,
            second=second.value if second else None,
        )  # fmt: skip
        if not state or unit is None:
            continue
        first = accounts.get(verdict.judged_by or 0)
        shown: dict[str, str] = {}
        if second:
            by = first.name if first else ""
            shown = {"first_value": verdict.value, "first_note": verdict.note, "first_by": by}
        why = own.get(cell[0], "") or _why(head, actor, verdict, first.person_id if first else None)
        found.setdefault(cell[0], []).append(
            SecondCell(verdict.id, unit.id, unit.position, unit.title, state, why, second=second, **shown)
        )
    return {key: sorted(cells, key=lambda one: one.position) for key, cells in found.items()}


def blind_cells(head: SheetHead, actor: Actor) -> set[tuple[int, int]]:
    """The verdicts whose value this account shall not see yet, because its own second word is wanted.
    Nothing is asked of the database where the program has one assessor."""
    if not head.second_assessor or not actor.may(Permission.VERDICT_SECOND):
        return set()
    cells = second_desk(head, actor, {})
    return {(person, one.unit_id) for person, found in cells.items() for one in found if one.is_to_give}


_ACCOUNTS = sa.select(User.id, User.name, User.person_id)


def _why(head: SheetHead, actor: Actor, verdict: Verdict, first_person: int | None) -> str:
    blockers = rules.second_blockers(
        is_assessor=head.is_assessor,
        separate_assessor=head.separate_assessor,
        is_trainer=head.is_trainer,
        user_id=actor.user_id,
        person_id=actor.person_id,
        first_user=verdict.judged_by,
        first_person=first_person,
        _=gettext,
    )
    return blockers[0].message if blockers else ""
