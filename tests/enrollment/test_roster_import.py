"""Saving a roster: once, in chunks that resume, in as many statements for 200 people as for 20."""

from __future__ import annotations

import io
import json
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from python_calamine import CalamineWorkbook

from portal.cooperatives.models import Cooperative, PostTerm
from portal.core import audit, jobs
from portal.core.db import Base, db, transaction
from portal.core.errors import Conflict, DomainError, NotFound, TooMany
from portal.core.permissions import SYSTEM
from portal.enrollment import queries, services
from portal.enrollment.models import Nomination, RosterImport
from portal.enrollment.roster.sealed import without_numbers
from portal.enrollment.services import roster_chunk
from portal.people.models import Person
from portal.people.queries import find_by_nik
from tests.support import nominations
from tests.support.nominations import SINTANG, bring_in, line, officer, program, roster, upload

NIK = "6105010203850001"


def count(model: Any) -> int:
    return int(db.session.scalar(sa.select(sa.func.count()).select_from(model)) or 0)


def test_the_whole_sintang_roster_once_and_again(db_session: Any, now: Any, clock: Any) -> None:
    program_id, (_user, actor) = program(), officer()
    assert bring_in(SINTANG, program_id, actor, now) == {"new": 814, "updated": 0, "unchanged": 0}
    tables = (Person, Cooperative, PostTerm, Nomination)
    assert [count(model) for model in tables] == [814, 406, 814, 814]
    clock.move(days=1)
    assert bring_in(SINTANG, program_id, actor, clock.now) == {"new": 0, "updated": 0, "unchanged": 814}
    assert [count(model) for model in tables] == [814, 406, 814, 814]
    assert list(audit.check_chain(db.session())) == []


def test_a_corrected_row_updates_by_nik(db_session: Any, now: Any, clock: Any) -> None:
    program_id, (_user, actor) = program(), officer()
    bring_in(roster(4), program_id, actor, now)
    clock.move(days=1)
    changed = roster(4, name="Siti Baru", phone="081299999999", post="Sekretaris")
    assert bring_in(changed, program_id, actor, clock.now) == {"new": 0, "updated": 1, "unchanged": 3}
    person = find_by_nik(NIK)
    assert person is not None
    assert (person.name, person.phone) == ("Siti Baru", "+6281299999999")
    assert (
        db.session.scalar(sa.select(Nomination.post).where(Nomination.person_id == person.id)) == "secretary"
    )
    posts = db.session.execute(
        sa.select(PostTerm.post, PostTerm.ends_on.is_(None))
        .where(PostTerm.person_id == person.id)
        .order_by(PostTerm.id)
    ).all()
    assert [tuple(row) for row in posts] == [("chair", False), ("secretary", True)]


def test_a_row_moved_to_another_village_ends_the_post_in_the_first(
    db_session: Any, now: Any, clock: Any
) -> None:
    program_id, (_user, actor) = program(), officer()
    bring_in(roster(1), program_id, actor, now)
    clock.move(days=1)
    bring_in(roster(1, village=line(2)[2]), program_id, actor, clock.now)
    open_posts = db.session.scalars(sa.select(PostTerm).where(PostTerm.ends_on.is_(None))).all()
    nomination = db.session.scalars(sa.select(Nomination)).one()
    assert [term.cooperative_id for term in open_posts] == [nomination.cooperative_id]
    assert count(PostTerm) == 2


def test_who_is_placed_or_declined_stays_so(db_session: Any, now: Any, clock: Any) -> None:
    program_id, (_user, actor) = program(), officer()
    bring_in(roster(1), program_id, actor, now)
    with transaction() as session:
        session.execute(sa.update(Nomination).values(state="declined"))
    clock.move(days=1)
    bring_in(roster(1, post="Sekretaris"), program_id, actor, clock.now)
    found = db.session.scalars(sa.select(Nomination)).one()
    assert (found.state, found.post) == ("declined", "chair")


def test_who_has_an_account_keeps_their_own_name_and_phone(db_session: Any, now: Any, clock: Any) -> None:
    from portal.core.permissions import Role
    from tests.support.classroom import account

    program_id, (_user, actor) = program(), officer()
    bring_in(roster(1), program_id, actor, now)
    person = find_by_nik(NIK)
    assert person is not None
    before = (person.name, person.phone)
    with transaction():
        account(person.name, Role.TRAINEE, person_id=person.id)
    clock.move(days=1)
    bring_in(roster(1, name="Orang Lain", phone="081200000099"), program_id, actor, clock.now)
    db.session.expire_all()
    again = find_by_nik(NIK)
    assert again is not None
    assert (again.name, again.phone) == before


