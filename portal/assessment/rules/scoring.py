"""What a written test comes to, unit by unit: points, K or BK. Pure, and exact: no sum of floats decides.

A question is worth one point. Parts of a point (a third of a matching question) are kept as fractions, so
that three thirds are one and 7 of 10 reaches 70 %.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any, Protocol

from portal.assessment.rules.content import points
from portal.assessment.rules.judging import COMPETENT, NOT_YET, Say, plain

#: No question is cut into finer parts: parts of a case times pairs of a matching part.
_FINEST = 100_000

Score = dict[str, list[float]]
Points = Callable[[str, dict[str, Any], Any], float]


class Item(Protocol):
    """A drawn question as scoring needs it: its place, unit, and the version it is judged by."""

    @property
    def position(self) -> int: ...
    @property
    def unit_id(self) -> int: ...
    @property
    def version_id(self) -> int: ...


@dataclass(frozen=True)
class Drawn:
    """The plain `Item`."""

    position: int
    unit_id: int
    version_id: int


@dataclass(frozen=True)
class UnitScore:
    """Points of one unit: `points` of `of` questions."""

    points: Fraction
    of: int


@lru_cache(maxsize=4096)
def exact(number: float) -> Fraction:
    """The fraction that a stored number of points stands for: 0.333... is a third again."""
    return Fraction(number).limit_denominator(_FINEST)


def unit_scores(
    items: Iterable[Item],
    answers: Mapping[int, Any],
    contents: Mapping[int, tuple[str, dict[str, Any]]],
    worth: Points = points,
) -> dict[int, UnitScore]:
    """unit id -> points and number of questions.

    answers: position -> answer in force (missing or None: none). contents: version id -> (kind, content).
    """
    found: dict[int, UnitScore] = {}
    for item in items:
        kind, content = contents[item.version_id]
        earned = exact(worth(kind, content, answers.get(item.position)))
        so_far = found.get(item.unit_id, UnitScore(Fraction(0), 0))
        found[item.unit_id] = UnitScore(so_far.points + earned, so_far.of + 1)
    return found


def stored(scores: Mapping[int, UnitScore]) -> Score:
    """The scores as an attempt keeps them: {unit id as text: [points, of]}."""
    return {str(unit_id): [float(score.points), float(score.of)] for unit_id, score in scores.items()}


def reaches(points_: float | Fraction, of: float, needed_pct: float) -> bool:
    """True when the points are at least that percentage; a unit without questions reaches nothing."""
    earned = points_ if isinstance(points_, Fraction) else exact(points_)
    return of > 0 and earned * 100 >= exact(needed_pct) * exact(of)


def value_of(points_: float | Fraction, of: float, needed_pct: float) -> str:
    """K or BK."""
    return COMPETENT if reaches(points_, of, needed_pct) else NOT_YET


def needed_points(of: float, needed_pct: float) -> Fraction:
    """How many points the unit needs; 7 of 10 for 70 %."""
    return exact(needed_pct) * exact(of) / 100


def needed_pcts(blueprint: Sequence[Mapping[str, Any]]) -> dict[int, float]:
    """unit id -> the percentage from which it counts as K."""
    return {int(line["unit_id"]): line["needed_pct"] for line in blueprint}


def shown_points(number: float | Fraction) -> str:
    """Points as people read them: "7", "6,5", "6,67" - never rounded up to something that was not reached."""
    hundredths = int((number if isinstance(number, Fraction) else exact(number)) * 100)
    whole, rest = divmod(hundredths, 100)
    return f"{whole},{rest:02d}".rstrip("0").rstrip(",") if rest else str(whole)


def bk_note(points_: float, of: float, needed_pct: float, _: Say = plain) -> str:
    """The note below a BK that a written test made: "Uji tertulis: 4 dari 10, perlu 7"."""
    needed = needed_points(of, needed_pct)
    rounded = -((-needed * 100) // 1) / 100
    return _(
        "Uji tertulis: %(points)s dari %(of)s, perlu %(needed)s",
        points=shown_points(points_),
        of=shown_points(of),
        needed=shown_points(Fraction(rounded).limit_denominator(100)),
    )
