"""Reads of people and their consents."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from portal.core.db import db
from portal.core.errors import NotFound
from portal.people.models import Consent, Inclusion, Person, nik_indexes
from portal.people.queries.inclusion import inclusion_data, opened
from portal.people.queries.rights import requests_data
from portal.people.rules import clean_nik


def find_by_nik(nik: str) -> Person | None:
    """The person with this NIK (spaces, dots and dashes allowed), or None."""
    statement = sa.select(Person).where(Person.nik_index.in_(nik_indexes(clean_nik(nik))))
    found: Person | None = db.session.scalars(statement.order_by(Person.id)).first()
    return found


def people_by_nik(niks: Iterable[str]) -> dict[str, tuple[int, str]]:
    """{NIK: (person id, name)} of those checked NIKs that are known; in chunks of 500."""
    of_index = {index: nik for nik in dict.fromkeys(niks) for index in nik_indexes(nik)}
    wanted = list(of_index)
    found: dict[str, tuple[int, str]] = {}
    for start in range(0, len(wanted), 500):
        statement = sa.select(Person.nik_index, Person.id, Person.name)
        rows = db.session.execute(statement.where(Person.nik_index.in_(wanted[start : start + 500])))
        found |= {of_index[str(index)]: (person_id, name) for index, person_id, name in rows}
    return found


def get_person(person_id: int) -> Person:
    """A person. Raises NotFound."""
    person = db.session.get(Person, person_id)
    if person is None:
        raise NotFound()
    return person


def people_by_id(person_ids: Iterable[int]) -> dict[int, Person]:
    """Those people, by id; in chunks of 500."""
    wanted = list(dict.fromkeys(person_ids))
    found: dict[int, Person] = {}
    for start in range(0, len(wanted), 500):
        statement = sa.select(Person).where(Person.id.in_(wanted[start : start + 500]))
        found |= {person.id: person for person in db.session.scalars(statement)}
    return found


def list_consents(person_id: int) -> list[Consent]:
    """Every answer of a person, the newest first, withdrawn ones included."""
    statement = sa.select(Consent).where(Consent.person_id == person_id).order_by(Consent.id.desc())
    return list(db.session.scalars(statement))


def has_consent(person_id: int, purpose: str, version: int | None = None) -> bool:
    """True while a consent to the purpose (in that version, when given) is open."""
    statement = sa.select(Consent.id).where(
        Consent.person_id == person_id, Consent.purpose == purpose, Consent.withdrawn_at.is_(None)
    )
    if version is not None:
        statement = statement.where(Consent.version == version)
    return db.session.execute(statement).first() is not None


def personal_data(person_id: int) -> dict[str, Any]:
    """What this room holds of a person, for their own copy. The NIK is shown as its last four digits."""
    row = db.session.execute(
        sa.select(Person, Inclusion.answers_cipher)
        .outerjoin(Inclusion, Inclusion.person_id == Person.id)
        .where(Person.id == person_id)
    ).first()
    if row is None:
        raise NotFound()
    person, sealed = row
    return {
        "name": person.name,
        "nik": person.masked_nik,
        "birth_date": person.birth_date.isoformat() if person.birth_date else None,
        "sex": person.sex or None,
        "phone": person.phone,
        "email": person.email,
        "village_code": person.village_code,
        "recorded_at": person.created_at.isoformat(),
        "consents": [
            {
                "purpose": consent.purpose,
                "version": consent.version,
                "method": consent.method,
                "given_at": consent.given_at.isoformat(),
                "withdrawn_at": consent.withdrawn_at.isoformat() if consent.withdrawn_at else None,
            }
            for consent in list_consents(person_id)
        ],
        "inclusion": inclusion_data(opened(sealed, person_id)) if sealed else [],
        **requests_data(person_id),
    }
