"""Reading GIFT: every paragraph a question, each bad one with its line and a plain reason."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from portal.assessment.rules.content_check import content_problems, tidy
from portal.assessment.rules.gift.answers import Unreadable, read_answers
from portal.assessment.rules.gift.cases import gather_cases
from portal.assessment.rules.gift.drafts import Draft, Reading, Refusal
from portal.assessment.rules.gift.text import clean, formatted, mark, unmark
from portal.assessment.rules.judging import Say, plain

MAX_QUESTIONS = 500
#: Names of groups that are told; more come along without being named.
MAX_CATEGORIES = 50
NAME_LIMIT = 120
BLANK = "_____"
_NOTE = re.compile(r"//\s*pembahasan kasus:\s*(.*)")


def read(text: str, _: Say = plain) -> Reading:
    """Every question of a file's text. What cannot be a question here is a refusal with its reason; a
    description followed by questions named "<its name> (1)", "(2)", ... is a case."""
    reading = Reading()
    for line, source in _paragraphs(clean(text.removeprefix("\ufeff"))):
        if len(reading.drafts) + len(reading.refusals) >= MAX_QUESTIONS:
            message = _(
                "Paling banyak %(limit)s soal dalam satu berkas. Bagi berkasnya.", limit=MAX_QUESTIONS
            )
            reading.refusals.append(Refusal(line, "", message))
            break
        _read_paragraph(reading, line, source, _)
    gather_cases(reading, _)
    _check_all(reading, _)
    return reading


def _paragraphs(text: str) -> Iterator[tuple[int, list[str]]]:
    """(line of the first line that is no comment, the lines) of each paragraph that has such a line."""
    lines: list[str] = []
    first = 0
    for number, raw in enumerate([*text.split("\n"), ""], 1):
        line = raw.strip()
        if line:
            lines.append(line)
            if not first and not line.startswith("//"):
                first = number
            continue
        if first:
            yield first, lines
        lines, first = [], 0


def _read_paragraph(reading: Reading, line: int, source: list[str], _: Say) -> None:
    text = mark("\n".join(row for row in source if not row.startswith("//")).strip())
    if text.startswith("$CATEGORY:"):
        name = unmark(text[10:].split("\n")[0]).strip()
        if len(reading.categories) < MAX_CATEGORIES:
            reading.categories.append(name.replace("$course$/", "").replace("top/", "", 1)[:NAME_LIMIT])
        return
    name, text = _name(text)
    try:
        draft = _question(line, name, text, _)
    except Unreadable as refused:
        reading.refusals.append(Refusal(line, name or _short(text), str(refused), "\n".join(source)))
        return
    for row in source:
        if draft.kind == "description" and (said := _NOTE.match(row)):
            draft.content["explanation"] = formatted(mark(said[1]), "plain")[0]
    reading.drafts.append(draft)


def _name(text: str) -> tuple[str, str]:
    """(name or "", the rest) of a question that may begin with ::name::."""
    if text.startswith("::"):
        name, found, rest = text[2:].partition("::")
        if found:
            return " ".join(unmark(name).split())[:NAME_LIMIT], rest.strip()
    return "", text


def _short(text: str) -> str:
    """A name for a question that has none: how its text begins."""
    words = " ".join(formatted(text.partition("{")[0], "moodle")[0].split())
    return words if len(words) <= 80 else words[:79].rsplit(" ", 1)[0] + "…"


def _question(line: int, name: str, text: str, _: Say) -> Draft:
    opening, closing = text.find("{"), text.find("}")
    if opening < 0 and closing < 0:
        stem, _format, pictures = formatted(text, "moodle")
        content: dict[str, Any] = {"stem": stem}
        return Draft(line, name or _short(text), "description", content, _lost(pictures, _))
    if opening < 0 or closing < opening:
        raise Unreadable(
            _("Kurung kurawal { dan } tidak berpasangan. Tulis \\{ dan \\} bila bagian dari teks.")
        )
    answers = text[opening + 1 : closing].strip()
    before, after = text[:opening], text[closing + 1 :]
    if "{" in answers or "{" in after or "}" in after:
        raise Unreadable(
            _("Ada kurung kurawal { atau } yang lebih. Satu soal hanya punya satu blok jawaban.")
        )
    stem, style, pictures = formatted(before + BLANK + after if after else before, "moodle")
    kind, content, notes, more = read_answers(answers, style, _)
    if kind == "number" and (unit := re.search(r"\n\(satuan: ([^\n]{1,20})\)$", stem)):
        stem, content["unit"] = stem[: unit.start()], unit[1]
    notes = (*_lost(pictures + more, _), *notes)
    return Draft(line, name or _short(before or after), kind, {"stem": stem, **content}, notes)


def _lost(pictures: int, _: Say) -> tuple[str, ...]:
    if not pictures:
        return ()
    return (_("%(num)s gambar tidak ikut. Unggah gambarnya setelah impor.", num=pictures),)


def _check_all(reading: Reading, _: Say) -> None:
    """Keep what may be stored; the rest, and the second of two equal names, is refused with its reason."""
    good: list[Draft] = []
    seen: dict[str, int] = {}
    counts = Counter(draft.name for draft in reading.drafts)
    for draft in reading.drafts:
        content = tidy(draft.kind, draft.content)
        problems = content_problems(draft.kind, content, _)
        if not draft.name:
            reason = _("Soal ini tidak punya nama dan tidak punya pertanyaan.")
        elif problems:
            reason = problems[0].message
        elif counts[draft.name] > 1 and draft.name in seen:
            reason = _("Namanya sama dengan soal di baris %(line)s. Beri nama lain.", line=seen[draft.name])
        else:
            good.append(Draft(draft.line, draft.name, draft.kind, content, draft.notes))
            seen[draft.name] = draft.line
            continue
        reading.refusals.append(Refusal(draft.line, draft.name, reason, content.get("stem", "")))
    reading.drafts = good
    reading.refusals.sort(key=lambda refusal: refusal.line)
