"""House rules for templates, checked without rendering them.

    python tools/lint_templates.py [templates]

The content security policy refuses inline script and style, so none may be written; a form that POSTs
carries its tokens; a fragment is one element whose id names it. Prints `file:line: what`, exit status 1.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

FORBIDDEN = (
    (re.compile(r"""[\s"']style\s*=""", re.IGNORECASE), "style= (write a class)"),
    (re.compile(r"<style\b", re.IGNORECASE), "<style> (write a stylesheet)"),
    (re.compile(r"<script\b(?![^>]*\bsrc=)", re.IGNORECASE), "inline <script>"),
    (re.compile(r"""<[^>]*[\s"']on[a-z]+\s*=""", re.IGNORECASE), "on...= handler"),
    (re.compile(r"\bhx-on\b", re.IGNORECASE), "hx-on"),
    (re.compile(r"""["']\s*(?:js|javascript):""", re.IGNORECASE), "js: in an attribute"),
    (re.compile(r"""\bhx-trigger\s*=\s*["'][^"']*\["""), "trigger filter in hx-trigger"),
    (re.compile(r"\|\s*safe\b"), "|safe (make Markup where the text is known to be safe)"),
    (re.compile(r"\bautoescape\s+false\b"), "autoescape false"),
    (re.compile(r"\bhx-boost\b"), "hx-boost"),
    (re.compile(r"""(?:href|src)\s*=\s*["'](?:https?:)?//"""), "address of another host"),
)
# A POST form may do without tokens only where its route declares @public(post=True).
TOKENS = re.compile(r"form_tokens\s*\(|csrf_token")
PUBLIC_MARK = "{#- public POST"
POST_FORM = re.compile(r"<form\b[^>]*\bmethod\s*=\s*[\"']?post\b.*?(?:</form>|\Z)", re.IGNORECASE | re.DOTALL)
COMMENT = re.compile(r"\{#.*?#\}", re.DOTALL)
JINJA = re.compile(r"\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
TAG = re.compile(r"<(/?)([a-z][a-z0-9-]*)\b([^<>]*?)(/?)>", re.IGNORECASE | re.DOTALL)
VOID = frozenset({"br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"})


def _blank(match: re.Match[str]) -> str:
    """White space with the same line breaks, so that line numbers stay true."""
    return re.sub(r"[^\n]", " ", match.group())


def lint(path: Path) -> Iterator[tuple[int, str]]:
    """(line, what) of each breach in one template."""
    source = path.read_text(encoding="utf-8")
    text = COMMENT.sub(_blank, source)
    for pattern, what in FORBIDDEN:
        for match in pattern.finditer(text):
            yield _line(text, match.start()), what
    for match in POST_FORM.finditer(text):
        if not TOKENS.search(match.group()) and PUBLIC_MARK not in source[match.start() : match.end()]:
            yield (
                _line(text, match.start()),
                "POST form without ui.form_tokens(form); a public POST says {#- public POST #} inside",
            )
    if path.name.startswith("_") and path.parent.name not in ("components", "layouts"):
        yield from _fragment(text)


def _fragment(text: str) -> Iterator[tuple[int, str]]:
    """A fragment has one root element, with an id; hx-swap-oob pieces may follow it.

    Branches of an {% if %} may each hold a root, so roots are told apart by what they sit in.
    """
    depth, roots = 0, []
    for match in TAG.finditer(JINJA.sub(_quiet, text)):
        closing, name, attributes, void = match.groups()
        if closing:
            depth -= 1
            continue
        if depth == 0 and "hx-swap-oob" not in attributes:
            roots.append((match.start(), name, attributes))
        if not void and name.lower() not in VOID:
            depth += 1
    branches = len(re.findall(r"\{%-?\s*(?:else|elif)\b", text))
    delegates = bool(re.search(r"\{%-?\s*(?:include|extends|call)\b|\{\{-?\s*\w+\.\w+\(", text))
    if not roots and not delegates:
        yield 1, "fragment without an element"
    if len(roots) > 1 + branches:
        yield _line(text, roots[1][0]), "fragment with more than one root element"
    for start, name, attributes in roots:
        if not re.search(r"\bid\s*=", attributes):
            yield _line(text, start), f"root <{name}> of a fragment without an id"


def _quiet(match: re.Match[str]) -> str:
    """Jinja marks without the characters that look like tags; loops and blocks hold no tags themselves."""
    return re.sub(r"[<>]", " ", match.group())


def _line(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1


def lint_folder(folder: Path) -> list[str]:
    """`path:line: what` for all templates below a folder, sorted."""
    found = []
    for path in sorted(folder.rglob("*.html")):
        name = path.relative_to(folder.parent)
        found += [f"{name}:{line}: {what}" for line, what in sorted(lint(path))]
    return found


def main(arguments: list[str]) -> int:
    """Lint the folder given (default: templates/); returns the exit status."""
    found = lint_folder(Path(arguments[0]).resolve() if arguments else ROOT / "templates")
    for line in found:
        print(line)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
