"""Why something is not possible yet: rules return these, never a bare bool."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Blocker:
    """A reason. `code` is stable, `message` is a sentence for people, `remedy` what would still help."""

    code: str
    message: str
    remedy: str = ""
