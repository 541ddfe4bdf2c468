"""The fine lines of a certificate: four families of curves whose phases come from its number.

Another number gives another pattern. Drawn here as SVG and not in the typst source, where the same
curves took a quarter of a second a sheet. Coordinates are hundredths of a millimeter on A4 landscape.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import reduce
from math import cos, pi, radians, sin

TEAL, PALE_TEAL, GOLD = "#8fc4be", "#bcdcd8", "#e9b95a"

_WIDTH, _HEIGHT = 29700, 21000
_LINE, _FINE_LINE = 7, 6.4  # 0.2 and 0.18 pt

Point = tuple[float, float]


class Pattern:
    """The curves of one number. `front` and `back` are whole-page SVG drawings for pages 1 and 2."""

    def __init__(self, number: str) -> None:
        self._seed = reduce(lambda total, byte: (total * 31 + byte) % 9973, number.encode("utf-8"), 7)
        self._hem = self._make_hem()

    def front(self) -> str:
        """The woven band on the left, the rosette that holds the mark, the terraces and the hem."""
        band = self._band(left=500, width=3800, count=34)
        clearing = '<circle cx="2400" cy="10500" r="2070" fill="#fff"/>'
        terraces = self._terraces()
        return _svg([*band, clearing, *self._rosette(), *terraces, *_hem_from(self._hem, 5400)])

    def back(self) -> str:
        """A narrow band and the hem, so that both sides belong together."""
        return _svg([*self._band(left=400, width=1200, count=16), *_hem_from(self._hem, 2400)])

    def _phase(self, family: int) -> float:
        return radians(self._seed * (family + 3) * 17 % 360)

    def _band(self, left: int, width: int, count: int) -> list[str]:
        waves = self._seed % 3 + 4
        rows = [-400 + step * 545 for step in range(41)]
        swing = [row / _HEIGHT * waves * pi + self._phase(1) for row in rows]
        breath = [row / _HEIGHT * 4 * pi + self._phase(2) for row in rows]
        half, middle = width / 2, left + width / 2
        curves = []
        for line in range(count):
            turn = line / count * 2 * pi
            curves.append(
                [
                    (middle + half * sin(a + turn) * (0.62 + 0.38 * cos(b + 2 * turn)), row)
                    for row, a, b in zip(rows, swing, breath, strict=True)
                ]
            )
        return _strokes(curves, lambda line: GOLD if line % 4 == 0 else TEAL, _LINE)

    def _rosette(self, lobes: int = 12, count: int = 16) -> list[str]:
        inner, outer, nodes = 1050, 1950, lobes * 8
        angles = [step / nodes * 2 * pi for step in range(nodes + 1)]
        swing = [t * lobes + self._phase(3) for t in angles]
        breath = [0.72 + 0.28 * cos(t * lobes / 2 + self._phase(1)) for t in angles]
        ways = [(cos(t), sin(t)) for t in angles]
        curves = []
        for line in range(count):
            turn = line / count * 2 * pi
            radii = [
                (inner + outer) / 2 + (outer - inner) / 2 * sin(a + turn) * b
                for a, b in zip(swing, breath, strict=True)
            ]
            curves.append([(2400 + r * x, 10500 + r * y) for r, (x, y) in zip(radii, ways, strict=True)])
        return _strokes(curves, lambda line: GOLD if line % 4 == 0 else TEAL, _LINE)

    def _terraces(self, count: int = 24) -> list[str]:
        columns = [16600 + step * 540 for step in range(26)]
        slope = [max(0.0, (x - 15000) / 14700) ** 1.25 for x in columns]
        waves = [radians((x - 15000) / 14700 * 400) + self._phase(4) for x in columns]
        reach = [max(0.0, (x - 17000) / 12700) for x in columns]
        curves = []
        for line in range(count):
            t, turn = line / (count - 1), radians(line * 14)
            curves.append(
                [
                    (x, -800 + t * 5000 * s + (400 + 500 * t) * sin(w + turn) * r)
                    for x, s, w, r in zip(columns, slope, waves, reach, strict=True)
                ]
            )
        return _strokes(curves, lambda line: GOLD if line % 6 == 3 else PALE_TEAL, _LINE)

    def _make_hem(self, count: int = 7) -> list[list[Point]]:
        columns = range(2400, 30200, 200)
        waves = [radians(x * 0.3) + self._phase(5) for x in columns]
        swell = [radians(x * 0.021) for x in columns]
        return [
            [
                (x, 20300 + 150 * sin(w + line / count * pi) * cos(s + radians(line * 9)))
                for x, w, s in zip(columns, waves, swell, strict=True)
            ]
            for line in range(count)
        ]


def _hem_from(hem: Iterable[Sequence[Point]], left: int) -> list[str]:
    curves = [[point for point in curve if point[0] >= left] for curve in hem]
    return _strokes(curves, lambda line: GOLD if line % 3 == 0 else TEAL, _FINE_LINE)


def _strokes(curves: Sequence[Sequence[Point]], color_of: Callable[[int], str], width: float) -> list[str]:
    """One path a color: lines of one family do not hide each other, so order within it does not matter."""
    paths: dict[str, list[str]] = {}
    for line, curve in enumerate(curves):
        paths.setdefault(color_of(line), []).append(_smooth(curve))
    return [f'<path stroke="{color}" stroke-width="{width}" d="{"".join(d)}"/>' for color, d in paths.items()]


def _smooth(points: Sequence[Point]) -> str:
    """A Catmull-Rom curve through the points. Its tangents are symmetric, so SVG's short form S suffices."""
    (x0, y0), (x1, y1) = points[0], points[1]
    parts = [f"M{x0:.0f} {y0:.0f}C{x0 + (x1 - x0) / 6:.0f} {y0 + (y1 - y0) / 6:.0f}"]
    mark = " "
    for (ax, ay), (bx, by), (cx, cy) in zip(points, points[1:], [*points[2:], points[-1]], strict=False):
        parts.append(f"{mark}{bx - (cx - ax) / 6:.0f} {by - (cy - ay) / 6:.0f} {bx:.0f} {by:.0f}")
        mark = "S"
    return "".join(parts)


def _svg(shapes: Iterable[str]) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}">'
        f'<g fill="none">{"".join(shapes)}</g></svg>'
    )
