"""What this browser holds between two steps: handles of proofs, in the signed cookie."""

from __future__ import annotations

from flask import session

_PREFIX = "one_time_"


def keep(kind: str, handle: str) -> None:
    """Hold a handle for the next step."""
    session[_PREFIX + kind] = handle


def held(kind: str) -> str:
    """The handle of a kind, or an empty text."""
    return str(session.get(_PREFIX + kind, ""))


def drop(kind: str) -> None:
    """Let go of a handle that has done its work."""
    session.pop(_PREFIX + kind, None)
