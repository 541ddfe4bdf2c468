"""Drawing the questions of one person's test by chance, from a seed that makes the same draw again. Pure."""

from __future__ import annotations

import random
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from portal.assessment.rules.blueprint import Need
from portal.assessment.rules.content import shuffled


@dataclass(frozen=True)
class Stock:
    """An active question as the draw sees it: its version in force and that version's content."""

    question_id: int
    version_id: int
    kind: str
    content: Mapping[str, Any]


@dataclass(frozen=True)
class Drawn:
    """A question in its place; `options` is the order in which its options are shown."""

    position: int
    unit_id: int
    question_id: int
    version_id: int
    options: Any


def units_for(needs: Sequence[Need], open_units: Collection[int] | None) -> list[Need]:
    """What one person is asked: everything, or of a re-test only the units that are open for them."""
    return [need for need in needs if open_units is None or need.unit_id in open_units]


def draw(needs: Sequence[Need], pool: Mapping[int, Sequence[Stock]], seed: str) -> list[Drawn]:
    """The questions of one attempt, unit after unit as the blueprint has them, mixed within the unit.

    pool: unit id -> its active questions, in any order. The same seed and pool give the same draw. Raises
    ValueError when a unit has too few.
    """
    rng = random.Random(seed)  # noqa: S311 - chance that can be shown again; the seed itself is a secret
    drawn: list[Drawn] = []
    for need in needs:
        stock = sorted(pool.get(need.unit_id, ()), key=lambda one: one.question_id)
        for one in rng.sample(stock, need.count):
            order = shuffled(one.kind, one.content, rng)
            drawn.append(Drawn(len(drawn) + 1, need.unit_id, one.question_id, one.version_id, order))
    return drawn
