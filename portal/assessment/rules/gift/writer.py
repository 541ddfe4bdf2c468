"""Writing GIFT that Moodle reads back as the same questions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from portal.assessment.rules.gift.text import as_html, escape, written


@dataclass(frozen=True)
class Written:
    """A question to write: its id and name, its kind and its (tidied) content."""

    id: int
    name: str
    kind: str
    content: Mapping[str, Any]


def write(questions: Iterable[Written], category: str = "") -> str:
    """The file: one paragraph a question, `category` before them. Pictures do not come along; a comment
    names them. A case is a description, then its parts as questions named "<name> (1)", "(2)", ..."""
    paragraphs = []
    if category:
        path = " ".join(category.replace("\\", " ").split()).replace("/", "//")
        paragraphs.append(f"$CATEGORY: $course$/top/{path}")
    for question in questions:
        if question.kind == "case":
            paragraphs += _case(question)
        else:
            paragraphs.append(_question(question))
    return "\n\n".join(paragraphs) + "\n"


def _comments(question: Written) -> list[str]:
    lines = [f"// soal {question.id}: {' '.join(question.name.split())}"]
    for image in question.content.get("images", ()):
        lines.append(f"// gambar tidak ikut: {' '.join(image['alt'].split())}")
    return lines


def _question(question: Written) -> str:
    content = question.content
    stem = content["stem"]
    if question.kind == "number" and content.get("unit"):
        stem += f"\n(satuan: {content['unit']})"
    rows = _ROWS[question.kind](content)
    explanation = [f"\t####{written(content['explanation'])}"] if content.get("explanation") else []
    head = f"::{escape(question.name)}::[plain]{escape(stem)}{{"
    return "\n".join([*_comments(question), head, *rows, *explanation, "}"])


def _case(question: Written) -> list[str]:
    lines = _comments(question)
    if question.content.get("explanation"):
        lines.append(f"// pembahasan kasus: {written(question.content['explanation'])}")
    lines.append(f"::{escape(question.name)}::[plain]{escape(question.content['stem'])}")
    parts = [
        _question(Written(question.id, f"{question.name} ({number})", part["kind"], part))
        for number, part in enumerate(question.content["parts"], 1)
    ]
    return ["\n".join(lines), *parts]


def _single(content: Mapping[str, Any]) -> list[str]:
    rows = []
    for option in content["options"]:
        # An option whose text begins with a per cent sign would be taken for a weight.
        is_key, is_weight = option["id"] == content["key"], option["text"].startswith("%")
        sign = ("=[plain]" if is_weight else "=") if is_key else "~%0%" if is_weight else "~"
        rows.append(f"\t{sign}{written(option['text'])}")
    return rows


def _multiple(content: Mapping[str, Any]) -> list[str]:
    key = set(content["key"])
    right, wrong = (_percent(100 / count) for count in (len(key), len(key)))
    return [
        f"\t~%{right if option['id'] in key else '-' + wrong}%{written(option['text'])}"
        for option in content["options"]
    ]


def _percent(value: float) -> str:
    """A weight with the five places by which Moodle knows its own."""
    return f"{value:.5f}".rstrip("0").rstrip(".")


def _truth(content: Mapping[str, Any]) -> list[str]:
    return ["TRUE" if content["key"] else "FALSE"]


def _pairs(content: Mapping[str, Any]) -> list[str]:
    rows = []
    for pair in content["pairs"]:
        # There is no escape for an arrow, so a left side with one goes as HTML.
        left = as_html(pair["left"]) if "->" in pair["left"] else written(pair["left"])
        rows.append(f"\t={left} -> {escape(pair['right'])}")
    return rows + [f"\t= -> {escape(row['right'])}" for row in content.get("extra", ())]


def _number(content: Mapping[str, Any]) -> list[str]:
    return [f"\t#{content['key']}:{content.get('tolerance') or '0'}"]


_ROWS = {
    "single": _single,
    "multiple": _multiple,
    "true_false": _truth,
    "matching": _pairs,
    "number": _number,
}
