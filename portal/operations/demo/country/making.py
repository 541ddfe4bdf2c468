"""`make_country`: every step with its progress, from offices to the coverage table."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import sqlalchemy as sa

from portal.accounts.services.messages import muted
from portal.core import audit
from portal.core.clock import local_date
from portal.core.db import db, transaction
from portal.core.permissions import SYSTEM
from portal.operations.demo import accounts, cast, phones
from portal.operations.demo.country import boards, records, training
from portal.operations.demo.country.boards import Founded, Told
from portal.operations.demo.people import Member
from portal.operations.seeds import seeded
from portal.people.models import Person
from portal.readiness.jobs import rebuild_all

#: A progress bar: called with a label and a total, it gives what is called with each step done.
Bar = Callable[[str, int], AbstractContextManager[Told]]
HISTORY = timedelta(days=470)
#: Accounts are opened by number; nobody is asked for the birth date of these people.
UNTOLD = date(1980, 1, 1)


@dataclass(frozen=True)
class Scale:
    """How much of everything; the defaults are the country (DOMAIN.md: 82,780 village cooperatives)."""

    cooperatives: int = 83_000
    holders: int = 660_000
    certificates: int = 500_000
    external: int = 60_000


def make_country(*, now: datetime, bar: Bar, scale: Scale | None = None, seed: str = "balai") -> None:
    """Fill a migrated database with reference data; the caller has refused production and a used database.

    The same seed and moment give the same cooperatives, people and classes; codes and keys are random.
    """
    scale = scale or Scale()
    with transaction():
        audit.record("demo.begun", "demo", seed, actor=SYSTEM, now=now, country=scale.cooperatives)
    begin = now - HISTORY
    since = local_date(begin, "Asia/Jakarta")
    with muted():
        cast.hire(begin, since)
        accounts.open_offices(since, begin)
        founded = _people(scale, seed, begin, bar)
        _count_anew()
        _training(scale, seed, founded, now, bar)
        _records(scale, seed, founded, now, bar)
        _count_anew()
        accounts.give_accounts(_members(founded), since, now)
        phones.give_phones(accounts.demo_logins(), now)
        _coverage(now, bar, scale)
    with transaction():
        audit.record("demo.made", "demo", seed, actor=SYSTEM, now=now, country=scale.cooperatives)


def _count_anew() -> None:
    """Tell PostgreSQL how much is in its tables: it plans by what it last counted, which is none, and its own
    counting comes a minute later, or never where autovacuum is off."""
    if db.engine.dialect.name == "postgresql":
        with transaction() as session:
            session.execute(sa.text("ANALYZE"))


def _people(scale: Scale, seed: str, begin: datetime, bar: Bar) -> list[Founded]:
    with bar("koperasi", scale.cooperatives) as told:
        founded = boards.found_everywhere(scale.cooperatives, seeded(seed, "country"), begin, told)
    with bar("pengurus", scale.holders) as told:
        return list(boards.people_everywhere(founded, scale.holders, seeded(seed, "boards"), begin, told))


def _training(scale: Scale, seed: str, founded: list[Founded], now: datetime, bar: Bar) -> None:
    rng = seeded(seed, "classes")
    school = training.read_school(rng)
    seats = training.plan_seats(founded, scale.certificates, school, rng)
    db.session.rollback()
    with bar("sertifikat", len(seats)) as told:
        training.hold_classes(founded, seats, school, now, told)


def _records(scale: Scale, seed: str, founded: list[Founded], now: datetime, bar: Bar) -> None:
    rng = seeded(seed, "records")
    with bar("kelengkapan", len(founded)) as told:
        records.papers_everywhere(founded, rng, now, told)
    with bar("catatan luar", scale.external) as told:
        records.competences_elsewhere(founded, scale.external, rng, now, told)


def _members(founded: list[Founded], regency: str = "33.18") -> list[Member]:
    """The people of one regency, for whom accounts are opened; of the first regency in a small country."""
    near = [one for one in founded if one.region_code.startswith(f"{regency}.")]
    if not near:
        regency = founded[0].region_code[:5]
        near = [one for one in founded if one.region_code.startswith(f"{regency}.")]
    ids = [person for one in near for person, _post in one.holders]
    names: dict[int, str] = {}
    for start in range(0, len(ids), 500):
        rows = db.session.execute(
            sa.select(Person.id, Person.name).where(Person.id.in_(ids[start : start + 500]))
        )
        names.update((number, name) for number, name in rows)
    db.session.rollback()
    return [
        Member(
            person_id=person,
            name=names[person],
            post=post,
            cooperative_id=one.id,
            cooperative=one.name,
            kind=one.kind,
            is_pilot=one.is_pilot,
            regency=regency,
            region_code=one.region_code,
            nik="",
            birth=UNTOLD,
        )
        for one in near
        for person, post in one.holders
    ]


def _coverage(now: datetime, bar: Bar, scale: Scale) -> None:
    with bar("cakupan", scale.cooperatives) as told:
        rebuild_all(now=now, told=told)
