"""What the pages of paper tests send."""

from __future__ import annotations

from collections.abc import Iterable

from flask import request

from portal.core.forms import BaseForm, row_number


class KeyingForm(BaseForm):
    """What was keyed in, a line each; `errors_at` holds what cannot be read, by line."""

    def __init__(self, typed: dict[str, str] | None = None) -> None:
        super().__init__()
        self.typed = typed or {}
        self.errors_at: dict[str, str] = {}

    @property
    def error_list(self) -> list[tuple[str, str]]:
        """(input id or "", message) for the summary; a line's message says which line."""
        lines = [(f"l{line}", f"{line}: {message}") for line, message in self.errors_at.items()]
        return [("", message) for message in self.form_errors] + lines


def typed_lines(lines: Iterable[str]) -> dict[str, str]:
    """line as printed -> what was keyed in."""
    return {line: request.form.get(f"l{line}", "").strip()[:200] for line in lines}


def settled_lines(differs: Iterable[tuple[str, str, str]]) -> dict[str, str]:
    """line -> what stands on the paper; a line without a choice is missing."""
    found = {}
    for line, first, second in differs:
        choice = request.form.get(f"l{line}")
        if choice in ("1", "2"):
            found[line] = first if choice == "1" else second
        elif choice == "x":
            found[line] = request.form.get(f"x{line}", "").strip()[:200]
    return found


def chosen_people() -> list[int] | None:
    """The enrollments that were ticked; None for the button that takes everybody."""
    if request.form.get("semua"):
        return None
    return request.form.getlist("orang", type=row_number)
