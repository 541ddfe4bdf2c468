"""Paging by page number: pages can be linked, printed and shared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Page:
    """One page of rows. `total` is None when it was not counted."""

    items: Sequence[Any]
    number: int
    has_next: bool
    total: int | None = None


def page_number(text: str | None) -> int:
    """`?hal=` as a page number from 1 to 500; anything else is page 1."""
    if text and text.isascii() and text.isdigit() and len(text) <= 3:
        return min(max(int(text), 1), 500)
    return 1


def cut(rows: Sequence[Any], number: int, size: int, total: int | None = None) -> Page:
    """Make a Page from at most size + 1 fetched rows."""
    return Page(items=rows[:size], number=number, has_next=len(rows) > size, total=total)
