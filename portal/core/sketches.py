"""Pages drawn once with holes for what differs: for a page that thousands of strangers ask for.

Jinja draws such a page once for each shape it can have; after that an answer is the kept text with its
holes filled in. What fills a hole is marked by the caller as `Told`: text that the template only writes out,
once or several times. Everything else in the context (states, labels, flags, empty texts) decides the shape.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

from flask import current_app, render_template
from markupsafe import escape

from portal.core import edge, words

# A character of the private use area: no text of ours holds it, and no escaping changes it.
_MARK = "\ue000"
# In the shape, where a told text stands.
_HOLE = ("hole",)
_SWITCH = -1
#: Shapes kept: a page has a few dozen in two languages; more come only from a caller that tells too little.
MOST = 400


class Told(str):
    """A text that the template writes out and never looks at: no filter, no comparison, no `url_for`."""

    __slots__ = ()


@dataclass(frozen=True)
class Sketch:
    """The page in pieces; `holes` are (index of the piece, number of the told text or _SWITCH)."""

    pieces: tuple[str, ...]
    holes: tuple[tuple[int, int], ...]


def render_sketch(page: str, **context: Any) -> str:
    """What `render_template(page, **context)` gives, for a page that depends on nothing but its context.

    It may know neither session nor account, nor be a page of the navigation, which marks where one is. The
    context holds plain data: texts, numbers, None, and tuples, lists and dicts of these.
    """
    told: list[str] = []
    shape = (page, words.language(), _shape(context, told))
    kept: dict[Hashable, Sketch] = current_app.extensions.setdefault("sketches", {})
    sketch = kept.get(shape)
    if sketch is None or current_app.debug:
        if len(kept) >= MOST:
            kept.clear()
        sketch = kept[shape] = _draw(page, context)
    texts = [escape(str(text)) for text in told]
    out = list(sketch.pieces)
    for place, number in sketch.holes:
        out[place] = escape(edge.language_switch()) if number == _SWITCH else texts[number]
    return "".join(out)


def _shape(value: Any, told: list[str]) -> Hashable:
    """The value without its told texts, which are collected in order."""
    if isinstance(value, Told) and value:
        told.append(value)
        return _HOLE
    if isinstance(value, dict):
        return tuple([(name, _shape(member, told)) for name, member in value.items()])
    if isinstance(value, list | tuple):
        return tuple([_shape(member, told) for member in value])
    # 1 and True are one key of a dict, and two things in a template.
    return value if isinstance(value, str) else (type(value), value)


def _marked(value: Any, count: list[int]) -> Any:
    """The value with a numbered mark for each told text, in the order of `_shape`."""
    if isinstance(value, Told) and value:
        count[0] += 1
        return f"{_MARK}{count[0] - 1}{_MARK}"
    if isinstance(value, dict):
        return {name: _marked(member, count) for name, member in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_marked(member, count) for member in value)
    return value


def _draw(page: str, context: dict[str, Any]) -> Sketch:
    marks = _marked(context, [0]) | {"lang_switch_url": f"{_MARK}{_SWITCH}{_MARK}"}
    pieces = render_template(page, **marks).split(_MARK)
    holes = tuple((place, int(pieces[place])) for place in range(1, len(pieces), 2))
    return Sketch(tuple(pieces), holes)
