"""What the pages of corrected keys show: keys in words, and who changes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from flask import url_for

from portal.assessment.forms.keys import KeyForm, hidden_fields
from portal.assessment.labels import points
from portal.assessment.queries import keys as queries
from portal.assessment.queries.keys import KeyedQuestion, PastCorrection
from portal.assessment.rules import keys as rules
from portal.assessment.rules.content import number_shown, rights_of
from portal.assessment.rules.judging import COMPETENT
from portal.assessment.services.keys import Preview
from portal.core.permissions import Actor, Permission
from portal.core.words import gettext as _

#: Rows of one list on a page; the numbers beside it are of all.
MOST_ROWS = 100
_LETTERS = {"": "–", COMPETENT: "K"}


def key_words(kind: str, content: Mapping[str, Any]) -> list[str]:
    """The key as people read it, a line each."""
    if content.get("void"):
        return [_("Dianulir: semua peserta mendapat nilai penuh")]
    if kind == "case":
        return [
            f"{number}. {line}"
            for number, part in enumerate(content["parts"], 1)
            for line in key_words(part["kind"], part)
        ]
    if kind == "matching":
        return [f"{pair['left']} = {pair['right']}" for pair in content["pairs"]]
    if kind == "true_false":
        return [_("Benar") if content["key"] else _("Salah")]
    if kind == "number":
        return [_number_words(content)]
    texts = {option["id"]: option["text"] for option in content["options"]}
    keys = content["key"] if kind == "multiple" else [content["key"], *content.get("also", ())]
    joint = _("atau") if kind == "single" else _("dan")
    return [f" {joint} ".join(f"“{texts[key]}”" for key in keys)]


def _number_words(content: Mapping[str, Any]) -> str:
    unit = f" {content['unit']}" if content.get("unit") else ""
    keys = [content["key"], *content.get("also", ())]
    words = f" {_('atau')} ".join(f"{number_shown(key)}{unit}" for key in keys)
    tolerance = content.get("tolerance") or "0"
    return (
        words
        if tolerance == "0"
        else _("%(key)s, boleh meleset %(by)s", key=words, by=number_shown(tolerance))
    )


def form_page(question: KeyedQuestion, form: KeyForm) -> dict[str, Any]:
    """The form: the question, its key as typed, and what was corrected before."""
    return {
        "question": question,
        "form": form,
        "key_now": key_words(question.kind, question.content),
        "rights_of": rights_of,
        "past": queries.corrections_of_question(question.id),
    }


def preview_page(preview: Preview, form: KeyForm, actor: Actor) -> dict[str, Any]:
    """The dry run: numbers, then who changes and who does not."""
    question = preview.question
    return {
        "question": question,
        "preview": preview,
        "form": form,
        "hidden": [*hidden_fields(form.edit), ("reason", form.reason), ("seen", preview.digest)],
        "key_now": key_words(question.kind, question.content),
        "key_new": key_words(question.kind, preview.content),
        "tests": _tests(preview),
        "lists": _lists([_effect_row(one, actor) for one in preview.moved]),
        "counts": _counts([(one.stands, one.proposed, one.fate) for one in preview.moved]),
    }


def _effect_row(one: Any, actor: Actor) -> dict[str, Any]:
    return {
        "name": one.holder.name,
        "where": _("Angkatan %(num)s", num=one.holder.batch_number),
        "old": points(one.old),
        "new": points(one.new),
        "of": points(one.of),
        "was": _LETTERS.get(one.stands, "BK"),
        "now": _LETTERS.get(one.proposed, "BK"),
        "fate": one.fate,
        "certificate": one.certificate,
        "href": certificate_url(one.certificate, actor),
    }


def certificate_url(code: str, actor: Actor) -> str:
    """Where a certificate is revoked, for those who may; else where it is checked."""
    if not code:
        return ""
    page = "certificates.detail" if actor.may(Permission.CERTIFICATE_VIEW) else "verification.show"
    return url_for(page, code=code)


def _tests(preview: Preview) -> list[dict[str, Any]]:
    """Test by test: how many answered the question, and of how many the points change."""
    found: dict[int, dict[str, Any]] = {}
    for one in preview.effects:
        row = found.setdefault(
            one.holder.test_id,
            {"title": one.holder.title, "batch": one.holder.batch_number, "people": 0, "moved": 0},
        )
        row["people"] += 1
        row["moved"] += one.old != one.new
    return list(found.values())


def _lists(rows: Sequence[dict[str, Any]]) -> dict[str, tuple[list[dict[str, Any]], int]]:
    """fate -> (the first rows, how many more there are)."""
    found: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(row["fate"] if row["fate"] != rules.UNJUDGED else rules.POINTS, []).append(row)
    return {fate: (those[:MOST_ROWS], max(0, len(those) - MOST_ROWS)) for fate, those in found.items()}


def _counts(moves: Iterable[tuple[str, str, str]]) -> dict[str, int]:
    """How many rise to K, fall to BK, are stopped by a certificate, and have other points at all."""
    moves = list(moves)
    changed = [(was, now) for was, now, fate in moves if fate == rules.CHANGED]
    return {
        "moved": len(moves),
        "up": sum(now == COMPETENT for _was, now in changed),
        "down": sum(now != COMPETENT for _was, now in changed),
        "certified": sum(fate == rules.CERTIFIED for _was, _now, fate in moves),
        "by_hand": sum(fate == rules.BY_HAND for _was, _now, fate in moves),
    }


def record_page(question: KeyedQuestion, past: PastCorrection, actor: Actor) -> dict[str, Any]:
    """One adopted correction with everybody it touched."""
    names = queries.names_of({one["enrollment_id"] for one in past.changes})
    rows = []
    for one in past.changes:
        name, batch, _reference = names[one["enrollment_id"]]
        rows.append(
            {
                "name": name,
                "where": _("Angkatan %(num)s", num=batch),
                "old": points(one["old_score"]),
                "new": points(one["new_score"]),
                "of": points(one["of"]),
                "was": _LETTERS.get(one["old"], "BK"),
                "now": _LETTERS.get(one["new"], "BK"),
                "fate": one["fate"],
                "certificate": one["certificate"],
                "href": certificate_url(one["certificate"], actor),
            }
        )
    counts = _counts((one["old"], one["new"], one["fate"]) for one in past.changes)
    return {"question": question, "past": past, "lists": _lists(rows), "counts": counts}
