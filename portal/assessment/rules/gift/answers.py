"""The answers of a GIFT question: which kind it is, its options and its key."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import Any

from portal.assessment.rules.content import letter_ids, parse_number
from portal.assessment.rules.content_check import EXPLANATION_LIMIT, OPTIONS
from portal.assessment.rules.gift.text import formatted, unmark
from portal.assessment.rules.judging import Say

_WEIGHT = re.compile(r"%(-*[0-9]{1,2}\.?[0-9]*)%")
_MOST_PIECES = 100
_TRUTH = {"T": True, "TRUE": True, "F": False, "FALSE": False}

Found = tuple[str, dict[str, Any], tuple[str, ...], int]


def is_truth(answers: str) -> bool:
    """Whether what stands between the braces says true or false."""
    return answers.partition("#")[0].strip() in _TRUTH


class Unreadable(Exception):
    """A question that is none for us; its text is a sentence for people."""


def read_answers(answers: str, style: str, _: Say) -> Found:
    """(kind, content without the stem, notes, pictures lost) of what stands between the braces, marked.
    `style` is the format of the question's text, which its answers take over. Raises Unreadable."""
    answers, _sign, said = answers.rpartition("####") if "####" in answers else (answers, "", "")
    general, _format, pictures = formatted(said, style)
    answers = answers.strip()
    if not answers:
        raise Unreadable(
            _("Soal esai tidak didukung: portal hanya menyimpan soal yang dapat dinilai sendiri.")
        )
    if answers.startswith("#"):
        found = _number(answers[1:], style, _)
    elif "~" in answers:
        found = _choices(answers, style, _)
    elif "=" in answers and "->" in answers:
        found = _pairs(answers, style, _)
    elif is_truth(answers):
        found = _truth(answers, style)
    else:
        raise Unreadable(_("Soal isian singkat tidak didukung. Ubah menjadi pilihan ganda atau isian angka."))
    kind, content, notes, more = found
    feedback = [general, *content.pop("feedback", [])]
    explanation = "\n".join(text for text in feedback if text)
    if len(explanation) > EXPLANATION_LIMIT:
        explanation = explanation[: EXPLANATION_LIMIT - 1] + "…"
        notes = (*notes, _("Penjelasan dipotong: paling panjang %(limit)s huruf.", limit=EXPLANATION_LIMIT))
    return kind, {**content, "explanation": explanation}, notes, pictures + more


def _few(pieces: list[str], _: Say) -> list[str]:
    """The pieces; far more than any question has are not even looked at, since each costs time."""
    if len(pieces) > _MOST_PIECES:
        what = _("Jumlah pilihan")
        raise Unreadable(_("%(what)s: %(low)s sampai %(high)s.", what=what, low=OPTIONS[0], high=OPTIONS[1]))
    return pieces


def _split(text: str, style: str) -> tuple[str, str, int]:
    """(answer, its feedback, pictures lost) of "answer#feedback"."""
    answer, _sign, feedback = text.partition("#")
    said, _format, first = formatted(answer, style)
    more, _format, second = formatted(feedback, style)
    return said, more, first + second


def _weight(text: str) -> tuple[Decimal | None, str]:
    """(weight in per cent or None, the rest) of a text that may begin with %weight%."""
    found = _WEIGHT.match(text)
    if not found:
        return None, text
    try:
        return Decimal(found[1]), text[found.end() :]
    except InvalidOperation:
        return None, text


