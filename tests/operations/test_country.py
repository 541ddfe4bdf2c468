"""The country in small: as many of everything as asked for, and every row genuine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from portal.certificates.models import Certificate
from portal.cooperatives.models import Cooperative, PostTerm
from portal.core import audit
from portal.core.db import db
from portal.operations.demo.country import Scale, make_country
from portal.operations.demo.country.boards import halls
from portal.operations.seeds import seeded
from portal.people.models import Person
from portal.people.rules import nik_problem
from portal.verification.queries import check_code
from tests.operations.conftest import load
from tests.support.kept import kept

NOW = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
SMALL = Scale(cooperatives=60, holders=470, certificates=120, external=40)


@contextmanager
def _bar(label: str, total: int) -> Iterator[Callable[[int], None]]:
    done = 0

    def told(step: int) -> None:
        nonlocal done
        done += step

    yield told
    assert done == total, label


def _count(model: type) -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(model)) or 0


@pytest.fixture
def country(db_session, database, app, now):
    """A country of sixty cooperatives."""

    def make():
        load(now)
        make_country(now=now, bar=_bar, scale=SMALL)

    kept(database, "country", make)
    return app


def test_there_are_as_many_of_everything_as_asked_for(country):
    assert _count(Cooperative) == SMALL.cooperatives
    assert _count(PostTerm) == SMALL.holders
    assert _count(Certificate) == SMALL.certificates


def test_every_certificate_verifies_and_the_audit_chain_is_whole(country, now):
    codes = db.session.scalars(sa.select(Certificate.code)).all()
    assert {check_code(code, now).state for code in codes} == {"valid"}
    assert list(audit.check_chain(db.session())) == []


def test_identities_are_sealed_for_their_row_and_none_is_given_twice(country):
    people = db.session.scalars(sa.select(Person)).all()
    told = [person.open_nik() or "" for person in people]
    assert all(nik_problem(nik) is None for nik in told)
    assert len(set(told)) == len(people) >= SMALL.holders
    assert [nik[-4:] for nik in told] == [person.nik_last4 for person in people]


def test_whoever_inserts_next_gets_a_free_key(country, now):
    with_next = Person(name="Sesudah Semua", created_at=now, updated_at=now)
    db.session.add(with_next)
    db.session.flush()
    assert with_next.id > SMALL.holders
    db.session.rollback()


@pytest.mark.parametrize(("count", "holders"), [(3, 24), (50, 400), (50, 260), (7, 90)])
def test_boards_hold_exactly_the_people_that_there_are(count, holders):
    made = halls(count, holders, seeded("boards", count))
    assert sum(len(hall) for hall in made) == holders
    assert all(hall[0] == "chair" and len(hall) >= 5 for hall in made)
