"""What a question is, what a candidate may see of it, and what an answer is worth. Pure.

A content is a plain document (stored as JSON in `QuestionVersion.content`):
    {"stem": str, "images": [{"sha256", "alt"}], "explanation": str, ...} and by kind
    single      "options": [{"id": "a", "text": str}], "key": "a"
    multiple    "options", "key": ["a", "c"]
    true_false  "key": True or False
    matching    "pairs": [{"id": "a", "left": str, "right": str}], "extra": [{"right": str}]
    number      "key": "12.5" (decimal text), "tolerance": "0.5", "unit": "%"
    case        "parts": [{"id": "1", "kind": one of the above, ... its content}]
Answers (JSON): single "a"; multiple ["a", "c"]; true_false True; matching {left id: right id}; number "12.5";
case {part id: answer}; None when not answered or cleared. Ids of options are opaque to everybody else.

A right side's id is made of its own text (`right_id`), never of its pair's: the page a candidate reads must
not tell which belongs to which. Use `right_answer` for the answer of full points.
"""

from __future__ import annotations

import hashlib
import random
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from portal.assessment.rules.content_check import KINDS, PART_KINDS, content_problems, tidy

__all__ = [
    "KINDS",
    "PART_KINDS",
    "content_problems",
    "images_of",
    "letter_ids",
    "number_shown",
    "parse_answer",
    "parse_number",
    "points",
    "right_answer",
    "right_id",
    "rights_of",
    "shown",
    "shuffled",
    "tidy",
]

Content = Mapping[str, Any]
LETTERS = "abcdefghijklmnopqrstuvwxyz"
_GROUPED = re.compile(r"[+-]?[1-9]\d{0,2}(\.\d{3})+(,\d+)?")
_COMMA = re.compile(r"[+-]?\d+,\d+")
_PLAIN = re.compile(r"[+-]?\d+(\.\d+)?")
#: Digits before and behind the point that a typed number may have.
_WHOLE, _PLACES = 12, 6
_TRUE, _FALSE = frozenset({"true", "benar", "1"}), frozenset({"false", "salah", "0"})


def parse_number(text: str) -> str:
    """A typed number as canonical decimal text: "12,5" is "12.5", "1.500" is "1500", as Indonesians write.

    What it returns it reads again as itself. Raises ValueError.
    """
    typed = re.sub(r"[\s\u00a0_]", "", text.replace("\u2212", "-"))
    if _GROUPED.fullmatch(typed):
        typed = typed.replace(".", "").replace(",", ".")
    elif _COMMA.fullmatch(typed):
        typed = typed.replace(",", ".")
    elif not _PLAIN.fullmatch(typed):
        raise ValueError("no number")
    if len(typed) > 40 or not typed.isascii():
        raise ValueError("no number")
    whole, _point, places = typed.lstrip("+-").partition(".")
    places = places.rstrip("0")
    whole = whole.lstrip("0") or "0"
    if len(whole) > _WHOLE or len(places) > _PLACES:
        raise ValueError("number too long")
    sign = "-" if typed.startswith("-") and (whole != "0" or places) else ""
    if not places:
        return sign + whole
    # "1.125" would be read as one thousand; a zero more keeps it a fraction.
    return f"{sign}{whole}.{places}" + ("0" if _GROUPED.fullmatch(f"{whole}.{places}") else "")


def number_shown(text: str) -> str:
    """Canonical decimal text as it is written on a page: with a comma, without needless zeros."""
    whole, _point, places = text.partition(".")
    places = places.rstrip("0")
    return f"{whole},{places}" if places else whole


def right_id(text: str) -> str:
    """The id of a right side of a matching question: of its text alone."""
    return "r" + hashlib.sha256(text.encode()).hexdigest()[:8]


def rights_of(content: Content) -> dict[str, str]:
    """Right side's id -> text of a matching question, in order of the ids, which tells nothing."""
    texts = [pair["right"] for pair in content["pairs"]] + [row["right"] for row in content.get("extra", ())]
    return dict(sorted((right_id(text), text) for text in texts))


def letter_ids(texts: Sequence[str], taken: Sequence[str] = ()) -> list[str]:
    """Ids for new options, letters that do not follow the order in which they were written: an author who
    always writes the right one first must not tell it by an "a"."""
    free = [letter for letter in LETTERS if letter not in taken]
    ranked = sorted(range(len(texts)), key=lambda i: (hashlib.sha256(texts[i].encode()).digest(), i))
    letters = dict(zip(ranked, free, strict=False))
    return [letters[i] for i in range(len(texts))]


def images_of(content: Content) -> list[str]:
    """The SHA-256 of every picture a content names, once each."""
    found = [image["sha256"] for image in content.get("images", ())]
    for part in content.get("parts", ()):
        found += images_of(part)
    return list(dict.fromkeys(found))


def right_answer(kind: str, content: Content) -> Any:
    """The answer that is worth all points."""
    if kind == "multiple":
        return sorted(content["key"])
    if kind == "matching":
        return {pair["id"]: right_id(pair["right"]) for pair in content["pairs"]}
    if kind == "case":
        return {part["id"]: right_answer(part["kind"], part) for part in content["parts"]}
    return content["key"]


