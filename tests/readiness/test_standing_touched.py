"""Whoever changes what readiness depends on says so, in the same transaction."""

import ast
from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from portal.cooperatives import services as cooperatives
from portal.cooperatives.models import Cooperative, PostTerm
from portal.cooperatives.personal import erase_person
from portal.core.db import db, transaction
from portal.core.permissions import SYSTEM
from portal.core.ports import ports
from portal.people import services as people
from portal.people.models import Person
from portal.readiness.models import StandingChange
from tests.architecture import source
from tests.support import classroom, decrees
from tests.support.issuing import change, issue, sign_class

DAY = date(2026, 11, 22)
#: Written into by a service, these change how a cooperative stands.
MODELS = (
    "PostTerm", "Certificate", "CertificateEvent", "ValidityExtension", "ExternalRecord", "ChecklistEntry",
    "ServiceLine", "ServiceNeed", "Cooperative", "ChecklistItem",
)  # fmt: skip
#: Why a file that writes one of them need not say so.
SILENT = {
    "portal/cooperatives/services/founding.py:Cooperative": "one never looked at is found by the refresh",
}


def writes(path):
    """Models that a file adds, inserts, updates or deletes."""
    for node in ast.walk(source.tree(path)):
        if not isinstance(node, ast.Call):
            continue
        called = ast.unparse(node.func).rsplit(".", 1)[-1]
        if called in MODELS:
            yield called
        if called in ("insert", "update", "delete", "insert_many", "insert_new", "upsert_ignore"):
            text = ast.unparse(node)
            yield from (name for name in MODELS if f"{name}.__table__" in text or f"({name})" in text)


def test_a_service_that_writes_what_readiness_depends_on_says_whose_standing_it_touched():
    silent = [
        f"{source.name(path)} writes {model}"
        for path in source.modules()
        if source.kind(path) in ("services", "register") and source.room(path) != "operations"
        for model in sorted(set(writes(path)))
        if "standings_touched" not in (text := path.read_text(encoding="utf-8"))
        and "standing_touched" not in text
        and f"{source.name(path)}:{model}" not in SILENT
    ]
    assert silent == []


@pytest.fixture
def queue(db_session):
    """The cooperatives in the queue; asked for, it is emptied."""

    def take():
        found = set(db.session.scalars(sa.select(StandingChange.cooperative_id)))
        with transaction() as session:
            session.execute(sa.delete(StandingChange))
        return found

    take()
    return take


@pytest.fixture
def signed(db_session, now):
    """A signed class whose four people are on the boards of their cooperatives."""
    made = sign_class(now)
    with transaction():
        for person, cooperative in zip(made.room.people, made.room.cooperatives, strict=True):
            classroom._add(
                PostTerm(cooperative_id=cooperative, person_id=person, post="chair", starts_on=DAY)
            )
    return made


def test_the_port_when_people_hold_or_held_posts_notes_each_cooperative_once(signed, queue, now, query_count):
    one, two, *_rest = signed.room.people
    with transaction():
        term = db.session.scalar(sa.select(PostTerm).where(PostTerm.person_id == one))
        term.starts_on, term.ends_on = DAY - timedelta(days=90), DAY - timedelta(days=30)
    with transaction(), query_count(at_most=2) as seen:
        ports().standing_touched(
            cooperative_ids=signed.room.cooperatives[2:3], person_ids=[one, two], now=now
        )
    assert len(seen.writes) == 2
    assert queue() == set(signed.room.cooperatives[:3])


def test_the_port_when_nobody_is_named_sends_nothing(signed, queue, now, query_count):
    with transaction(), query_count(at_most=0):
        ports().standing_touched(now=now)
    assert queue() == set()


def test_posts_when_held_ended_and_left_by_the_erased_are_said(signed, queue, now):
    room = signed.room
    with transaction():
        cooperatives.hold_posts(
            rows=[(room.cooperatives[0], room.people[1], "treasurer")], starts_on=DAY, actor=SYSTEM, now=now
        )
    assert queue() == {room.cooperatives[0]}
    with transaction():
        cooperatives.end_posts(
            rows=[(room.cooperatives[1], room.people[1])], ends_on=DAY, actor=SYSTEM, now=now
        )
    assert queue() == {room.cooperatives[1]}
    with transaction():
        term = db.session.scalar(sa.select(PostTerm).where(PostTerm.person_id == room.people[2]))
        cooperatives.end_post(term_id=term.id, ends_on=DAY, actor=SYSTEM, now=now)
    assert queue() == {room.cooperatives[2]}
    with transaction():
        erase_person(person_id=room.people[3], actor=SYSTEM, now=now, is_dry=False)
    assert queue() == {room.cooperatives[3]}


def test_a_pilot_when_named_later_is_said(signed, queue, now):
    number = signed.room.cooperatives[0]
    known = db.session.get(Cooperative, number)
    row = cooperatives.CooperativeRow(known.kind, known.name, known.region_code, is_pilot=True)
    with transaction():
        fresh = cooperatives.ensure_cooperatives(
            rows=[cooperatives.CooperativeRow("village", "KDMP Baru", "61.05")], actor=SYSTEM, now=now
        )
    queue()
    pilot = cooperatives.CooperativeRow("village", "KDMP Baru", "61.05", is_pilot=True)
    with transaction():
        cooperatives.ensure_cooperatives(rows=[pilot], actor=SYSTEM, now=now)
    assert row.is_pilot
    assert queue() == set(fresh.values())


def test_certificates_when_issued_suspended_and_replaced_are_said(signed, queue, now):
    made = issue(signed, now)
    assert queue() == set(signed.room.cooperatives)
    for action, place in (("suspend", 0), ("unsuspend", 0), ("revoke", 1)):
        change(signed, made[place], action, now)
        at = signed.room.people.index(made[place].person_id)
        assert queue() == {signed.room.cooperatives[at]}
    change(signed, made[2], "replace", now, name="Nama Betul")
    assert queue() == {signed.room.cooperatives[signed.room.people.index(made[2].person_id)]}


def test_decrees_when_adopted_and_undone_are_said_for_everybody_they_reach(db_session, queue, now):
    signed, made = decrees.class_with_end(now)
    with transaction():
        for person, cooperative in zip(signed.room.people, signed.room.cooperatives, strict=True):
            classroom._add(
                PostTerm(cooperative_id=cooperative, person_id=person, post="chair", starts_on=DAY)
            )
    queue()
    author, adopter = decrees.two_admins()
    decree = decrees.adopt(author, adopter, now)
    assert queue() == set(signed.room.cooperatives)
    decrees.undo(decree, author, adopter, now)
    assert queue() == set(signed.room.cooperatives)
    assert len(made) == 4


def test_a_sex_when_given_is_said_and_a_phone_is_not(signed, queue, now):
    nik = "6105010903800001"
    person = db.session.get(Person, signed.room.people[0])
    with transaction():
        person = db.session.get(Person, signed.room.people[0])
        person.set_nik(nik)
    for row, expected in (
        (people.PersonRow("Orang A", nik, phone="081200000099"), set()),
        (people.PersonRow("Orang A", nik, sex="P"), {signed.room.cooperatives[0]}),
    ):
        with transaction():
            people.save_people(rows=[row], actor=SYSTEM, now=now)
        assert queue() == expected
