"""A batch on stage: what it is to show, who is in it, and who acts in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from random import Random

from portal.core.clock import at
from portal.core.permissions import Actor
from portal.operations.classwork import Classwork
from portal.operations.demo.cast import House
from portal.operations.demo.people import Member
from portal.operations.demo.plan import Spec
from portal.operations.demo.schedule import Slot
from portal.operations.demo.timeline import Timeline


@dataclass
class Batch:
    """A batch on stage: what it is to show, who is in it, and its id once it exists."""

    spec: Spec
    house: House
    slot: Slot
    people: Sequence[Member]
    rng: Random
    timeline: Timeline
    id: int = 0
    enrolled: dict[int, int] = field(default_factory=dict)
    work: Classwork | None = None

    @property
    def zone(self) -> str:
        """The IANA zone of the center."""
        return self.house.center.zone

    @property
    def begins(self) -> datetime:
        """When the first class begins."""
        return at(self.slot.plan.sessions[0].day, 8, 0, self.zone)

    @property
    def ends(self) -> datetime:
        """When the last class ends."""
        return at(self.slot.plan.sessions[-1].day, 15, 30, self.zone)

    @property
    def instructor(self) -> Actor:
        """Who teaches it."""
        return self.house.instructors[self.slot.instructor_id]

    @property
    def assessor(self) -> Actor:
        """Who judges in it."""
        return self.house.assessors[self.slot.assessor_ids[0]]

    @property
    def second(self) -> Actor | None:
        """Who gives the second word, where the program asks for one."""
        others = self.slot.assessor_ids[1:]
        return self.house.assessors[others[0]] if others else None
