"""Being forgotten: nothing is left to be found, what must stay stays, and two people are needed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from portal.accounts.models import RoleGrant, User, UserSession
from portal.accounts.queries import find_user
from portal.batches.models import Batch
from portal.certificates.eligibility import name_blockers
from portal.certificates.queries import certificate_by_code, find_by_code, verified_facts
from portal.certificates.rules import Outcome
from portal.core import audit
from portal.core.db import Base, db, transaction
from portal.core.errors import Conflict, DomainError, Forbidden, NotFound
from portal.core.mail.outbox import OutboxMessage
from portal.core.permissions import SYSTEM, Grant, GrantedActor, Role
from portal.core.ports import ports
from portal.enrollment.models import Enrollment
from portal.people import services
from portal.people.models import Consent, ErasureRequest, Person
from tests.conftest import NOW
from tests.support.classroom import build, newcomer
from tests.support.full_person import NAME, TRACES, FullPerson, make_full_person
from tests.support.world_rights import EVIDENCE

#: Where names stay: signed facts (a certificate, its paper's text, its log leaf), and the insert-only trail,
#: which names who did something.
SIGNED = {"certificate", "log_leaf"}
INSERT_ONLY = {"audit_event", "unmasked_read"}
ADMIN = GrantedActor(900, None, "Indah Platform", (Grant(Role.PLATFORM_ADMIN, "all", ""),))


@pytest.fixture
def full(db_session: Any, now: Any) -> FullPerson:
    return make_full_person(now)


def _erase(full: FullPerson, now: Any) -> ErasureRequest:
    with transaction():
        asked = services.ask_erasure(reason="tidak ikut lagi", actor=full.actor, now=now)
    with transaction():
        return services.carry_out_erasure(request_id=asked.id, actor=ADMIN, now=now)


def _found(traces: tuple[str, ...]) -> dict[str, set[str]]:
    """Table -> those of the traces that any of its cells holds in plain text."""
    found: dict[str, set[str]] = {}
    for name, table in Base.metadata.tables.items():
        for row in db.session.execute(sa.select(table)):
            for cell in row:
                text = cell.decode("utf-8", "replace") if isinstance(cell, bytes) else str(cell)
                for trace in traces:
                    if trace in text:
                        found.setdefault(name, set()).add(trace)
    return found


def test_nothing_of_the_person_is_found_afterwards_but_in_signed_and_insert_only_rows(full, now):
    assert {"person", "user_account", "contact", "staff", "verdict"} <= set(_found(TRACES))
    _erase(full, now)
    db.session.rollback()
    left = _found(TRACES)
    assert set(left) <= SIGNED | INSERT_ONLY, left
    # The trail holds who acted, never what the data were.
    assert left.get("audit_event", set()) <= {NAME, "Zulkarnain", "Wibawaputra"}


def test_person_and_account_are_nobody_and_cannot_sign_in(full, now):
    _erase(full, now)
    person, user = db.session.get(Person, full.person_id), db.session.get(User, full.user_id)
    assert (person.name, person.nik_index, person.phone, person.birth_date) == (
        "Nama dihapus",
        None,
        None,
        None,
    )
    assert person.erased_at == now
    assert (user.is_active, user.password_hash, user.person_id) == (False, "", full.person_id)
    assert find_user("zulkarnain") is None
    count = sa.select(sa.func.count()).select_from(UserSession).where(UserSession.user_id == user.id)
    assert db.session.scalar(count) == 0
    assert all(one.withdrawn_at for one in db.session.scalars(sa.select(Consent)))


def test_rows_stay_without_a_name_and_messages_without_words(full, now):
    _erase(full, now)
    row = db.session.get(Enrollment, full.enrollment_id)
    assert (row.state, row.person_id, row.state_reason) == ("confirmed", full.person_id, "")
    sent = list(db.session.scalars(sa.select(OutboxMessage).where(OutboxMessage.person_id == full.person_id)))
    assert {(m.state, m.reason, m.content_cipher, m.address_hint) for m in sent} == {
        ("skipped", "erased", "", "")
    }


def test_an_issued_certificate_keeps_its_facts_and_still_verifies(full, now):
    _erase(full, now)
    stored = find_by_code(full.code)
    outcome, facts = verified_facts(stored.row)
    assert (outcome, facts.name) == (Outcome.PASSED, "Zulkarnain Wibawaputra")
    assert certificate_by_code(full.code).person_id == full.person_id
    assert list(audit.check_chain(db.session())) == []


def test_the_copy_is_empty_of_data_and_a_second_erasure_finds_nobody(full, now):
    done = _erase(full, now)
    assert done.kept
    assert NAME not in str(done.kept)
    with pytest.raises(NotFound), transaction():
        services.anonymize(person_id=full.person_id, actor=SYSTEM, now=now)
    with pytest.raises(NotFound), transaction():
        services.file_correction(
            person_id=full.person_id, field="name", text="Siapa Saja", note="", evidence=EVIDENCE,
            actor=SYSTEM, now=now,
        )  # fmt: skip
    with pytest.raises(NotFound), transaction():
        services.give_consent(
            person_id=full.person_id, purpose="training", method="screen", actor=SYSTEM, now=now
        )


def test_the_dry_run_changes_nothing_and_names_every_room(full, now, query_count):
    with query_count() as seen:
        preview = services.preview_erasure(person_id=full.person_id, actor=full.actor, now=now)
    assert seen.writes == []
    assert len(preview.goes) >= 6
    assert any("Sertifikat" in line for line in preview.stays)
    assert preview.blockers == ()
    assert set(ports().erase_person) == {
        "person", "account", "posts", "staff", "enrollments", "attendance", "verdicts", "tests",
        "certificates", "external",
    }  # fmt: skip


def test_the_person_cannot_carry_out_the_own_erasure_nor_under_another_account(full, now):
    with transaction():
        asked = services.ask_erasure(reason="", actor=full.actor, now=now)
    for actor in (full.actor, GrantedActor(4711, full.person_id, "Akun kedua", ADMIN.grants)):
        with pytest.raises(Forbidden), transaction():
            services.carry_out_erasure(request_id=asked.id, actor=actor, now=now)
        with pytest.raises(Forbidden), transaction():
            services.refuse_erasure(request_id=asked.id, note="tidak boleh", actor=actor, now=now)
    assert db.session.get(Person, full.person_id).erased_at is None


def test_a_request_waits_once_is_withdrawn_or_refused_with_a_reason(full, now):
    with transaction():
        services.ask_erasure(reason="", actor=full.actor, now=now)
    with pytest.raises(Conflict), transaction():
        services.ask_erasure(reason="", actor=full.actor, now=now)
    with transaction():
        services.withdraw_erasure(actor=full.actor, now=now)
    with pytest.raises(NotFound), transaction():
        services.withdraw_erasure(actor=full.actor, now=now)
    with transaction():
        asked = services.ask_erasure(reason="", actor=full.actor, now=now)
    with pytest.raises(DomainError), transaction():
        services.refuse_erasure(request_id=asked.id, note=" ", actor=ADMIN, now=now)
    with transaction():
        services.refuse_erasure(request_id=asked.id, note="Masih ada sengketa", actor=ADMIN, now=now)
    with pytest.raises(Conflict), transaction():
        services.carry_out_erasure(request_id=asked.id, actor=ADMIN, now=now)


def test_a_held_person_cannot_be_erased_until_the_hold_is_lifted_or_over(full, now, clock):
    with transaction():
        asked = services.ask_erasure(reason="", actor=full.actor, now=now)
        hold = services.place_hold(
            person_id=full.person_id, reason="Perkara 7/2026", until=None, actor=ADMIN, now=now
        )
    with pytest.raises(Conflict) as caught, transaction():
        services.carry_out_erasure(request_id=asked.id, actor=ADMIN, now=now)
    assert caught.value.code == "erasure_blocked"
    with transaction():
        services.lift_hold(hold_id=hold.id, actor=ADMIN, now=now)
        services.place_hold(
            person_id=full.person_id, reason="Perkara 8/2026", until=now.date(), actor=ADMIN, now=now
        )
    assert services.is_held(full.person_id, now)
    later = clock.move(days=1)
    assert not services.is_held(full.person_id, later)
    with transaction():
        services.carry_out_erasure(request_id=asked.id, actor=ADMIN, now=later)


@pytest.mark.parametrize(
    ("reason", "day", "field"), [("", None, "reason"), ("Perkara 9/2026", "yesterday", "until")]
)
def test_a_hold_needs_a_reason_and_a_day_to_come(db_session, now, reason, day, field):
    until = now.date() - timedelta(days=1) if day else None
    with pytest.raises(DomainError) as caught, transaction():
        services.place_hold(person_id=newcomer_id(), reason=reason, until=until, actor=ADMIN, now=now)
    assert caught.value.field == field


def newcomer_id() -> int:
    """Any person; made inside the running transaction."""
    person = Person(name="Siapa Saja", created_at=NOW, updated_at=NOW)
    db.session.add(person)
    db.session.flush()
    return int(person.id)


def test_a_running_class_and_a_certificate_in_the_making_stand_in_the_way(db_session, now):
    room = build(people=1, start=now)
    preview = services.preview_erasure(person_id=room.people[0], actor=SYSTEM, now=now)
    assert len(preview.blockers) == 1
    assert "masih berjalan" in preview.blockers[0]
    with pytest.raises(Conflict), transaction():
        services.anonymize(person_id=room.people[0], actor=SYSTEM, now=now)


def test_open_enrollments_end_and_free_their_seats(db_session, now):
    room = build(people=2, start=now + timedelta(days=20))
    with transaction():
        services.anonymize(person_id=room.people[0], actor=SYSTEM, now=now)
    assert db.session.get(Enrollment, room.enrollments[0]).state == "withdrawn"
    assert db.session.get(Batch, room.batch_id).seats_taken == 1


def test_who_still_holds_a_role_or_teaches_is_not_erased(full, now):
    with transaction() as session:
        session.add(
            RoleGrant(
                user_id=full.user_id, role="instructor", scope_kind="center", scope_id="1",
                starts_on=now.date(),
            )
        )  # fmt: skip
    preview = services.preview_erasure(person_id=full.person_id, actor=full.actor, now=now)
    assert any("peran" in line for line in preview.blockers)


def test_nobody_is_certified_once_erased():
    assert [one.code for one in name_blockers("Nama dihapus")] == ["person_erased"]
    assert name_blockers("Dewi Lestari") == []


def test_somebody_without_an_account_is_erased_too(db_session, now):
    person_id = newcomer("Titik Tanpa Akun")
    with transaction():
        services.anonymize(person_id=person_id, actor=SYSTEM, now=now)
    assert db.session.get(Person, person_id).name == "Nama dihapus"
