"""A test on paper: the letters printed, what is keyed in from them, and where two keyings differ. Pure.

Options are lettered A, B, C in the order in which that person's sheet shows them. Keyed in:
    single      "b"                 multiple  "ac" (spaces and commas do not matter)
    true_false  "b" benar, "s" salah          number  "12,5"
    matching    a letter for each left side in turn, "-" for an empty one: "cab", "c-b"
    case        each part on a line of its own
Nothing keyed in is nothing answered.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from portal.assessment.rules.content import number_shown, parse_number
from portal.assessment.rules.judging import Say, plain
from portal.core.blockers import Blocker

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#: Digits and letters that are not taken for one another when read from paper.
_SAFE = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", "ABCDEFGHJKLMNPQRSTUVWXYZ23456789")
_BLANKS = re.compile(r"[\s,;./]+")
_DASHES = re.compile(r"[–—_]")
TYPED_LIMIT = 60


class Unreadable(ValueError):
    """What was keyed in is none of what the sheet offers; the message says what would be."""


def sheet_code(seed: str) -> str:
    """The code on a person's sheet, 8 letters and digits of the attempt's secret seed."""
    return base64.b32encode(hashlib.sha256(seed.encode()).digest()[:5]).decode().translate(_SAFE)


def same_code(typed: str, code: str) -> bool:
    """True when a typed code is that one, whatever its dashes and case."""
    return re.sub(r"[\s-]+", "", typed).upper() == code


def lines_of(view: Mapping[str, Any], number: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """(number as printed, what is answered there) of a question: one, or the parts of a case ("3a", "3b")."""
    if view["kind"] != "case":
        yield number, view
        return
    for place, part in enumerate(view["parts"]):
        yield f"{number}{LETTERS[place].lower()}", part


def hint_of(view: Mapping[str, Any], _: Say = plain) -> str:
    """What may be keyed in for one line."""
    kind = view["kind"]
    if kind == "true_false":
        return _("B atau S")
    if kind == "number":
        return _("angka")
    last = LETTERS[len(view["rights" if kind == "matching" else "options"]) - 1]
    if kind == "matching":
        return _("%(count)s huruf A–%(last)s", count=len(view["lefts"]), last=last)
    return _("huruf A–%(last)s", last=last) if kind == "multiple" else f"A–{last}"


def read_typed(view: Mapping[str, Any], typed: str, _: Say = plain) -> Any:
    """The answer that was keyed in for one line, None for nothing. Raises Unreadable."""
    text = _DASHES.sub("-", typed.strip())
    if not text:
        return None
    if len(text) > TYPED_LIMIT:
        raise Unreadable(_("Terlalu panjang."))
    kind = view["kind"]
    if kind == "number":
        try:
            return parse_number(text)
        except ValueError:
            raise Unreadable(_("Tulis angka, misalnya 12,5.")) from None
    letters = _BLANKS.sub("", text).upper()
    if letters.strip("-") == "":
        return None
    if kind == "true_false":
        return _truth(letters, _)
    if kind == "matching":
        return _pairs(view, letters, _)
    return _chosen(view, letters, _)


def _truth(letters: str, _: Say) -> bool:
    if letters not in ("B", "S", "BENAR", "SALAH"):
        raise Unreadable(_("Tulis B (benar) atau S (salah)."))
    return letters[0] == "B"


def _chosen(view: Mapping[str, Any], letters: str, _: Say) -> Any:
    options = {LETTERS[place]: option["id"] for place, option in enumerate(view["options"])}
    if any(letter not in options for letter in letters):
        raise Unreadable(_("Pilihannya hanya A sampai %(last)s.", last=LETTERS[len(options) - 1]))
    if view["kind"] == "multiple":
        return sorted({options[letter] for letter in letters})
    if len(letters) != 1:
        raise Unreadable(_("Hanya satu huruf. Bila peserta menandai dua, kosongkan."))
    return options[letters]


def _pairs(view: Mapping[str, Any], letters: str, _: Say) -> dict[str, str] | None:
    rights = {LETTERS[place]: right["id"] for place, right in enumerate(view["rights"])}
    lefts = [left["id"] for left in view["lefts"]]
    if len(letters) != len(lefts):
        raise Unreadable(_("Tulis %(count)s huruf berurutan, tanda - untuk yang kosong.", count=len(lefts)))
    if any(letter not in rights and letter != "-" for letter in letters):
        raise Unreadable(_("Pilihannya hanya A sampai %(last)s.", last=LETTERS[len(rights) - 1]))
    found = {left: rights[letter] for left, letter in zip(lefts, letters, strict=True) if letter != "-"}
    return dict(sorted(found.items())) or None


def shown_typed(view: Mapping[str, Any], answer: Any) -> str:
    """An answer as it is keyed in; "" for none."""
    if answer is None:
        return ""
    kind = view["kind"]
    if kind == "number":
        return number_shown(answer)
    if kind == "true_false":
        return "B" if answer else "S"
    if kind == "matching":
        letters = {right["id"]: LETTERS[place] for place, right in enumerate(view["rights"])}
        return "".join(letters.get(answer.get(left["id"]), "-") for left in view["lefts"])
    letters = {option["id"]: LETTERS[place] for place, option in enumerate(view["options"])}
    chosen = answer if kind == "multiple" else [answer]
    return "".join(sorted(letters[one] for one in chosen))


def read_sheet(
    views: Sequence[tuple[int, Mapping[str, Any]]], typed: Mapping[str, str], _: Say = plain
) -> tuple[dict[int, Any], dict[str, str]]:
    """(position -> answer or None, line -> what cannot be read) of a whole sheet.

    views: (position, `rules.content.shown`) in printed order; typed: line number as printed -> text.
    """
    answers: dict[int, Any] = {}
    wrong: dict[str, str] = {}
    for position, view in views:
        parts: dict[str, Any] = {}
        for line, part in lines_of(view, str(position)):
            try:
                parts[part.get("id", "")] = read_typed(part, typed.get(line, ""), _)
            except Unreadable as error:
                wrong[line] = str(error)
        if view["kind"] == "case":
            given = {name: answer for name, answer in parts.items() if answer is not None}
            answers[position] = given or None
        else:
            answers[position] = parts.get("")
    return answers, wrong


def typed_sheet(views: Sequence[tuple[int, Mapping[str, Any]]], answers: Mapping[int, Any]) -> dict[str, str]:
    """line -> what would be keyed in for these answers."""
    found: dict[str, str] = {}
    for position, view in views:
        answer = answers.get(position)
        for line, part in lines_of(view, str(position)):
            own = (answer or {}).get(part["id"]) if view["kind"] == "case" else answer
            found[line] = shown_typed(part, own)
    return found


def differing_lines(first: Mapping[str, str], second: Mapping[str, str]) -> list[str]:
    """The lines in which two keyings differ, in printed order of the second."""
    return [line for line, text in second.items() if first.get(line, "") != text]


@dataclass(frozen=True)
class Keyer:
    """An account and, where it is known, its person: two accounts of one person are one keyer."""

    user_id: int | None
    person_id: int | None

    def is_same(self, other: Keyer) -> bool:
        """True for the same account or the same person."""
        known = self.person_id is not None and self.person_id == other.person_id
        return known or (self.user_id is not None and self.user_id == other.user_id)


def turn_of(
    me: Keyer, first: Keyer | None, second: Keyer | None, _: Say = plain
) -> tuple[int, Blocker | None]:
    """(1 or 2, why not): the first keying may be mended by its maker until somebody else makes the second;
    from then on only that second person goes on, who settles what differs."""
    if first is None or (second is None and me.is_same(first)):
        return 1, None
    if second is None or me.is_same(second):
        return 2, None
    return 2, Blocker(
        "keyed_twice", _("Lembar ini sudah dimasukkan dua kali; orang kedua yang menyelesaikan.")
    )
