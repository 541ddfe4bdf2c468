"""Small drawings in SVG: icons, the hall on its posts, seats, bars, QR codes.

Everything is drawn with attributes, never with `style=`, so that it passes the strict content
security policy. The functions are pure and return `Markup`; only `icon` and `sprite` remember
something, in `flask.g`: which symbols the page in hand has used.
"""

import json
import re
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path

import qrcode
from flask import Flask, g, has_app_context
from markupsafe import Markup, escape

from portal.core import formatting

# Lucide symbols (ISC, see static/vendor/lucide.LICENSE): name -> the inside of a 24 x 24 svg.
_ICONS: dict[str, str] = json.loads(Path(__file__).with_name("icons.json").read_text(encoding="utf-8"))

_DARK = re.compile(rb"\x01+")

MARK = Markup(
    '<svg viewBox="0 0 36 36" aria-hidden="true"><path fill="#f2b33d" d="M1 15c7-.5 13-6 17-13 4 7 10 12.5'
    ' 17 13z"/><path fill="#fff" d="M6 17h3.5v10H6zm6.8 0h3.5v10h-3.5zm6.9 0h3.5v10h-3.5z'
    'm6.8 0H30v10h-3.5z"/>'
    '<path fill="none" stroke="#f2b33d" stroke-width="2.5" stroke-linecap="round" d="M2.5 32q3.9-4 7.75'
    ' 0t7.75 0 7.75 0 7.75 0"/></svg>'
)


def icon(name: str, cls: str = "", label: str | None = None) -> Markup:
    """One icon of the set, 1.25em square, in the colour of the text around it.

    On a page the symbol itself is written once by `sprite()`. A fragment cannot rely on the page having
    that symbol, so there (and outside a request) the drawing is written in place.
    Raises KeyError for a name the set lacks.
    """
    inside = _ICONS[name]
    if has_app_context() and not g.get("icons_in_place", False):
        g.setdefault("icons_used", set()).add(name)
        inside = f'<use href="#i-{name}"/>'
    box = "" if "<use" in inside else ' viewBox="0 0 24 24"'
    classes = f"i {cls}".strip()
    return Markup(f'<svg class="{escape(classes)}"{box}{_voice(label)}>{inside}</svg>')


def icon_names() -> list[str]:
    """Every icon of the set, sorted."""
    return sorted(_ICONS)


def sprite() -> Markup:
    """The symbols that this page has used so far: call it once, at the end of the body."""
    used = sorted(g.get("icons_used", ()))
    if not used:
        return Markup("")
    symbols = (f'<symbol id="i-{name}" viewBox="0 0 24 24">{_ICONS[name]}</symbol>' for name in used)
    return Markup(f'<svg class="sprite" aria-hidden="true">{"".join(symbols)}</svg>')


_POSTS = {"up", "soon", "down", "out"}


def hall(states: Sequence[str], label: str | None = None, cls: str = "", *, broken: bool = False) -> Markup:
    """The hall: a roof on posts. One post is one position, so the drawing is a small chart.

    states: a word for each post: "up" certified, "soon" in training, "down" missing, "out" an outline. Any
    other is a ValueError: a post that no style knows would be black.
    label: says the same in words; without it the drawing is decoration and hidden from screen readers.
    broken: the roof has slipped and the last post leans (error pages).
    """
    if not _POSTS.issuperset(states):
        raise ValueError(f"no such post: {sorted(set(states) - _POSTS)}")
    count = max(len(states), 1)
    gap = 20 if count > 4 else 24
    width = count * gap + 16
    roof = (
        f"M0 24C{width * 0.2:.0f} 23 {width * 0.38:.0f} 12 {width / 2:.0f} 0 "
        f"{width * 0.62:.0f} 12 {width * 0.8:.0f} 23 {width} 24z"
    )
    posts = []
    for index, state in enumerate(states):
        left = 8 + gap * index + (gap - 9) / 2
        leaning = broken and index == len(states) - 1
        turn = f' transform="rotate(24 {left + 4:.1f} 60)"' if leaning else ""
        posts.append(
            f'<rect class="{escape(state)}" x="{left:.1f}" y="28" width="9" height="32" rx="1.5"{turn}/>'
        )
    swell = (width - 4) / count / 2
    base = f"M2 65q{swell / 2:.1f}-4 {swell:.1f} 0" + f"t{swell:.1f} 0" * (2 * count - 1)
    slipped = f' transform="rotate(7 {width} 30)"' if broken else ""
    classes = f"hall {cls}".strip()
    return Markup(
        f'<svg class="{escape(classes)}" viewBox="0 0 {width} 68"{_voice(label)}>'
        f'<path class="roof" d="{roof}"{slipped}/>{"".join(posts)}<path class="base" d="{base}"/></svg>'
    )


