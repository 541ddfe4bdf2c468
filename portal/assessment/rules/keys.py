"""What a corrected answer key holds for, and who changes by it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from portal.assessment.rules.content import rights_of

#: What a correction may change; all else is the question that people answered.
_KEY_FIELDS = frozenset({"key", "also", "tolerance", "void", "explanation"})
#: What is not answered with: a better worded sentence still offers the same options.
_WORDS = frozenset({"stem", "images"})


@dataclass(frozen=True)
class Corrected:
    """A version of a question that a corrected key made: its number, row and content."""

    question_id: int
    version: int
    version_id: int
    content: Mapping[str, Any]


def offered(content: Mapping[str, Any]) -> dict[str, Any]:
    """What a candidate answers with: options, both sides of pairs, unit of measure, parts; neither key nor
    wording, nor the order in which they were written."""
    left = {name: value for name, value in content.items() if name not in _KEY_FIELDS | _WORDS}
    if "options" in left:
        left["options"] = {option["id"]: option["text"] for option in left["options"]}
    if "pairs" in left:
        left["rights"] = rights_of(content)
        left["pairs"] = {pair["id"]: pair["left"] for pair in left["pairs"]}
        left.pop("extra", None)
    if "parts" in left:
        left["parts"] = {part["id"]: offered(part) for part in left["parts"]}
    return left


def same_options(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """True when an answer to the one means the same as an answer to the other."""
    return offered(one) == offered(other)


def in_force(version: int, content: Mapping[str, Any], corrections: Iterable[Corrected]) -> Corrected | None:
    """The correction by which an answer to this version is judged: the newest later one with the same
    options. None: the version itself is."""
    later = [one for one in corrections if one.version > version and same_options(one.content, content)]
    return max(later, key=lambda one: one.version, default=None)
