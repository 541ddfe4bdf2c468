"""Keeping the registry by hand, and what an institution says of itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from portal.cooperatives import queries, services
from portal.cooperatives.models import ChecklistEntry, ChecklistItem, Cooperative, PostTerm
from portal.cooperatives.queries.checklist import checklist_of
from portal.cooperatives.queries.places import typed_village
from portal.cooperatives.services import institution
from portal.cooperatives.services.keeping import Facts, correct_cooperative, register_cooperative
from portal.core.audit import AuditEvent
from portal.core.db import db, transaction
from portal.core.errors import Conflict, DomainError, Forbidden, NotFound
from portal.core.permissions import SYSTEM, Grant, GrantedActor, Role
from portal.people.models import Person
from portal.regions.models import Region
from tests.support.nominations import officer
from tests.support.world_registry import villages


def chair(cooperative_id: int) -> GrantedActor:
    return GrantedActor(None, None, "Ketua", (Grant(Role.CHAIR, "cooperative", str(cooperative_id)),))


def companion(cooperative_id: int) -> GrantedActor:
    return GrantedActor(None, None, "Fitri", (Grant(Role.COMPANION, "cooperative", str(cooperative_id)),))


@pytest.fixture
def codes(db_session: Any) -> list[str]:
    return villages(12)


@pytest.fixture
def facts(codes: Any) -> Facts:
    return Facts("village", "KDMP Satu", codes[0], number="N-1", simkopdes="SK-1")


@pytest.fixture
def made(facts: Facts, now: Any) -> Cooperative:
    """A cooperative of Sintang, with the checklist loaded."""
    with transaction():
        services.load_checklist(actor=SYSTEM, now=now)
        return register_cooperative(facts=facts, actor=SYSTEM, now=now)


@pytest.fixture
def touched(app: Any, monkeypatch: Any) -> list[int]:
    """The cooperatives whose standing was said to have changed."""
    found: list[int] = []

    def note(*, cooperative_ids: Any = (), person_ids: Any = (), now: Any) -> None:
        found.extend(cooperative_ids)

    monkeypatch.setattr(app.extensions["ports"], "standing_touched", note)
    return found


def actions() -> list[str]:
    return list(db.session.scalars(sa.select(AuditEvent.action).order_by(AuditEvent.seq)))


def test_a_cooperative_is_added_once(facts: Facts, now: Any, touched: list[int]) -> None:
    actor = officer()[1]
    with transaction():
        made = register_cooperative(facts=facts, actor=actor, now=now)
    assert (made.source, made.version, touched) == ("registry", 1, [made.id])
    for given, code in (
        (
            replace(facts, number="", simkopdes="", name="Koperasi Desa Merah Putih  SATU"),
            "cooperative_known",
        ),
        (replace(facts, name="Lain", simkopdes=""), "number_taken"),
        (replace(facts, name="Lain", number=""), "simkopdes_taken"),
    ):
        with pytest.raises(Conflict, match=code), transaction():
            register_cooperative(facts=given, actor=SYSTEM, now=now)


BAD = {
    "kind_unknown": {"kind": "perseroan"}, "name_missing": {"name": " 12 "},
    "village_missing": {"region_code": ""}, "number_invalid": {"number": "N#1"},
    "legal_future": {"legal_on": date(2027, 1, 1)},
}  # fmt: skip


@pytest.mark.parametrize("code", BAD)
def test_what_a_form_says_is_checked(facts: Facts, now: Any, code: str) -> None:
    with pytest.raises(DomainError, match=code), transaction():
        register_cooperative(facts=replace(facts, **BAD[code]), actor=SYSTEM, now=now)


def test_a_village_kind_needs_a_village_and_others_a_district(facts: Facts, now: Any) -> None:
    with pytest.raises(DomainError, match="village_missing"), transaction():
        register_cooperative(facts=replace(facts, region_code="61.05.01"), actor=SYSTEM, now=now)
    with transaction():
        register_cooperative(
            facts=replace(facts, kind="worker", region_code="61.05.01"), actor=SYSTEM, now=now
        )


def test_another_region_is_out_of_reach(facts: Facts, now: Any, made: Cooperative) -> None:
    stranger = officer("32.01")[1]
    with pytest.raises(DomainError, match="other_region"), transaction():
        register_cooperative(facts=replace(facts, name="Lain"), actor=stranger, now=now)
    with pytest.raises(NotFound), transaction():
        correct_cooperative(cooperative_id=made.id, facts=facts, version=1, actor=stranger, now=now)
    with pytest.raises(NotFound):
        queries.get_cooperative(stranger, made.id)
    assert queries.get_cooperative(officer()[1], made.id).id == made.id


def test_a_correction_counts_versions_and_sees_another(facts: Facts, now: Any, made: Cooperative) -> None:
    actor = officer()[1]
    new = replace(facts, name="KDMP Satu Jaya", is_pilot=True)
    with transaction():
        correct_cooperative(cooperative_id=made.id, facts=new, version=1, actor=actor, now=now)
    with pytest.raises(Conflict, match="version_changed"), transaction():
        correct_cooperative(cooperative_id=made.id, facts=facts, version=1, actor=actor, now=now)
    with transaction():
        same = correct_cooperative(cooperative_id=made.id, facts=new, version=2, actor=actor, now=now)
    assert (same.version, same.name, same.is_pilot) == (2, "KDMP Satu Jaya", True)
    assert actions().count("cooperative.changed") == 1
    event = db.session.scalars(sa.select(AuditEvent).where(AuditEvent.action == "cooperative.changed")).one()
    assert event.data == {"fields": ["is_pilot", "match_key", "name"]}
    assert event.scope == "region:61.05"


def test_the_chair_does_not_keep_the_registry(facts: Facts, now: Any, made: Cooperative) -> None:
    with pytest.raises(Forbidden), transaction():
        correct_cooperative(cooperative_id=made.id, facts=facts, version=1, actor=chair(made.id), now=now)
    with pytest.raises(Forbidden), transaction():
        institution.set_pilot(cooperative_id=made.id, is_pilot=True, actor=chair(made.id), now=now)


def test_founding_alone_gives_a_kind(facts: Facts, now: Any, made: Cooperative) -> None:
    with pytest.raises(DomainError, match="kind_founded"), transaction():
        correct_cooperative(
            cooperative_id=made.id, facts=replace(facts, kind="prospective"), version=1, actor=SYSTEM, now=now
        )


def test_a_village_twice_or_the_seat_is_said_plainly(made: Cooperative, codes: Any, now: Any) -> None:
    actor = chair(made.id)

    def add(code: str) -> None:
        with transaction():
            institution.add_village(cooperative_id=made.id, village_code=code, actor=actor, now=now)

    add(codes[1])
    for code, error in (
        (codes[1], "village_known"),
        (codes[0], "village_seat"),
        ("61.05", "village_unknown"),
    ):
        with pytest.raises(DomainError, match=error):
            add(code)
    with transaction():
        institution.remove_village(cooperative_id=made.id, village_code=codes[1], actor=actor, now=now)
    with pytest.raises(NotFound), transaction():
        institution.remove_village(cooperative_id=made.id, village_code=codes[1], actor=actor, now=now)
    assert db.session.get_one(Cooperative, made.id).version == 3


def test_member_groups_belong_to_multi_stakeholders(made: Cooperative, now: Any, touched: list[int]) -> None:
    def add(name: str, role: str = "worker") -> None:
        with transaction():
            institution.add_group(cooperative_id=made.id, name=name, role=role, actor=chair(made.id), now=now)

    with pytest.raises(DomainError, match="groups_wrong_kind"):
        add("Sopir")
    with transaction() as session:
        session.execute(sa.update(Cooperative).values(kind="multi_stakeholder"))
    db.session.expire_all()
    add("Sopir")
    for name, role, code in (
        ("sopir", "worker", "group_known"),
        ("Toko", "dewa", "group_role"),
        (" ", "worker", "group_name"),
    ):
        with pytest.raises(DomainError, match=code):
            add(name, role)
    assert touched == [made.id]


def test_a_companion_reads_and_a_stranger_does_not(made: Cooperative, codes: Any, now: Any) -> None:
    for actor, error in ((companion(made.id), Forbidden), (chair(made.id + 99), NotFound)):
        with pytest.raises(error), transaction():
            institution.add_village(cooperative_id=made.id, village_code=codes[1], actor=actor, now=now)
        with pytest.raises(error), transaction():
            services.record_entry(
                cooperative_id=made.id, item_code="statutes", done_on=now.date(), actor=actor, now=now
            )


def test_legal_approval_counts_as_a_legal_entity(made: Cooperative, now: Any) -> None:
    with transaction():
        institution.set_legal_approval(
            cooperative_id=made.id,
            number="AHU-1",
            approved_on=date(2025, 7, 1),
            actor=chair(made.id),
            now=now,
        )
    standing = queries.checklist_standing([made.id], now.date())
    assert standing == {made.id: {"legal_entity": None}}
    assert queries.checklist_standing([made.id], date(2025, 6, 30)) == {}
    with pytest.raises(DomainError, match="legal_on"), transaction():
        institution.set_legal_approval(
            cooperative_id=made.id, number="AHU-2", approved_on=date(2027, 7, 1), actor=SYSTEM, now=now
        )


def record(made: Cooperative, code: str, day: date, now: Any, **more: Any) -> ChecklistEntry:
    with transaction():
        return services.record_entry(
            cooperative_id=made.id, item_code=code, done_on=day, actor=chair(made.id), now=now, **more
        )


def test_the_newest_entry_counts_until_its_last_day(made: Cooperative, now: Any, touched: list[int]) -> None:
    record(made, "annual_meeting", date(2025, 3, 1), now)
    record(made, "annual_meeting", date(2026, 3, 1), now, number="BA-7")
    on = now.date()
    assert queries.checklist_standing([made.id], on) == {made.id: {"annual_meeting": date(2027, 5, 31)}}
    assert queries.checklist_standing([made.id], date(2025, 12, 1)) == {
        made.id: {"annual_meeting": date(2026, 5, 31)}
    }
    line = next(line for line in checklist_of(made, date(2027, 6, 1)) if line.item.code == "annual_meeting")
    assert (line.state, line.entries[0].number) == ("old", "BA-7")
    assert touched == [made.id, made.id]


def test_an_entry_is_corrected_by_withdrawing_it(made: Cooperative, now: Any) -> None:
    day = date(2026, 3, 1)
    first = record(made, "statutes", day, now, number="AD-1")
    assert record(made, "statutes", day, now, number="AD-1").id == first.id
    with pytest.raises(Conflict, match="entry_exists"):
        record(made, "statutes", day, now, number="AD-2")

    def withdraw(reason: str, actor: Any = None) -> None:
        with transaction():
            services.withdraw_entry(
                cooperative_id=made.id,
                entry_id=first.id,
                reason=reason,
                actor=actor or chair(made.id),
                now=now,
            )

    with pytest.raises(DomainError, match="reason_missing"):
        withdraw(" ")
    withdraw("Salah nomor")
    assert queries.checklist_standing([made.id], now.date()) == {}
    with pytest.raises(Conflict, match="entry_withdrawn"):
        withdraw("Lagi")
    assert record(made, "statutes", day, now, number="AD-2").id != first.id


def test_days_to_come_and_items_that_are_none_are_refused(made: Cooperative, now: Any) -> None:
    for day, code in ((now.date() + timedelta(days=2), "date_future"), (date(1900, 1, 1), "date_old")):
        with pytest.raises(DomainError, match=code):
            record(made, "statutes", day, now)
    with pytest.raises(NotFound):
        record(made, "upacara", now.date(), now)


def test_a_new_item_lets_every_cooperative_be_judged_anew(
    app: Any, made: Cooperative, now: Any, monkeypatch: Any
) -> None:
    told: list[Any] = []
    monkeypatch.setattr(app.extensions["ports"], "standards_touched", lambda *, now: told.append(now))
    with transaction() as session:
        assert services.load_checklist(actor=SYSTEM, now=now) == 0
        session.execute(sa.delete(ChecklistItem).where(ChecklistItem.code == "open_books"))
    assert told == []
    with transaction():
        assert services.load_checklist(actor=SYSTEM, now=now) == 1
    assert told == [now]


def test_the_checklist_is_loaded_once_and_never_overwritten(made: Cooperative, now: Any) -> None:
    with transaction() as session:
        session.execute(sa.update(ChecklistItem).values(name="Diubah"))
    with transaction():
        assert services.load_checklist(actor=SYSTEM, now=now) == 0
    assert {item.name for item in queries.checklist_items()} == {"Diubah"}
    assert [item.code for item in queries.checklist_items()] == [
        "legal_entity", "statutes", "annual_meeting", "no_relatives", "member_register", "open_books",
    ]  # fmt: skip


def test_warnings_come_from_the_registry(made: Cooperative, facts: Facts, now: Any, query_count: Any) -> None:
    with transaction():
        other = register_cooperative(
            facts=replace(facts, name="Koperasi Lain", number="", simkopdes=""), actor=SYSTEM, now=now
        )
        person = Person(name="Siti Ketua", created_at=now, updated_at=now)
        db.session.add(person)
        db.session.flush()
        for owner in (made.id, other.id):
            db.session.add(
                PostTerm(cooperative_id=owner, person_id=person.id, post="chair", starts_on=date(2026, 1, 1))
            )
    with query_count(at_most=6):
        found = {w.code: w.message for w in queries.board_warnings(made.id, now.date())}
    assert set(found) == {
        "board_small",
        "supervisors_few",
        "post_empty",
        "relatives_undeclared",
        "two_boards",
    }
    assert found["two_boards"] == "Siti Ketua juga tercatat di pengurus atau pengawas Koperasi Lain."
    hidden = services.board_warnings(made.id, now.date(), with_names=False)
    assert "Siti" not in " ".join(warning.message for warning in hidden)
    record(made, "no_relatives", now.date(), now)
    assert "relatives_undeclared" not in {w.code for w in queries.board_warnings(made.id, now.date())}
    with pytest.raises(NotFound):
        queries.board_warnings(987654, now.date())


def test_a_village_is_found_by_code_or_by_its_names(codes: Any) -> None:
    village, district = db.session.get_one(Region, codes[0]), db.session.get_one(Region, codes[0][:8])
    named = f"Kel. {village.name.upper()}, Kecamatan {district.name}, Sintang"
    for text in (codes[0], codes[0].replace(".", ""), f"{village.name}, {district.name}", named):
        assert typed_village(text, "61.05") == codes[0]
    for text in ("Atlantis", "6105019999", codes[0]):
        with pytest.raises(DomainError, match="village_unknown"):
            typed_village(text, "32.01")
    with pytest.raises(DomainError, match="village_missing"):
        typed_village(" ")
