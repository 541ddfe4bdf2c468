"""What the pages of a sitting send: answers from inputs of the question macro, and small JSON bodies."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from flask import request, session

NAME = "jawaban"
#: Nothing that a page of ours sends is longer.
MOST_BODY = 2048


def raw_answer(view: Mapping[str, Any], form: Any, name: str = NAME) -> Any:
    """The raw answer to a question as `rules.content.parse_answer` takes it; view: `rules.content.shown()`.
    Reads the inputs that `templates/assessment/question.html` draws."""
    kind = view["kind"]
    if kind == "multiple":
        return form.getlist(name)
    if kind == "matching":
        return {left["id"]: form.get(f"{name}.{left['id']}", "") for left in view["lefts"]}
    if kind == "case":
        return {part["id"]: raw_answer(part, form, f"{name}.{part['id']}") for part in view["parts"]}
    return form.get(name, "")


def small_json() -> dict[str, Any]:
    """The JSON object of this request; empty for anything else or too much."""
    if (request.content_length or 0) > MOST_BODY:
        return {}
    try:
        body = request.get_json(silent=True)
    except RecursionError:
        # A thousand brackets in each other.
        return {}
    return body if isinstance(body, dict) else {}


def whole(value: Any, most: int = 10**9) -> int | None:
    """A whole number from JSON, or None."""
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return value if is_number and 0 <= value <= most else None


def device_mark() -> str:
    """What tells one browser from another in the log of a sitting, and nothing else: of its session."""
    return hashlib.sha256(f"uji {session.get('_user_id', '')}".encode()).hexdigest()[:8]