def _choices(answers: str, style: str, _: Say) -> Found:
    texts, weights, feedback, lost = [], [], [], 0
    # Old files write a right option as "~=right".
    for piece in _few(re.split(r"(?=[~=])", re.sub(r"~\s*=", "=", answers)), _):
        row = piece.strip()
        if not row:
            continue
        is_right = row.startswith("=")
        # "=%50%half" has a weight of its own, whatever stands before it.
        weight, rest = _weight(row[1:].strip())
        if is_right and weight is None:
            weight = Decimal(100)
        text, said, pictures = _split(rest, style)
        if not text:
            raise Unreadable(_("Ada pilihan yang kosong."))
        texts.append(text)
        weights.append(weight or Decimal(0))
        feedback.append(f"{text}: {said}" if said else "")
        lost += pictures
    ids = letter_ids(texts) if len(texts) <= 26 else [str(i) for i in range(len(texts))]
    options = [{"id": name, "text": text} for name, text in zip(ids, texts, strict=True)]
    content = {"options": options, "feedback": feedback}
    if "=" not in answers or all(weight != 100 for weight in weights):
        key = [name for name, weight in zip(ids, weights, strict=True) if weight > 0]
        uneven = len({weight for weight in weights if weight > 0}) > 1
        notes = (_("Bobot jawaban benar tidak sama; di sini semuanya bernilai sama."),) if uneven else ()
        return "multiple", {**content, "key": key}, notes, lost
    key = [name for name, weight in zip(ids, weights, strict=True) if weight == 100]
    if len(key) != 1:
        raise Unreadable(_("Ada lebih dari satu jawaban yang sepenuhnya benar (=). Tandai satu saja."))
    partial = any(weight not in (0, 100) for weight in weights)
    notes = (_("Nilai sebagian untuk pilihan lain tidak ikut."),) if partial else ()
    return "single", {**content, "key": key[0]}, notes, lost


def _pairs(answers: str, style: str, _: Say) -> Found:
    lefts, rights, extra, lost = [], [], [], 0
    for piece in _few(answers.split("="), _):
        row = piece.strip()
        if not row:
            continue
        left, found, right = row.partition("->")
        if not found:
            raise Unreadable(_("Ada pasangan tanpa tanda panah (->)."))
        text, _format, pictures = formatted(left, style)
        right, lost = unmark(right.strip()).strip(), lost + pictures
        if text:
            lefts.append(text)
            rights.append(right)
        else:
            extra.append({"right": right})
    pairs = [
        {"id": "abcdefghijklmnopqrstuvwxyz"[index], "left": left, "right": right}
        for index, (left, right) in enumerate(zip(lefts[:26], rights, strict=False))
    ]
    return "matching", {"pairs": pairs, "extra": extra}, (), lost


def _truth(answers: str, style: str) -> Found:
    word, *feedback = answers.split("#", 2)
    wrong, right = [formatted(text, style)[0] for text in (*feedback, "", "")[:2]]
    said = [right, wrong]
    return "true_false", {"key": _TRUTH[word.strip()], "feedback": said}, (), 0


def _number(answers: str, style: str, _: Say) -> Found:
    right, wrong = answers.partition("~")[::2]
    found, feedback, partial = [], [], False
    for piece in _few(right.split("="), _):
        if not piece.strip():
            continue
        weight, rest = _weight(piece.strip())
        text, said, _pictures = _split(rest, style)
        feedback.append(said)
        if weight is not None and weight != 100:
            partial = True
            continue
        found.append(_range(text, _))
    feedback += [_split(wrong, style)[1]] if wrong else []
    if len(found) != 1:
        raise Unreadable(
            _("Soal angka di sini punya satu jawaban. Berkas menulis %(num)s yang benar.", num=len(found))
        )
    notes = (_("Nilai sebagian untuk angka lain tidak ikut."),) if partial else ()
    key, tolerance = found[0]
    content = {"key": key, "tolerance": tolerance, "unit": "", "feedback": feedback}
    return "number", content, notes, 0


def _range(text: str, _: Say) -> tuple[str, str]:
    """(key, tolerance) of "3.14", "3.14:0.01" or "1..5"."""
    try:
        if ".." in text:
            low, high = (Decimal(part.strip()) for part in text.split("..", 1))
            key, tolerance = (low + high) / 2, (high - low) / 2
        else:
            first, _sign, second = text.partition(":")
            key, tolerance = Decimal(first.strip()), Decimal(second.strip() or "0")
        if tolerance < 0 or max(abs(key.adjusted()), abs(tolerance.adjusted())) > 20:
            raise ValueError("out of range")
        return tuple(parse_number(format(one, "f").replace(".", ",")) for one in (key, tolerance))  # type: ignore[return-value]
    except (InvalidOperation, ValueError) as error:
        raise Unreadable(_("Jawaban angkanya tidak terbaca: «%(typed)s».", typed=text[:60])) from error
