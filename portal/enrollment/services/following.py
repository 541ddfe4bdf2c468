"""A nomination by name follows what becomes of its enrollment (FLOWS: States)."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

import sqlalchemy as sa

from portal.core.db import db
from portal.core.errors import DomainError
from portal.enrollment import messages_nominating as messages
from portal.enrollment.models import Enrollment, Nomination, NominationState, State
from portal.enrollment.queries.nominations import not_consented
from portal.enrollment.rules_nominating import OPEN_NOMINATIONS
from portal.people.models import Person

N = NominationState
_FOLLOWS = {
    State.OFFERED: N.PLACED,
    State.CONFIRMED: N.PLACED,
    State.REJECTED: N.REJECTED,
    State.WITHDRAWN: N.WITHDRAWN,
    State.EXPIRED: N.WITHDRAWN,
}
#: Moves of an enrollment that say nothing about the nomination: the person goes on in another batch.
_ELSEWHERE = frozenset({"enrollment.moved_away", "nomination.left"})
_BEFORE = frozenset({State.APPLIED, State.WAITLISTED, State.RESERVE})


def follow_enrollment(
    enrollment: Enrollment, new: State, *, action: str, by_self: bool, now: datetime
) -> None:
    """Called where a state changes. Somebody who was nominated by name is placed with the seat, declines by
    leaving, and is proposed again when the center thinks again. No statement for anybody else, else one."""
    if enrollment.group_id is None or enrollment.nomination_id is None or action in _ELSEWHERE:
        return
    table = sa.update(Nomination).where(Nomination.id == enrollment.nomination_id)
    if new in _FOLLOWS:
        target = N.DECLINED if by_self and new == State.WITHDRAWN else _FOLLOWS[new]
        statement = table.where(Nomination.state.in_(sorted(OPEN_NOMINATIONS))).values(state=target)
    elif new in _BEFORE:
        answered = sa.case((Nomination.answered_at.is_not(None), N.CONSENTED.value), else_=N.PROPOSED.value)
        statement = table.where(Nomination.state.in_((N.REJECTED, N.DECLINED, N.WITHDRAWN))).values(
            state=answered
        )
    else:
        return
    db.session.execute(statement.values(updated_at=now).execution_options(synchronize_session="fetch"))


def refuse_unanswered(enrollment_ids: Collection[int]) -> None:
    """A seat goes only to people who said themselves that they want to come. One statement, two when refused.

    Raises DomainError `not_consented` with details["enrollment_ids"].
    """
    missing = not_consented(enrollment_ids)
    if missing:
        names = list(_names(missing))
        raise DomainError(
            "not_consented", messages.not_consented(", ".join(names)), enrollment_ids=sorted(missing)
        )


def _names(enrollment_ids: Iterable[int]) -> Iterable[str]:
    statement = (
        sa.select(Person.name)
        .join(Enrollment, Enrollment.person_id == Person.id)
        .where(Enrollment.id.in_(list(enrollment_ids)[:5]))
        .order_by(Person.name)
    )
    return db.session.scalars(statement)
