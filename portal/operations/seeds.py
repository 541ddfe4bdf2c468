"""Chance that can be repeated."""

from __future__ import annotations

from random import Random


def seeded(*words: object) -> Random:
    """A generator that gives the same course for the same words. For made-up data, never for secrets."""
    return Random(" ".join(str(word) for word in words))  # noqa: S311  made-up data wants repetition
