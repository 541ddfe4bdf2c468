"""Questions as rows of a sheet: a row a question, the parts of a case in the rows below it. Pure.

Columns stand in any order and are found by their words; the header is the first row that has them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, time, timedelta
from typing import Any

from portal.assessment.rules.content import letter_ids, number_shown, parse_number
from portal.assessment.rules.content_check import content_problems, tidy, tidy_text
from portal.assessment.rules.gift.drafts import Draft, Reading, Refusal
from portal.assessment.rules.gift.writer import Written
from portal.assessment.rules.judging import Say, plain

OPTIONS = "ABCDEFGH"
#: Column of the file -> field. The order is that of the template.
COLUMNS = {
    "Jenis": "kind",
    "Nama": "name",
    "Soal": "stem",
    **{f"Pilihan {letter}": letter for letter in OPTIONS},
    "Kunci": "key",
    "Toleransi": "tolerance",
    "Satuan": "unit",
    "Pengecoh": "extra",
    "Pembahasan": "explanation",
    "Bagian dari": "case",
}
KIND_WORDS = {
    "single": "pilihan ganda",
    "multiple": "jawaban lebih dari satu",
    "true_false": "benar salah",
    "matching": "menjodohkan",
    "number": "angka",
    "case": "kasus",
}
_KINDS = {word: kind for kind, word in KIND_WORDS.items()} | {
    "pg": "single", "pilihan": "single", "pilihan ganda kompleks": "multiple", "jawaban ganda": "multiple",
    "benar/salah": "true_false", "benar-salah": "true_false", "b/s": "true_false", "b-s": "true_false",
    "pasangan": "matching", "jodohkan": "matching", "isian angka": "number", "studi kasus": "case",
}  # fmt: skip
_TRUTH = {"benar": True, "b": True, "ya": True, "salah": False, "s": False, "tidak": False}
_ARROW = re.compile(r"\s*(?:→|->|=>)\s*")
_HEADER_WITHIN = 20
MAX_ROWS = 500


class NoHeader(ValueError):
    """The sheet has no row that names the columns."""


def cell_text(cell: Any) -> str:
    """A cell as text: numbers as they are written here, the apostrophe of a neutralised cell taken off."""
    if isinstance(cell, bool):
        return "Benar" if cell else "Salah"
    if isinstance(cell, float):
        return (format(cell, "f").rstrip("0").rstrip(".") or "0").replace(".", ",")
    if isinstance(cell, date | time | timedelta):
        return str(cell)
    text = tidy_text(cell if cell is not None else "")
    return text[1:] if re.match(r"'[=+\-@\t\r]", text) else text


def read_rows(rows: Sequence[Sequence[Any]], _: Say = plain) -> Reading:
    """Every question of a sheet. Raises NoHeader when no row names the columns."""
    start, places = _header(rows)
    reading = Reading()
    seen: dict[str, int] = {}
    waiting: list[tuple[int, dict[str, str], list[dict[str, str]]]] = []
    for number, row in enumerate(rows[start + 1 :], start + 2):
        fields = {field: cell_text(row[place]) for field, place in places.items() if place < len(row)}
        if not any(fields.values()):
            continue
        case = fields.get("case", "")
        if case and waiting and waiting[-1][1].get("name") == case and _kind(waiting[-1][1]) == "case":
            waiting[-1][2].append(fields)
        else:
            waiting.append((number, fields, []))
    for number, fields, parts in waiting[:MAX_ROWS]:
        _read(reading, number, fields, parts, seen, _)
    if len(waiting) > MAX_ROWS:
        reason = _("Paling banyak %(limit)s soal dalam satu berkas. Bagi berkasnya.", limit=MAX_ROWS)
        reading.refusals.append(Refusal(waiting[MAX_ROWS][0], "", reason))
    return reading


def _header(rows: Sequence[Sequence[Any]]) -> tuple[int, dict[str, int]]:
    words = {title.casefold(): field for title, field in COLUMNS.items()}
    for number, row in enumerate(rows[:_HEADER_WITHIN]):
        places: dict[str, int] = {}
        for place, cell in enumerate(row):
            field = words.get(" ".join(str(cell).split()).casefold().rstrip(" *"))
            if field:
                places.setdefault(field, place)
        if {"kind", "stem"} <= places.keys():
            return number, places
    raise NoHeader()


def _kind(fields: Mapping[str, str]) -> str:
    return _KINDS.get(" ".join(fields.get("kind", "").casefold().split()), "")


def _read(
    reading: Reading,
    line: int,
    fields: dict[str, str],
    parts: list[dict[str, str]],
    seen: dict[str, int],
    _: Say,
) -> None:
    name = " ".join(fields.get("name", "").split())
    try:
        if fields.get("case"):
            raise ValueError(_("Kasus «%(name)s» tidak ada di baris sebelumnya.", name=fields["case"][:60]))
        if not name:
            raise ValueError(_("Kolom Nama kosong. Nama dipakai untuk mengenali soal bila diimpor lagi."))
        if len(name) > 120:
            raise ValueError(_("Nama paling panjang 120 huruf."))
        if name in seen:
            raise ValueError(
                _("Namanya sama dengan soal di baris %(line)s. Beri nama lain.", line=seen[name])
            )
        kind, content = _content(fields, parts, _)
        neat = tidy(kind, content)
        if problems := content_problems(kind, neat, _):
            raise ValueError(problems[0].message)
    except ValueError as error:
        for row in (fields, *parts):
            cells = tuple(row.get(field, "") for field in COLUMNS.values())
            reading.refusals.append(Refusal(line, name, str(error), fields.get("stem", ""), cells))
        return
    seen[name] = line
    reading.drafts.append(Draft(line, name, kind, neat))


def _content(fields: dict[str, str], parts: list[dict[str, str]], _: Say) -> tuple[str, dict[str, Any]]:
    kind = _kind(fields)
    if not kind:
        words = ", ".join(KIND_WORDS.values())
        raise ValueError(_("Jenis soal tidak dikenal. Pilih salah satu: %(words)s.", words=words))
    content: dict[str, Any] = {
        "stem": fields.get("stem", ""), "explanation": fields.get("explanation", ""),
    }  # fmt: skip
    if kind == "case":
        read = [_content(part, [], _) for part in parts]
        content["parts"] = [
            {"id": str(number), "kind": part_kind, **part} for number, (part_kind, part) in enumerate(read, 1)
        ]
    elif kind == "true_false":
        content["key"] = _TRUTH.get(fields.get("key", "").casefold())
    elif kind == "number":
        content |= {
            "key": _number(fields.get("key", ""), _("Kunci"), _),
            "tolerance": _number(fields.get("tolerance") or "0", _("Toleransi"), _),
            "unit": fields.get("unit", ""),
        }
    elif kind == "matching":
        content |= _matching(fields, _)
    else:
        content |= _choices(kind, fields, _)
    return kind, content


def _number(text: str, column: str, _: Say) -> str:
    try:
        return parse_number(text)
    except ValueError as error:
        raise ValueError(
            _("%(column)s bukan angka. Tulis misalnya 12,5 atau 1.500.", column=column)
        ) from error


def _choices(kind: str, fields: Mapping[str, str], _: Say) -> dict[str, Any]:
    filled = [(letter, fields.get(letter, "")) for letter in OPTIONS if fields.get(letter, "")]
    ids = dict(
        zip((letter for letter, _text in filled), letter_ids([text for _l, text in filled]), strict=True)
    )
    options = [{"id": ids[letter], "text": text} for letter, text in filled]
    marked = re.findall(r"[A-Z]+", fields.get("key", "").upper())
    if not marked or not set(marked) <= ids.keys():
        raise ValueError(_("Kunci harus huruf dari pilihan yang terisi, misalnya A atau A, C."))
    if kind == "single" and len(marked) > 1:
        raise ValueError(_("Pilihan ganda punya satu kunci. Untuk beberapa, pakai jenis lain."))
    return {"options": options, "key": [ids[one] for one in marked] if kind == "multiple" else ids[marked[0]]}


def _matching(fields: Mapping[str, str], _: Say) -> dict[str, Any]:
    pairs = []
    for letter in OPTIONS:
        text = fields.get(letter, "")
        if not text:
            continue
        halves = _ARROW.split(text, maxsplit=1)
        if len(halves) < 2:
            raise ValueError(_("Tulis tiap pasangan sebagai «kiri → kanan» di kolom pilihan."))
        pairs.append({"id": letter.lower(), "left": halves[0], "right": halves[1]})
    extra = [{"right": line} for line in fields.get("extra", "").split("\n") if line.strip()]
    return {"pairs": pairs, "extra": extra}


def to_rows(questions: Iterable[Written]) -> list[list[str]]:
    """The rows of `COLUMNS` that are read back as these questions; pictures do not come along."""
    rows = []
    for question in questions:
        rows.append(_row(question.kind, question.content, question.name))
        for part in question.content.get("parts", ()):
            rows.append(_row(part["kind"], part, case=question.name))
    return rows


def _row(kind: str, content: Mapping[str, Any], name: str = "", case: str = "") -> list[str]:
    fields = {
        "kind": KIND_WORDS[kind], "name": name, "stem": content["stem"], "case": case,
        "explanation": content.get("explanation", ""),
    }  # fmt: skip
    if kind in ("single", "multiple"):
        letters = dict(zip((option["id"] for option in content["options"]), OPTIONS, strict=False))
        fields |= {letters[option["id"]]: option["text"] for option in content["options"]}
        keys = content["key"] if kind == "multiple" else [content["key"]]
        fields["key"] = ", ".join(sorted(letters[key] for key in keys))
    elif kind == "true_false":
        fields["key"] = "Benar" if content["key"] else "Salah"
    elif kind == "number":
        fields |= {"key": number_shown(content["key"]), "unit": content.get("unit", "")}
        fields["tolerance"] = number_shown(content.get("tolerance") or "0")
    elif kind == "matching":
        rights = zip(OPTIONS, content["pairs"], strict=False)
        fields |= {letter: f"{pair['left']} → {pair['right']}" for letter, pair in rights}
        fields["extra"] = "\n".join(row["right"] for row in content.get("extra", ()))
    return [fields.get(field, "") for field in COLUMNS.values()]
