"""The service lines that the portal starts with, read from `lines.toml` beside this module.

The loader is pure: it reads, checks and returns frozen values. A file that does not hold together raises
`ReferenceDataError` with the line and the place in it.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from portal.catalog.services import program_slugs
from portal.cooperatives.models import Kind, Post


class ReferenceDataError(ValueError):
    """The file contradicts itself or the catalog."""


@dataclass(frozen=True, slots=True)
class NeedRef:
    """`count` people on one of `posts` with one of `programs` (slugs)."""

    posts: tuple[str, ...]
    programs: tuple[str, ...]
    count: int
    takes_external: bool


@dataclass(frozen=True, slots=True)
class LineRef:
    """A service line; `items` are codes of the institution checklist."""

    code: str
    position: int
    name: str
    name_en: str
    summary: str
    summary_en: str
    kinds: tuple[str, ...]
    items: tuple[str, ...]
    needs: tuple[NeedRef, ...]


@cache
def load_lines() -> tuple[LineRef, ...]:
    """All lines in the order of the file. Raises ReferenceDataError naming the line and the fault."""
    text = resources.files(__name__).joinpath("lines.toml").read_text(encoding="utf-8")
    lines = tuple(_line(entry, number) for number, entry in enumerate(tomllib.loads(text)["line"], start=1))
    codes = [line.code for line in lines]
    _check(len(set(codes)) == len(codes), "lines.toml", "a code is repeated")
    return lines


def _line(entry: dict[str, Any], position: int) -> LineRef:
    where = f"lines.toml: {entry.get('code', position)}"
    needs = tuple(_need(need, where) for need in entry.pop("need"))
    try:
        line = LineRef(
            **{**entry, "kinds": tuple(entry["kinds"]), "items": tuple(entry["items"])},
            position=position,
            needs=needs,
        )
    except (KeyError, TypeError) as error:
        raise ReferenceDataError(f"{where}: {error}") from error
    _check(set(line.kinds) <= set(Kind), where, "a kind is unknown")
    _check(len(line.summary) <= 400 and len(line.summary_en) <= 400, where, "the summary is too long")
    _check(bool(needs), where, "a line has at least one need")
    return line


def _need(entry: dict[str, Any], where: str) -> NeedRef:
    need = NeedRef(
        tuple(entry["posts"]), tuple(entry["programs"]), entry["count"], entry.get("takes_external", True)
    )
    _check(bool(need.posts) and set(need.posts) <= set(Post), where, "a post is unknown")
    _check(bool(need.programs) and set(need.programs) <= program_slugs(), where, "a program is unknown")
    _check(1 <= need.count <= 50, where, "count is 1 to 50")
    return need


def _check(holds: bool, where: str, message: str) -> None:
    if not holds:
        raise ReferenceDataError(f"{where}: {message}")
