"""One region's counts as they are summed, and the levels of regions by their codes."""

from __future__ import annotations

from typing import NamedTuple

LEVELS = ("country", "province", "regency", "district")


class Figures(NamedTuple):
    """A region's counts for one value of a dimension ("" for all); `coverage_cell` says what each counts."""

    code: str
    name: str
    parent: str
    value: str
    cooperatives: int = 0
    holders: int = 0
    certified: int = 0
    external: int = 0
    reported: int = 0
    training: int = 0
    women: int = 0
    women_certified: int = 0
    with_certified: int = 0
    any_ready: int = 0
    ready: int = 0
    nearly: int = 0
    not_ready: int = 0


def level_of(code: str) -> str:
    """Which level a dotted code names: "" the country, "61" a province, and so on."""
    return LEVELS[min(len(code.split(".")), 3) if code else 0]


def parent_of(code: str) -> str:
    """The code of the region right above: "61.05" -> "61", "61.05.-" -> "61.05", "61" -> ""."""
    return code.rpartition(".")[0]


def chain_of(code: str) -> list[str]:
    """The country and every region down to this one: "61.05" -> ["", "61", "61.05"]."""
    parts = code.split(".") if code else []
    return ["", *(".".join(parts[: i + 1]) for i in range(len(parts)))]
