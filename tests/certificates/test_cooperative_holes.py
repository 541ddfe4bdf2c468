"""Holes around outside records: who wrote any of it checks none of it, and who checks rewrites nothing."""

from dataclasses import replace

import pytest
import sqlalchemy as sa

from portal.catalog.models import Program
from portal.certificates.models import ExternalRecord
from portal.certificates.services import external as services
from portal.core.db import db, transaction
from portal.core.errors import DomainError, NotFound
from portal.core.permissions import GrantedActor
from tests.support import nominations
from tests.support.external import PAPER, note, people


def verify(record, actor, now):
    with transaction():
        return services.verify_external(
            record_id=record.id, is_good=True, note="Dicocokkan", actor=actor, now=now
        )


def test_who_named_the_program_does_not_also_check_the_record(db_session, now):
    _user, officer = people(1, now)
    _admin, center, _center_id = nominations.center_admin()
    record, program_id = note(0, officer, now), db.session.scalar(sa.select(Program.id))
    with transaction():
        mapped = services.map_external(
            kind=PAPER.kind, title=PAPER.title, scheme=PAPER.scheme, program_id=program_id,
            actor=center, now=now,
        )  # fmt: skip
    assert mapped == 1
    with pytest.raises(DomainError) as refused:
        verify(record, center, now)
    assert refused.value.code == "same_person"
    other = GrantedActor(9010, None, "Rekan Admin", center.grants)
    assert verify(record, other, now).state == "verified"


def test_a_corrected_word_does_not_hand_a_record_back_to_who_noted_it(db_session, now):
    _user, officer = people(1, now)
    _admin, center, center_id = nominations.center_admin()
    record = note(0, officer, now)
    with transaction() as session:
        session.get_one(ExternalRecord, record.id).center_id = center_id
    fellow = GrantedActor(9011, None, "Rekan Admin", center.grants)
    # Noted by an admin of the center itself, corrected by a fellow, and back to the first.
    with transaction():
        services.change_external(
            record_id=record.id, text=replace(PAPER, number="CONTOH-2"), actor=center, now=now
        )
    with transaction():
        services.change_external(
            record_id=record.id, text=replace(PAPER, number="CONTOH-3"), actor=fellow, now=now
        )
    with pytest.raises(DomainError) as refused:
        verify(record, center, now)
    assert refused.value.code == "same_person"


@pytest.mark.parametrize("what", ["change", "remove"])
def test_who_checks_the_papers_of_an_office_does_not_rewrite_them(db_session, now, what):
    _user, officer = people(1, now)
    _admin, center, _center_id = nominations.center_admin()
    record = note(0, officer, now)
    with pytest.raises(NotFound), transaction():
        if what == "change":
            services.change_external(record_id=record.id, text=PAPER, actor=center, now=now)
        else:
            services.remove_external(record_id=record.id, actor=center, now=now)
    db.session.expire_all()
    assert db.session.get_one(ExternalRecord, record.id).recorded_by == officer.user_id
    assert verify(record, center, now).state == "verified"
