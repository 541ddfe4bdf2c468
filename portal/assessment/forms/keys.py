"""What the pages of results and corrected keys send."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from werkzeug.datastructures import MultiDict
from wtforms import HiddenField

from portal.assessment.rules.keys import KeyEdit
from portal.core.forms import BaseForm

Sent = MultiDict[str, str]


class SeenForm(BaseForm):
    """A decision about what a page showed: `seen` is its fingerprint."""

    seen = HiddenField()


class KeyForm(BaseForm):
    """A typed key with its reason; `errors_at` holds what is wrong by the name of an input."""

    def __init__(self, edit: KeyEdit, reason: str = "") -> None:
        super().__init__()
        self.edit = edit
        self.reason = reason
        self.errors_at: dict[str, str] = {}

    @property
    def error_list(self) -> list[tuple[str, str]]:
        """(input id or "", message) for the summary."""
        return [("", message) for message in self.form_errors] + list(self.errors_at.items())


def read_edit(kind: str, content: Mapping[str, Any], sent: Sent, prefix: str = "") -> KeyEdit:
    """The key that an address or a form holds, as typed."""
    if kind == "case":
        parts = {
            part["id"]: read_edit(part["kind"], part, sent, f"{part['id']}-") for part in content["parts"]
        }
        return KeyEdit(is_void=bool(sent.get("void")), parts=parts)
    keys = [text.strip() for text in sent.getlist(f"{prefix}key")]
    if kind == "number":
        keys = [one.strip() for text in keys for one in text.split(";")]
    pairs = {}
    if kind == "matching":
        pairs = {pair["id"]: sent.get(f"{prefix}pair-{pair['id']}", "") for pair in content["pairs"]}
    return KeyEdit(
        tuple(key for key in keys if key),
        sent.get(f"{prefix}tolerance", "").strip(),
        pairs,
        bool(sent.get(f"{prefix}void")),
    )


def read_reason(sent: Sent) -> str:
    """Why, as typed."""
    return sent.get("reason", "").replace("\r\n", "\n").strip()


def hidden_fields(edit: KeyEdit, prefix: str = "") -> Iterator[tuple[str, str]]:
    """(name, value) by which a page hands a typed key on."""
    if edit.is_void:
        yield f"{prefix}void", "1"
    for key in edit.keys:
        yield f"{prefix}key", key
    if edit.tolerance:
        yield f"{prefix}tolerance", edit.tolerance
    for left, right in edit.pairs.items():
        yield f"{prefix}pair-{left}", right
    for part_id, part in edit.parts.items():
        yield from hidden_fields(part, f"{part_id}-")
