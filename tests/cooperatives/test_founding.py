"""Founding a cooperative: its people, its steps, and the day it stands."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from portal.accounts.queries import actor_of
from portal.cooperatives.models import BoardChange, Cooperative, CooperativeDocument, Founding, PostTerm
from portal.cooperatives.queries import claim_state
from portal.cooperatives.queries.board import board_on, board_seen
from portal.cooperatives.queries.founding import founding_people, villages_named
from portal.cooperatives.rules import match_key
from portal.cooperatives.services import founding as services
from portal.cooperatives.services.board import BoardRefused, NewHolder
from portal.cooperatives.services.standing_up import stand_up
from portal.core.audit import AuditEvent
from portal.core.db import db, transaction
from portal.core.errors import Conflict, DomainError, NotFound
from portal.core.permissions import Grant, Role
from portal.people.models import Person
from tests.support.boards import REGENCY, account, minutes, new_cooperative, officer, person
from tests.support.world_board import village_in

DAY = timedelta(days=1)


def office(now):
    with transaction():
        return officer(account("Hendra Dinas", now, Grant(Role.REGENCY_OFFICER, "region", REGENCY)).id)


def begin(actor, now, name="Koperasi Kurir Sintang", **more):
    wish = {"kind": "driver_courier", "village_code": village_in(REGENCY)} | more
    with transaction():
        return services.register_founding(name=name, actor=actor, now=now, **wish)


def add(number, name, actor, now, post="founder", phone=""):
    with transaction():
        return services.add_founding_person(
            cooperative_id=number, name=name, phone=phone, post=post, actor=actor, now=now
        )


def whole(now):
    today = now.date()
    return services.FoundingNote(
        meeting_on=today - 60 * DAY, meeting_place="Balai desa", name_approved_on=today - 50 * DAY,
        deed_number="12", deed_on=today - 40 * DAY, notary="Notaris Contoh", legal_number="AHU-CONTOH",
        legal_on=today - 10 * DAY, cooperative_number="6105-CONTOH",
    )  # fmt: skip


def note(number, steps, actor, now, *, name="Koperasi Kurir Sintang", file=None, version=None):
    version = version or db.session.get(Founding, number, populate_existing=True).version
    with transaction():
        return services.note_founding(
            cooperative_id=number, version=version, name=name, note=steps, file=file, actor=actor, now=now
        )


def ready(now):
    """(id, actor, founders by name): nine founders, a member, every step noted."""
    actor = office(now)
    number = begin(actor, now)
    for letter in "ABCDEFGHI":
        add(number, f"Pendiri {letter}", actor, now)
    add(number, "Anggota Z", actor, now, "member")
    note(number, whole(now), actor, now, file=minutes())
    return number, actor, {one.name: one.person_id for one in founding_people(number, now.date())}


def seats(people, **posts):
    return [NewHolder(key=f"n{post}-1", post=post, person_id=people[name]) for post, name in posts.items()]


def stand(number, actor, now, people, *, on=None, seen=None, beginnings=None, **posts):
    with transaction():
        return stand_up(
            cooperative_id=number, effective_on=on or now.date() - DAY, seen=seen or board_seen(number),
            beginnings=beginnings or seats(people, **posts), actor=actor, now=now,
        )  # fmt: skip


def test_a_person_who_registers_speaks_for_it_until_the_office_looks(db_session, now):
    with transaction():
        user = account("Wati Pendiri", now, Grant(Role.TRAINEE, "self", ""), person_id=person("Wati", now))
    number = begin(actor_of(user.id, now), now)
    actor = actor_of(user.id, now)
    assert claim_state(actor, number) == "pending_code"
    add(number, "Wati Pendiri", actor, now, phone="0812 3456 7890")
    row = db_session.get(Cooperative, number)
    assert (row.kind, row.source) == ("prospective", "founding")
    found = db_session.scalar(sa.select(Person).where(Person.name == "Wati Pendiri"))
    assert (found.phone, found.nik_index) == ("+6281234567890", None)


def test_an_office_registers_without_speaking_for_it(db_session, now):
    actor = office(now)
    assert claim_state(actor, begin(actor, now)) == "none"


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        ({"name": "  "}, "name"),
        ({"kind": "prospective"}, "kind"),
        ({"kind": "castle"}, "kind"),
        ({"village_code": "61.05"}, "village_code"),
        ({"village_code": "99.99.99.9999"}, "village_code"),
    ],
)
def test_a_founding_begins_with_a_name_a_kind_and_a_village(db_session, now, wish, field):
    with pytest.raises(DomainError) as caught:
        begin(office(now), now, **wish)
    assert caught.value.field == field


def test_what_stands_or_is_begun_is_not_begun_again(db_session, now):
    actor = office(now)
    begin(actor, now)
    with pytest.raises(Conflict) as caught:
        begin(actor, now, name="KOPERASI kurir  Sintang")
    assert caught.value.code == "founding_known"
    with transaction():
        row = db_session.get(Cooperative, new_cooperative(now, "Koperasi Lama", "driver_courier"))
        row.region_code = village_in(REGENCY)
        row.match_key = match_key(row.kind, row.name, row.region_code)
    with pytest.raises(DomainError) as caught:
        begin(actor, now, name="Koperasi Lama")
    assert caught.value.code == "already_stands"


def test_founders_come_and_go_and_a_name_stands_once(db_session, now):
    actor = office(now)
    number = begin(actor, now)
    today = add(number, "Pendiri A", actor, now)
    with pytest.raises(DomainError) as caught:
        add(number, "pendiri  a", actor, now)
    assert caught.value.code == "name_known"
    with pytest.raises(DomainError) as caught:
        add(number, "Pendiri B", actor, now, phone="12")
    assert caught.value.field == "phone"
    earlier = add(number, "Pendiri C", actor, now - 5 * DAY)
    for term in (today, earlier):
        for _again in range(2 if term == earlier else 1):
            with transaction():
                services.remove_founding_person(cooperative_id=number, term_id=term, actor=actor, now=now)
    assert founding_people(number, now.date()) == []
    assert db_session.get(PostTerm, earlier, populate_existing=True).ends_on == now.date() - DAY


def test_a_founder_of_another_cooperative_is_not_there(db_session, now):
    actor = office(now)
    here, there = begin(actor, now), begin(actor, now, "Koperasi Seberang")
    term = add(there, "Pendiri A", actor, now)
    with pytest.raises(NotFound), transaction():
        services.remove_founding_person(cooperative_id=here, term_id=term, actor=actor, now=now)
    with pytest.raises(NotFound):
        add(here, "Pendiri B", officer(1, "61.06"), now)


def test_steps_are_noted_whole_and_dates_may_not_contradict(db_session, now):
    actor = office(now)
    number = begin(actor, now)
    note(number, whole(now), actor, now, name="Koperasi Kurir Kapuas", file=minutes())
    row = db_session.get(Founding, number, populate_existing=True)
    assert (row.deed_number, row.version, row.meeting_document_id is not None) == ("12", 2, True)
    assert db_session.get(Cooperative, number, populate_existing=True).name == "Koperasi Kurir Kapuas"
    wrong = services.FoundingNote(meeting_on=now.date(), deed_on=now.date() - DAY, legal_on=now.date() + DAY)
    with pytest.raises(services.FoundingRefused) as caught:
        note(number, wrong, actor, now)
    assert [field for field, _text in caught.value.details["problems"]] == ["legal_on", "deed_on"]
    with pytest.raises(Conflict) as caught:
        note(number, whole(now), actor, now, version=1)
    assert caught.value.code == "founding_changed"


def test_it_stands_with_its_kind_its_number_and_its_board(db_session, now):
    number, actor, people = ready(now)
    stand(number, actor, now, people, chair="Pendiri A", secretary="Pendiri B", treasurer="Pendiri C")
    row = db_session.get(Cooperative, number, populate_existing=True)
    assert (row.kind, row.cooperative_number, row.legal_number) == (
        "driver_courier", "6105-CONTOH", "AHU-CONTOH",
    )  # fmt: skip
    assert row.match_key == match_key("driver_courier", row.name, row.region_code)
    held = {one.post: one.name for one in board_on(row, now.date()) if one.post in ("chair", "secretary")}
    assert held == {"chair": "Pendiri A", "secretary": "Pendiri B"}
    terms = db_session.scalars(sa.select(PostTerm).where(PostTerm.cooperative_id == number)).all()
    before = {t.post for t in terms if t.ends_on == now.date() - 2 * DAY}
    assert before == {"founder", "member"}
    assert sum(t.post == "member" and t.ends_on is None for t in terms) == 7
    change = db_session.scalar(sa.select(BoardChange))
    assert change.summary == {"ended": 10, "began": 10, "kept": 0}
    assert db_session.get(CooperativeDocument, change.document_id).kind == "minutes"
    assert db_session.get(Founding, number).founded_at == now
    assert "cooperative.founded" in db_session.scalars(sa.select(AuditEvent.action)).all()
    with pytest.raises(Conflict) as caught:
        stand(number, actor, now, people, chair="Pendiri A")
    assert caught.value.code == "founded"


@pytest.mark.parametrize(
    ("posts", "field"),
    [
        ({"secretary": "Pendiri A"}, "nchair-1_who"),
        ({"chair": "Pendiri A", "secretary": "Pendiri A"}, "nsecretary-1_who"),
    ],
)
def test_it_stands_with_a_chair_and_nobody_twice(db_session, now, posts, field):
    number, actor, people = ready(now)
    with pytest.raises(DomainError) as caught:
        stand(number, actor, now, people, **posts)
    assert caught.value.field == field
    assert db_session.get(Cooperative, number, populate_existing=True).kind == "prospective"


def test_it_does_not_stand_before_its_approval_or_with_eight_founders(db_session, now):
    number, actor, people = ready(now)
    with pytest.raises(DomainError) as caught:
        stand(number, actor, now, people, on=now.date() - 11 * DAY, chair="Pendiri A")
    assert (caught.value.code, caught.value.field) == ("before_legal", "effective_on")
    term = next(one.term_id for one in founding_people(number, now.date()) if one.name == "Pendiri I")
    with transaction():
        services.remove_founding_person(cooperative_id=number, term_id=term, actor=actor, now=now)
    with pytest.raises(DomainError) as caught:
        stand(number, actor, now, people, chair="Pendiri A")
    assert caught.value.code == "founding_incomplete"


def test_a_name_or_number_that_another_has_is_said_plainly(db_session, now):
    number, actor, people = ready(now)
    with transaction():
        taken = db_session.get(Cooperative, new_cooperative(now, "Koperasi Lain", "driver_courier"))
        taken.region_code = village_in(REGENCY)
        taken.match_key = match_key("driver_courier", "Koperasi Kurir Sintang", taken.region_code)
    with pytest.raises(Conflict) as caught:
        stand(number, actor, now, people, chair="Pendiri A")
    assert caught.value.code == "name_taken"
    assert "Koperasi Lain" in caught.value.message
    with transaction():
        taken.match_key, taken.cooperative_number = "lain", "6105-CONTOH"
    with pytest.raises(Conflict) as caught:
        stand(number, actor, now, people, chair="Pendiri A")
    assert caught.value.code == "number_taken"


def test_an_old_form_and_a_stranger_are_refused(db_session, now):
    number, actor, people = ready(now)
    seen = board_seen(number)
    add(number, "Pendiri Baru", actor, now)
    with pytest.raises(Conflict) as caught:
        stand(number, actor, now, people, seen=seen, chair="Pendiri A")
    assert caught.value.code == "board_changed"
    with transaction():
        stranger = person("Orang Lain", now)
    with pytest.raises(BoardRefused):
        stand(number, actor, now, {"x": stranger}, chair="x")


def test_villages_are_found_by_a_part_of_their_name(db_session, query_count):
    with query_count(at_most=2):
        found = villages_named("baning")
    assert next(name for _code, name, _where in found).startswith("Baning")
    assert all(where.endswith("Kalimantan Barat") for _code, _name, where in found)
    assert villages_named("%") == villages_named("ab") == []
