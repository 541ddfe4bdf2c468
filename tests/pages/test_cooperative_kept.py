"""A cooperative's page kept in memory: the same statements each time, and never older than the database."""

import pytest
import sqlalchemy as sa

from portal.batches.models import Batch
from portal.cooperatives.models import ChecklistEntry, Cooperative, PostTerm
from portal.core.db import transaction
from portal.core.permissions import Role
from portal.core.shelf import Shelf
from portal.people.models import Person
from portal.readiness.models import ServiceLine, ServiceNeed
from tests.support import classroom, halls


@pytest.fixture
def hall(app, db_session, now):
    app.extensions |= {"shelves": {"cooperative": Shelf()}, "shelves_on": ("cooperative",)}
    yield halls.like_the_mock(now)
    app.extensions["shelves_on"] = ()


def someone(role, kind, scope):
    with transaction():
        return classroom.account("Wati Contoh", role, kind, str(scope))


def opened(page, hall, prefix=""):
    return page.get(f"{prefix}/koperasi/{hall.cooperative_id}")


@pytest.fixture
def chair(page, hall):
    page.sign_in(someone(Role.CHAIR, "cooperative", hall.cooperative_id))
    return page


def test_the_second_visit_says_the_same(app, chair, hall):
    first = opened(chair, hall)
    again = opened(chair, hall)
    assert again.words == first.words
    assert again.text.count("<symbol") == first.text.count("<symbol") > 5
    assert len(app.extensions["shelves"]["cooperative"]) == 1


def test_the_minute_is_told_anew(chair, hall, clock):
    assert "09.00" in opened(chair, hall).words
    clock.move(minutes=7)
    words = opened(chair, hall).words
    assert "09.07" in words
    assert "09.00" not in words


CHANGES = {
    "a name": lambda: sa.update(Person).where(Person.name == "Tri Handoko").values(name="Tri Baru"),
    "the cooperative": lambda: sa.update(Cooperative).values(name="Koperasi Lain"),
    "a term": lambda: (
        sa.update(PostTerm).where(PostTerm.post == "chair").values(ends_on=None, post="manager")
    ),
    "a seat": lambda: sa.update(Batch).values(seats_taken=Batch.seats_taken + 1),
    "a batch": lambda: sa.update(Batch).values(state="cancelled"),
    "a paper": lambda: sa.delete(ChecklistEntry),
    "a line": lambda: sa.update(ServiceLine).values(name="Layanan baru"),
    "a need": lambda: sa.update(ServiceNeed).values(count=3),
}


@pytest.mark.parametrize("what", CHANGES)
def test_whatever_changes_beneath_is_shown_at_once(chair, hall, what):
    before = opened(chair, hall).words
    with transaction() as session:
        session.execute(CHANGES[what]())
    assert opened(chair, hall).words != before


def test_a_new_certificate_is_shown_at_once(chair, hall):
    before = opened(chair, hall)
    with transaction():
        halls.certify(hall, hall.people["treasurer"], halls.KEU)
    assert opened(chair, hall).text.count("badge-check") != before.text.count("badge-check")


def test_each_reader_has_a_page_of_their_own(app, chair, new_page, hall):
    own = opened(chair, hall)
    office = new_page().sign_in(someone(Role.REGENCY_OFFICER, "region", "61"))
    assert "Usulkan peserta" in own.words
    assert "Usulkan peserta" not in opened(office, hall).words
    assert "Service readiness" in opened(chair, hall, "/en").words
    assert len(app.extensions["shelves"]["cooperative"]) == 3