def parse_answer(kind: str, content: Content, raw: Any) -> Any:
    """What arrived, as an answer; None when it is empty. It may come from a form (texts, lists, a mapping of
    texts) or be an answer already. Raises ValueError for foreign options, parts and numbers that are none."""
    if raw is None or raw == "" or raw == [] or raw == {}:
        return None
    if kind == "single":
        return _known(raw, _option_ids(content))
    if kind == "multiple":
        chosen = [raw] if isinstance(raw, str) else raw
        if not isinstance(chosen, (list, tuple)):
            raise ValueError("not a list")
        known = _option_ids(content)
        return sorted({_known(one, known) for one in chosen if one != ""}) or None
    if kind == "true_false":
        return _truth(raw)
    if kind == "number":
        if not isinstance(raw, str) or len(raw) > 60:
            raise ValueError("not a number")
        return parse_number(raw) if raw.strip() else None
    if not isinstance(raw, Mapping):
        raise ValueError("not a mapping")
    if kind == "matching":
        lefts, rights = {pair["id"] for pair in content["pairs"]}, rights_of(content).keys()
        pairs = {_known(left, lefts): _known(right, rights) for left, right in raw.items() if right}
        return dict(sorted(pairs.items())) or None
    return _parse_parts(content, raw)


def _parse_parts(content: Content, raw: Mapping[str, Any]) -> dict[str, Any] | None:
    parts = {part["id"]: part for part in content["parts"]}
    for name in raw:
        _known(name, parts.keys())
    answers = {name: parse_answer(part["kind"], part, raw.get(name)) for name, part in parts.items()}
    return {name: answer for name, answer in answers.items() if answer is not None} or None


def _option_ids(content: Content) -> set[str]:
    return {option["id"] for option in content["options"]}


def _known(value: Any, known: Any) -> str:
    if not isinstance(value, str) or value not in known:
        raise ValueError("foreign option")
    return value


def _truth(raw: Any) -> bool:
    if isinstance(raw, bool):
        return raw
    word = raw.strip().casefold() if isinstance(raw, str) else ""
    if word not in _TRUE | _FALSE:
        raise ValueError("neither true nor false")
    return word in _TRUE


def points(kind: str, content: Content, answer: Any) -> float:
    """What an answer is worth, from 0 to 1; an answer that does not fit the content is worth 0.

    single, true_false, number: all or nothing; multiple: (right - wrong) / keys, never below 0; matching: the
    share of the pairs; case: the mean of its parts. A corrected key may add, also to a part: "void" gives
    everybody all points, "also" is a list of further right answers (single, number).
    """
    if content.get("void"):
        return 1.0
    if answer is None and kind != "case":
        return 0.0
    if kind == "multiple":
        if not isinstance(answer, list):
            return 0.0
        key, chosen = set(content["key"]), {one for one in answer if isinstance(one, str)}
        return max(0.0, (len(chosen & key) - len(chosen - key)) / len(key))
    if kind == "number":
        return float(_is_near(content, answer))
    if kind in ("matching", "case"):
        given = answer if isinstance(answer, Mapping) else {}
        if kind == "matching":
            worth = [float(given.get(p["id"]) == right_id(p["right"])) for p in content["pairs"]]
        else:
            worth = [points(p["kind"], p, given.get(p["id"])) for p in content["parts"]]
        return sum(worth) / len(worth)
    keys = [content["key"], *content.get("also", ())]
    return float(any(type(answer) is type(key) and answer == key for key in keys))


def _is_near(content: Content, answer: Any) -> bool:
    try:
        given, tolerance = Decimal(str(answer)), Decimal(content.get("tolerance") or "0")
        keys = [content["key"], *content.get("also", ())]
        return any(abs(given - Decimal(key)) <= tolerance for key in keys)
    except InvalidOperation:
        return False


def shuffled(kind: str, content: Content, rng: random.Random) -> Any:
    """The order in which the options are shown: ids of options, of right sides, or {part id: order}."""
    if kind in ("single", "multiple"):
        order = [option["id"] for option in content["options"]]
    elif kind == "matching":
        order = list(rights_of(content))
    elif kind == "case":
        return {part["id"]: shuffled(part["kind"], part, rng) for part in content["parts"]}
    else:
        return []
    rng.shuffle(order)
    return order


def shown(kind: str, content: Content, order: Any = None) -> dict[str, Any]:
    """What a candidate may see: never a key, a tolerance or an explanation.

    {"kind", "stem", "images", "options": [{"id", "text"}] (single, multiple), "lefts" and "rights": [{"id",
    "text"}] (matching), "unit" (number), "parts": [the same and "id"] (case)}. `order` is of `shuffled`; what
    it does not name comes last.
    """
    view: dict[str, Any] = {"kind": kind, "stem": content["stem"], "images": content.get("images", [])}
    if kind in ("single", "multiple"):
        view["options"] = _ordered(content["options"], order)
    elif kind == "matching":
        rights = [{"id": name, "text": text} for name, text in rights_of(content).items()]
        view["lefts"] = [{"id": pair["id"], "text": pair["left"]} for pair in content["pairs"]]
        view["rights"] = _ordered(rights, order)
    elif kind == "number":
        view["unit"] = content.get("unit", "")
    elif kind == "case":
        orders = order if isinstance(order, Mapping) else {}
        view["parts"] = [
            {"id": part["id"], **shown(part["kind"], part, orders.get(part["id"]))}
            for part in content["parts"]
        ]
    return view


def _ordered(rows: Sequence[Mapping[str, str]], order: Any) -> list[dict[str, str]]:
    places = {name: place for place, name in enumerate(order or ())}
    ranked = sorted(rows, key=lambda row: places.get(row["id"], len(places)))
    return [{"id": row["id"], "text": row["text"]} for row in ranked]
