"""Saving people. A person is known by the NIK."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from portal.core import audit
from portal.core.crypto import cipher
from portal.core.db import db, insert_many
from portal.core.errors import DomainError, NotFound
from portal.core.permissions import Actor
from portal.core.ports import ports
from portal.core.words import gettext as _
from portal.people.models import Person, nik_indexes, nik_values
from portal.people.rules import clean_nik, collapse, name_problem, nik_problem, parse_phone

CHUNK = 500
#: PostgreSQL's lock for giving somebody a NIK while several index keys are known.
_NIK_LOCK = 7_210_407


@dataclass(frozen=True)
class PersonRow:
    """One person to save. `nik` as typed; None values leave what is known of the person alone."""

    name: str
    nik: str
    birth_date: date | None = None
    sex: str = ""
    phone: str | None = None
    email: str | None = None
    village_code: str | None = None


_UPDATABLE = ("name", "birth_date", "sex", "phone", "email", "village_code")


def nik_messages() -> dict[str, str]:
    """Sentence by code of `rules.nik_problem`, in the language of the page."""
    return {
        "nik_missing": _("Tulis NIK, 16 angka pada KTP."),
        "nik_not_text": _("NIK ini terbaca sebagai bilangan. Tulis 16 angkanya satu per satu."),
        "nik_digits": _("NIK hanya berisi angka."),
        "nik_length": _("NIK harus 16 angka. Hitung lagi dari KTP."),
        "nik_date": _("Angka ke-7 sampai ke-12 NIK bukan tanggal. Periksa lagi KTP Anda."),
        "nik_serial": _("Empat angka terakhir NIK tidak mungkin 0000."),
    }


def check_name(name: str) -> str:
    """The stored form of a name. Raises DomainError on field `name`."""
    text = collapse(name)
    problem = name_problem(text)
    if problem:
        messages = {
            "name_missing": _("Tulis nama lengkap seperti di KTP."),
            "name_too_long": _("Nama paling banyak 100 huruf."),
            "name_invalid": _("Nama hanya boleh berisi huruf, spasi, titik, koma, dan tanda petik."),
        }
        raise DomainError(problem, messages[problem], "name")
    return text


def check_identity(name: str, nik: str) -> tuple[str, str]:
    """The stored forms of a name and a NIK. Raises DomainError on field `name` or `nik`."""
    text = check_name(name)
    reason = nik_problem(nik)
    if reason:
        raise DomainError(reason, nik_messages()[reason], "nik")
    return text, clean_nik(nik)


def introduce_person(*, name: str, phone: str, actor: Actor, now: datetime) -> int:
    """Record somebody by name and phone (as typed; may be empty), who completes the NIK later themselves;
    answers the id. Nobody is looked up: families share phones, and names repeat. Raises DomainError on
    `name` or `phone`."""
    text, number = check_name(name), None
    if phone.strip():
        number = parse_phone(phone)
        if number is None:
            message = _("Tulis nomor ponsel yang benar, misalnya 0812 3456 7890.")
            raise DomainError("phone_invalid", message, "phone")
    person = Person(name=text, phone=number, created_at=now, updated_at=now)
    db.session.add(person)
    db.session.flush()
    audit.record("person.created", "person", person.id, actor=actor, now=now)
    return person.id


def save_person(
    *,
    name: str,
    nik: str,
    birth_date: date | None,
    sex: str = "",
    phone: str | None = None,
    email: str | None = None,
    village_code: str | None = None,
    actor: Actor,
    now: datetime,
) -> tuple[Person, bool]:
    """Insert a person, or bring the one with this NIK up to date; True when new. Raises DomainError."""
    row = PersonRow(name, nik, birth_date, sex, phone, email, village_code)
    person_id, is_new = save_people(rows=[row], actor=actor, now=now)[0]
    person = db.session.get(Person, person_id, populate_existing=True)
    assert person is not None
    return person, is_new


def save_people(*, rows: Sequence[PersonRow], actor: Actor, now: datetime) -> list[tuple[int, bool]]:
    """`save_person` for many in a bounded number of statements; answers (id, is new) row by row.

    Two rows with one NIK are one person and the first wins. What does not differ is neither written nor
    recorded.
    """
    checked = [(check_identity(row.name, row.nik), row) for row in rows]
    hold_niks()
    under_all = {nik: nik_indexes(nik) for (_name, nik), _row in checked}
    indexes = [under_all[nik][0] for (_name, nik), _row in checked]
    known = _by_index(list(under_all.values()))
    fresh: dict[str, dict[str, Any]] = {}
    changed: dict[int, dict[str, Any]] = {}
    for index, ((name, nik), row) in zip(indexes, checked, strict=True):
        wanted = {field: getattr(row, field) for field in _UPDATABLE} | {"name": name}
        person = known.get(index)
        if person is None:
            fresh.setdefault(index, _new_row(wanted, nik, index, now))
        elif person.id not in changed:
            differing = {
                f: v for f, v in wanted.items() if v is not None and v != "" and v != getattr(person, f)
            }
            changed[person.id] = differing
    insert_many(db.session(), sa.inspect(Person).local_table, list(fresh.values()))
    _update({i: values for i, values in changed.items() if values}, actor, now)
    ids = {index: person.id for index, person in known.items()}
    ids |= dict(_ids(list(fresh)))
    _bind(
        {
            ids[index]: nik
            for index, ((_name, nik), _row) in zip(indexes, checked, strict=True)
            if index in fresh
        }
    )
    for index in fresh:
        audit.record("person.created", "person", ids[index], actor=actor, now=now)
    seen: set[str] = set()
    answer = []
    for index in indexes:
        answer.append((ids[index], index in fresh and index not in seen))
        seen.add(index)
    return answer


def hold_niks() -> None:
    """Before looking up a NIK in order to give it to somebody: one at a time while keys are changed.

    UNIQUE on the index keeps a NIK from having two people under one key. While several keys are known, two
    processes of a rolling restart may index by different ones; then the look-up decides, and so it must see
    what the other has committed. SQLite has one writer anyway.
    """
    session = db.session()
    if len(cipher().index_keys) > 1 and session.get_bind().dialect.name == "postgresql":
        session.execute(sa.select(sa.func.pg_advisory_xact_lock(_NIK_LOCK)))


def _by_index(under_all: Sequence[Sequence[str]]) -> dict[str, Person]:
    """{index under the current key: person}, whatever key the person's row is indexed with."""
    current = {index: of_one[0] for of_one in under_all for index in of_one}
    wanted = list(current)
    found: dict[str, Person] = {}
    for start in range(0, len(wanted), CHUNK):
        statement = sa.select(Person).where(Person.nik_index.in_(wanted[start : start + CHUNK]))
        found |= {current[p.nik_index]: p for p in db.session.scalars(statement) if p.nik_index}
    return found


