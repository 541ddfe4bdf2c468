"""What is wrong with a page or a fragment: invalid HTML, and breaches of the house rules."""

from __future__ import annotations

import re
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from xml.etree.ElementTree import Element

import html5lib
from html5lib.constants import E as ERROR_TEXTS

# What a fragment's first element must be parsed inside of
_CONTAINERS = {"tr": "tbody", "td": "tr", "th": "tr", "tbody": "table", "thead": "table", "option": "select"}
_UNLABELED = {"hidden", "submit", "button", "image", "reset"}
_REFERENCES = ("for", "aria-labelledby", "aria-describedby", "aria-controls", "form", "list")
# html5lib 1.1 is older than <template> and would judge its content by what surrounds it
_TEMPLATE = re.compile(r"<template\b.*?</template>", re.DOTALL | re.IGNORECASE)


def parse(text: str) -> tuple[Element, list[str]]:
    """The element tree of a page or fragment, and its parse errors as 'line 3: ...'."""
    text = _TEMPLATE.sub("", text)
    parser = html5lib.HTMLParser(html5lib.getTreeBuilder("etree"), namespaceHTMLElements=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if is_page(text):
            tree = parser.parse(text)
        else:
            opening = re.search(r"<([a-z0-9]+)", text)
            tree = parser.parseFragment(
                text, container=_CONTAINERS.get(opening.group(1) if opening else "", "div")
            )
    return tree, [_error(position, code, values) for position, code, values in parser.errors]


def _error(position: tuple[int, int], code: str, values: dict[str, str]) -> str:
    return f"line {position[0]}: {ERROR_TEXTS.get(code, code) % (values or {})}"


def is_page(text: str) -> bool:
    """True for a whole document, false for a fragment."""
    return text.lstrip()[:15].lower().startswith(("<!doctype", "<html"))


def elements(tree: Element, *names: str) -> list[Element]:
    """All elements of these names (of any name without), in document order."""
    return [item for item in tree.iter() if isinstance(item.tag, str) and (not names or item.tag in names)]


def words(element: Element) -> str:
    """What is read of an element: its text, labels, alternative texts; white space collapsed."""
    parts: list[str] = []

    def collect(item: Element) -> None:
        label = item.get("aria-label") or item.get("alt")
        if isinstance(item.tag, str) and item.get("aria-hidden") != "true" and item.get("hidden") is None:
            parts.append(label or "")
            parts.append(item.text or "")
            for child in item:
                collect(child)
                parts.append(child.tail or "")

    collect(element)
    return " ".join(" ".join(parts).split())


def problems(
    text: str, needs_token: Callable[[str], bool], parsed: tuple[Element, list[str]] | None = None
) -> list[str]:
    """Every breach found in a response body; empty when all is well.

    needs_token: tells for a form's action ('' for the page's own address) whether its POST carries CSRF.
    parsed: what `parse(text)` gave, where it was done already.
    """
    tree, errors = parsed or parse(text)
    found = [*errors, *_ids(tree)]
    found += _inline(tree)
    found += _forms(tree, needs_token)
    found += _names(tree)
    found += list(_page(tree)) if is_page(text) else list(_fragment(tree))
    return found


def _ids(tree: Element) -> list[str]:
    counted = Counter(item.get("id") for item in elements(tree) if item.get("id") is not None)
    return [f"duplicate or empty id {name!r}" for name, times in counted.items() if times > 1 or not name]


def _inline(tree: Element) -> Iterator[str] | list[str]:
    """Inline script, style and handlers, which the content security policy would refuse."""
    found = []
    for item in elements(tree):
        if item.tag == "style" or (item.tag == "script" and not item.get("src")):
            found.append(f"inline <{item.tag}>")
        for name, value in item.attrib.items():
            if not isinstance(name, str):
                continue
            if name == "style" or name.startswith(("on", "hx-on", "data-hx-on")):
                found.append(f"attribute {name} on <{item.tag}>")
            if value.lstrip().lower().startswith(("javascript:", "js:")):
                found.append(f"script in {name} on <{item.tag}>")
    return found


def _forms(tree: Element, needs_token: Callable[[str], bool]) -> list[str]:
    found = []
    for form in elements(tree, "form"):
        method, action = (form.get("method") or "get").lower(), form.get("action") or ""
        names = [item.get("name") for item in elements(form, "input", "select", "textarea")]
        if method == "post" and needs_token(action) and "csrf_token" not in names:
            found.append(f"POST form to {action!r} without csrf_token")
        if method == "get" and "csrf_token" in names:
            found.append(f"GET form to {action!r} puts csrf_token into its address")
        has_file = any(item.get("type") == "file" for item in elements(form, "input"))
        if has_file and form.get("enctype") != "multipart/form-data":
            found.append(f"form to {action!r} with a file but no multipart/form-data")
    return found


def _names(tree: Element) -> list[str]:
    """Links, buttons, pictures and fields that a screen reader could not name."""
    found = []
    for link in elements(tree, "a", "button"):
        if (link.tag == "button" or link.get("href") is not None) and not words(link):
            found.append(f"<{link.tag}> without text ({link.get('href') or link.get('name') or ''})")
    found += [
        f"<img> without alt ({item.get('src')})" for item in elements(tree, "img") if item.get("alt") is None
    ]
    labeled = {item.get("for") for item in elements(tree, "label")}
    wrapped = {id(field) for label in elements(tree, "label") for field in label.iter()}
    for field in elements(tree, "input", "select", "textarea"):
        if (field.get("type") or "").lower() in _UNLABELED:
            continue
        own = field.get("aria-label") or field.get("aria-labelledby") or field.get("id") in labeled
        if not own and id(field) not in wrapped:
            found.append(f"<{field.tag}> {field.get('name')!r} without a label")
    return found


def _page(tree: Element) -> Iterator[str]:
    """What only a whole document must have."""
    if not any(words(item) for item in elements(tree, "title")):
        yield "no <title>"
    for name in ("h1", "main"):
        count = len(elements(tree, name))
        if count != 1:
            yield f"{count} <{name}> instead of one"
    if not any(item.get("lang") for item in elements(tree, "html")):
        yield "<html> without lang"
    known = {item.get("id") for item in elements(tree)}
    for item in elements(tree):
        if item.tag == "dialog" and item.get("open") is None:
            continue  # still empty: its heading comes with its content
        for name in _REFERENCES:
            for target in (item.get(name) or "").split():
                if target not in known:
                    yield f"<{item.tag} {name}={target!r}> points to nothing"
        href = item.get("href") or ""
        if item.tag == "a" and href.startswith("#") and href[1:] and href[1:] not in known:
            yield f"link to {href!r}, which is not on the page"


def _fragment(tree: Element) -> Iterator[str]:
    """A fragment is one element whose id names it; out-of-band pieces may follow."""
    roots = [item for item in tree if isinstance(item.tag, str)]
    main = [item for item in roots if item.get("hx-swap-oob") is None]
    if roots and (len(main) > 1 or any(not item.get("id") for item in roots)):
        found = [(item.tag, item.get("id")) for item in roots]
        yield f"a fragment with roots {found}; one with an id is wanted"
