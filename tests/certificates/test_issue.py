"""Issuing: who gets one and who not yet, two people, gapless numbers, one a person, whole or nothing."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
import sqlalchemy as sa

from portal.certificates import merkle, qr, queries, rules
from portal.certificates.keys import keys
from portal.certificates.models import (
    Certificate,
    CertificateEvent,
    CertificateRequest,
    LogHead,
    LogLeaf,
    LogNode,
    NumberCounter,
)
from portal.certificates.services import decide_request, prepare_issue, requests
from portal.certificates.signing import verify
from portal.core import jobs
from portal.core.audit import AuditEvent, check_chain
from portal.core.db import db, transaction
from portal.core.errors import Conflict, DomainError, NotFound
from portal.core.permissions import Grant, GrantedActor, Role
from tests.support.classroom import hold_post, newcomer
from tests.support.issuing import certificates, fail_unit, issue, sign_class


def test_dry_run_names_who_is_ready_and_why_not_yet(db_session, now):
    signed = sign_class(now)
    fail_unit(signed, 0)
    with transaction() as session:
        session.execute(
            sa.text("UPDATE attendance_mark SET mark='absent' WHERE enrollment_id=:e"),
            {"e": signed.room.enrollments[1]},
        )
    forecast = queries.dry_run(signed.room.batch_id)
    assert [row.enrollment_id for row in forecast.ready] == signed.room.enrollments[2:]
    reasons = {row.enrollment_id: [b.code for b in row.blockers] for row in forecast.blocked}
    assert reasons[signed.room.enrollments[0]] == ["unit_not_yet"]
    assert reasons[signed.room.enrollments[1]] == ["attendance_unreachable"]
    assert "hadir 0%, perlu 80%" in forecast.blocked[1].blockers[0].message


def test_dry_run_of_an_unsigned_class_blocks_everybody(db_session, now):
    signed = sign_class(now)
    with transaction() as session:
        session.execute(sa.text("DELETE FROM assessment_sheet"))
    assert not queries.dry_run(signed.room.batch_id).ready


def test_issue_stores_what_a_stranger_can_verify(db_session, now):
    signed = sign_class(now)
    made = issue(signed, now)
    assert len(made) == 4
    assert [c.number.split("/")[0] for c in made] == ["0001", "0002", "0003", "0004"]
    for certificate in made:
        public = keys().public_key(certificate.kid)
        document = json.loads(certificate.signed_bytes)
        assert verify(public, certificate.signed_bytes, certificate.signature)
        assert set(document) == {
            "v", "kind", "code", "number", "name", "post", "cooperative", "program", "units", "hours",
            "start", "end", "center", "signatory", "issued", "expires", "kid",
        }  # fmt: skip
        assert document["signatory"]["name"] == "Hartono Wibisono"
        assert rules.is_valid_code(certificate.code)
        address, _, fragment = certificate.qr_text.partition("#")
        assert address == f"HTTP://LOCALHOST/V/{certificate.code}"
        reading = qr.parse_fragment(certificate.code, fragment, {certificate.kid: public})
        assert (reading.facts.name, reading.facts.status_index) == (
            document["name"],
            certificate.status_index,
        )


def test_issue_appends_one_leaf_per_certificate_to_a_consistent_log(db_session, now):
    made = issue(sign_class(now, people=5), now)
    leaves = list(db_session.scalars(sa.select(LogLeaf).order_by(LogLeaf.seq)))
    assert [leaf.seq for leaf in leaves] == [c.log_index for c in made] == [0, 1, 2, 3, 4]
    assert db_session.scalar(sa.select(LogHead.size)) == 5
    nodes = {(n.level, n.position): n.hash for n in db_session.scalars(sa.select(LogNode))}
    for certificate, leaf in zip(made, leaves, strict=True):
        body = json.loads(leaf.data)
        assert body["cert_commit"] == merkle.cert_commit(certificate.salt, certificate.signed_bytes)
        assert body["type"] == "issue"
        assert nodes[0, leaf.seq] == merkle.leaf_hash(leaf.data)
        path = merkle.inclusion_proof(leaf.seq, 5, lambda level, index: nodes[level, index])
        root = merkle.root(5, lambda level, index: nodes[level, index])
        assert merkle.verify_inclusion(index=leaf.seq, size=5, leaf=nodes[0, leaf.seq], path=path, root=root)


def test_issue_is_audited_once_a_certificate(db_session, now):
    made = issue(sign_class(now), now)
    events = db_session.scalars(sa.select(AuditEvent).where(AuditEvent.action == "certificate.issue")).all()
    assert [e.object_id for e in events] == [c.code for c in made]
    assert list(check_chain(db_session)) == []


def test_issue_again_makes_no_second_certificate(db_session, now):
    signed = sign_class(now)
    issue(signed, now)
    with pytest.raises(DomainError, match="nobody_ready"), transaction():
        prepare_issue(batch_id=signed.room.batch_id, actor=signed.admin, now=now)
    assert len(certificates(signed)) == 4


def test_job_started_twice_after_a_kill_never_doubles(db_session, now, monkeypatch):
    signed = sign_class(now, people=5)
    monkeypatch.setattr(requests, "CHUNK", 2)
    with transaction():
        request_id = prepare_issue(batch_id=signed.room.batch_id, actor=signed.admin, now=now).id
    with transaction():
        job_id = decide_request(request_id=request_id, approve=True, actor=signed.head, now=now).job_id
    assert jobs._take(now) == job_id
    jobs._run_chunk(job_id)
    assert len(certificates(signed)) == 2
    with transaction() as session:
        session.execute(sa.update(jobs.Job).values(state="queued"))
    jobs.run_pending()
    assert len(certificates(signed)) == 5
    assert db_session.scalar(sa.select(NumberCounter.last)) == 5
    assert db_session.get(CertificateRequest, request_id).state == "done"


def test_failing_chunk_leaves_no_number_row_or_leaf(db_session, now, monkeypatch):
    signed = sign_class(now)

    def broken(*args, **kwargs):
        raise RuntimeError("the disk is full")

    # After the certificates and their leaves are in, before their events are.
    monkeypatch.setattr("portal.certificates.services.mint._made", broken)
    with pytest.raises(RuntimeError):
        with transaction():
            request_id = prepare_issue(batch_id=signed.room.batch_id, actor=signed.admin, now=now).id
        with transaction():
            job_id = decide_request(request_id=request_id, approve=True, actor=signed.head, now=now).job_id
        jobs._take(now)
        jobs._run_chunk(job_id)
    for table in (Certificate, CertificateEvent, LogLeaf, LogNode, NumberCounter):
        assert db_session.scalar(sa.select(sa.func.count()).select_from(table)) == 0
    assert db_session.scalar(sa.select(LogHead.size)) == 0


def test_one_person_alone_cannot_issue(db_session, now):
    signed = sign_class(now)
    center = str(signed.room.center_id)
    both = replace(
        signed.admin,
        grants=(Grant(Role.CENTER_ADMIN, "center", center), Grant(Role.CENTER_HEAD, "center", center)),
    )
    with transaction():
        request_id = prepare_issue(batch_id=signed.room.batch_id, actor=both, now=now).id
    with pytest.raises(DomainError, match="same_person"), transaction():
        decide_request(request_id=request_id, approve=True, actor=both, now=now)
    assert certificates(signed) == []


def test_two_accounts_of_one_person_are_not_two_people(db_session, now):
    signed = sign_class(now)
    person_id = newcomer()
    with transaction() as session:
        session.execute(
            sa.text("UPDATE user_account SET person_id=:p WHERE id=:u"),
            {"p": person_id, "u": signed.admin_user.id},
        )
    with transaction():
        request_id = prepare_issue(batch_id=signed.room.batch_id, actor=signed.admin, now=now).id
    with pytest.raises(DomainError, match="same_person"), transaction():
        decide_request(
            request_id=request_id, approve=True, actor=replace(signed.head, person_id=person_id), now=now
        )


@pytest.mark.parametrize("relation", ["self", "cooperative"])
def test_nobody_approves_for_themselves_or_their_cooperative(db_session, now, relation):
    signed = sign_class(now)
    person_id = signed.room.people[0]
    if relation == "cooperative":
        person_id = newcomer()
        hold_post(person_id, signed.room.cooperatives[0])
    with transaction():
        request_id = prepare_issue(batch_id=signed.room.batch_id, actor=signed.admin, now=now).id
    with pytest.raises(DomainError, match="own_case"), transaction():
        decide_request(
            request_id=request_id, approve=True, actor=replace(signed.head, person_id=person_id), now=now
        )


def test_head_of_another_center_finds_nothing(db_session, now):
    signed, other = sign_class(now), sign_class(now)
    with transaction():
        request_id = prepare_issue(batch_id=signed.room.batch_id, actor=signed.admin, now=now).id
    with pytest.raises(NotFound), transaction():
        decide_request(request_id=request_id, approve=True, actor=other.head, now=now)
    with pytest.raises(NotFound), transaction():
        prepare_issue(batch_id=signed.room.batch_id, actor=other.admin, now=now)


def test_request_open_twice_is_refused(db_session, now):
    signed = sign_class(now)
    with transaction():
        prepare_issue(batch_id=signed.room.batch_id, actor=signed.admin, now=now)
    with pytest.raises(Conflict, match="request_open"), transaction():
        prepare_issue(batch_id=signed.room.batch_id, actor=signed.admin, now=now)


def test_decided_request_stays_decided(db_session, now):
    signed = sign_class(now)
    with transaction():
        request_id = prepare_issue(batch_id=signed.room.batch_id, actor=signed.admin, now=now).id
    with transaction():
        decide_request(request_id=request_id, approve=False, actor=signed.head, now=now)
    with pytest.raises(Conflict, match="request_decided"), transaction():
        decide_request(request_id=request_id, approve=True, actor=signed.head, now=now)


@pytest.mark.parametrize("table", ["certificate", "certificate_event", "log_leaf", "log_node"])
@pytest.mark.parametrize("statement", ["DELETE FROM {}", "UPDATE {} SET {}"])
def test_rows_are_insert_only_in_the_database(db_session, now, table, statement):
    issue(sign_class(now, people=2), now)
    column = {"certificate": "number='x'", "certificate_event": "type='revoke'", "log_leaf": "seq=9"}
    change = statement.format(table, column.get(table, "position=9"))
    with pytest.raises(sa.exc.DBAPIError, match="insert-only"), transaction() as session:
        session.execute(sa.text(change))


def test_issue_takes_the_same_statements_for_2_and_20(db_session, now, query_count):
    counts = []
    for people in (2, 20):
        signed = sign_class(now, people=people)
        with transaction():
            request_id = prepare_issue(batch_id=signed.room.batch_id, actor=signed.admin, now=now).id
        with transaction():
            job_id = decide_request(request_id=request_id, approve=True, actor=signed.head, now=now).job_id
        jobs._take(now)
        with query_count() as seen:
            jobs._run_chunk(job_id)
        counts.append(len(seen))
    assert counts[1] - counts[0] <= 2, counts


def test_actor_without_the_role_is_refused(db_session, now):
    from portal.core.errors import Forbidden

    signed = sign_class(now)
    trainee = GrantedActor(99, None, "Orang", (Grant(Role.TRAINEE, "self", ""),))
    with pytest.raises(Forbidden), transaction():
        prepare_issue(batch_id=signed.room.batch_id, actor=trainee, now=now)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(CertificateRequest)) == 0


def test_name_that_no_font_prints_is_named_and_stops_nobody_else(db_session, now):
    signed = sign_class(now)
    with transaction() as session:
        session.execute(
            sa.text("UPDATE person SET name=:name WHERE id=:id"),
            {"name": "ᮞᮥᮔ᮪ᮓ", "id": signed.room.people[0]},
        )
    forecast = queries.dry_run(signed.room.batch_id)
    assert len(forecast.ready) == 3
    assert [b.code for b in forecast.blocked[0].blockers] == ["name_unprintable"]
