"""Saving people by NIK, one or many, and their consents."""

from datetime import date

import pytest
import sqlalchemy as sa

from portal.core.audit import AuditEvent
from portal.core.db import transaction
from portal.core.errors import DomainError, NotFound
from portal.core.permissions import SYSTEM
from portal.people import queries, services
from portal.people.models import Person

BORN = date(1980, 3, 9)
NIK = "6105014903800001"


def save(now, **changes):
    given = {"name": "Sri Wahyuni", "nik": NIK, "birth_date": BORN, "actor": SYSTEM, "now": now} | changes
    with transaction():
        return services.save_person(**given)


def test_a_nik_with_spaces_is_one_person_and_is_nowhere_in_plain_text(db_session, now):
    sri, is_new = save(now, nik="6105 0149 0380 0001")
    assert is_new
    assert sri.masked_nik.endswith("0001")
    again, is_new = save(now)
    assert (again.id, is_new) == (sri.id, False)
    row = db_session.execute(sa.select(Person.__table__)).one()
    assert NIK not in str(row)
    assert queries.find_by_nik(NIK).id == sri.id


def test_a_corrected_row_updates_by_nik_and_an_equal_one_writes_nothing(db_session, now):
    save(now)
    before = db_session.scalar(sa.select(sa.func.count()).select_from(AuditEvent))
    save(now)
    assert db_session.scalar(sa.select(sa.func.count()).select_from(AuditEvent)) == before
    sri, _ = save(now, name="Sri Wahyuningsih", phone="+6281234567890")
    assert (sri.name, sri.phone) == ("Sri Wahyuningsih", "+6281234567890")
    sri, _ = save(now, name="Sri Wahyuningsih", phone=None)
    assert sri.phone == "+6281234567890"
    event = db_session.scalars(sa.select(AuditEvent).order_by(AuditEvent.seq.desc())).first()
    assert event.data == {"fields": ["name", "phone"]}


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"nik": "610501490380001"}, "nik_length", "nik"),
        ({"nik": "6105017203800001"}, "nik_date", "nik"),
        ({"nik": "6105014903800000"}, "nik_serial", "nik"),
        ({"nik": ""}, "nik_missing", "nik"),
        ({"name": " "}, "name_missing", "name"),
        ({"name": "Sri <b>"}, "name_invalid", "name"),
    ],
)
def test_bad_input_is_refused_beside_its_cause(db_session, now, changes, code, field):
    with pytest.raises(DomainError) as caught:
        save(now, **changes)
    assert (caught.value.code, caught.value.field) == (code, field)


def test_many_people_take_a_bounded_number_of_statements(db_session, now, query_count):
    rows = [
        services.PersonRow(f"Orang Ke {chr(97 + n % 26)}", f"61050109038{n:05d}", BORN) for n in range(1, 815)
    ]
    with query_count(at_most=10), transaction():
        answer = services.save_people(rows=[*rows, rows[0]], actor=SYSTEM, now=now)
    assert sum(is_new for _id, is_new in answer) == 814
    assert answer[0][0] == answer[-1][0]
    moved = [services.PersonRow(row.name, row.nik, row.birth_date, phone="+6281100000000") for row in rows]
    with query_count(at_most=10), transaction():
        again = services.save_people(rows=moved, actor=SYSTEM, now=now)
    assert [i for i, _new in again] == [i for i, _new in answer[:-1]]
    assert db_session.scalar(sa.select(sa.func.count()).where(Person.phone == "+6281100000000")) == 814


def test_a_consent_is_kept_by_version_and_withdrawn_without_losing_the_row(db_session, now):
    sri, _ = save(now)
    kind = {"person_id": sri.id, "purpose": "contact", "actor": SYSTEM, "now": now}
    with transaction():
        first = services.give_consent(method="screen", **kind)
        assert services.give_consent(method="paper", **kind).id == first.id
    assert queries.has_consent(sri.id, "contact")
    assert not queries.has_consent(sri.id, "contact", version=2)
    with transaction():
        assert services.withdraw_consent(**kind) == 1
    assert not queries.has_consent(sri.id, "contact")
    with transaction():
        services.give_consent(method="screen", **kind)
    assert len(queries.list_consents(sri.id)) == 2


def test_an_unknown_purpose_or_person_has_no_consent(db_session, now):
    sri, _ = save(now)
    with pytest.raises(DomainError), transaction():
        services.give_consent(person_id=sri.id, purpose="marketing", method="screen", actor=SYSTEM, now=now)
    with pytest.raises(NotFound), transaction():
        services.give_consent(person_id=10**6, purpose="contact", method="screen", actor=SYSTEM, now=now)


def test_the_copy_of_ones_data_masks_the_nik(db_session, now):
    sri, _ = save(now)
    data = queries.personal_data(sri.id)
    assert data["nik"].endswith("0001")
    assert NIK not in str(data)