def post(state: str) -> Markup:
    """One post alone, for the key beside a hall."""
    return Markup(
        '<svg class="hall" viewBox="0 0 12 20" aria-hidden="true">'
        f'<rect class="{escape(state)}" x="1" y="1" width="10" height="18" rx="1.5"/></svg>'
    )


def seats(taken: int, quota: int, reserve: int = 2) -> Markup:
    """Seats drawn one by one: taken ones dark, free ones light, reserves thin and apart.

    Above 40 seats a stroke would be too thin to count, so one stroke stands for several.
    The words beside it carry the number.
    """
    per_stroke = max(1, -(-quota // 40))
    quota, taken = -(-quota // per_stroke), min(-(-taken // per_stroke), -(-quota // per_stroke))
    row = max(quota, 1) * 8
    extra = max(reserve, 0) * 8
    spare = f'<path class="rest" d="M{row + 8} 5H{row + 8 + extra - 3}"/>' if extra else ""
    full = f'<path class="taken" d="M0 5H{taken * 8 - 3}"/>' if taken > 0 else ""
    return Markup(
        f'<svg viewBox="0 0 {row + 8 + extra} 10" aria-hidden="true">'
        f'<path class="all" d="M0 5H{row - 3}"/>{full}{spare}</svg>'
    )


def bar(percent: float, goal: float | None = None) -> Markup:
    """A bar filled to `percent` (0 to 100), with an upright mark at `goal` when there is one."""
    filled = min(max(float(percent), 0.0), 100.0)
    mark = f'<path class="goal" d="M{goal:g} 0V10"/>' if goal is not None else ""
    return Markup(
        '<svg class="bar" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">'
        f'<rect class="bg" width="100" height="10"/>'
        f'<rect class="fg" width="{filled:.1f}" height="10"/>{mark}</svg>'
    )


def leaf(day: date, locale: str | None = None) -> Markup:
    """The stub of a batch ticket: month, day and weekday of the first day."""
    return Markup(
        f'<time class="leaf" datetime="{day:%Y-%m-%d}">'
        f"<em>{formatting.month_name(day, locale, short=True)}</em>"
        f"<b>{day.day}</b>{formatting.weekday_name(day, locale)}</time>"
    )


def qr_matrix(text: str) -> list[list[bool]]:
    """The modules of a QR code (error correction M, no quiet zone), row by row."""
    code = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M, border=0)
    code.add_data(text, optimize=0)
    code.make(fit=True)
    return [[bool(module) for module in row] for row in code.modules]


def qr_path(modules: Iterable[Sequence[object]]) -> str:
    """Path data for a matrix of modules, dark where truthy; neighbours in a row become one run."""
    parts = []
    for y, row in enumerate(modules):
        for run in _DARK.finditer(bytes(map(bool, row))):
            x, length = run.start(), run.end() - run.start()
            parts.append(f"M{x} {y}h{length}v1h-{length}z")
    return "".join(parts)


def qr_svg(code: str | Sequence[Sequence[object]], label: str, cls: str = "qr") -> Markup:
    """A QR code as one path, black on white in every theme, with its quiet zone of 4 modules."""
    modules = qr_matrix(code) if isinstance(code, str) else code
    side = len(modules) + 8
    return Markup(
        f'<svg class="{escape(cls)}" viewBox="-4 -4 {side} {side}" role="img" aria-label="{escape(label)}">'
        f'<path fill="#fff" d="M-4-4h{side}v{side}h-{side}z"/>'
        f'<path fill="#000" shape-rendering="crispEdges" d="{qr_path(modules)}"/></svg>'
    )


def register(app: Flask) -> None:
    """Give the templates every drawing."""
    app.jinja_env.globals.update(
        icon=icon,
        sprite=sprite,
        hall=hall,
        post=post,
        seats=seats,
        bar=bar,
        leaf=leaf,
        qr_svg=qr_svg,
        MARK=MARK,
    )


def _voice(label: str | None) -> str:
    return f' role="img" aria-label="{escape(label)}"' if label else ' aria-hidden="true"'
