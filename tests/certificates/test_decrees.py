"""Decrees: two people, whom they reach, the last day that holds, chunks, undoing, and what stays signed."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from portal.catalog.rules import add_months
from portal.certificates.models import Certificate, Decree, ValidityExtension
from portal.certificates.queries import (
    certificates_of_person,
    find_by_code,
    held_certificates,
)
from portal.certificates.queries import (
    decrees as queries,
)
from portal.certificates.services import decrees
from portal.core import jobs
from portal.core.audit import AuditEvent, check_chain
from portal.core.db import db, transaction
from portal.core.errors import Conflict, DomainError, Forbidden, NotFound
from portal.enrollment.models import Enrollment
from portal.verification.presenter import api_facts, sentence
from portal.verification.queries import check_code
from tests.support import classroom
from tests.support.decrees import (
    adopt,
    as_actor,
    class_with_end,
    draft,
    platform_admin,
    text,
    two_admins,
    undo,
)
from tests.support.issuing import change

UNTIL = date(2028, 12, 31)


def _last_days(made, now):
    rows = [certificates_of_person(one.person_id, now.date())[-1] for one in made]
    return [row.expires_on for row in rows]


def test_certificates_of_the_scope_are_valid_until_the_new_day_and_stay_as_signed(db_session, now, clock):
    _signed, made = class_with_end(now)
    before = [(one.signed_bytes, one.expires_on) for one in made]
    author, adopter = two_admins()
    adopt(author, adopter, now)
    db_session.expire_all()
    assert [(one.signed_bytes, one.expires_on) for one in made] == before
    assert _last_days(made, now) == [UNTIL] * 4
    after_printed = now + timedelta(days=500)
    result = check_code(made[0].code, after_printed)
    assert str(result.state) == "valid"
    assert sentence(result) == (
        "Masa berlaku diperpanjang sampai 31 Desember 2028 berdasarkan Keputusan contoh nomor 1."
    )
    facts = api_facts(result)
    assert (facts["expires"], facts["extended_until"]) == ("2027-11-21", "2028-12-31")
    assert str(check_code(made[0].code, now + timedelta(days=800)).state) == "expired"


def test_verification_stays_at_two_statements(db_session, now, query_count):
    _signed, made = class_with_end(now)
    adopt(*two_admins(), now)
    code = made[0].code
    with query_count(at_most=2):
        stored = find_by_code(code)
    assert stored.row.extended_until == UNTIL
    assert stored.row.extension_basis == "Keputusan contoh nomor 1"


def test_prerequisites_and_lists_see_the_effective_day(db_session, now):
    _signed, made = class_with_end(now)
    adopt(*two_admins(), now)
    (held,) = held_certificates(made[0].person_id, date(2028, 1, 1))
    assert (held.state, held.expires, held.hours) == ("valid", UNTIL, 24)


def test_months_are_counted_from_each_printed_day(db_session, now):
    _signed, made = class_with_end(now)
    adopt(*two_admins(), now, extend_to=None, extend_months=6)
    assert _last_days(made, now) == [add_months(made[0].expires_on, 6)] * 4


def test_undone_decree_stops_counting_and_its_rows_stay(db_session, now):
    _signed, made = class_with_end(now)
    author, adopter = two_admins()
    decree = adopt(author, adopter, now)
    undo(decree, author, adopter, now)
    assert _last_days(made, now) == [made[0].expires_on] * 4
    assert queries.extended_count(decree.id) == 4
    assert find_by_code(made[0].code).row.extended_until is None
    actions = set(db_session.scalars(sa.select(AuditEvent.action).where(AuditEvent.object_kind == "decree")))
    assert actions == {"decree.saved", "decree.adopted", "decree.undo_asked", "decree.undone"}
    assert list(check_chain(db_session)) == []


def test_each_extended_certificate_is_audited_for_its_center(db_session, now):
    signed, made = class_with_end(now)
    adopt(*two_admins(), now)
    events = db_session.scalars(
        sa.select(AuditEvent).where(AuditEvent.action == "certificate.extended").order_by(AuditEvent.seq)
    ).all()
    assert [event.object_id for event in events] == [one.code for one in made]
    assert {event.scope for event in events} == {f"center:{signed.room.center_id}"}


@pytest.mark.parametrize(
    ("scope", "reached"),
    [
        ({}, {"here", "there"}),
        ({"programs": "here"}, {"here"}),
        ({"centers": "there"}, {"there"}),
        ({"programs": "here", "centers": "there"}, set()),
        ({"regions": ("61",)}, {"here"}),
        ({"regions": ("61.05",)}, {"here"}),
        ({"regions": ("6",)}, set()),
        ({"regions": ("33.02",)}, {"there"}),
        ({"last_day_from": date(2027, 11, 22)}, set()),
        ({"last_day_from": date(2027, 11, 21), "last_day_to": date(2027, 11, 21)}, {"here", "there"}),
        ({"last_day_to": date(2027, 11, 20)}, set()),
    ],
)
def test_scope_by_program_center_region_and_days(db_session, now, scope, reached):
    made = {"here": class_with_end(now, people=2), "there": class_with_end(now, people=2)}
    # The other center lies elsewhere, and so do its cooperatives.
    with transaction() as session:
        there = made["there"][0].room
        session.execute(
            sa.text("UPDATE training_center SET region_code='33.02' WHERE id=:id"), {"id": there.center_id}
        )
        session.execute(
            sa.text("UPDATE cooperative SET region_code='33.02' WHERE id IN (:a, :b)"),
            dict(zip("ab", there.cooperatives, strict=True)),
        )
    ids = {
        "programs": lambda name: (made[name][0].room.extra["program_id"],),
        "centers": lambda name: (made[name][0].room.center_id,),
    }
    values = {key: ids[key](value) if key in ids else value for key, value in scope.items()}
    seen = queries.preview(draft(two_admins()[0], now, **values))
    expected = {one.code for name in reached for one in made[name][1]}
    assert {row.code for row in seen.first} == expected
    assert seen.count == len(expected)


def test_region_of_the_cooperative_is_enough(db_session, now):
    signed, made = class_with_end(now, people=2)
    with transaction() as session:
        session.execute(
            sa.text("UPDATE cooperative SET region_code='11.01' WHERE id=:id"),
            {"id": signed.room.cooperatives[0]},
        )
        alone = session.get(Enrollment, signed.room.enrollments[1])
        alone.cooperative_id, alone.region_code = None, "11.03"
    decree = draft(two_admins()[0], now, regions=("11",))
    assert {row.code for row in queries.preview(decree).first} == {one.code for one in made}


def test_revoked_and_replaced_certificates_are_not_reached_and_a_correction_keeps_the_day(db_session, now):
    signed, made = class_with_end(now)
    change(signed, made[0], "revoke", now)
    change(signed, made[1], "suspend", now)
    author, adopter = two_admins()
    adopt(author, adopter, now)
    reached = set(db_session.scalars(sa.select(ValidityExtension.certificate_id)))
    assert reached == {one.id for one in made[1:]}
    change(signed, made[2], "replace", now, post="Sekretaris")
    fresh = db_session.scalar(sa.select(Certificate).where(Certificate.replaces_id == made[2].id))
    assert fresh.expires_on == made[2].expires_on
    assert find_by_code(fresh.code).row.extended_until == UNTIL


def test_one_person_alone_adopts_and_undoes_nothing(db_session, now):
    class_with_end(now)
    author, adopter = two_admins()
    made = draft(author, now)
    mark = queries.preview(made).mark
    with pytest.raises(DomainError, match="same_person"), transaction():
        decrees.adopt_decree(decree_id=made.id, mark=mark, actor=author, now=now)
    decree = adopt(author, adopter, now, "KEP-2/2026")
    with transaction():
        decrees.ask_undo(decree_id=decree.id, reason="Terbit keliru", actor=author, now=now)
    with pytest.raises(DomainError, match="same_person"), transaction():
        decrees.decide_undo(decree_id=decree.id, approve=True, actor=author, now=now)


def test_whoever_changed_a_draft_last_is_its_author(db_session, now):
    class_with_end(now)
    author, adopter = two_admins()
    made = draft(author, now)
    with transaction():
        decrees.save_decree(text=text(title="Judul baru"), decree_id=made.id, actor=adopter, now=now)
    with pytest.raises(DomainError, match="same_person"), transaction():
        mark = queries.preview(db_session.get(Decree, made.id)).mark
        decrees.adopt_decree(decree_id=made.id, mark=mark, actor=adopter, now=now)


def test_two_accounts_of_one_person_are_not_two_people(db_session, now):
    class_with_end(now)
    author_user = platform_admin()
    person_id = classroom.newcomer()
    with transaction() as session:
        session.execute(
            sa.text("UPDATE user_account SET person_id=:p WHERE id=:u"), {"p": person_id, "u": author_user.id}
        )
    made = draft(as_actor(author_user), now)
    other = replace(two_admins()[1], person_id=person_id)
    with pytest.raises(DomainError, match="same_person"), transaction():
        decrees.adopt_decree(decree_id=made.id, mark=queries.preview(made).mark, actor=other, now=now)


def test_nobody_adopts_over_the_own_certificate(db_session, now):
    _signed, held = class_with_end(now)
    author, adopter = two_admins()
    made = draft(author, now)
    holder = replace(adopter, person_id=held[0].person_id)
    with pytest.raises(DomainError, match="own_case"), transaction():
        decrees.adopt_decree(decree_id=made.id, mark=queries.preview(made).mark, actor=holder, now=now)


def test_what_was_not_previewed_is_not_adopted(db_session, now):
    class_with_end(now, people=2)
    author, adopter = two_admins()
    made = draft(author, now)
    mark = queries.preview(made).mark
    class_with_end(now, people=1)
    with pytest.raises(Conflict, match="preview_changed"), transaction():
        decrees.adopt_decree(decree_id=made.id, mark=mark, actor=adopter, now=now)


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"last_day_to": date(2025, 1, 1)}, "days_order"),
        ({"extend_months": 3}, "one_extension"),
        ({"extend_to": None}, "one_extension"),
        ({"extend_to": date(2027, 12, 31)}, "extends_nothing"),
    ],
)
def test_a_decree_that_contradicts_itself_is_refused(db_session, now, values, code):
    author, _adopter = two_admins()
    with pytest.raises(DomainError, match=code), transaction():
        decrees.save_decree(text=text(**values), actor=author, now=now)


def test_number_is_given_once(db_session, now):
    author, _adopter = two_admins()
    draft(author, now)
    with pytest.raises(DomainError, match="number_taken"), transaction():
        decrees.save_decree(text=text(), actor=author, now=now)


def test_adopted_decree_is_not_changed_or_thrown_away(db_session, now):
    class_with_end(now)
    author, adopter = two_admins()
    decree = adopt(author, adopter, now)
    with pytest.raises(Conflict, match="decree_fixed"), transaction():
        decrees.save_decree(text=text(title="Lain"), decree_id=decree.id, actor=author, now=now)
    with pytest.raises(Conflict, match="decree_fixed"), transaction():
        decrees.discard_decree(decree_id=decree.id, actor=author, now=now)


def test_a_draft_may_be_thrown_away(db_session, now):
    author, _adopter = two_admins()
    made = draft(author, now)
    with transaction():
        decrees.discard_decree(decree_id=made.id, actor=author, now=now)
    assert db_session.scalar(sa.select(sa.func.count()).select_from(Decree)) == 0
    with pytest.raises(NotFound), transaction():
        decrees.ask_undo(decree_id=made.id, reason="Terbit keliru", actor=author, now=now)


def test_center_people_have_no_say(db_session, now):
    signed, _made = class_with_end(now)
    with pytest.raises(Forbidden), transaction():
        decrees.save_decree(text=text(), actor=signed.head, now=now)


def test_job_killed_between_chunks_goes_on_and_never_doubles(db_session, now, monkeypatch):
    monkeypatch.setattr(decrees, "CHUNK", 2)
    class_with_end(now, people=5)
    author, adopter = two_admins()
    made = draft(author, now)
    with transaction():
        mark = queries.preview(made).mark
        job_id = decrees.adopt_decree(decree_id=made.id, mark=mark, actor=adopter, now=now).job_id
    assert jobs._take(now) == job_id
    jobs._run_chunk(job_id)
    assert queries.extended_count(made.id) == 2
    with transaction() as session:
        session.execute(sa.update(jobs.Job).values(state="queued"))
    jobs.run_pending()
    assert queries.extended_count(made.id) == 5
    job = db_session.get(jobs.Job, job_id)
    assert (job.state, job.done) == ("done", 5)


def test_decree_undone_on_the_way_stops_the_job(db_session, now, monkeypatch):
    monkeypatch.setattr(decrees, "CHUNK", 2)
    class_with_end(now, people=5)
    author, adopter = two_admins()
    made = draft(author, now)
    with transaction():
        mark = queries.preview(made).mark
        job_id = decrees.adopt_decree(decree_id=made.id, mark=mark, actor=adopter, now=now).job_id
    jobs._take(now)
    jobs._run_chunk(job_id)
    undo(made, author, adopter, now)
    jobs.run_job(job_id)
    assert queries.extended_count(made.id) == 2
    assert db_session.get(jobs.Job, job_id).state == "done"


def test_preview_and_pages_take_the_same_statements_for_2_and_20(db_session, now, query_count):
    counts = []
    author, _adopter = two_admins()
    for number, people in enumerate((2, 20)):
        class_with_end(now, people=people)
        made = draft(author, now, f"KEP-{number}")
        with query_count() as seen:
            queries.preview(made)
            queries.page_of_reached(made, 1)
        counts.append(len(seen))
    assert counts == [4, 4]


@pytest.mark.parametrize(
    "change_of", ["UPDATE validity_extension SET decree_id=9", "DELETE FROM validity_extension"]
)
def test_extensions_are_insert_only_in_the_database(db_session, now, change_of):
    class_with_end(now, people=1)
    adopt(*two_admins(), now)
    with pytest.raises(sa.exc.DBAPIError, match="insert-only"), transaction() as session:
        session.execute(sa.text(change_of))


def test_effective_day_equals_naive_recomputation_on_random_histories(db_session, now):
    _signed, (one,) = class_with_end(now, people=1)
    author, adopter = two_admins()
    chance, stories = random.Random(11), []
    for number in range(12):
        months = chance.choice([None, 1, 5, 14])
        to = None if months else date(2027, 12, 31) + timedelta(days=chance.randint(1, 900))
        decree = adopt(author, adopter, now, f"KEP-{number}", extend_to=to, extend_months=months)
        stands = chance.random() < 0.5
        if not stands:
            undo(decree, adopter, author, now)
        stories.append((stands, to or add_months(one.expires_on, months)))
        expected = max([one.expires_on, *(day for is_standing, day in stories if is_standing)])
        assert _last_days([one], now) == [expected]
        until = find_by_code(one.code).row.extended_until
        assert max(until or one.expires_on, one.expires_on) == expected
    assert {stands for stands, _day in stories} == {True, False}
    assert db.session.scalar(sa.select(sa.func.count()).select_from(ValidityExtension)) == 12
