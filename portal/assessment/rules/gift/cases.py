"""A description and the questions that belong to it are a case; a description alone is no question."""

from __future__ import annotations

from portal.assessment.rules.gift.drafts import Draft, Reading, Refusal
from portal.assessment.rules.judging import Say


def gather_cases(reading: Reading, _: Say) -> None:
    """Join each description with the questions right behind it that are named "<its name> (<number>)"."""
    kept: list[Draft] = []
    waiting = list(reading.drafts)
    while waiting:
        draft = waiting.pop(0)
        if draft.kind != "description":
            kept.append(draft)
            continue
        parts: list[Draft] = []
        while waiting and waiting[0].name == f"{draft.name} ({len(parts) + 1})":
            parts.append(waiting.pop(0))
        if not parts:
            reason = _(
                "Hanya teks tanpa jawaban. Teks seperti ini hanya dibaca sebagai kasus bila diikuti soal."
            )
            reading.refusals.append(Refusal(draft.line, draft.name, reason, draft.content["stem"]))
            continue
        content = {
            **draft.content,
            "parts": [
                {"id": str(number), "kind": part.kind, **part.content} for number, part in enumerate(parts, 1)
            ],
        }
        notes = tuple(note for one in (draft, *parts) for note in one.notes)
        kept.append(Draft(draft.line, draft.name, "case", content, notes))
    reading.drafts = kept
