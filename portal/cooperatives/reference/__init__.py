"""The checklist items the portal starts with, read from the file beside this module. Pure."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources

SOURCE_STATUSES = frozenset({"confirmed", "general", "portal", "unconfirmed"})


@dataclass(frozen=True, slots=True)
class ItemRef:
    """A checklist item; `valid_months` None means that an entry counts for good."""

    code: str
    name: str
    name_en: str
    help: str
    help_en: str
    source: str
    source_status: str
    valid_months: int | None = None
    kinds: tuple[str, ...] = ()


@cache
def load_checklist_items() -> tuple[ItemRef, ...]:
    """The items in the order of the file. Raises ValueError for a file that does not hold together."""
    text = resources.files(__name__).joinpath("checklist.toml").read_text("utf-8")
    items = tuple(ItemRef(**entry) for entry in tomllib.loads(text)["item"])
    if len({item.code for item in items}) != len(items):
        raise ValueError("checklist.toml: a code twice")
    wrong = [item.code for item in items if item.source_status not in SOURCE_STATUSES]
    if wrong:
        raise ValueError(f"checklist.toml: unknown source_status of {', '.join(wrong)}")
    return items
