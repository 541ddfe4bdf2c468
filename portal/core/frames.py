"""Bare pages in a frame that is drawn once: what stands around them is the same for everybody.

A page that extends a layout draws its head, navigation, footer and icons anew for each reader. For a page
that knows neither session nor account, and is not in the navigation itself, all that depends on the language
alone. `render_framed` keeps it and draws only the page's own blocks, its icons and the link to the other
language.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import current_app, g, render_template_string, request
from markupsafe import escape

from portal.core import drawing, edge, words

# A character of the private use area: no text of ours holds it, and no escaping changes it.
_MARK = "\ue000"
_THERE, _SPRITE = "/there", "/sprite"


@dataclass(frozen=True)
class Frame:
    """Text and slots in turn, beginning with text; `icons` are those that the text itself uses."""

    parts: tuple[str, ...]
    icons: frozenset[str]


def render_framed(page: str, layout: str, **context: Any) -> str:
    """What `render_template(page, **context)` gives for a page that extends `layout`.

    The page's blocks see only `context` and the globals of the templates, and import what they use inside
    themselves: what stands outside its blocks is not run. Nothing in the layout may depend on the reader.
    """
    template = current_app.jinja_env.get_template(page)
    frame = _frame(layout, tuple(template.blocks))
    g.icons_in_place, g.icons_used = False, set(frame.icons)
    here = template.new_context(context)
    out = []
    for place, part in enumerate(frame.parts):
        if place % 2 == 0:
            out.append(part)
        elif part == _SPRITE:
            out.append(drawing.sprite())
        elif part == _THERE:
            out.append(escape(language_switch()))
        else:
            out.extend(template.blocks[part](here))
    return "".join(out)


def language_switch() -> str:
    """The address of this page in the other language."""
    path = request.full_path.rstrip("?") if request else "/"
    return path if edge.language() == "en" else f"/en{path}"


def _frame(layout: str, blocks: tuple[str, ...]) -> Frame:
    kept: dict[Any, Frame] = current_app.extensions.setdefault("frames", {})
    key = (layout, blocks, words.language())
    found = kept.get(key)
    if found is None or current_app.debug:
        found = kept[key] = _draw(layout, blocks)
    return found


def _draw(layout: str, blocks: tuple[str, ...]) -> Frame:
    """Draw the layout around marks: one for each block, one where the icons go."""
    slots = {name: f"{_MARK}{name}{_MARK}" for name in blocks} | {"sprite": f"{_MARK}{_SPRITE}{_MARK}"}
    source = f"{{% extends '{layout}' %}}" + "".join(
        f"{{% block {name} %}}{mark}{{% endblock %}}" for name, mark in slots.items()
    )
    g.icons_in_place, g.icons_used = False, set()
    text = render_template_string(source, lang_switch_url=f"{_MARK}{_THERE}{_MARK}")
    return Frame(tuple(text.split(_MARK)), frozenset(g.icons_used))
