"""Which cooperative a row of a register is, and what the row would change: by number, SIMKOPDES id, then name
and place. Bounded statements for any number of rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import sqlalchemy as sa

from portal.cooperatives.models import Cooperative, CooperativeVillage, MemberGroup
from portal.cooperatives.rules.naming import match_key
from portal.cooperatives.rules.register_row import RegisterRow
from portal.core.db import db
from portal.core.permissions import Scope

PART = 500


@dataclass(frozen=True)
class Known:
    """A cooperative as the registry has it."""

    id: int
    kind: str
    name: str
    match_key: str
    region_code: str
    number: str | None
    simkopdes: str | None
    is_pilot: bool
    legal_number: str | None
    legal_on: date | None
    villages: frozenset[str] = frozenset()
    groups: frozenset[tuple[str, str]] = frozenset()


@dataclass(frozen=True)
class Match:
    """What a row would do: new, changed, same, or bad for a reason. changes: column -> value."""

    outcome: str
    known: Known | None = None
    reason: str = ""
    changes: dict[str, Any] = field(default_factory=dict)
    villages: frozenset[str] | None = None
    groups: frozenset[tuple[str, str]] | None = None


class Registry:
    """The cooperatives that some rows may be, read at once: some ten statements for 1,000 rows."""

    def __init__(self, rows: Sequence[RegisterRow]) -> None:
        found: dict[int, Any] = {}
        for column, values in (
            (Cooperative.cooperative_number, {row.number for row in rows}),
            (Cooperative.simkopdes_id, {row.simkopdes for row in rows}),
            (Cooperative.match_key, {key for row in rows for key in (row.match_key, row.twin_key)}),
        ):
            found |= {row.id: row for row in _by(column, sorted(v for v in values if v))}
        villages = _sets(sa.select(CooperativeVillage.cooperative_id, CooperativeVillage.village_code), found)
        groups = _sets(sa.select(MemberGroup.cooperative_id, MemberGroup.name, MemberGroup.role), found)
        self._known = [_known(row, villages, groups) for row in found.values()]
        self.by_number = {one.number: one for one in self._known if one.number}
        self.by_simkopdes = {one.simkopdes: one for one in self._known if one.simkopdes}
        self.by_key = {one.match_key: one for one in self._known}

    def match(self, row: RegisterRow, scope: Scope) -> Match:
        """Judge one row. What another row of the file does is not seen here."""
        if not scope.covers_region(row.region_code):
            return Match("bad", reason="other_region")
        ways = (self.by_number.get(row.number or ""), self.by_simkopdes.get(row.simkopdes or ""),
                self.by_key.get(row.match_key) or self.by_key.get(row.twin_key))  # fmt: skip
        known = next((one for one in ways if one is not None), None)
        if known is None:
            return Match("new", villages=_set(row.villages), groups=_set(row.groups))
        reason = _conflict(row, known, ways, scope)
        if reason:
            return Match("bad", known, reason)
        changes = _changes(row, known)
        villages = None if _set(row.villages) in (None, known.villages) else _set(row.villages)
        groups = None if _set(row.groups) in (None, known.groups) else _set(row.groups)
        is_same = not changes and villages is None and groups is None
        return Match("same" if is_same else "changed", known, "", changes, villages, groups)


def _conflict(
    row: RegisterRow, known: Known, ways: tuple[Known | None, Known | None, Known | None], scope: Scope
) -> str:
    """Why the row cannot be that cooperative: another one has its id or its name, or it lies elsewhere."""
    by_number, by_simkopdes, by_key = ways
    if by_number is not None and by_number.region_code[:5] != row.region_code[:5]:
        return "number_taken"
    if by_number is not None and any(
        one is not None and one.id != known.id for one in (by_simkopdes, by_key)
    ):
        return "number_taken"
    if by_simkopdes is not None and by_simkopdes.region_code[:5] != row.region_code[:5]:
        return "simkopdes_taken"
    if by_key is not None and by_key.id != known.id:
        return "simkopdes_taken"
    if not scope.covers_region(known.region_code):
        return "other_region"
    return _against_founding(row, known)


def _against_founding(row: RegisterRow, known: Known) -> str:
    """A file makes no cooperative stand, and none that stands one that is to be founded."""
    if known.kind == "prospective":
        return "" if row.kind == "prospective" else "kind_by_founding"
    return "kind_founded" if row.kind == "prospective" else ""


def _changes(row: RegisterRow, known: Known) -> dict[str, Any]:
    """Column -> new value. What the file does not say stays."""
    wanted = {
        "kind": (row.kind, known.kind),
        "name": (row.name, known.name),
        "region_code": (row.region_code, known.region_code),
        "match_key": (row.match_key, known.match_key),
        "cooperative_number": (row.number, known.number),
        "simkopdes_id": (row.simkopdes, known.simkopdes),
        "is_pilot": (row.is_pilot, known.is_pilot),
        "legal_number": (row.legal_number, known.legal_number),
        "legal_on": (row.legal_on, known.legal_on),
    }
    return {column: new for column, (new, old) in wanted.items() if new is not None and new != old}


def _set(values: Iterable[Any] | None) -> frozenset[Any] | None:
    return None if values is None else frozenset(values)


def _by(column: Any, values: list[str]) -> list[Any]:
    statement = sa.select(
        Cooperative.id, Cooperative.kind, Cooperative.name, Cooperative.match_key, Cooperative.region_code,
        Cooperative.cooperative_number, Cooperative.simkopdes_id, Cooperative.is_pilot,
        Cooperative.legal_number, Cooperative.legal_on,
    )  # fmt: skip
    found: list[Any] = []
    for start in range(0, len(values), PART):
        found += db.session.execute(statement.where(column.in_(values[start : start + PART]))).all()
    return found


def _sets(statement: Any, ids: Iterable[int]) -> dict[int, set[Any]]:
    wanted, found = sorted(ids), dict[int, set[Any]]()
    column = statement.selected_columns[0]
    for start in range(0, len(wanted), PART):
        for owner, *rest in db.session.execute(statement.where(column.in_(wanted[start : start + PART]))):
            found.setdefault(owner, set()).add(rest[0] if len(rest) == 1 else tuple(rest))
    return found


def _known(row: Any, villages: dict[int, set[Any]], groups: dict[int, set[Any]]) -> Known:
    return Known(
        row.id, row.kind, row.name, row.match_key, row.region_code, row.cooperative_number, row.simkopdes_id,
        row.is_pilot, row.legal_number, row.legal_on, frozenset(villages.get(row.id, ())),
        frozenset(groups.get(row.id, ())),
    )  # fmt: skip


__all__ = ["Known", "Match", "Registry", "match_key"]
