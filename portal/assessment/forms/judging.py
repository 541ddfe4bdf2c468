"""What the result pages send."""

from __future__ import annotations

from dataclasses import dataclass

from flask import request

from portal.assessment.services import VerdictEntry
from portal.core.forms import row_number


@dataclass(frozen=True)
class Typed:
    """What somebody typed for one unit, kept when it is turned down."""

    value: str
    note: str
    criteria: tuple[int, ...]


def one_entry() -> VerdictEntry:
    """The verdict of one unit; -1 and "" stand for what is missing or malformed."""
    form = request.form
    return VerdictEntry(
        form.get("enrollment", -1, type=row_number),
        form.get("unit", -1, type=row_number),
        form.get("value", ""),
        form.get("note", "").replace("\r\n", "\n"),
        tuple(form.getlist("criteria", type=row_number)),
        form.get("version", None, type=row_number),
    )


def whole_person(enrollment_id: int, unit_ids: list[int]) -> list[VerdictEntry]:
    """The verdicts of all units of one person; units without a choice are left out."""
    form = request.form
    return [
        VerdictEntry(
            enrollment_id,
            unit_id,
            form[f"value-{unit_id}"],
            form.get(f"note-{unit_id}", "").replace("\r\n", "\n"),
            tuple(form.getlist(f"criteria-{unit_id}", type=row_number)),
            form.get(f"version-{unit_id}", None, type=row_number),
        )
        for unit_id in unit_ids
        if form.get(f"value-{unit_id}")
    ]


def typed(entries: list[VerdictEntry]) -> dict[int, Typed]:
    """unit id -> what was typed."""
    return {entry.unit_id: Typed(entry.value, entry.note, entry.criteria) for entry in entries}
