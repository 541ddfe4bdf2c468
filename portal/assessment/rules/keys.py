"""Corrected answer keys: what may be changed, for which versions it holds, and who changes by it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from portal.assessment.rules.content import parse_number, right_id, rights_of
from portal.assessment.rules.judging import COMPETENT, Say, plain
from portal.core.blockers import Blocker

REASON_LIMIT = 500
#: Right answers beside the first that a short number may have.
MOST_ALSO = 5
#: What a correction may change; all else is the question that people answered.
_KEY_FIELDS = frozenset({"key", "also", "tolerance", "void", "explanation"})
#: What is not answered with: a better worded sentence still offers the same options.
_WORDS = frozenset({"stem", "images"})


@dataclass(frozen=True)
class Corrected:
    """A version of a question that a corrected key made: its number, row and content."""

    question_id: int
    version: int
    version_id: int
    content: Mapping[str, Any]


@dataclass(frozen=True)
class KeyEdit:
    """What somebody typed as the right key. `keys`: ids of right options, "true" or "false", or numbers;
    `pairs`: left id -> right id; `is_void`: everybody gets all points; `parts` of a case by their ids."""

    keys: tuple[str, ...] = ()
    tolerance: str = ""
    pairs: Mapping[str, str] = field(default_factory=dict)
    is_void: bool = False
    parts: Mapping[str, KeyEdit] = field(default_factory=dict)


def offered(content: Mapping[str, Any]) -> dict[str, Any]:
    """What a candidate answers with: options, both sides of pairs, unit of measure, parts; neither key nor
    wording, nor the order in which they were written."""
    left = {name: value for name, value in content.items() if name not in _KEY_FIELDS | _WORDS}
    if "options" in left:
        left["options"] = {option["id"]: option["text"] for option in left["options"]}
    if "pairs" in left:
        left["rights"] = rights_of(content)
        left["pairs"] = {pair["id"]: pair["left"] for pair in left["pairs"]}
        left.pop("extra", None)
    if "parts" in left:
        left["parts"] = {part["id"]: offered(part) for part in left["parts"]}
    return left


def same_options(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """True when an answer to the one means the same as an answer to the other."""
    return offered(one) == offered(other)


def in_force(version: int, content: Mapping[str, Any], corrections: Iterable[Corrected]) -> Corrected | None:
    """The correction by which an answer to this version is judged: the newest later one with the same
    options. None: the version itself is."""
    later = [one for one in corrections if one.version > version and same_options(one.content, content)]
    return max(later, key=lambda one: one.version, default=None)


def edit_of(kind: str, content: Mapping[str, Any]) -> KeyEdit:
    """The key as it stands, in the shape in which it is corrected."""
    is_void = bool(content.get("void"))
    if kind == "case":
        parts = {part["id"]: edit_of(part["kind"], part) for part in content["parts"]}
        return KeyEdit(is_void=is_void, parts=parts)
    if kind == "matching":
        return KeyEdit(pairs={p["id"]: right_id(p["right"]) for p in content["pairs"]}, is_void=is_void)
    if kind == "true_false":
        return KeyEdit(("true" if content["key"] else "false",), is_void=is_void)
    if kind == "multiple":
        return KeyEdit(tuple(content["key"]), is_void=is_void)
    keys = (content["key"], *content.get("also", ()))
    return KeyEdit(keys, content.get("tolerance", ""), is_void=is_void)


def with_key(kind: str, content: Mapping[str, Any], edit: KeyEdit) -> dict[str, Any]:
    """The content with the corrected key and nothing else changed. Ask `edit_problems` first."""
    if edit.is_void:
        return {**content, "void": True}
    fresh = {name: value for name, value in content.items() if name not in ("void", "also")}
    if kind == "case":
        fresh["parts"] = [with_key(part["kind"], part, edit.parts[part["id"]]) for part in content["parts"]]
    elif kind == "matching":
        fresh.update(_paired(content, edit.pairs))
    elif kind == "true_false":
        fresh["key"] = edit.keys[0] == "true"
    elif kind == "multiple":
        fresh["key"] = sorted(set(edit.keys))
    else:
        fresh.update(_alternatives(kind, content, edit))
    return fresh


def _paired(content: Mapping[str, Any], pairs: Mapping[str, str]) -> dict[str, Any]:
    """Pairs put together anew; a right side that none uses now is still offered, as an extra."""
    texts = rights_of(content)
    paired = [{**pair, "right": texts[pairs[pair["id"]]]} for pair in content["pairs"]]
    used = {pair["right"] for pair in paired}
    return {"pairs": paired, "extra": [{"right": text} for text in texts.values() if text not in used]}


def _alternatives(kind: str, content: Mapping[str, Any], edit: KeyEdit) -> dict[str, Any]:
    """The first right answer is the key, the old one if it still holds; the rest count as well."""
    if kind == "number":
        keys = list(dict.fromkeys(parse_number(text) for text in edit.keys))
        found: dict[str, Any] = {"tolerance": parse_number(edit.tolerance or "0")}
    else:
        keys, found = sorted(set(edit.keys)), {}
    if content["key"] in keys:
        keys.remove(content["key"])
        keys.insert(0, content["key"])
    found["key"] = keys[0]
    if keys[1:]:
        found["also"] = keys[1:]
    return found


def edit_problems(
    kind: str, content: Mapping[str, Any], edit: KeyEdit, _: Say = plain, prefix: str = ""
) -> list[tuple[str, Blocker]]:
    """[(input, what is wrong)] with a typed key. Inputs: `<prefix>key`, `<prefix>tolerance`,
    `<prefix>pair-<left id>`; the prefix of a part is "<part id>-"."""
    if kind == "case":
        found: list[tuple[str, Blocker]] = []
        for part in () if edit.is_void else content["parts"]:
            typed = edit.parts.get(part["id"], KeyEdit())
            found += edit_problems(part["kind"], part, typed, _, f"{part['id']}-")
        return found
    if edit.is_void:
        return []
    if kind == "matching":
        return _pair_problems(content, edit, _, prefix)
    if kind == "number":
        return _number_problems(edit, _, prefix)
    known = {"true", "false"} if kind == "true_false" else {option["id"] for option in content["options"]}
    if not edit.keys or not set(edit.keys) <= known:
        return [(f"{prefix}key", Blocker("key_missing", _("Tandai jawaban yang benar.")))]
    if kind == "true_false" and len(edit.keys) != 1:
        return [(f"{prefix}key", Blocker("key_missing", _("Pilih benar atau salah.")))]
    if kind in ("single", "multiple") and set(edit.keys) == known:
        message = _("Semua pilihan ditandai benar. Anulir soal ini bila semua jawaban diterima.")
        return [(f"{prefix}key", Blocker("key_all", message))]
    return []


def _pair_problems(
    content: Mapping[str, Any], edit: KeyEdit, _: Say, prefix: str
) -> list[tuple[str, Blocker]]:
    known = rights_of(content)
    return [
        (f"{prefix}pair-{pair['id']}", Blocker("pair_missing", _("Pilih pasangan yang benar.")))
        for pair in content["pairs"]
        if edit.pairs.get(pair["id"]) not in known
    ]


def _number_problems(edit: KeyEdit, _: Say, prefix: str) -> list[tuple[str, Blocker]]:
    found = []
    message = _("Tulis angka, misalnya 12,5. Beberapa jawaban dipisahkan dengan titik koma.")
    if not edit.keys or not all(_is_number(text) for text in edit.keys):
        found.append((f"{prefix}key", Blocker("key_number", message)))
    elif len(set(edit.keys)) > MOST_ALSO + 1:
        many = _("Paling banyak %(most)s jawaban.", most=MOST_ALSO + 1)
        found.append((f"{prefix}key", Blocker("key_many", many)))
    tolerance = edit.tolerance or "0"
    if not _is_number(tolerance) or parse_number(tolerance).startswith("-"):
        wrong = _("Tulis toleransi sebagai angka, misalnya 0,5 atau 0.")
        found.append((f"{prefix}tolerance", Blocker("tolerance_number", wrong)))
    return found


def _is_number(text: str) -> bool:
    try:
        return bool(parse_number(text))
    except ValueError:
        return False


# ---- who changes ----


@dataclass(frozen=True)
class Stands:
    """The verdict in force on one cell: its value, what made it, and the attempt that it rests on (None: not
    on a written test)."""

    value: str
    source: str
    attempt_id: int | None


#: What a corrected key does to one person: the verdict changes; it would, but a certificate stands; the
#: verdict is a judge's own word; it is of somebody else's batch state; there is none; only points changed.
CHANGED, CERTIFIED, BY_HAND, CLOSED, UNJUDGED, POINTS = (
    "changed", "certified", "by_hand", "closed", "unjudged", "points",
)  # fmt: skip
#: Sources of verdicts that rest on the score of a written test.
_SCORED = frozenset({"written", "key", "retest"})


def fate_of(
    *, attempt_id: int, proposed: str, stands: Stands | None, is_open: bool, has_certificate: bool
) -> str:
    """What happens to one verdict. `proposed`: K or BK by the new score; `is_open`: its batch takes them."""
    if stands is None:
        return UNJUDGED
    if stands.value == proposed:
        return POINTS
    if stands.source not in _SCORED or stands.attempt_id != attempt_id:
        return BY_HAND
    if not is_open:
        return CLOSED
    if stands.value == COMPETENT and has_certificate:
        return CERTIFIED
    return CHANGED


def reason_problem(reason: str, _: Say = plain) -> Blocker | None:
    """A correction says why."""
    if not reason.strip():
        return Blocker("reason_needed", _("Tulis mengapa kuncinya keliru."))
    if len(reason.strip()) > REASON_LIMIT:
        return Blocker("reason_long", _("Alasan paling panjang %(limit)s huruf.", limit=REASON_LIMIT))
    return None
