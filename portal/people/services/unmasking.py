"""Seeing protected data of somebody else in full: the only way, with a reason that the owner reads."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from portal.core import audit
from portal.core.db import db, insert_many
from portal.core.errors import DomainError, NotFound
from portal.core.permissions import Actor, Permission, require
from portal.core.words import gettext as _
from portal.people.models import Person, UnmaskedRead
from portal.people.queries.unmasked import field_value
from portal.people.rules.unmasking import FIELDS, reason_problem, unknown_fields


def reveal(
    *, person_id: int, fields: Iterable[str], reason: str, actor: Actor, now: datetime
) -> dict[str, Any]:
    """The fields of one person: "nik" (16 digits), "birth_date" (a date), "phone" (E.164), "email", "address"
    (places from the village up); None for what is not recorded.

    Whether the person is in the actor's reach, the caller's query has decided. reason: one of
    rules.unmasking.REASONS or words of one's own. Leaves one row that the person can read, and an audit
    event; one's own data leave none. Raises Forbidden, NotFound, DomainError `reason_missing` on `reason`.
    """
    found = reveal_many(person_ids=[person_id], fields=fields, reason=reason, actor=actor, now=now)
    return found[person_id]


def reveal_many(
    *, person_ids: Collection[int], fields: Iterable[str], reason: str, actor: Actor, now: datetime
) -> dict[int, dict[str, Any]]:
    """`reveal` for many in a bounded number of statements: {person id: its fields}. Each person has a row of
    their own. Raises NotFound when one of them is not there."""
    require(actor, Permission.PERSON_UNMASK)
    wanted = [field for field in FIELDS if field in set(fields)]
    if not wanted or unknown_fields(fields):
        raise DomainError("fields_unknown", _("Pilih data yang perlu dilihat."), "fields")
    problem = reason_problem(reason)
    if problem:
        messages = {
            "reason_missing": _(
                "Tulis alasan melihat data ini, paling sedikit 5 huruf. Pemiliknya akan membacanya."
            ),
            "reason_long": _("Alasan paling banyak 200 huruf."),
        }
        raise DomainError(problem, messages[problem], "reason")
    people = _load(person_ids)
    rows = [
        {
            "person_id": person.id, "actor_id": actor.user_id, "actor_name": actor.name[:120],
            "fields": ",".join(wanted), "reason": " ".join(reason.split()), "at": now,
        }
        for person in people
        if person.id != actor.person_id
    ]  # fmt: skip
    insert_many(db.session(), sa.inspect(UnmaskedRead).local_table, rows)
    for row in rows:
        audit.record(
            "person.unmasked", "person", row["person_id"], actor=actor, now=now,
            fields=wanted, reason=row["reason"],
        )  # fmt: skip
    return {person.id: {field: field_value(person, field) for field in wanted} for person in people}


def _load(person_ids: Collection[int]) -> list[Person]:
    wanted = sorted(set(person_ids))
    people: list[Person] = []
    for start in range(0, len(wanted), 500):
        statement = sa.select(Person).where(Person.id.in_(wanted[start : start + 500])).order_by(Person.id)
        people += db.session.scalars(statement)
    if len(people) != len(wanted):
        raise NotFound()
    return people
