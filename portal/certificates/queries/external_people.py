"""Whom a row of outside records is about: by NIK and name, or by name, post and cooperative."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from portal.certificates.external_rules import name_key
from portal.certificates.queries.external import CHUNK, people_in_reach, people_within
from portal.cooperatives.models import Cooperative, PostTerm
from portal.core.db import db
from portal.core.permissions import Actor, Permission
from portal.people.models import Person
from portal.people.queries import people_by_nik
from portal.people.rules import clean_nik, nik_problem, parse_post, read_cooperative_name
from portal.regions.models import Region


@dataclass(frozen=True, slots=True)
class Who:
    """How a row names a person: a NIK as typed or "", a name, and what tells namesakes apart."""

    name: str
    nik: str = ""
    cooperative: str = ""
    post: str = ""
    village: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """person_id, or None with a reason of `external_words.sentence`. is_new_nik: nobody in reach has it."""

    person_id: int | None
    reason: str = ""
    is_new_nik: bool = False


def find_people(actor: Actor, wanted: Sequence[Who], on: date) -> list[Found]:
    """Whom each of these means, among the people in the actor's reach. Who is known elsewhere is answered
    like somebody unknown. A bounded number of statements for each 500."""
    with_nik = [clean_nik(who.nik) for who in wanted if who.nik and not nik_problem(who.nik)]
    by_nik = people_by_nik(with_nik)
    reached = people_in_reach(actor, [person_id for person_id, _name in by_nik.values()], on)
    by_name = _by_name(actor, {who.name for who in wanted if not who.nik}, on)
    found = []
    for who in wanted:
        if who.nik:
            found.append(_of_nik(who, by_nik, reached))
        else:
            found.append(_of_name(who, by_name))
    return found


def _of_nik(who: Who, known: dict[str, tuple[int, str]], reached: set[int]) -> Found:
    person = known.get(clean_nik(who.nik))
    if person is None or person[0] not in reached:
        return Found(None, "person_unknown", is_new_nik=True)
    if name_key(who.name) != name_key(person[1]):
        return Found(None, "name_differs")
    return Found(person[0])


@dataclass(frozen=True, slots=True)
class _Held:
    person_id: int
    post: str
    cooperative: str
    village: str


def _by_name(actor: Actor, names: Iterable[str], on: date) -> dict[str, list[_Held]]:
    """Who of these names holds which post, by the name's key; people in reach alone."""
    wanted = sorted({name.casefold() for name in names})
    within = people_within(actor.scope(Permission.EXTERNAL_RECORD), Person.id, on)
    found: dict[str, list[_Held]] = {}
    for start in range(0, len(wanted), CHUNK):
        statement = (
            sa.select(Person.name, Person.id, PostTerm.post, Cooperative.name, Region.name)
            .join(PostTerm, PostTerm.person_id == Person.id)
            .join(Cooperative, Cooperative.id == PostTerm.cooperative_id)
            .join(Region, Region.code == Cooperative.region_code)
            .where(
                sa.func.lower(Person.name).in_(wanted[start : start + CHUNK]), PostTerm.starts_on <= on,
                sa.or_(PostTerm.ends_on.is_(None), PostTerm.ends_on >= on), within,
            )
        )  # fmt: skip
        for row in db.session.execute(statement):
            found.setdefault(name_key(row[0]), []).append(_Held(*row[1:]))
    return found


def _of_name(who: Who, known: dict[str, list[_Held]]) -> Found:
    post, cooperative = parse_post(who.post), _cooperative_key(who.cooperative)
    if post is None or not cooperative:
        return Found(None, "person_unknown")
    matches = {
        held.person_id
        for held in known.get(name_key(who.name), ())
        if held.post == post
        and cooperative in (_cooperative_key(held.cooperative), _key(held.cooperative))
        and (not who.village or _key(who.village) == _key(held.village))
    }
    if len(matches) != 1:
        return Found(None, "person_several" if matches else "person_unknown")
    return Found(matches.pop())


def _key(text: str) -> str:
    return "".join(char for char in text.casefold() if char.isalnum())


def _cooperative_key(name: str) -> str:
    return _key(read_cooperative_name(name).own_part) or _key(name)
