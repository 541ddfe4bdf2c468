"""Outside records: noted by one, checked by another, disputed by the holder, counted apart."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from portal.certificates.external_rules import ExternalRow
from portal.certificates.models import ExternalRecord
from portal.certificates.pages_external import record_context
from portal.certificates.personal_external import erase_person, personal_data
from portal.certificates.queries import external as queries
from portal.certificates.services import external as services
from portal.core import audit
from portal.core.db import db, transaction
from portal.core.errors import Conflict, DomainError, Forbidden, NotFound
from portal.core.permissions import SYSTEM, Grant, GrantedActor, Role
from portal.core.ports import ports
from portal.people.models import Person
from tests.support import nominations
from tests.support.classroom import account, build
from tests.support.external import PAPER, note, people, who

TODAY = date(2026, 11, 30)


@pytest.fixture
def touched(app: Any, monkeypatch: Any) -> list[Any]:
    """The people whose standing was touched, call by call."""
    calls: list[Any] = []

    def touch(*, cooperative_ids: Any = (), person_ids: Any = (), now: Any) -> None:
        calls.append(sorted(person_ids))

    monkeypatch.setattr(app.extensions["ports"], "standing_touched", touch)
    assert ports().standing_touched is touch
    return calls


def _decide(record: Any, actor: Any, now: Any, good: bool = True, text: str = "Dicocokkan") -> Any:
    with transaction():
        return services.verify_external(record_id=record.id, is_good=good, note=text, actor=actor, now=now)


def test_a_paper_is_noted_by_one_and_checked_by_another(db_session, now, touched):
    _user, officer = people(2, now)
    _admin, center, _center_id = nominations.center_admin()
    touched.clear()
    record = note(0, officer, now)
    assert (record.state, record.center_id, record.recorded_by) == ("unverified", None, officer.user_id)
    assert (record.expires_on, record.is_expiry_assumed) == (date(2028, 3, 1), True)
    checked = _decide(record, center, now)
    assert (checked.state, checked.decided_by, checked.state_note) == (
        "verified",
        center.user_id,
        "Dicocokkan",
    )
    assert touched == [[record.person_id]] * 2
    with pytest.raises(Conflict, match="sudah diputuskan"):
        _decide(record, center, now)
    actions = db.session.scalars(
        sa.select(audit.AuditEvent.action).where(audit.AuditEvent.object_kind == "external_record")
    ).all()
    assert actions == ["external.recorded", "external.verified"]


def test_nobody_checks_what_they_noted_nor_their_own(db_session, now):
    people(2, now)
    _user, center, center_id = nominations.center_admin()
    person = db.session.scalars(sa.select(Person).order_by(Person.id)).first()
    record = note_of_center(center, person, center_id, now)
    with pytest.raises(DomainError) as refused:
        _decide(record, center, now)
    assert refused.value.code == "same_person"
    grant = (Grant(Role.CENTER_ADMIN, "center", str(center_id)),)
    holder = GrantedActor(9001, person.id, person.name, grant)
    with pytest.raises(DomainError) as refused:
        _decide(record, holder, now)
    assert refused.value.code == "own_case"
    fellow = db.session.scalars(sa.select(Person.id).order_by(Person.id)).all()[1]
    with pytest.raises(DomainError) as refused:
        _decide(record, GrantedActor(9002, fellow, "Rekan", grant), now)
    assert refused.value.code == "own_case"
    with pytest.raises(DomainError) as refused:
        _decide(record, GrantedActor(9003, None, "Lain", grant), now, text="  ")
    assert (refused.value.code, refused.value.field) == ("note_missing", "note")
    assert _decide(record, GrantedActor(9003, None, "Lain", grant), now, good=False).state == "rejected"


def note_of_center(center: Any, person: Person, center_id: int, now: Any) -> ExternalRecord:
    """A record that the center noted of somebody."""
    with transaction() as session:
        record = ExternalRecord(
            person_id=person.id, kind="training", title="Pembukuan", issuer="BLK Contoh", center_id=center_id,
            issued_on=date(2024, 1, 1), source="arsip", recorded_by=center.user_id, recorded_at=now,
        )  # fmt: skip
        session.add(record)
    return record


def test_two_accounts_of_one_person_are_not_two_people(db_session, now):
    people(2, now)
    _user, _center, center_id = nominations.center_admin()
    other = db.session.scalars(sa.select(Person).order_by(Person.id.desc())).first()
    outsider = Person(name="Petugas Dua Akun", created_at=now, updated_at=now)
    with transaction() as session:
        session.add(outsider)
        session.flush()
        first = account("Akun Satu", Role.CENTER_ADMIN, "center", str(center_id))
        first.person_id = outsider.id
    grant = (Grant(Role.CENTER_ADMIN, "center", str(center_id)),)
    record = note_of_center(GrantedActor(first.id, outsider.id, "Akun Satu", grant), other, center_id, now)
    with pytest.raises(DomainError) as refused:
        _decide(record, GrantedActor(9009, outsider.id, "Akun Dua", grant), now)
    assert refused.value.code == "same_person"


def test_the_database_holds_to_two_people_and_to_numbers(db_session, now):
    people(1, now)
    record = note(0, SYSTEM, now)
    for values in ({"recorded_by": 5, "decided_by": 5}, {"number": ""}, {"state": "verified"}):
        with pytest.raises(sa.exc.IntegrityError), transaction() as session:
            session.execute(sa.update(ExternalRecord).where(ExternalRecord.id == record.id).values(**values))


def test_reach_is_the_regency_or_the_center_and_everything_else_is_missing(db_session, now):
    _user, officer = people(2, now)
    record = note(0, officer, now)
    _away, foreign = nominations.officer("32.01")
    _admin, center, _center_id = nominations.center_admin()
    _other, far, _far_id = nominations.center_admin("32.01")
    assert [row.record.id for row in queries.list_external(officer, 1, on=TODAY).items] == [record.id]
    # A center of the province has to check what an office noted; it may not note for people it does not know.
    assert queries.get_external(center, record.id, TODAY).record.id == record.id
    assert queries.people_in_reach(center, [record.person_id], TODAY) == set()
    for actor in (foreign, far):
        assert queries.list_external(actor, 1, on=TODAY).items == []
        with pytest.raises(NotFound):
            queries.get_external(actor, record.id, TODAY)
    with pytest.raises(DomainError) as refused:
        note(1, foreign, now)
    assert (refused.value.code, refused.value.field) == ("person_unknown", "nik")
    with pytest.raises(Forbidden), transaction():
        services.verify_external(record_id=record.id, is_good=True, note="x", actor=officer, now=now)


def test_a_center_notes_for_who_applied_to_it(db_session, now):
    room = build(people=1)
    actor = GrantedActor(77, None, "Admin", (Grant(Role.CENTER_ADMIN, "center", str(room.center_id)),))
    stranger = GrantedActor(78, None, "Admin", (Grant(Role.CENTER_ADMIN, "center", "99999"),))
    assert queries.people_in_reach(actor, room.people, TODAY) == set(room.people)
    assert queries.people_in_reach(stranger, room.people, TODAY) == set()


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"name": "Orang Lain Sekali"}, "name_differs"),
        ({"nik": "6105010203859999"}, "person_unknown"),
        ({"nik": "", "cooperative": "", "post": ""}, "person_unknown"),
        ({"nik": "12"}, "person_unknown"),
    ],
)
def test_whom_a_record_is_of_must_be_clear(db_session, now, changed, reason):
    _user, officer = people(1, now)
    with pytest.raises(DomainError) as refused, transaction():
        services.record_external(who=who(0, **changed), text=PAPER, actor=officer, now=now)
    assert refused.value.code == reason


def test_without_a_nik_name_post_and_cooperative_tell_who(db_session, now):
    _user, officer = people(2, now)
    line = nominations.line(0)
    with transaction():
        record = services.record_external(
            who=who(0, nik="", cooperative=line[1], post="Ketua"), text=PAPER, actor=officer, now=now
        )
    assert db.session.get_one(Person, record.person_id).name == line[4]


def test_the_same_paper_comes_in_once(db_session, now):
    _user, officer = people(1, now)
    note(0, officer, now)
    with pytest.raises(Conflict):
        note(0, officer, now, issuer="lsp contoh", number="contoh 1")


def test_a_correction_needs_a_new_check_by_somebody_else(db_session, now):
    _user, officer = people(1, now)
    _admin, center, _center_id = nominations.center_admin()
    record = note(0, officer, now)
    _decide(record, center, now)
    person = GrantedActor(500, record.person_id, "Pemegang")
    with transaction():
        services.dispute_external(record_id=record.id, words=" Nomor salah ", actor=person, now=now)
    assert queries.external_counts(officer, TODAY)["disputed"] == 1
    with transaction():
        changed = services.change_external(
            record_id=record.id, text=replace(PAPER, title="Baru", issued_on=date(2025, 1, 1), number="2"),
            actor=officer, now=now,
        )  # fmt: skip
    assert (changed.state, changed.decided_by, changed.dispute) == ("unverified", None, "")
    assert changed.expires_on == date(2028, 1, 1)
    assert _decide(changed, center, now).state == "verified"


def test_only_the_holder_disputes_and_the_office_settles(db_session, now):
    _user, officer = people(2, now)
    record = note(0, officer, now)
    stranger = GrantedActor(501, record.person_id + 1, "Lain")
    with pytest.raises(NotFound), transaction():
        services.dispute_external(record_id=record.id, words="Salah", actor=stranger, now=now)
    holder = GrantedActor(502, record.person_id, "Pemegang")
    with pytest.raises(DomainError), transaction():
        services.dispute_external(record_id=record.id, words=" ", actor=holder, now=now)
    with transaction():
        services.dispute_external(record_id=record.id, words="Salah", actor=holder, now=now)
    with pytest.raises(Forbidden), transaction():
        services.settle_dispute(record_id=record.id, actor=holder, now=now)
    _admin, center, _center_id = nominations.center_admin()
    with transaction():
        services.settle_dispute(record_id=record.id, actor=center, now=now)
    assert queries.get_external(officer, record.id, TODAY).record.dispute == ""


def test_who_wrote_a_record_does_not_settle_its_dispute(db_session, now):
    _user, officer = people(2, now)
    record = note(0, officer, now)
    _admin, center, _center_id = nominations.center_admin()
    holder = GrantedActor(502, record.person_id, "Pemegang")
    with transaction():
        services.dispute_external(record_id=record.id, words="Salah", actor=holder, now=now)
    colleague = GrantedActor(903, None, "Rekan", officer.grants)
    with transaction():
        # Whoever corrected a word wrote it too, though somebody else recorded it again after them.
        services.change_external(
            record_id=record.id, text=replace(PAPER, title="Judul rekan"), actor=colleague, now=now
        )
        services.change_external(record_id=record.id, text=PAPER, actor=officer, now=now)
        services.dispute_external(record_id=record.id, words="Masih salah", actor=holder, now=now)
    as_center = GrantedActor(904, record.person_id, "Pemegang di balai", center.grants)
    for actor, code in ((officer, "same_person"), (colleague, "same_person"), (as_center, "own_case")):
        with pytest.raises(DomainError) as refused, transaction():
            services.settle_dispute(record_id=record.id, actor=actor, now=now)
        assert refused.value.code == code
    assert record_context(officer, record.id, now)["why_not_settle"].startswith("Sanggahan diputuskan")
    assert record_context(center, record.id, now)["why_not_settle"] == ""
    assert queries.get_external(officer, record.id, TODAY).record.dispute == "Masih salah"
    with transaction():
        services.settle_dispute(record_id=record.id, actor=center, now=now)
    assert queries.get_external(officer, record.id, TODAY).record.dispute == ""


def test_writing_the_same_again_answers_no_dispute(db_session, now):
    _user, officer = people(2, now)
    record = note(0, officer, now)
    holder = GrantedActor(502, record.person_id, "Pemegang")
    with transaction():
        services.dispute_external(record_id=record.id, words="Salah", actor=holder, now=now)
    # The end that was assumed, typed in, is no other word either.
    for same in (PAPER, replace(PAPER, expires_on=record.expires_on)):
        with pytest.raises(DomainError) as refused, transaction():
            services.change_external(record_id=record.id, text=same, actor=officer, now=now)
        assert refused.value.code == "same_person"
    assert queries.get_external(officer, record.id, TODAY).record.dispute == "Salah"
    colleague = GrantedActor(903, None, "Rekan", officer.grants)
    with transaction():
        services.change_external(record_id=record.id, text=PAPER, actor=colleague, now=now)
    assert queries.get_external(officer, record.id, TODAY).record.dispute == ""


def test_what_was_checked_is_not_removed(db_session, now, touched):
    _user, officer = people(2, now)
    _admin, center, _center_id = nominations.center_admin()
    first, second = note(0, officer, now), note(1, officer, now)
    _decide(first, center, now)
    with pytest.raises(Conflict), transaction():
        services.remove_external(record_id=first.id, actor=officer, now=now)
    touched.clear()
    number, person_id = second.id, second.person_id
    with transaction():
        services.remove_external(record_id=number, actor=officer, now=now)
    assert db.session.get(ExternalRecord, number) is None
    assert touched == [[person_id]]


def test_what_counts_for_people_is_told_in_one_statement(db_session, now, query_count):
    _user, officer = people(6, now)
    _admin, center, _center_id = nominations.center_admin()
    program_id = nominations_program()
    good = note(0, officer, now, program_id=program_id)
    _decide(good, center, now)
    waiting, old = note(1, officer, now), note(2, officer, now, expires_on=TODAY - timedelta(days=1))
    rejected = note(3, officer, now)
    _decide(rejected, center, now, good=False)
    ids = [one.person_id for one in (good, waiting, old, rejected)]
    with query_count(at_most=1):
        found = queries.external_of_people(ids, TODAY)
    row = ExternalRow(
        program_id, date(2025, 3, 1), date(2028, 3, 1), "verified", "competency", PAPER.title, "LSP Contoh"
    )
    assert found[good.person_id] == [row]
    assert [one.state for one in found[waiting.person_id]] == ["unverified"]
    assert set(found) == {good.person_id, waiting.person_id}
    assert queries.external_of_people([old.person_id], TODAY - timedelta(days=1))
    assert not queries.external_of_people(ids, date(2025, 2, 28))


def nominations_program() -> int:
    """The program that `people` made."""
    from portal.catalog.models import Program

    return db.session.scalars(sa.select(Program.id)).one()


def test_the_list_takes_as_many_statements_for_forty_as_for_two(db_session, now, query_count):
    _user, officer = people(24, now)
    for number in range(24):
        note(number, officer, now)
    db.session.rollback()
    with query_count(at_most=3):
        page = queries.list_external(officer, 1, on=TODAY)
    assert (len(page.items), page.has_next) == (20, True)


def test_a_title_is_mapped_to_a_program_before_it_is_checked(db_session, now, touched):
    _user, officer = people(3, now)
    _admin, center, _center_id = nominations.center_admin()
    program_id = nominations_program()
    for number in range(3):
        note(number, officer, now)
    checked = db.session.scalars(sa.select(ExternalRecord).order_by(ExternalRecord.id)).first()
    _decide(checked, center, now)
    assert [(one.title, one.count) for one in queries.list_unmapped(officer, TODAY)] == [(PAPER.title, 2)]
    touched.clear()
    said = {"kind": "competency", "title": PAPER.title, "scheme": "", "actor": officer, "now": now}
    with transaction():
        assert services.map_external(**said, program_id=program_id) == 2
    assert len(touched) == 1
    assert queries.list_unmapped(officer, TODAY) == []
    with transaction():
        assert services.map_external(**said, program_id=program_id) == 0
    # What somebody confirmed is not turned into something else by one person.
    assert db.session.get_one(ExternalRecord, checked.id, populate_existing=True).program_id is None


def test_own_copy_and_erasure(db_session, now, touched):
    _user, officer = people(1, now)
    record = note(0, officer, now)
    person_id = record.person_id
    assert personal_data(person_id)[0]["granted_by"] == "LSP Contoh"
    said = {"person_id": person_id, "actor": SYSTEM, "now": now}
    assert len(erase_person(**said, is_dry=True).goes) == 1
    assert personal_data(person_id)
    touched.clear()
    with transaction():
        erase_person(**said, is_dry=False)
    assert personal_data(person_id) == []
    assert touched == [[person_id]]
    with transaction():
        assert erase_person(**said, is_dry=False).goes == ()
