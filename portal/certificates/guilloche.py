"""The fine lines of a certificate: four families of curves whose phases come from its number.

Another number gives another pattern. Drawn here as SVG and not in the typst source, where the same
curves took a quarter of a second a sheet. Coordinates are hundredths of a millimeter on A4 landscape.

Every curve is a formula with a known slope, so a few nodes and their tangents draw it smoothly: the fewer
the nodes, the less there is to write, to read and to pack, and this drawing is most of a sheet's weight.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from functools import cache
from math import cos, pi, radians, sin
from operator import add, sub

TEAL, PALE_TEAL, GOLD = "#8fc4be", "#bcdcd8", "#e9b95a"

_WIDTH, _HEIGHT = 29700, 21000
_LINE, _FINE_LINE = 7, 6.4  # 0.2 and 0.18 pt
_HEM_LEFT, _HEM_STEP = 2400, 400

#: A curve's nodes in one row of four numbers each: the control point before it, then the node itself. The
#: control point after it lies opposite, which SVG's short form S takes for granted.
Curve = list[float]


class Pattern:
    """The curves of one number. `front` and `back` are whole-page SVG drawings for pages 1 and 2."""

    def __init__(self, number: str) -> None:
        self._seed = hashlib.sha256(number.encode("utf-8")).digest()
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
        return int.from_bytes(self._seed[2 * family : 2 * family + 2], "big") / 65536 * 2 * pi

    def _band(self, left: int, width: int, count: int, steps: int = 16) -> list[str]:
        step = (_HEIGHT + 800) / steps
        third = step / 3
        rows = [-400 + step * at for at in range(steps + 1)]
        swing_rate, breath_rate = (self._seed[0] % 3 + 4) * pi / _HEIGHT, 4 * pi / _HEIGHT
        swing, breath = self._phase(1), self._phase(2)
        places = [(row, row - third, row * swing_rate + swing, row * breath_rate + breath) for row in rows]
        half, middle = width / 2, left + width / 2
        wave, fold = half * swing_rate * third, half * 0.38 * breath_rate * third

        def curve(line: int) -> Curve:
            turn = line / count * 2 * pi
            nodes: Curve = []
            for row, before, a, b in places:
                a, b = a + turn, b + 2 * turn
                reach, swung = 0.62 + 0.38 * cos(b), sin(a)
                x = middle + half * swung * reach
                nodes += (x - wave * cos(a) * reach + fold * swung * sin(b), before, x, row)
            return nodes

        return _strokes(_opposed(curve, count), lambda line: GOLD if line % 4 == 0 else TEAL, _LINE)

    def _rosette(self, lobes: int = 12, count: int = 16) -> list[str]:
        inner, outer, steps = 1050, 1950, lobes * 4
        third = 2 * pi / steps / 3
        middle, half = (inner + outer) / 2, (outer - inner) / 2
        angles = [step / steps * 2 * pi for step in range(steps + 1)]
        swing = [t * lobes + self._phase(3) for t in angles]
        folds = [t * lobes / 2 + self._phase(4) for t in angles]
        breath = [0.72 + 0.28 * cos(t) for t in folds]
        slope = [-0.28 * lobes / 2 * sin(t) for t in folds]
        ways = [(cos(t), sin(t)) for t in angles]
        spokes = list(zip(swing, breath, slope, ways, strict=True))

        def curve(line: int) -> Curve:
            turn = line / count * 2 * pi
            nodes: Curve = []
            for a, b, db, (ux, uy) in spokes:
                swung = sin(a + turn)
                r = middle + half * swung * b
                dr = third * half * (lobes * cos(a + turn) * b + swung * db)
                x, y = 2400 + r * ux, 10500 + r * uy
                nodes += (x - dr * ux + third * r * uy, y - dr * uy - third * r * ux, x, y)
            return nodes

        return _strokes(_opposed(curve, count), lambda line: GOLD if line % 4 == 0 else TEAL, _LINE)

    def _terraces(self, count: int = 24, steps: int = 8) -> list[str]:
        step = 13500 / steps
        third = step / 3
        columns = [16600 + step * at for at in range(steps + 1)]
        climb = [((x - 15000) / 14700) ** 1.25 for x in columns]
        steep = [1.25 / 14700 * ((x - 15000) / 14700) ** 0.25 for x in columns]
        rate = radians(400) / 14700
        waves = [(x - 15000) * rate + self._phase(5) for x in columns]
        reach = [max(0.0, (x - 17000) / 12700) for x in columns]
        places = list(zip(columns, climb, steep, waves, reach, strict=True))

        def curve(line: int) -> Curve:
            t, turn = line / (count - 1), radians(line * 14)
            height, swell = t * 5000, 400 + 500 * t
            nodes: Curve = []
            for x, c, dc, w, r in places:
                crest = sin(w + turn)
                y = -800 + height * c + swell * crest * r
                growth = crest / 12700 if r else 0.0
                slope = height * dc + swell * (rate * cos(w + turn) * r + growth)
                nodes += (x - third, y - third * slope, x, y)
            return nodes

        return _strokes(map(curve, range(count)), lambda line: GOLD if line % 6 == 3 else PALE_TEAL, _LINE)

    def _make_hem(self, count: int = 7) -> list[Curve]:
        columns = range(_HEM_LEFT, 30400, _HEM_STEP)
        third, rate, rise = _HEM_STEP / 3, radians(0.3), radians(0.021)
        places = [(x, x * rate + self._phase(6), x * rise) for x in columns]

        def curve(line: int) -> Curve:
            turn, tilt = line / count * pi, radians(line * 9)
            nodes: Curve = []
            for x, w, s in places:
                crest, swell = 150 * sin(w + turn), cos(s + tilt)
                y = 20300 + crest * swell
                slope = 150 * rate * cos(w + turn) * swell - crest * rise * sin(s + tilt)
                nodes += (x - third, y - third * slope, x, y)
            return nodes

        return [curve(line) for line in range(count)]


def _opposed(curve: Callable[[int], Curve], count: int) -> list[Curve]:
    """The curves of an even number of lines that turn once around: the second half mirrors the first."""
    half = [curve(line) for line in range(count // 2)]
    across = list(map(add, half[0], curve(count // 2)))
    return half + [list(map(sub, across, nodes)) for nodes in half]


def _hem_from(hem: Iterable[Curve], left: int) -> list[str]:
    start = -((_HEM_LEFT - left) // _HEM_STEP) * 4
    return _strokes(
        (curve[start:] for curve in hem), lambda line: GOLD if line % 3 == 0 else TEAL, _FINE_LINE
    )


def _strokes(curves: Iterable[Curve], color_of: Callable[[int], str], width: float) -> list[str]:
    """One path a color: lines of one family do not hide each other, so order within it does not matter."""
    paths: dict[str, list[str]] = {}
    for line, curve in enumerate(curves):
        paths.setdefault(color_of(line), []).append(_smooth(curve))
    return [f'<path stroke="{color}" stroke-width="{width}" d="{"".join(d)}"/>' for color, d in paths.items()]


def _smooth(nodes: Curve) -> str:
    """Path data of a curve through the nodes, in whole hundredths of a millimeter."""
    before_x, before_y, x, y = nodes[:4]
    start = (x, y, 2 * x - before_x, 2 * y - before_y)
    return _words(len(nodes) // 4 - 1) % (*start, *nodes[4:])


@cache
def _words(steps: int) -> str:
    return "M%d %dC%d %d " + "S".join(["%d %d %d %d"] * steps)


def _svg(shapes: Iterable[str]) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}">'
        f'<g fill="none">{"".join(shapes)}</g></svg>'
    )
