"""What a cooperative says of itself: the villages it serves, its member groups, its legal approval; and the
pilot flag, which is its registrar's."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa

from portal.cooperatives.models import Cooperative, CooperativeVillage, MemberGroup
from portal.cooperatives.rules import GROUP_ROLES
from portal.cooperatives.services.loading import registrable, scope_of, writable
from portal.core import audit
from portal.core.clock import local_date
from portal.core.db import db
from portal.core.errors import Conflict, DomainError, NotFound
from portal.core.permissions import Actor
from portal.core.ports import ports
from portal.core.words import gettext as _
from portal.regions.models import Region

ZONE = "Asia/Jakarta"
VILLAGES_MOST, GROUPS_MOST = 50, 30


def add_village(*, cooperative_id: int, village_code: str, actor: Actor, now: datetime) -> None:
    """Note that the cooperative serves a further village of its regency.

    Raises NotFound (cooperative), DomainError `village_unknown`, `village_far`, `villages_many`, Conflict
    `village_seat` or `village_known`; all on the field village.
    """
    found = writable(cooperative_id, actor)
    place = db.session.get(Region, village_code)
    if place is None or village_code.count(".") != 3:
        raise DomainError("village_unknown", _("Pilih desa atau kelurahan dari daftar."), "village")
    if village_code == found.region_code:
        message = _("%(name)s adalah desa kedudukan koperasi ini; sudah dilayani.", name=place.name)
        raise Conflict("village_seat", message, "village")
    if village_code[:5] != found.region_code[:5]:
        message = _("Desa ini di luar kabupaten atau kota koperasi.")
        raise DomainError("village_far", message, "village")
    known = _villages(found.id)
    if village_code in known:
        message = _("%(name)s sudah ada dalam daftar desa yang dilayani.", name=place.name)
        raise Conflict("village_known", message, "village")
    if len(known) >= VILLAGES_MOST:
        raise DomainError("villages_many", _("Paling banyak 50 desa."), "village")
    db.session.add(CooperativeVillage(cooperative_id=found.id, village_code=village_code))
    _changed(found, "cooperative.village_added", actor, now, village=village_code)


def remove_village(*, cooperative_id: int, village_code: str, actor: Actor, now: datetime) -> None:
    """Take a further village off. Raises NotFound when it was not there."""
    found = writable(cooperative_id, actor)
    row = db.session.get(CooperativeVillage, (found.id, village_code))
    if row is None:
        raise NotFound()
    db.session.delete(row)
    _changed(found, "cooperative.village_removed", actor, now, village=village_code)


def _villages(cooperative_id: int) -> set[str]:
    statement = sa.select(CooperativeVillage.village_code)
    return set(db.session.scalars(statement.where(CooperativeVillage.cooperative_id == cooperative_id)))


def add_group(*, cooperative_id: int, name: str, role: str, actor: Actor, now: datetime) -> MemberGroup:
    """Add a member group to a multi-stakeholder cooperative.

    Raises NotFound, DomainError `group_name`, `group_role`, `groups_wrong_kind`, `groups_many`, Conflict
    `group_known`.
    """
    found = writable(cooperative_id, actor)
    name = " ".join(name.split())[:80]
    if found.kind != "multi_stakeholder":
        message = _("Kelompok pihak hanya untuk koperasi multipihak.")
        raise DomainError("groups_wrong_kind", message, "group_name")
    if not any(c.isalpha() for c in name):
        raise DomainError("group_name", _("Tulis nama kelompok pihak."), "group_name")
    if role not in GROUP_ROLES:
        raise DomainError("group_role", _("Pilih peran kelompok ini."), "role")
    statement = sa.select(MemberGroup.name).where(MemberGroup.cooperative_id == found.id)
    known = {own.casefold() for own in db.session.scalars(statement)}
    if name.casefold() in known:
        raise Conflict("group_known", _("Kelompok pihak ini sudah ada."), "group_name")
    if len(known) >= GROUPS_MOST:
        raise DomainError("groups_many", _("Paling banyak 30 kelompok pihak."), "group_name")
    group = MemberGroup(cooperative_id=found.id, name=name, role=role, created_at=now)
    db.session.add(group)
    db.session.flush()
    _changed(found, "cooperative.groups", actor, now, added=role)
    return group


def remove_group(*, cooperative_id: int, group_id: int, actor: Actor, now: datetime) -> None:
    """Take a member group off. Raises NotFound."""
    found = writable(cooperative_id, actor)
    group = db.session.get(MemberGroup, group_id)
    if group is None or group.cooperative_id != found.id:
        raise NotFound()
    db.session.delete(group)
    _changed(found, "cooperative.groups", actor, now, removed=group.role)


def set_pilot(*, cooperative_id: int, is_pilot: bool, actor: Actor, now: datetime) -> None:
    """Make a cooperative a pilot, or no longer one; its registrar alone. Raises NotFound, Forbidden."""
    found = registrable(cooperative_id, actor)
    if found.is_pilot == is_pilot:
        return
    found.is_pilot = is_pilot
    _changed(found, "cooperative.pilot", actor, now, is_pilot=is_pilot)


def set_legal_approval(
    *, cooperative_id: int, number: str, approved_on: date | None, actor: Actor, now: datetime
) -> None:
    """Note the legal approval: number and day. Raises NotFound, DomainError `legal_number`, `legal_on`."""
    found = writable(cooperative_id, actor)
    number = " ".join(number.split())[:80]
    if not number:
        raise DomainError("legal_number", _("Tulis nomor pengesahan badan hukum."), "legal_number")
    if approved_on is None:
        raise DomainError("legal_on", _("Isi tanggal pengesahannya."), "legal_on")
    if approved_on > local_date(now, ZONE) or approved_on.year < 1900:
        raise DomainError(
            "legal_on", _("Tanggal ini belum tiba atau terlalu lama. Periksa lagi."), "legal_on"
        )
    if (found.legal_number, found.legal_on) == (number, approved_on):
        return
    found.legal_number, found.legal_on = number, approved_on
    _changed(found, "cooperative.legal", actor, now, legal_on=approved_on.isoformat())


def _changed(found: Cooperative, action: str, actor: Actor, now: datetime, **data: object) -> None:
    found.version, found.updated_at = found.version + 1, now
    db.session.flush()
    audit.record(action, "cooperative", found.id, actor=actor, now=now, scope=scope_of(found), **data)
    ports().standing_touched(cooperative_ids=[found.id], now=now)
