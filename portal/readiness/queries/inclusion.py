"""Inclusion counted by region: of the people on posts who answered, never of a cooperative or a person."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

import sqlalchemy as sa

from portal.cooperatives.models import Cooperative, PostTerm
from portal.core.db import db
from portal.people.queries import inclusion_flags
from portal.people.rules.inclusion import InclusionFlags
from portal.readiness.queries.sources import proof_rows
from portal.readiness.rules import Proof
from portal.readiness.rules_coverage import region_path

CHUNK = 500
#: answered, disability, assistance, certified (of those who named either).
Numbers = tuple[int, int, int, int]


def inclusion_by_region(on: date) -> dict[str, Numbers]:
    """Region code -> (answered, named a disability, need help, of these two the certified). A person counts
    once in each cooperative, as in the cells. Two statements for each 500 cooperatives concerned."""
    flags = inclusion_flags()
    sums: dict[str, Numbers] = {}
    for places in _seats(flags, on):
        people = sorted({person for _number, person in places})
        proofs = proof_rows([], on, people)
        certified = {row.person_id for row in proofs if row.proof == Proof.PORTAL}
        for (_number, person), region in places.items():
            one = flags[person]
            named = one.has_disability or one.needs_help
            more = (1, int(one.has_disability), int(one.needs_help), int(named and person in certified))
            for code in region_path(region):
                a, b, c, d = sums.get(code, (0, 0, 0, 0))
                sums[code] = (a + more[0], b + more[1], c + more[2], d + more[3])
    return sums


def _seats(flags: Mapping[int, InclusionFlags], on: date) -> Iterator[dict[tuple[int, int], str]]:
    """(cooperative, person) -> region code, for the people who answered and hold a post on the day; at most
    500 people a piece."""
    people = sorted(flags)
    for start in range(0, len(people), CHUNK):
        statement = (
            sa.select(PostTerm.cooperative_id, PostTerm.person_id, Cooperative.region_code)
            .join(Cooperative, Cooperative.id == PostTerm.cooperative_id)
            .where(
                PostTerm.person_id.in_(people[start : start + CHUNK]),
                PostTerm.starts_on <= on,
                sa.or_(PostTerm.ends_on.is_(None), PostTerm.ends_on >= on),
            )
        )
        yield {(number, person): code for number, person, code in db.session.execute(statement)}
