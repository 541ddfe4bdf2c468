"""The schematic map of the 38 provinces: one tile each, grouped by island, as places in a drawing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from portal.core.words import lazy_gettext as _l

WIDTH, HEIGHT, STEP_X, STEP_Y = 60, 52, 64, 56

#: Island -> its tiles: Kemendagri code, column, row, short name.
ISLANDS: tuple[tuple[object, tuple[tuple[str, int, int, str], ...]], ...] = (
    (
        _l("Sumatra"),
        (
            ("11", 1, 1, "ACE"), ("12", 2, 2, "SUT"), ("13", 2, 3, "SBR"), ("14", 3, 2, "RIA"),
            ("21", 4, 2, "KRI"), ("15", 3, 3, "JAM"), ("19", 5, 3, "BBL"), ("17", 3, 4, "BKL"),
            ("16", 4, 4, "SSL"), ("18", 4, 5, "LPG"),
        ),
    ),
    (
        _l("Jawa"),
        (
            ("36", 4, 6, "BTN"), ("31", 5, 6, "DKJ"), ("32", 5, 7, "JBR"), ("33", 6, 6, "JTG"),
            ("34", 6, 7, "DIY"), ("35", 7, 6, "JTM"),
        ),
    ),
    (_l("Bali dan Nusa Tenggara"), (("51", 8, 6, "BAL"), ("52", 9, 6, "NTB"), ("53", 10, 6, "NTT"))),
    (
        _l("Kalimantan"),
        (
            ("61", 6, 2, "KBR"), ("62", 6, 3, "KTG"), ("63", 7, 3, "KSL"), ("64", 7, 2, "KTM"),
            ("65", 7, 1, "KTR"),
        ),
    ),
    (
        _l("Sulawesi"),
        (
            ("71", 11, 2, "SLU"), ("75", 10, 2, "GTO"), ("72", 10, 3, "SLT"), ("76", 9, 3, "SLB"),
            ("73", 9, 4, "SLS"), ("74", 10, 4, "STR"),
        ),
    ),
    (_l("Maluku"), (("82", 12, 3, "MUT"), ("81", 12, 4, "MAL"))),
    (
        _l("Papua"),
        (
            ("96", 14, 2, "PBD"), ("92", 15, 2, "PBR"), ("94", 15, 3, "PTG"), ("91", 16, 3, "PAP"),
            ("95", 16, 4, "PPG"), ("93", 16, 5, "PSL"),
        ),
    ),
)  # fmt: skip


class Tile(NamedTuple):
    """A province in its island's drawing. shade 0: nothing to show."""

    x: int
    y: int
    short: str
    figure: str
    shade: int
    label: str
    href: str


class Island(NamedTuple):
    """A drawing of its own, `number` from 1; width and height in its units."""

    number: int
    name: object
    width: int
    height: int
    tiles: list[Tile]


class Shown(NamedTuple):
    """What a province's tile shows: the figure, its shade, the words, where it leads."""

    figure: str
    shade: int
    label: str
    href: str


def islands(shown: Mapping[str, Shown]) -> list[Island]:
    """The islands with the tiles of the provinces that are `shown`, by code."""
    return [_island(i, name, places, shown) for i, (name, places) in enumerate(ISLANDS, 1)]


def _island(
    number: int, name: object, places: Sequence[tuple[str, int, int, str]], shown: Mapping[str, Shown]
) -> Island:
    left, top = min(place[1] for place in places), min(place[2] for place in places)
    columns = max(place[1] for place in places) - left + 1
    rows = max(place[2] for place in places) - top + 1
    tiles = []
    for code, column, row, short in places:
        if code in shown:
            figure, shade, label, href = shown[code]
            x, y = (column - left) * STEP_X, (row - top) * STEP_Y
            tiles.append(Tile(x, y, short, figure, shade, label, href))
    return Island(number, name, columns * STEP_X - 4, rows * STEP_Y - 4, tiles)
