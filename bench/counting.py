"""The arithmetic of measuring: CPU of processes, medians over alternating rounds, growth."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from statistics import median

_TICKS = os.sysconf("SC_CLK_TCK")
_PROC = Path("/proc")


def stat_fields(text: str) -> tuple[int, float]:
    """(parent id, CPU seconds) of a line of /proc/<pid>/stat; the command in brackets may hold anything."""
    fields = text.rsplit(")", 1)[1].split()
    return int(fields[1]), (int(fields[11]) + int(fields[12])) / _TICKS


def tree_seconds(root: int) -> float:
    """CPU seconds so far, user and system, of a process and all that descend from it and still run."""
    found: dict[int, tuple[int, float]] = {}
    for entry in _PROC.iterdir():
        if entry.name.isdigit():
            try:
                found[int(entry.name)] = stat_fields((entry / "stat").read_text())
            except (OSError, IndexError):
                continue
    return sum(seconds for pid, (_parent, seconds) in found.items() if _descends(pid, root, found))


def _descends(pid: int, root: int, found: dict[int, tuple[int, float]]) -> bool:
    while pid in found:
        if pid == root:
            return True
        pid = found[pid][0]
    return False


def alternate(rounds: int, *sides: Callable[[], dict[str, float]]) -> list[dict[str, float]]:
    """Run every side once a round, in turn and from the other end each time; each side's medians.

    A side returns figures by name. What the machine does meanwhile then falls on all sides alike.
    """
    taken: list[list[dict[str, float]]] = [[] for _ in sides]
    for turn in range(rounds):
        order = range(len(sides)) if turn % 2 == 0 else reversed(range(len(sides)))
        for index in order:
            taken[index].append(sides[index]())
    return [medians(figures) for figures in taken]


def medians(figures: Sequence[dict[str, float]]) -> dict[str, float]:
    """The median of each name over all rounds."""
    return {name: median(one[name] for one in figures) for name in figures[0]}


def percentile(values: Iterable[float], share: float) -> float:
    """The value that `share` (0 to 1) of the values do not exceed."""
    ordered = sorted(values)
    if not ordered:
        raise ValueError("no values")
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def growth(cost_small: float, cost_large: float, rows_small: int, rows_large: int) -> float:
    """The exponent e of cost ~ rows^e between two sizes: 0 is constant, 1 is linear."""
    if min(cost_small, cost_large) <= 0 or not 0 < rows_small < rows_large:
        raise ValueError("growth needs two positive costs and two sizes, the smaller first")
    return math.log(cost_large / cost_small) / math.log(rows_large / rows_small)
