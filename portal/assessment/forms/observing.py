"""What the observation page sends."""

from __future__ import annotations

from dataclasses import dataclass

from flask import request

from portal.core.forms import BaseForm, row_number


@dataclass(frozen=True)
class Noted:
    """What was ticked and typed, kept when it is turned down."""

    criteria: dict[int, str]
    note: str
    interview: str
    version: int | None


class ObservationForm(BaseForm):
    """Only its tokens: the criteria are fields of their own."""


def noted() -> Noted:
    """The observation of one unit; a criterion without a choice is left out."""
    form = request.form
    criteria: dict[int, str] = {}
    for key in form:
        if key.startswith("kriteria-"):
            try:
                criteria[row_number(key.removeprefix("kriteria-"))] = form[key]
            except ValueError:
                criteria[-1] = form[key]
    return Noted(
        criteria,
        form.get("note", "").replace("\r\n", "\n"),
        form.get("interview", "").replace("\r\n", "\n"),
        form.get("version", None, type=row_number),
    )
