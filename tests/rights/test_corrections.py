"""Corrections: asked with evidence by one person, decided by another, applied once."""

from __future__ import annotations

import io
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa

from portal.accounts.models import User
from portal.accounts.services.rights import follow_name
from portal.certificates.queries import find_by_code, verified_facts
from portal.core.audit import AuditEvent
from portal.core.db import Base, db, transaction
from portal.core.errors import Conflict, DomainError, Forbidden, NotFound
from portal.core.permissions import SYSTEM, GrantedActor
from portal.people import queries, services
from portal.people.models import CorrectionRequest, Evidence, Person, UnmaskedRead
from tests.support.classroom import newcomer
from tests.support.full_person import make_full_person
from tests.support.world_rights import EVIDENCE, PICTURE

HEAD = GrantedActor(900, None, "Hartono Kepala")
NIK, OTHER_NIK = "6105011707830017", "6105014503850001"


@pytest.fixture
def person(db_session: Any) -> Person:
    number = newcomer("Sri Wahyuni")
    with transaction() as session:
        row = session.get(Person, number)
        row.set_nik(NIK)
        row.birth_date, row.sex = date(1983, 7, 17), "L"
    return db.session.get(Person, number)


def _ask(person: Person, field: str, text: str, now: Any, **changes: Any) -> CorrectionRequest:
    given: dict[str, Any] = {"note": "salah ketik", "evidence": EVIDENCE, "actor": _owner(person)} | changes
    with transaction():
        return services.file_correction(person_id=person.id, field=field, text=text, now=now, **given)


def _owner(person: Person) -> GrantedActor:
    return GrantedActor(50, person.id, person.name)


def _decide(row: CorrectionRequest, now: Any, **given: Any) -> CorrectionRequest:
    given = {"is_approved": True, "actor": HEAD} | given
    with transaction():
        return services.decide_correction(request_id=row.id, now=now, **given)


@pytest.mark.parametrize(
    ("field", "text", "column", "wanted"),
    [
        ("name", "  Sri   Wahyuningsih ", "name", "Sri Wahyuningsih"),
        ("birth_date", "1984-07-17", "birth_date", date(1984, 7, 17)),
        ("sex", "P", "sex", "P"),
    ],
)
def test_an_approved_correction_changes_the_person_and_is_audited_without_values(
    person, now, field, text, column, wanted
):
    row = _ask(person, field, text, now)
    _decide(row, now)
    assert getattr(db.session.get(Person, person.id), column) == wanted
    events = db.session.scalars(sa.select(AuditEvent).where(AuditEvent.action.like("correction.%"))).all()
    assert [event.action for event in events] == ["correction.filed", "correction.applied"]
    assert all(set(event.data) == {"field", "correction"} for event in events)


def test_a_nik_is_moved_with_its_index_once_the_decider_typed_it_from_the_document(person, now):
    row = _ask(person, "nik", "6105 0117 0783 0099", now)
    with pytest.raises(DomainError) as caught:
        _decide(row, now, nik="6105011707830098")
    assert (caught.value.code, caught.value.field) == ("nik_differs", "nik")
    _decide(row, now, nik="6105 0117 0783 0099")
    assert queries.find_by_nik("6105011707830099").id == person.id
    assert queries.find_by_nik(NIK) is None
    everything = str([db.session.execute(sa.select(table)).all() for table in Base.metadata.tables.values()])
    assert "6105011707830099" not in everything
    assert NIK not in everything


def test_a_nik_of_somebody_else_is_a_conflict_for_the_decider_and_no_hint_for_the_asker(person, now):
    other = newcomer("Pemilik Asli")
    with transaction() as session:
        session.get(Person, other).set_nik(OTHER_NIK)
    row = _ask(person, "nik", OTHER_NIK, now)
    with pytest.raises(Conflict) as caught:
        _decide(row, now, nik=OTHER_NIK)
    assert caught.value.code == "nik_taken"
    assert db.session.get(CorrectionRequest, row.id).state == "asked"


@pytest.mark.parametrize(
    ("field", "text", "code"),
    [
        ("name", " ", "name_missing"),
        ("name", "Sri <b>", "name_invalid"),
        ("name", "A" * 101, "name_too_long"),
        ("name", "สมชาย", "name_letters"),
        ("nik", "123", "nik_length"),
        ("nik", "6105017203800001", "nik_date"),
        ("birth_date", "kemarin", "birth_missing"),
        ("birth_date", "2030-01-01", "birth_future"),
        ("birth_date", "1890-01-01", "birth_year"),
        ("sex", "X", "sex_missing"),
        ("village_code", "61.05", "village_missing"),
        ("village_code", "99.99.99.9999", "village_missing"),
        ("name", "Sri Wahyuni", "same_value"),
    ],
)
def test_a_new_value_is_held_to_the_rules_of_everywhere(person, now, field, text, code):
    with pytest.raises(DomainError) as caught:
        _ask(person, field, text, now)
    assert caught.value.code == code
    assert db.session.scalar(sa.select(sa.func.count()).select_from(CorrectionRequest)) == 0


def test_a_field_of_ours_that_is_not_correctable_is_not_found(person, now):
    with pytest.raises(NotFound):
        _ask(person, "phone", "0812", now)


