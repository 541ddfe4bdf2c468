"""Reasons that the portal itself gives for a change: stored as codes, said in the language of who reads.

What people wrote is stored as they wrote it. Rows of before hold the sentence itself and stay readable.
"""

from __future__ import annotations

UNDONE = "@undone"
OFFLINE = "@offline"
_PAPER = "@paper "


def from_paper(code: str) -> str:
    """The stored reason of a change that came from a printed sheet."""
    return f"{_PAPER}{code}"


def paper_code(reason: str) -> str | None:
    """The code of the printed sheet that a stored reason names, or None."""
    return reason.removeprefix(_PAPER) if reason.startswith(_PAPER) else None
