"""What reading a file yields, whichever its format: drafts of questions, and what could not be read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Draft:
    """A question read from a file, fit to be stored. `line` is where it begins (from 1), `notes` what of it
    could not come along."""

    line: int
    name: str
    kind: str
    content: dict[str, Any]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Refusal:
    """Something of a file that is no question for us, with a sentence why. `source` is its text,
    `cells` its row of a sheet."""

    line: int
    name: str
    reason: str
    source: str = ""
    cells: tuple[str, ...] = ()


@dataclass
class Reading:
    """What a file holds, in its order. `categories` are the names of the groups it is divided in."""

    drafts: list[Draft] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    categories: list[str] = field(default_factory=list)
