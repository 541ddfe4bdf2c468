"""Nobody decides about themselves or their own cooperative, also not around a written test."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from portal.assessment import rules
from portal.cooperatives.queries import own_cooperatives
from portal.core.blockers import Blocker
from portal.core.errors import Forbidden
from portal.core.permissions import Actor
from portal.core.words import gettext as _

#: (person id, cooperative id) of somebody about whom is decided.
Someone = tuple[int, int | None]


def refuse_own(actor: Actor, people: Iterable[Someone], now: datetime) -> None:
    """Raises Forbidden (`own_result`, `own_cooperative`) when the actor or theirs is among them."""
    own = own_cooperatives(actor, now)
    for someone in people:
        for blocker in _blockers(actor, own, someone):
            raise Forbidden(blocker.code, blocker.message)


def without_own(actor: Actor, people: Iterable[Someone], now: datetime) -> list[bool]:
    """For each whether the actor may decide about them."""
    own = own_cooperatives(actor, now)
    return [not _blockers(actor, own, someone) for someone in people]


def _blockers(actor: Actor, own: set[int], someone: Someone) -> list[Blocker]:
    return rules.judge_blockers(
        judge_person=actor.person_id, judge_cooperatives=own, person_id=someone[0],
        cooperative_id=someone[1], _=_,
    )  # fmt: skip