def _chunk_statements(
    people: int, start: int, program_id: int, actor: Any, now: Any, query_count: Any
) -> int:
    found = upload(roster(people, start), program_id, actor, now)
    with transaction():
        services.start_import(import_id=found.id, only_good=True, actor=actor, now=now)
    job_id = jobs._take(now)
    assert job_id is not None
    with query_count(at_most=26) as seen:
        jobs._run_chunk(job_id)
    return len(seen)


def test_two_hundred_people_take_as_many_statements_as_twenty(
    db_session: Any, now: Any, query_count: Any
) -> None:
    program_id, (_user, actor) = program(), officer()
    few = _chunk_statements(20, 0, program_id, actor, now, query_count)
    many = _chunk_statements(200, 1000, program_id, actor, now, query_count)
    assert many == few


def test_a_kill_between_chunks_is_resumed_where_it_stood(
    db_session: Any, now: Any, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(roster_chunk, "CHUNK", 4)
    program_id, (_user, actor) = program(), officer()
    found = upload(roster(10), program_id, actor, now)
    with transaction():
        job = services.start_import(import_id=found.id, only_good=True, actor=actor, now=now)
    taken = jobs._take(now)
    assert taken is not None
    jobs._run_chunk(taken)
    assert count(Person) == 4
    clock.move(minutes=5)
    jobs.run_pending()
    db.session.expire_all()
    assert db.session.get_one(jobs.Job, job.id).result == {"new": 10, "updated": 0, "unchanged": 0}
    assert (count(Person), db.session.get_one(RosterImport, found.id).state) == (10, "imported")


def test_a_failed_import_keeps_what_was_saved_and_goes_on(
    db_session: Any, now: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(roster_chunk, "CHUNK", 4)
    program_id, (_user, actor) = program(), officer()
    found = upload(roster(10), program_id, actor, now)
    with transaction():
        job = services.start_import(import_id=found.id, only_good=True, actor=actor, now=now)
    saved = roster_chunk.save_rows

    def fail_late(given: Any, rows: Any, *rest: Any) -> Any:
        if rows[0].nik == f"{NIK[:-4]}0005":
            raise DomainError("test", "Terputus.")
        return saved(given, rows, *rest)

    monkeypatch.setattr(roster_chunk, "save_rows", fail_late)
    jobs.run_pending()
    db.session.expire_all()
    assert (db.session.get_one(jobs.Job, job.id).state, count(Person)) == ("failed", 4)
    monkeypatch.setattr(roster_chunk, "save_rows", saved)
    with transaction():
        services.retry_import(import_id=found.id, actor=actor, now=now)
    jobs.run_pending()
    assert count(Person) == 10


def test_no_nik_is_in_plain_text_anywhere(db_session: Any, now: Any) -> None:
    program_id, (_user, actor) = program(), officer()
    bad = line(3, name="6105010203850004")
    content = nominations.sheets.xlsx([nominations.HEADER, line(0), line(1), line(2), bad])
    found = upload(content, program_id, actor, now, name="6105010203850001.xlsx")
    with transaction():
        services.start_import(import_id=found.id, only_good=True, actor=actor, now=now)
    jobs.run_pending()
    text = "\n".join(
        repr(row) for table in Base.metadata.sorted_tables for row in db.session.execute(sa.select(table))
    )
    for number in range(1, 5):
        assert f"610501020385{number:04d}" not in text


def test_sentences_hold_no_long_number() -> None:
    assert without_numbers('Nama "6105 0102.0385-0004" aneh') == 'Nama "••••0004" aneh'
    assert without_numbers("Nomor HP 0812-3456-7890") == "Nomor HP 0812-3456-7890"


def test_saving_everything_is_refused_while_rows_are_bad(db_session: Any, now: Any) -> None:
    program_id, (_user, actor) = program(), officer()
    found = upload(roster(3, nik="123"), program_id, actor, now)
    with transaction(), pytest.raises(DomainError) as refused:
        services.start_import(import_id=found.id, only_good=False, actor=actor, now=now)
    assert refused.value.code == "bad_rows_left"
    assert count(Person) == 0


def test_a_preview_is_saved_once_and_thrown_away_once(db_session: Any, now: Any) -> None:
    program_id, (_user, actor) = program(), officer()
    file = roster(3)  # made once: a workbook says when it was made
    found = upload(file, program_id, actor, now)
    assert upload(file, program_id, actor, now).id == found.id
    with transaction():
        services.start_import(import_id=found.id, only_good=False, actor=actor, now=now)
    for use_case in (services.discard_import, lambda **k: services.start_import(only_good=True, **k)):
        with pytest.raises(Conflict), transaction():
            use_case(import_id=found.id, actor=actor, now=now)
    other = upload(roster(3, start=10), program_id, actor, now)
    with transaction():
        services.discard_import(import_id=other.id, actor=actor, now=now)
    assert db.session.get_one(RosterImport, other.id).file_cipher is None


def test_a_file_of_another_regency_is_refused_beside_the_field(db_session: Any, now: Any) -> None:
    program_id, (_user, actor) = program(), officer("61.12")
    with pytest.raises(DomainError) as refused:
        upload(roster(4), program_id, actor, now)
    assert (refused.value.code, refused.value.field) == ("regency_foreign", "file")


def test_imports_are_seen_by_their_regency_and_the_centers_of_the_province(db_session: Any, now: Any) -> None:
    program_id, (_user, mine) = program(), officer()
    found = upload(roster(4), program_id, mine, now)
    _user, foreign = officer("61.12")
    _user, near, _center = nominations.center_admin("61.05")
    _user, far, _center = nominations.center_admin("33.72")
    assert [len(queries.list_imports(a).items) for a in (mine, foreign, near, far, SYSTEM)] == [1, 0, 1, 0, 1]
    for stranger in (foreign, far):
        with pytest.raises(NotFound):
            queries.import_view(stranger, found.id)
        with pytest.raises(NotFound), transaction():
            services.start_import(import_id=found.id, only_good=True, actor=stranger, now=now)


def test_bad_rows_are_for_whoever_uploaded_them_formula_neutral_and_recorded(
    db_session: Any, now: Any
) -> None:
    program_id, (_user, actor) = program(), officer()
    found = upload(roster(4, name="=cmd|'/C calc'!A0"), program_id, actor, now)
    with transaction():
        content = services.take_bad_rows(import_id=found.id, actor=actor, now=now)
    rows = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()
    assert rows[0] == ["Baris", *nominations.HEADER, "Alasan"]
    assert rows[1][5].startswith("'=")
    assert rows[1][-1]
    assert b"<f>" not in content
    _user, colleague = officer()
    with pytest.raises(NotFound), transaction():
        services.take_bad_rows(import_id=found.id, actor=colleague, now=now)
    actions = db.session.scalars(sa.select(audit.AuditEvent.action)).all()
    assert actions.count("roster.bad_rows_read") == 1


def test_bad_rows_stay_after_the_import_and_are_forgotten_after_a_month(
    db_session: Any, now: Any, clock: Any
) -> None:
    program_id, (_user, actor) = program(), officer()
    bring_in(roster(4, name=""), program_id, actor, now)
    found = db.session.scalars(sa.select(RosterImport)).one()
    view = queries.import_view(actor, found.id)
    assert ([issue.reason for issue in view.issues.items], view.has_workbook) == (["name_missing"], True)
    clock.move(days=31)
    upload(roster(4), program_id, actor, clock.now)
    db.session.expire_all()
    assert queries.import_view(actor, found.id).issues.items == ()


def test_a_role_that_ended_stops_the_import(db_session: Any, now: Any, clock: Any) -> None:
    from portal.accounts.models import RoleGrant

    program_id, (_user, actor) = program(), officer()
    found = upload(roster(4), program_id, actor, now)
    with transaction() as session:
        job = services.start_import(import_id=found.id, only_good=True, actor=actor, now=now)
        session.execute(sa.update(RoleGrant).values(ended_at=now))
    jobs.run_pending()
    db.session.expire_all()
    assert db.session.get_one(jobs.Job, job.id).state == "failed"
    assert count(Person) == 0


def test_too_many_files_in_a_row_must_wait(db_session: Any, now: Any, clock: Any) -> None:
    program_id, (_user, actor) = program(), officer()
    found = upload(roster(2), program_id, actor, now)
    with transaction() as session:
        columns = [c for c in RosterImport.__table__.columns if c.name != "id"]
        row = session.execute(sa.select(*columns).where(RosterImport.id == found.id)).mappings().one()
        session.execute(sa.insert(RosterImport), [dict(row) for _turn in range(30)])
    with pytest.raises(TooMany):
        upload(roster(3), program_id, actor, now)
    upload(roster(3), program_id, actor, now + timedelta(minutes=11))


def test_the_summary_holds_counts_alone(db_session: Any, now: Any) -> None:
    program_id, (_user, actor) = program(), officer()
    found = upload(roster(4, name="@Siti"), program_id, actor, now)
    assert "Siti" not in json.dumps(found.summary)
    assert found.summary["people"] == 3
