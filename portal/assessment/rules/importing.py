"""What importing drafts would do to a bank: new questions, new versions, nothing. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from portal.assessment.rules.gift.drafts import Draft
from portal.assessment.rules.judging import Say, plain
from portal.assessment.rules.versions import Change, carried, changes


@dataclass(frozen=True)
class Standing:
    """A question that is in the bank already."""

    id: int
    kind: str
    version: int
    content: Mapping[str, Any]


@dataclass(frozen=True)
class Planned:
    """What becomes of a draft: `outcome` new, changed, same, or clash (another kind of the same name)."""

    draft: Draft
    outcome: str
    content: Mapping[str, Any]
    standing: Standing | None = None
    changes: tuple[Change, ...] = ()


def plan(drafts: Iterable[Draft], standing: Mapping[str, Standing], _: Say = plain) -> list[Planned]:
    """Each draft with what it would do; `standing`: the bank's questions by name."""
    planned = []
    for draft in drafts:
        there = standing.get(draft.name)
        if there is None:
            planned.append(Planned(draft, "new", draft.content))
        elif there.kind != draft.kind:
            planned.append(Planned(draft, "clash", draft.content, there))
        else:
            content = carried(draft.kind, there.content, with_pictures(there.content, draft.content))
            told = tuple(changes(draft.kind, there.content, content, _))
            same = content == there.content
            planned.append(Planned(draft, "same" if same else "changed", content, there, told))
    return planned


def with_pictures(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """The new content with the pictures of the old one where it has none: files of text carry none."""
    kept = dict(new)
    if not new.get("images"):
        kept["images"] = list(old.get("images", ()))
    if "parts" in new:
        known = {part["id"]: part for part in old.get("parts", ())}
        kept["parts"] = [with_pictures(known.get(part["id"], {}), part) for part in new["parts"]]
    return kept