def test_evidence_is_needed_for_identity_and_not_for_the_rest(person, now):
    with pytest.raises(DomainError) as caught:
        _ask(person, "name", "Sri Wati", now, evidence=None)
    assert (caught.value.code, caught.value.field) == ("evidence_missing", "evidence")
    assert _ask(person, "sex", "P", now, evidence=None).state == "asked"


def test_one_request_a_field_at_a_time_and_another_after_it_was_withdrawn(person, now):
    row = _ask(person, "name", "Sri Wati", now)
    with pytest.raises(Conflict):
        _ask(person, "name", "Sri Lain", now)
    with pytest.raises(NotFound), transaction():
        services.withdraw_correction(request_id=row.id, actor=GrantedActor(51, 987, "Orang Lain"), now=now)
    with transaction():
        services.withdraw_correction(request_id=row.id, actor=_owner(person), now=now)
    with pytest.raises(Conflict):
        _decide(row, now)
    assert _ask(person, "name", "Sri Lain", now).id != row.id


def test_neither_the_subject_nor_the_filer_decides_under_whatever_account(person, now):
    filer = GrantedActor(60, 4321, "Wulan Admin")
    row = _ask(person, "name", "Sri Wati", now, actor=filer)
    second_account = GrantedActor(61, 4321, "Wulan Kedua")
    for actor in (filer, second_account, _owner(person), GrantedActor(62, person.id, "Sri Kedua")):
        with pytest.raises(Forbidden):
            _decide(row, now, actor=actor)
        with pytest.raises(Forbidden):
            _decide(row, now, actor=actor, is_approved=False, note="tidak benar")
    assert _decide(row, now).state == "applied"


def test_a_refusal_needs_a_reason_and_changes_nothing(person, now):
    row = _ask(person, "name", "Sri Wati", now)
    with pytest.raises(DomainError) as caught:
        _decide(row, now, is_approved=False, note=" ")
    assert caught.value.field == "note"
    _decide(row, now, is_approved=False, note="KTP tidak terbaca")
    assert db.session.get(Person, person.id).name == "Sri Wahyuni"
    with pytest.raises(Conflict):
        _decide(row, now)


def test_data_that_changed_meanwhile_are_not_overwritten(person, now):
    row = _ask(person, "name", "Sri Wati", now)
    with transaction() as session:
        session.get(Person, person.id).name = "Sri Sudah Benar"
    with pytest.raises(Conflict) as caught:
        _decide(row, now)
    assert caught.value.code == "value_changed"


def test_the_account_follows_the_name_and_an_issued_certificate_keeps_its_own(db_session, now):
    full = make_full_person(now)
    row = db.session.scalars(sa.select(CorrectionRequest)).one()
    with transaction():
        services.decide_correction(request_id=row.id, is_approved=True, actor=HEAD, now=now)
        follow_name(person_id=full.person_id, actor=HEAD, now=now)
    assert db.session.get(User, full.user_id).name == "Zulkarnain Wibawa"
    _outcome, facts = verified_facts(find_by_code(full.code).row)
    assert facts.name == "Zulkarnain Wibawaputra"


def test_evidence_is_encrypted_and_every_reading_is_on_the_owners_page(person, now):
    row = _ask(person, "name", "Sri Wati", now)
    kept = db.session.scalars(sa.select(Evidence)).one()
    assert "JFIF" not in kept.content_cipher
    assert (kept.media_type, kept.size) == ("image/jpeg", len(PICTURE))
    with transaction():
        found = services.open_evidence(request_id=row.id, actor=HEAD, now=now)
    assert found == EVIDENCE
    read = db.session.scalars(sa.select(UnmaskedRead)).one()
    assert (read.person_id, read.actor_name, read.fields) == (person.id, "Hartono Kepala", "evidence")


PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n%%EOF\n"
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + b"\0" * 40 + b"\x00\x00\x00\x00IEND\xaeB`\x82"


@pytest.mark.parametrize(
    ("content", "wanted"), [(PICTURE, "image/jpeg"), (PNG, "image/png"), (PDF, "application/pdf")]
)
def test_evidence_is_known_by_its_content(content, wanted):
    assert services.read_evidence(io.BytesIO(content)) == (wanted, content)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"MZ\x90\0program",
        b"<html><script>alert(1)</script>",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        PICTURE[:-2],
        PNG[:-12],
        PDF.replace(b"%%EOF", b""),
        PDF.replace(b"<<>>", b"<</S /JavaScript /JS (app.alert(1))>>"),
        b"x" + PICTURE,
        PICTURE + b"<?php echo 1;",
    ],
)
def test_anything_else_is_refused_whatever_it_is_called(app, content):
    with app.test_request_context(), pytest.raises(DomainError) as caught:
        services.read_evidence(io.BytesIO(content))
    assert (caught.value.code, caught.value.field) == ("evidence_type", "evidence")


def test_a_file_too_big_is_refused_before_it_is_looked_at(app):
    big = io.BytesIO(PICTURE + b"\0" * 1_500_001)
    with app.test_request_context(), pytest.raises(DomainError) as caught:
        services.read_evidence(big)
    assert caught.value.code == "evidence_too_big"
    assert big.tell() == 1_500_001


def test_the_copy_says_that_a_correction_was_asked_not_what(person, now):
    _ask(person, "nik", "6105011707830099", now, actor=SYSTEM)
    asked = queries.personal_data(person.id)["corrections"]
    assert [(one["field"], one["state"]) for one in asked] == [("nik", "asked")]
    assert "6105011707830099" not in str(asked)
