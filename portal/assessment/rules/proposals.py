"""What a written test proposes, and where it may be taken over. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

Cell = tuple[int, int]


@dataclass(frozen=True)
class Standing:
    """The verdict in force: its value and what made it."""

    value: str
    source: str
    evidence: Mapping[str, Any]


@dataclass(frozen=True)
class Proposed:
    """What a test proposes for one person and unit, and the attempt it rests on."""

    attempt_id: int
    points: float
    of: float
    needed_pct: float
    value: str

    @property
    def evidence(self) -> dict[str, Any]:
        """As a verdict keeps it; `needed` is the percentage."""
        return {
            "written": {
                "attempt": self.attempt_id,
                "score": self.points,
                "of": self.of,
                "needed": self.needed_pct,
            }
        }


@dataclass(frozen=True)
class Plan:
    """(enrollment id, unit id): to take over; already so; judged by hand or otherwise, which stays; of the
    judge's own, which another judge takes over."""

    apply: tuple[Cell, ...]
    same: tuple[Cell, ...]
    kept: tuple[Cell, ...]
    own: tuple[Cell, ...]


def plan(proposed: Mapping[Cell, Proposed], standing: Mapping[Cell, Standing], own: Collection[int]) -> Plan:
    """Sort what a test proposes. Only a verdict that a written test made is replaced by one, and by a
    corrected key one that rests on the same sitting (answers of a file may have come since)."""
    sorted_: dict[str, list[Cell]] = {"apply": [], "same": [], "kept": [], "own": []}
    for cell in sorted(proposed):
        sorted_[_fate(proposed[cell], standing.get(cell), cell[0] in own)].append(cell)
    return Plan(**{name: tuple(cells) for name, cells in sorted_.items()})


def _fate(wanted: Proposed, stands: Standing | None, is_own: bool) -> str:
    if stands is not None and stands.source != "written" and not _of_key(wanted, stands):
        return "kept"
    if stands is not None and same_points(wanted, stands):
        return "same"
    return "own" if is_own else "apply"


def _of_key(wanted: Proposed, stands: Standing) -> bool:
    return stands.source == "key" and rests_on(stands, wanted.attempt_id)


def rests_on(stands: Standing, attempt_id: int) -> bool:
    """True when the verdict was made by the points of that sitting."""
    return bool(stands.evidence.get("written", {}).get("attempt") == attempt_id)


def same_points(wanted: Proposed, stands: Standing) -> bool:
    """True when the verdict says what the test proposes, from the same points."""
    stood = (stands.value, stands.evidence.get("written"))
    return stood == (wanted.value, wanted.evidence["written"])


def digest(rows: Iterable[Any]) -> str:
    """A fingerprint (32 hex digits) of what somebody saw before deciding: plain JSON values, order counts."""
    text = json.dumps(list(rows), sort_keys=True, separators=(",", ":"), default=list)
    return hashlib.sha256(text.encode()).hexdigest()[:32]
