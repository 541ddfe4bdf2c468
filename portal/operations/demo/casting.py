"""Who takes part in which batch: of fitting post and kind, never in two places on one day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from random import Random

from portal.operations.demo.people import Member
from portal.operations.demo.plan import Act, Spec
from portal.operations.demo.schedule import Course

#: More people than seats, for who waits behind a full class.
BEHIND = 6
APPLICANTS = 12


class Casting:
    """Remembers where everybody is, and who has followed a program already."""

    def __init__(self, members: Sequence[Member], rng: Random) -> None:
        self._members = list(members)
        self._rng = rng
        self._days: dict[int, set[date]] = {}
        self._programs: dict[int, set[str]] = {}

    def choose(
        self, spec: Spec, course: Course, regency: str, days: Sequence[date], quota: int
    ) -> list[Member]:
        """People for a batch, those of one cooperative together, whoever was in fewest programs first."""
        if spec.act in (Act.DRAFT, Act.NOT_OPEN):
            return []
        count = APPLICANTS if spec.act == Act.OPEN else quota
        if spec.act in (Act.WAITLIST, Act.CLOSED):
            count += BEHIND
        fitting = [m for m in self._members if self._fits(m, course, regency, days)]
        weight = {c: self._rng.random() for c in sorted({m.cooperative_id for m in fitting})}
        fitting.sort(
            key=lambda m: (len(self._programs.get(m.person_id, ())), weight[m.cooperative_id], m.person_id)
        )
        chosen = fitting[:count]
        for member in chosen:
            self._days.setdefault(member.person_id, set()).update(days)
            self._programs.setdefault(member.person_id, set()).add(course.code)
        return chosen

    def _fits(self, member: Member, course: Course, regency: str, days: Sequence[date]) -> bool:
        return (
            member.regency == regency
            and member.kind in course.kinds
            and member.post in course.posts
            and course.code not in self._programs.get(member.person_id, ())
            and not self._days.get(member.person_id, set()) & set(days)
        )
