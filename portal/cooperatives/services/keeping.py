"""Keeping the registry by hand: adding a cooperative, and correcting what the registry says of one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from portal.cooperatives.models import Cooperative, Kind
from portal.cooperatives.rules import VILLAGE_KINDS, display_name, match_key
from portal.cooperatives.services.loading import registrable, same_version, scope_of
from portal.core import audit
from portal.core.clock import local_date
from portal.core.db import db
from portal.core.errors import Conflict, DomainError
from portal.core.permissions import Actor, Permission, require
from portal.core.ports import ports
from portal.core.words import gettext as _
from portal.regions.models import Region

ZONE = "Asia/Jakarta"
_NUMBER = re.compile(r"[A-Za-z0-9./\-]{1,40}")


@dataclass(frozen=True)
class Facts:
    """What the registry says of a cooperative, as a form gives it. Blank texts mean that it has none."""

    kind: str
    name: str
    region_code: str
    number: str = ""
    simkopdes: str = ""
    is_pilot: bool = False
    legal_number: str = ""
    legal_on: date | None = None


def register_cooperative(*, facts: Facts, actor: Actor, now: datetime) -> Cooperative:
    """Add a cooperative to the registry.

    Raises DomainError beside its field, Conflict `cooperative_known` (field name), `number_taken`,
    `simkopdes_taken`, NotFound for a place outside the actor's region.
    """
    require(actor, Permission.REGISTRY_EDIT)
    values = _checked(facts, actor, now, None)
    made = Cooperative(**values, sectors=[], source="registry", version=1, created_at=now, updated_at=now)
    db.session.add(made)
    db.session.flush()
    audit.record("cooperative.created", "cooperative", made.id, actor=actor, now=now, scope=scope_of(made))
    ports().standing_touched(cooperative_ids=[made.id], now=now)
    return made


def correct_cooperative(
    *, cooperative_id: int, facts: Facts, version: int, actor: Actor, now: datetime
) -> Cooperative:
    """Correct what the registry says of a cooperative; nothing changed, nothing written.

    Raises what `register_cooperative` raises, and Conflict `version_changed`.
    """
    found = registrable(cooperative_id, actor)
    same_version(found, version)
    if found.kind == "prospective" and facts.kind != "prospective":
        message = _("Koperasi ini belum berdiri. Jenisnya berubah lewat halaman pendirian.")
        raise DomainError("kind_by_founding", message, "kind")
    if found.kind != "prospective" and facts.kind == "prospective":
        raise DomainError("kind_founded", _("Koperasi ini sudah berdiri."), "kind")
    values = _checked(facts, actor, now, found)
    changed = {name: value for name, value in values.items() if getattr(found, name) != value}
    if not changed:
        return found
    for name, value in changed.items():
        setattr(found, name, value)
    found.version, found.updated_at = found.version + 1, now
    db.session.flush()
    audit.record(
        "cooperative.changed", "cooperative", found.id, actor=actor, now=now, scope=scope_of(found),
        fields=sorted(changed),
    )  # fmt: skip
    ports().standing_touched(cooperative_ids=[found.id], now=now)
    return found


def _checked(facts: Facts, actor: Actor, now: datetime, found: Cooperative | None) -> dict[str, Any]:
    """The columns, checked against the rules and against every other cooperative."""
    if facts.kind not in set(Kind):
        raise DomainError("kind_unknown", _("Pilih jenis koperasi."), "kind")
    name = display_name(facts.name)
    if not any(c.isalpha() for c in name):
        raise DomainError("name_missing", _("Tulis nama koperasi."), "name")
    _check_place(facts, actor)
    if facts.legal_on is not None and facts.legal_on > local_date(now, ZONE):
        raise DomainError("legal_future", _("Tanggal badan hukum belum tiba."), "legal_on")
    key = match_key(facts.kind, name, facts.region_code)
    number = _identity(facts.number, "number")
    simkopdes = _identity(facts.simkopdes, "simkopdes")
    own = found.id if found is not None else 0
    _refuse_twin(Cooperative.match_key == key, own, "name", actor)
    if number:
        _refuse_twin(Cooperative.cooperative_number == number, own, "number", actor)
    if simkopdes:
        _refuse_twin(Cooperative.simkopdes_id == simkopdes, own, "simkopdes", actor)
    return {
        "kind": facts.kind, "name": name, "match_key": key, "region_code": facts.region_code,
        "cooperative_number": number, "simkopdes_id": simkopdes, "is_pilot": facts.is_pilot,
        "legal_number": " ".join(facts.legal_number.split())[:80] or None, "legal_on": facts.legal_on,
    }  # fmt: skip


def _check_place(facts: Facts, actor: Actor) -> None:
    place = db.session.get(Region, facts.region_code) if facts.region_code else None
    depth = facts.region_code.count(".")
    if place is None or depth < 2 or (depth == 2 and facts.kind in VILLAGE_KINDS):
        raise DomainError("village_missing", _("Pilih desa atau kelurahan tempat koperasi ini."), "village")
    if not actor.scope(Permission.REGISTRY_EDIT).covers_region(facts.region_code):
        raise DomainError("other_region", _("Tempat ini di luar wilayah akun Anda."), "village")


def _identity(typed: str, field: str) -> str | None:
    text = "".join(typed.split())
    if not text:
        return None
    if not _NUMBER.fullmatch(text):
        message = _("Hanya huruf, angka, titik, garis miring, dan tanda hubung; paling banyak 40.")
        raise DomainError("number_invalid", message, field)
    return text


_TAKEN = {"name": "cooperative_known", "number": "number_taken", "simkopdes": "simkopdes_taken"}


def _refuse_twin(condition: sa.ColumnElement[bool], own: int, field: str, actor: Actor) -> None:
    """Raises Conflict when another cooperative has this name in this place, or this number. It is named only
    to whoever keeps its registry."""
    statement = sa.select(Cooperative).where(condition, Cooperative.id != own).limit(1)
    twin = db.session.scalar(statement)
    if twin is None:
        return
    is_near = actor.scope(Permission.REGISTRY_EDIT).covers_region(twin.region_code)
    who = twin.name if is_near else _("koperasi di wilayah lain")
    texts = {
        "name": _("Koperasi ini sudah tercatat di desa yang sama sebagai %(name)s.", name=who),
        "number": _("Nomor Induk Koperasi ini sudah dipakai %(name)s.", name=who),
        "simkopdes": _("ID SIMKOPDES ini sudah dipakai %(name)s.", name=who),
    }
    raise Conflict(_TAKEN[field], texts[field], field, twin=twin.id if is_near else None)


__all__ = ["Facts", "correct_cooperative", "register_cooperative"]
