"""Registering the cooperatives that a roster names, many at a time in a bounded number of statements."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from portal.cooperatives.models import Cooperative, Kind
from portal.cooperatives.rules import display_name, match_key
from portal.core import audit
from portal.core.db import db, insert_many
from portal.core.errors import DomainError
from portal.core.permissions import Actor
from portal.core.ports import ports
from portal.core.words import gettext as _

CHUNK = 500


@dataclass(frozen=True)
class CooperativeRow:
    """A cooperative as a roster or a form names it. `region_code` is dotted, usually a village's."""

    kind: str
    name: str
    region_code: str
    is_pilot: bool = False


def ensure_cooperatives(*, rows: list[CooperativeRow], actor: Actor, now: datetime) -> dict[str, int]:
    """The ids of these cooperatives by match key; those not yet known are registered.

    A row that says `is_pilot` makes a known cooperative one; none stops being one this way.
    Raises DomainError for an unknown kind or an empty name.
    """
    wanted: dict[str, CooperativeRow] = {}
    for row in rows:
        if row.kind not in set(Kind):
            raise DomainError("kind_unknown", _("Jenis koperasi ini tidak dikenal."), "kind")
        if not display_name(row.name):
            raise DomainError("name_missing", _("Tulis nama koperasi."), "name")
        key = match_key(row.kind, row.name, row.region_code)
        if key not in wanted or row.is_pilot:
            wanted[key] = row
    known = _known(list(wanted))
    fresh = [
        {
            "kind": row.kind,
            "name": display_name(row.name),
            "match_key": key,
            "region_code": row.region_code,
            "is_pilot": row.is_pilot,
            "sectors": [],
            "created_at": now,
        }
        for key, row in wanted.items()
        if key not in known
    ]
    insert_many(db.session(), sa.inspect(Cooperative).local_table, fresh)
    added = _known([str(row["match_key"]) for row in fresh])
    for cooperative_id, _is_pilot in added.values():
        audit.record("cooperative.created", "cooperative", cooperative_id, actor=actor, now=now)
    _mark_pilots(
        [known[k][0] for k, row in wanted.items() if row.is_pilot and k in known and not known[k][1]],
        actor,
        now,
    )
    return {key: found[0] for key, found in (known | added).items()}


def _known(keys: list[str]) -> dict[str, tuple[int, bool]]:
    found: dict[str, tuple[int, bool]] = {}
    columns = sa.select(Cooperative.match_key, Cooperative.id, Cooperative.is_pilot)
    for start in range(0, len(keys), CHUNK):
        part = keys[start : start + CHUNK]
        for key, cooperative_id, is_pilot in db.session.execute(
            columns.where(Cooperative.match_key.in_(part))
        ):
            found[key] = (cooperative_id, is_pilot)
    return found


def _mark_pilots(ids: list[int], actor: Actor, now: datetime) -> None:
    for start in range(0, len(ids), CHUNK):
        statement = sa.update(Cooperative).where(Cooperative.id.in_(ids[start : start + CHUNK]))
        db.session.execute(statement.values(is_pilot=True).execution_options(synchronize_session=False))
    for cooperative_id in ids:
        audit.record("cooperative.pilot", "cooperative", cooperative_id, actor=actor, now=now)
    if ids:
        ports().standing_touched(cooperative_ids=ids, now=now)
