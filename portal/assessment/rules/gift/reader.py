"""Reading GIFT: every paragraph a question, each bad one with its line and a plain reason."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from portal.assessment.rules.content_check import content_problems, tidy
from portal.assessment.rules.gift.answers import Unreadable, is_truth, read_answers
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
_NAMED = re.compile(r"::[^:\s](?:[^:]|\\:)*::")
_BRACE = re.compile(r"(?<!\\)[{}]")


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
        if first and _NAMED.match(line) and _is_whole(lines):
            yield first, lines
            lines, first = [], 0
        if line:
            lines.append(line)
            if not first and not line.startswith("//"):
                first = number
            continue
        if first:
            yield first, lines
        lines, first = [], 0


def _is_whole(lines: list[str]) -> bool:
    """Whether no brace of these lines stands open: a named question may follow without a blank line."""
    text = "\n".join(line for line in lines if not line.startswith("//"))
    braces = _BRACE.findall(text.replace("\\\\", ""))
    return bool(text) and braces.count("{") == braces.count("}") and not text.startswith("$")


def _read_paragraph(reading: Reading, line: int, source: list[str], _: Say) -> None:
    text = mark("\n".join(row for row in source if not row.startswith("//")).strip())
    if text.startswith("$CATEGORY:"):
        name = unmark(text[10:].split("\n")[0]).strip()
        if len(reading.categories) < MAX_CATEGORIES:
            reading.categories.append(name.replace("$course$/", "").replace("top/", "", 1)[:NAME_LIMIT])
        text = text.partition("\n")[2].strip()
        if not text:
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
    # Behind a statement, marks alone are no missing word: `{TRUE}";`.
    is_gap = bool(after) and not (is_truth(answers) and not re.search(r"\w", after))
    stem, style, pictures = formatted(before + BLANK + after if is_gap else before, "moodle")
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
    """Keep what may be stored; the rest, and the second of two equal questions, is refused with its reason.

    Banks may hold several questions of one name, ours know a question by it: the later ones get a number.
    """
    good: list[Draft] = []
    seen: dict[str, list[Draft]] = {}
    taken = {draft.name for draft in reading.drafts}
    for draft in reading.drafts:
        content = tidy(draft.kind, draft.content)
        problems = content_problems(draft.kind, content, _)
        if not draft.name:
            reason = _("Soal ini tidak punya nama dan tidak punya pertanyaan.")
        elif problems:
            reason = problems[0].message
        elif twin := _twin(seen.get(draft.name, ()), draft.kind, content):
            reason = _("Soal ini sama dengan soal di baris %(line)s.", line=twin.line)
        else:
            kept = Draft(draft.line, draft.name, draft.kind, content, draft.notes)
            good.append(_numbered(kept, seen[draft.name][0], taken, _) if draft.name in seen else kept)
            seen.setdefault(draft.name, []).append(kept)
            continue
        reading.refusals.append(Refusal(draft.line, draft.name, reason, content.get("stem", "")))
    reading.drafts = good
    reading.refusals.sort(key=lambda refusal: refusal.line)


def _twin(known: Iterable[Draft], kind: str, content: dict[str, Any]) -> Draft | None:
    return next((one for one in known if (one.kind, one.content) == (kind, content)), None)


def _numbered(draft: Draft, first: Draft, taken: set[str], _: Say) -> Draft:
    """The draft under a name of its own; the note says whose name it had."""
    number = 2
    while (name := f"{draft.name[: NAME_LIMIT - 6]} ({number})") in taken:
        number += 1
    taken.add(name)
    note = _("Diberi nomor, karena soal di baris %(line)s bernama sama.", line=first.line)
    return replace(draft, name=name, notes=(*draft.notes, note))
