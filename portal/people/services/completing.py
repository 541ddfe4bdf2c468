"""People who were recorded by name alone say themselves who they are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.exc import IntegrityError

from portal.core import audit
from portal.core.db import db
from portal.core.errors import Conflict
from portal.core.permissions import Actor
from portal.core.words import gettext as _
from portal.people.models import Person
from portal.people.rules import sex_from_nik
from portal.people.services.saving import check_identity, hold_niks


@dataclass(frozen=True)
class Identity:
    """Who somebody is, as on the identity card; `nik` as typed, `phone` as E.164 or None. Without a sex that
    of the NIK is taken."""

    name: str
    nik: str
    birth_date: date
    sex: str = ""
    phone: str | None = None


def complete_person(*, person_id: int, identity: Identity, actor: Actor, now: datetime) -> Person:
    """Give a person without a NIK their identity. The caller has looked the NIK up under `hold_niks`.

    Raises DomainError on `name` or `nik`, Conflict `nik_known` when somebody else has it by now or this
    person has one already.
    """
    name, nik = check_identity(identity.name, identity.nik)
    hold_niks()
    person = db.session.get(Person, person_id, with_for_update=True, populate_existing=True)
    if person is None or person.erased_at is not None or person.nik_index is not None:
        raise _known()
    fields = ["birth_date", "name", "nik", "sex"]
    if identity.phone and identity.phone != person.phone:
        person.phone = identity.phone
        fields.append("phone")
    person.name, person.birth_date = name, identity.birth_date
    person.sex = identity.sex or sex_from_nik(nik)
    person.updated_at = now
    person.set_nik(nik)
    try:
        with db.session.begin_nested():
            db.session.flush()
    except IntegrityError as error:
        raise _known() from error
    audit.record("person.updated", "person", person_id, actor=actor, now=now, fields=sorted(fields))
    return person


def _known() -> Conflict:
    return Conflict("nik_known", _("Data ini perlu diteruskan dengan akun Anda atau kode dari balai."), "nik")