def _ids(indexes: Sequence[str]) -> list[tuple[str, int]]:
    found: list[tuple[str, int]] = []
    for start in range(0, len(indexes), CHUNK):
        part = indexes[start : start + CHUNK]
        statement = sa.select(Person.nik_index, Person.id).where(Person.nik_index.in_(part))
        found += [(str(index), person_id) for index, person_id in db.session.execute(statement)]
    return found


def _bind(niks: dict[int, str]) -> None:
    """Close the NIK of new people for their own row, now that its id is known (decision 0017)."""
    if not niks:
        return
    table = sa.inspect(Person).local_table
    statement = (
        sa.update(table).where(table.c.id == sa.bindparam("key_id")).values(nik_cipher=sa.bindparam("sealed"))
    )
    rows = [
        {"key_id": number, "sealed": nik_values(nik, number)["nik_cipher"]} for number, nik in niks.items()
    ]
    db.session().connection().execute(statement, rows)


def _new_row(wanted: dict[str, Any], nik: str, index: str, now: datetime) -> dict[str, Any]:
    return wanted | nik_values(nik) | {"sex": wanted["sex"] or "", "created_at": now, "updated_at": now}


def _update(changes: dict[int, dict[str, Any]], actor: Actor, now: datetime) -> None:
    """One statement for each set of changed columns, however many people."""
    table = sa.inspect(Person).local_table
    groups: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for person_id, values in changes.items():
        fields = tuple(sorted(values))
        groups.setdefault(fields, []).append(
            {"key_id": person_id} | {f"new_{f}": v for f, v in values.items()}
        )
        audit.record("person.updated", "person", person_id, actor=actor, now=now, fields=list(fields))
    for fields, rows in groups.items():
        new_values: dict[str, Any] = {f: sa.bindparam(f"new_{f}") for f in fields} | {"updated_at": now}
        statement = sa.update(table).where(table.c.id == sa.bindparam("key_id")).values(**new_values)
        db.session().connection().execute(statement, rows)
    if counted := [person_id for person_id, values in changes.items() if "sex" in values]:
        ports().standing_touched(person_ids=counted, now=now)


def save_contact(
    *, person_id: int, phone: str | None, email: str | None, actor: Actor, now: datetime
) -> Person:
    """Set how a person is reached; phone already as E.164, None removes it. Raises NotFound."""
    person = db.session.get(Person, person_id, with_for_update=True)
    if person is None:
        raise NotFound()
    fields = [name for name, value in (("phone", phone), ("email", email)) if getattr(person, name) != value]
    if fields:
        person.phone, person.email, person.updated_at = phone, email, now
        audit.record("person.updated", "person", person_id, actor=actor, now=now, fields=fields)
    return person
