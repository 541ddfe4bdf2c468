"""Who lacks what a batch asks for on its first day; bounded statements for many people and many batches."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date

from portal.batches.models import Batch
from portal.catalog.queries import Prerequisites, prerequisites_of
from portal.catalog.rules import RULE_ZONE, prerequisite_blockers
from portal.core.blockers import Blocker
from portal.core.clock import local_date
from portal.core.ports import HeldCertificate, ports
from portal.core.words import gettext


def lacking(
    program_id: int, classes: Mapping[int, tuple[date, date]], person_ids: Collection[int]
) -> dict[int, dict[int, list[Blocker]]]:
    """Batch id -> person id -> what the person lacks; who lacks nothing is absent.

    `classes`: batch id -> (the day it was made, its first day), all of one program. One statement, and
    where something is asked one for each 500 people.
    """
    asked = prerequisites_of(program_id, classes)
    if not asked or not person_ids:
        return {}
    first = min(day for _made, day in classes.values())
    held = ports().held_by_people(sorted(set(person_ids)), first)
    found: dict[int, dict[int, list[Blocker]]] = {}
    for batch_id, needs in asked.items():
        for person_id in set(person_ids):
            blockers = _blockers(needs, held.get(person_id, ()), classes[batch_id][1])
            if blockers:
                found.setdefault(batch_id, {})[person_id] = blockers
    return found


def unmet(batch: Batch, person_ids: Collection[int]) -> dict[int, list[Blocker]]:
    """What each of these people lacks on the first day of a batch, by person id."""
    return lacking(batch.program_id, _days(batch), person_ids).get(batch.id, {})


def unmet_by(batch: Batch, person_id: int | None) -> list[Blocker]:
    """What one person lacks on the first day of a batch; a stranger (None) holds nothing."""
    if person_id is not None:
        return unmet(batch, [person_id]).get(person_id, [])
    needs = prerequisites_of(batch.program_id, _days(batch)).get(batch.id)
    return _blockers(needs, (), batch.starts_on) if needs else []


def _days(batch: Batch) -> dict[int, tuple[date, date]]:
    return {batch.id: (local_date(batch.created_at, RULE_ZONE), batch.starts_on)}


def _blockers(needs: Prerequisites, held: Collection[HeldCertificate], on: date) -> list[Blocker]:
    return prerequisite_blockers(needs.groups, held, on=on, names=needs.names, graces=needs.graces, _=gettext)
