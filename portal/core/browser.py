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


def take(kind: str) -> str:
    """The handle of a kind, which is not held any longer; an empty text where there was none."""
    return str(session.pop(_PREFIX + kind, ""))


def forget() -> None:
    """Let go of everything, sign-in included: a new step begins for somebody else."""
    session.clear()
