"""Texts of GIFT: escapes, formats, and HTML reduced to what can be read."""

from __future__ import annotations

import re
from html import escape as html_escape
from html.parser import HTMLParser

from portal.assessment.rules.content_check import tidy_text

# An escaped character stands as a control character while a question is taken apart; the text itself has
# none, they are taken out before.
_MARKS = {
    "\\": "\x01", ":": "\x02", "#": "\x03", "=": "\x04", "{": "\x05", "}": "\x06", "~": "\x07", "\n": "\x08",
}  # fmt: skip
_UNMARK = {mark: char for char, mark in _MARKS.items()}
_ESCAPED = re.compile(r"\\([\\:#={}~n])")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_FORMAT = re.compile(r"\[(html|moodle|plain|markdown)\]")
#: So deep raised and lowered figures stand in each other; what nests deeper is no question.
_DEEPEST = 8
_NO_TAG = re.compile(r"<(?!/?[a-zA-Z][^<>]*>)")
_SHIFTED = {
    "sup": str.maketrans("0123456789+-=()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿ"),
    "sub": str.maketrans("0123456789+-=()", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎"),
}
_BREAKS = frozenset({"br", "p", "div", "li", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "table"})
_MD_PICTURE = re.compile(r"!\[([^\]\n]{0,300})\]\([^)\n]{0,2000}\)")
_MD_LINK = re.compile(r"\[([^\]\n]{1,300})\]\([^)\n]{0,2000}\)")
_MD_HEADING = re.compile(r"^#{1,6}[ \t]+", re.MULTILINE)
_MD_STRONG = re.compile(r"(\*\*|(?<!\w)__)(?=\S)([^\n*_]{1,500}?)(?<=\S)(?:\*\*|__(?!\w))")
_MD_CODE = re.compile(r"`([^`\n]{1,500})`")
_SILENT = frozenset({"script", "style", "template", "title"})


def clean(text: str) -> str:
    """The file's text with one kind of line break and without control characters."""
    return _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def mark(text: str) -> str:
    """Escaped characters hidden behind marks; everything else as it is."""
    return _ESCAPED.sub(lambda found: _MARKS["\n" if found[1] == "n" else found[1]], text)


def unmark(text: str) -> str:
    """Marks turned into the characters they stand for."""
    return "".join(_UNMARK.get(char, char) for char in text)


def escape(text: str) -> str:
    """A text as it must be written, so that a reader finds this very text."""
    return "".join("\\n" if char == "\n" else f"\\{char}" if char in _MARKS else char for char in text)


def written(text: str) -> str:
    """A text of an answer or of a feedback: escaped, and with its format where it would be taken for one."""
    return ("[plain]" if text.startswith("[") else "") + escape(text)


def as_html(text: str) -> str:
    """A text as HTML in one line, escaped; for what GIFT has no escape for."""
    return "[html]" + escape(html_escape(text, quote=False).replace("\n", "<br>"))


class _Reducer(HTMLParser):
    """Collects the text of HTML. Knows breaks, list items, raised and lowered figures; counts pictures."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.pictures = 0
        self.silent = 0
        self.shift: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Opening tags: breaks, pictures, what must stay silent."""
        if tag in _SILENT:
            self.silent += 1
        elif tag == "img":
            self.pictures += 1
            said = (dict(attrs).get("alt") or "").strip()
            self.parts.append(f" [{said}] " if said else " ")
        elif tag in _BREAKS:
            self.parts.append("\n- " if tag == "li" else "\n")
        elif tag in ("td", "th"):
            self.parts.append(" ")
        elif tag in _SHIFTED and len(self.shift) < _DEEPEST:
            self.shift.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Closing tags."""
        if tag in _SILENT:
            self.silent = max(0, self.silent - 1)
        elif tag in _BREAKS:
            self.parts.append("\n")
        elif tag in self.shift:
            self.shift.remove(tag)

    def handle_data(self, data: str) -> None:
        """Text; figures in sup and sub become raised and lowered characters where there are such."""
        if self.silent:
            return
        table = _SHIFTED[self.shift[-1]] if self.shift else None
        if table and all(ord(char) in table for char in data):
            data = data.translate(table)
        self.parts.append(data)


def _whole_tags(text: str) -> str:
    """HTML without comments, in which each < that opens no tag is a text.

    The parser looks to the end of a text for the end of what is never closed, and again for the next one: a
    file of a megabyte would keep it busy for hours.
    """
    parts, place = [], 0
    while (begin := text.find("<!--", place)) >= 0 and (end := text.find("-->", begin + 4)) >= 0:
        parts.append(text[place:begin])
        place = end + 3
    return _NO_TAG.sub("&lt;", "".join([*parts, text[place:]]))


def html_text(text: str, *, keep_breaks: bool) -> tuple[str, int]:
    """(what can be read of HTML, how many pictures it had). `keep_breaks`: its own line breaks count."""
    reducer = _Reducer()
    reducer.feed(_whole_tags(text if keep_breaks else re.sub(r"\s+", " ", text)))
    reducer.close()
    lines = [re.sub(r"[ \t\u00a0]+", " ", line).strip() for line in "".join(reducer.parts).split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip(), reducer.pictures


def markdown_text(text: str) -> tuple[str, int]:
    """(what can be read of Markdown, how many pictures it had): marks of bold, code, headings, links go."""
    text, pictures = _MD_PICTURE.subn(lambda found: f"[{found[1]}]" if found[1] else "", text)
    text = _MD_LINK.sub(r"\1", text)
    text = _MD_HEADING.sub("", text)
    return _MD_CODE.sub(r"\1", _MD_STRONG.sub(r"\2", text)), pictures


def formatted(text: str, default: str) -> tuple[str, str, int]:
    """(readable text, its format, pictures lost) of a marked text that may begin with its format."""
    text = text.strip()
    found = _FORMAT.match(text)
    name = found[1] if found else default
    plain = unmark(text[found.end() :] if found else text)
    if name == "markdown":
        readable, pictures = markdown_text(plain)
        return tidy_text(readable), name, pictures
    if name not in ("html", "moodle"):
        return tidy_text(plain), name, 0
    readable, pictures = html_text(plain, keep_breaks=name == "moodle")
    return tidy_text(readable), name, pictures
