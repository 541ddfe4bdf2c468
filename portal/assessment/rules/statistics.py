"""How a question behaves: facility, item-rest correlation with intervals, distractors, and what is doubtful.
Pure.

Every row is one answered question of one closed and scored attempt: its points p from 0 to 1, and the rest r,
the mean points of the other questions of the same unit (of the whole test, where the unit had no other).
    facility     mean of p, with the Wilson score interval (a part of a point is that part of a success)
    correlation  Pearson's r of p and rest, with Fisher's interval: tanh(atanh r +- 1.96 / sqrt(n - 3))
    thirds       rows ordered by rest; the n // 3 weakest and strongest
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from portal.assessment.rules.judging import Say, plain

#: Below this many answers nothing is said about a question.
ENOUGH = 10
EASY, HARD, FLAT = 0.95, 0.20, 0.10
_Z = 1.959963984540054


@dataclass(frozen=True)
class Row:
    """One answer: points 0..1, rest 0..1 (None: there was no other question) and the answer itself."""

    points: float
    rest: float | None
    answer: Any = None


@dataclass(frozen=True)
class Interval:
    """An estimate with its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Option:
    """How often one option was chosen: by all, by the strongest third, by the weakest third."""

    id: str
    text: str
    is_key: bool
    count: int
    strong: int
    weak: int


@dataclass(frozen=True)
class Flag:
    """Why a question is doubtful. `code`: easy, hard, flat, key, distractor."""

    code: str
    message: str


@dataclass(frozen=True)
class Statistics:
    """What is known of one question. Below `ENOUGH` answers only `answers` is told."""

    answers: int
    third: int = 0
    facility: Interval | None = None
    correlation: Interval | None = None
    options: tuple[Option, ...] = ()
    blank: int = 0
    flags: tuple[Flag, ...] = ()

    @property
    def is_enough(self) -> bool:
        """True when there are enough answers to say something."""
        return self.facility is not None


def wilson(share: float, count: int) -> Interval:
    """The Wilson score interval of a share of `count` > 0."""
    square = _Z * _Z / count
    middle = (share + square / 2) / (1 + square)
    half = _Z / (1 + square) * math.sqrt(share * (1 - share) / count + square / (4 * count))
    return Interval(share, max(0.0, middle - half), min(1.0, middle + half))


def correlation(pairs: Sequence[tuple[float, float]]) -> Interval | None:
    """Pearson's r with Fisher's interval; None below 4 pairs or where one side does not vary."""
    count = len(pairs)
    if count < 4:
        return None
    first, second = (math.fsum(pair[side] for pair in pairs) / count for side in (0, 1))
    cross = math.fsum((x - first) * (y - second) for x, y in pairs)
    spread = [
        math.fsum((pair[side] - mean) ** 2 for pair in pairs) for side, mean in ((0, first), (1, second))
    ]
    if min(spread) < 1e-12:
        return None
    r = max(-1.0, min(1.0, cross / math.sqrt(spread[0] * spread[1])))
    if abs(r) > 1 - 1e-12:
        return Interval(r, r, r)
    half = _Z / math.sqrt(count - 3)
    return Interval(r, math.tanh(math.atanh(r) - half), math.tanh(math.atanh(r) + half))


def statistics(kind: str, content: Mapping[str, Any], rows: Sequence[Row], _: Say = plain) -> Statistics:
    """Everything about one question from its answers. `content` is the version in force."""
    if len(rows) < ENOUGH:
        return Statistics(len(rows))
    facility = wilson(math.fsum(row.points for row in rows) / len(rows), len(rows))
    related = correlation([(row.points, row.rest) for row in rows if row.rest is not None])
    placed = sorted((row for row in rows if row.rest is not None), key=lambda row: row.rest or 0.0)
    third = len(placed) // 3
    weak, strong = placed[:third], placed[len(placed) - third :]
    options = _options(kind, content, rows, strong, weak, _)
    blank = sum(row.answer is None for row in rows)
    flags = _flags(facility, related, options, _)
    return Statistics(len(rows), third, facility, related, options, blank, flags)


def _options(
    kind: str,
    content: Mapping[str, Any],
    rows: Sequence[Row],
    strong: Sequence[Row],
    weak: Sequence[Row],
    _: Say,
) -> tuple[Option, ...]:
    """The options of a question that has some; of the other kinds none."""
    if kind == "true_false":
        named = [(True, _("Benar")), (False, _("Salah"))]
        keys: list[Any] = [content["key"]]
    elif kind in ("single", "multiple"):
        named = [(option["id"], option["text"]) for option in content["options"]]
        keys = content["key"] if kind == "multiple" else [content["key"], *content.get("also", ())]
    else:
        return ()

    def chosen(group: Sequence[Row], name: Any) -> int:
        return sum(
            name in row.answer if isinstance(row.answer, list) else row.answer == name for row in group
        )

    return tuple(
        Option(str(name), text, name in keys, chosen(rows, name), chosen(strong, name), chosen(weak, name))
        for name, text in named
    )


def _flags(
    facility: Interval, related: Interval | None, options: Sequence[Option], _: Say
) -> tuple[Flag, ...]:
    found = []
    if facility.value >= EASY:
        found.append(Flag("easy", _("Terlalu mudah: hampir semua menjawab benar.")))
    if facility.value <= HARD:
        found.append(Flag("hard", _("Terlalu sukar: hampir tidak ada yang menjawab benar.")))
    key = max((option.strong for option in options if option.is_key), default=0)
    rival = max((option for option in options if not option.is_key), key=lambda one: one.strong, default=None)
    if related is not None and (related.high < FLAT or related.value < 0):
        message = _("Tidak membedakan: peserta yang kuat tidak lebih sering menjawab benar.")
        found.append(Flag("flat", message))
        # Clearly more, and more than the weak do: a difference of one is chance.
        if related.value < 0 and rival and rival.strong > max(1.5 * key, rival.weak):
            message = _("Mungkin kunci keliru: peserta yang kuat lebih sering memilih «%(option)s».")
            found.append(Flag("key", message % {"option": rival.text[:80]}))
    unused = [option.text for option in options if not option.is_key and not option.count]
    if unused:
        message = _("Pengecoh tidak dipilih: %(options)s.")
        found.append(Flag("distractor", message % {"options": "; ".join(text[:60] for text in unused)}))
    return tuple(found)
