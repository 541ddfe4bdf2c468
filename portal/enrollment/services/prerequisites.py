"""A seat needs what the batch asks for on its first day: asked again whenever one is offered or confirmed."""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa

from portal.batches.models import Batch
from portal.core.db import db
from portal.core.errors import DomainError
from portal.core.words import gettext as _
from portal.enrollment.queries.prerequisites import unmet
from portal.people.models import Person

MOST_NAMES = 5


def refuse_unmet(batch: Batch, person_ids: Collection[int]) -> None:
    """Raises DomainError with the code of the first blocker: of one person with all of them in
    details["blockers"], of several with each name and reason; details["person_ids"] says whose."""
    found = unmet(batch, person_ids)
    if not found:
        return
    first = next(iter(found.values()))[0]
    whose = sorted(found)
    if len(person_ids) == 1:
        message = f"{first.message} {first.remedy}".strip()
        raise DomainError(first.code, message, blockers=found[whose[0]], person_ids=whose)
    names = dict(_names(whose))
    lines = [f"{names.get(number, '')}: {found[number][0].message}" for number in whose]
    more = len(lines) - MOST_NAMES
    if more > 0:
        lines = [*lines[:MOST_NAMES], _("dan %(num)d orang lain.", num=more)]
    raise DomainError(first.code, " ".join(lines), person_ids=whose)


def _names(person_ids: list[int]) -> list[tuple[int, str]]:
    statement = sa.select(Person.id, Person.name).where(Person.id.in_(person_ids[:500]))
    return [(number, name) for number, name in db.session.execute(statement)]
