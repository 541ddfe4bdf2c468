"""Holes of the trust machinery that were found by attack, each shut by one named test."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from portal.certificates.keys import keys
from portal.certificates.logcheck import snapshot
from portal.certificates.logdecrees import check_decrees
from portal.certificates.queries import decrees as decree_queries
from portal.certificates.queries import find_by_code, status, verified_facts
from portal.certificates.queries.seen import forgotten
from portal.certificates.services import decrees
from portal.certificates.services.log import Entry, append_leaves
from portal.certificates.statuslists import StatusLists
from portal.certificates.timers import cover
from portal.core import guards, jobs
from portal.core.db import db, transaction
from portal.core.errors import DomainError
from portal.verification.queries import check_code
from portal.verification.receipts import read_receipt
from tests.support import classroom
from tests.support.decrees import adopt, class_with_end, draft, two_admins, undo
from tests.support.issuing import certificates, change, issue, sign_class
from tests.support.renewals import add_course, old_certificate, renew, set_rule

SAME = {"Sec-Fetch-Site": "same-origin"}


def _status_key():
    return keys().standing("status")


def test_a_list_made_by_a_slow_thread_does_not_outlive_the_revocation(db_session, app, now, monkeypatch):
    """The bits of before, kept beside the mark of after, told a revoked certificate as good for an hour."""
    signed = sign_class(now, people=1)
    (certificate,) = issue(signed, now)
    lists, read = StatusLists("http://localhost", 0), status.status_bits

    def slow(number: int) -> bytes:
        bits = read(number)
        monkeypatch.setattr(status, "status_bits", read)
        db.session.rollback()
        change(signed, certificate, "revoke", now)
        db.session.rollback()
        lists.get(2, now, _status_key)
        return bits

    monkeypatch.setattr(status, "status_bits", slow)
    before = lists.get(1, now, _status_key)
    db.session.rollback()
    assert lists.get(1, now, _status_key) != before


def test_a_list_is_signed_anew_when_the_keys_change(db_session, app, now):
    """A list by a status key that was just withdrawn convinces nobody."""
    signers = [keys().standing("status")]
    signers.append(replace(signers[0], kid="status-2"))
    lists, kids = StatusLists("http://localhost", 0), []
    for signer in signers:
        found = json.loads(lists.get(1, now, lambda signer=signer: signer, signer.kid).body)
        kids.append(found["proof"][0]["verificationMethod"])
    assert [kid.partition("#")[2] for kid in kids] == [signers[0].kid, "status-2"]


@pytest.mark.parametrize(("of", "outcome"), [
    ({}, "passed"), ({"center": "bpvp-lain"}, "failed"), ({"year": 2025}, "failed"),
    ({"year": 2027}, "failed"),
])  # fmt: skip
def test_a_key_signs_for_its_own_center_and_year_only(db_session, app, now, monkeypatch, of, outcome):
    """The stolen key of one center made certificates of every other."""
    signed = sign_class(now, people=1)
    (certificate,) = issue(signed, now)
    entry = keys().entry(certificate.kid)
    monkeypatch.setattr(app.extensions["keys"], "entry", lambda kid: replace(entry, **of))
    found, facts = verified_facts(find_by_code(certificate.code).row)
    assert (str(found), facts is not None) == (outcome, outcome == "passed")


@pytest.mark.parametrize("who", ["author", "adopter"])
def test_nobody_extends_the_certificates_of_the_own_cooperative(db_session, now, who):
    signed, _made = class_with_end(now)
    author, adopter = two_admins()
    person_id = classroom.newcomer()
    classroom.hold_post(person_id, signed.room.cooperatives[0])
    account = author if who == "author" else adopter
    with transaction() as session:
        session.execute(
            sa.text("UPDATE user_account SET person_id=:p WHERE id=:u"),
            {"p": person_id, "u": account.user_id},
        )
    if who == "adopter":
        adopter = replace(adopter, person_id=person_id)
    made = draft(author, now)
    mark = decree_queries.preview(made).mark
    with pytest.raises(DomainError, match="own_case"), transaction():
        decrees.adopt_decree(decree_id=made.id, mark=mark, actor=adopter, now=now)


@pytest.mark.parametrize(
    "body", ["[" * 100_000, '{"codes": ' + "[" * 100_000, '{"codes": ["' + "A" * 1_100_000 + '"]}']
)
def test_deep_or_huge_json_is_refused_in_a_sentence(app, db_session, body):
    answer = app.test_client().post(
        "/api/v1/verify", data=body, content_type="application/json", headers=SAME
    )
    assert (answer.status_code, bool(answer.get_json()["error"]["message"])) == (422, True)


@pytest.mark.parametrize(
    "respell",
    [
        lambda text: f"{text}==",
        lambda text: f"{text[:40]}\n{text[40:]}",
        lambda text: f"!{text}",
        lambda text: text[:-1] + chr(ord(text[-1]) + 1),
    ],
)
def test_a_receipts_signature_has_one_spelling(app, db_session, now, respell):
    receipt = app.test_client().post("/api/v1/verify", json={"codes": ["x"]}, headers=SAME).get_json()
    assert read_receipt(json.dumps(receipt).encode(), "http://localhost").problem is None
    receipt["signature"] = respell(receipt["signature"])
    assert read_receipt(json.dumps(receipt).encode(), "http://localhost").problem == "changed"


def test_a_mark_of_the_sketch_in_what_was_typed_is_only_a_letter(app, db_session, now):
    signed = sign_class(now, people=1)
    (certificate,) = issue(signed, now)
    answer = app.test_client().post(
        f"/V/{certificate.code}/cocok", data={"nama": "\ue0000\ue000<script>"}, headers=SAME
    )
    assert (answer.status_code, "<script>" in answer.text) == (200, False)
    assert str(check_code(certificate.code, now).state) == "valid"


def test_only_verdicts_pass_through_the_cache_before_the_portal():
    """With the cache's lock on every page, requests for one address waited half a second for each other."""
    site = (Path(__file__).parents[2] / "deploy" / "nginx.conf").read_text("utf-8")
    blocks = re.findall(r"location ([^{]+) \{([^}]*)\}", site)
    kept = [where for where, body in blocks if "proxy_cache" in body]
    assert kept == ["~ ^/(en/)?[Vv]/[^/]+$"]
    assert len(blocks) == 2
    outside = re.sub(r"location [^{]+ \{[^}]*\}", "", site)
    assert not re.search(r"proxy_cache(?!_path)|proxy_ignore_headers", outside)


@pytest.fixture
def seen(app, tmp_path, monkeypatch):
    """The file beside the keys that remembers how far the log had grown."""
    path = tmp_path / "log-seen.json"
    monkeypatch.setitem(app.extensions, "log_seen", path)
    return path


def _append(count: int, now, word: str = "ab") -> list[int]:
    entries = [Entry("issue", word * 32, "BPVP-SKA", "bpvp-ska-2026-1")] * count
    with transaction() as session:
        return append_leaves(session, entries, now)


def _restore(size: int) -> None:
    """The database as a backup of `size` leaves has it."""
    with transaction() as session:
        guards.drop(session.connection())
        session.execute(sa.text("DELETE FROM log_checkpoint WHERE size > :size"), {"size": size})
        session.execute(sa.text("DELETE FROM log_leaf WHERE seq >= :size"), {"size": size})
        session.execute(
            sa.text("DELETE FROM log_node WHERE (position + 1) * (1 << CAST(level AS INTEGER)) > :size"),
            {"size": size},
        )
        session.execute(sa.text("UPDATE log_head SET size = :size"), {"size": size})


def test_an_older_backup_signs_no_second_tree_of_a_size_signed_before(app, db_session, now, seen):
    for count in (2, 2):
        _append(count, now)
    cover(now)
    _restore(2)
    with pytest.raises(DomainError, match="log_damaged"):
        _append(3, now, "cd")
    with pytest.raises(DomainError, match="log_damaged"):
        cover(now)
    told = app.test_cli_runner().invoke(args=["log", "check", "--json"])
    assert "4 leaves had been signed before" in told.stdout
    seen.unlink()
    assert _append(1, now, "cd") == [2]


def test_a_log_that_grew_again_past_what_was_signed_is_told(db_session, now, seen):
    _append(2, now)
    _append(2, now)
    cover(now)
    kept = seen.read_bytes()
    _restore(2)
    seen.unlink()
    _append(2, now, "cd")
    _append(1, now, "cd")
    seen.write_bytes(kept)
    assert [*forgotten(db.session())] == [
        "another root had been signed over 4 leaves before: the database is another"
    ]


def test_a_growing_log_and_another_one_are_no_fault(db_session, now, seen):
    _append(2, now)
    cover(now)
    _append(1, now)
    cover(now)
    assert json.loads(seen.read_text())["size"] == 3
    seen.write_text(json.dumps({"first": "00" * 32, "size": 9, "root": "00" * 32}))
    assert _append(1, now) == [3]
    cover(now)
    assert json.loads(seen.read_text())["size"] == 4


def test_a_decree_looks_once_more_before_it_is_done(db_session, now):
    """Who was replaced while the last chunk was written had a new certificate that nobody extended."""
    signed, made = class_with_end(now, people=2)
    author, adopter = two_admins()
    decree = draft(author, now)
    with transaction():
        mark = decree_queries.preview(decree).mark
        job_id = decrees.adopt_decree(decree_id=decree.id, mark=mark, actor=adopter, now=now).job_id
    jobs._take(now)
    jobs._run_chunk(job_id)
    assert db_session.get(jobs.Job, job_id).state == "running"
    change(signed, made[0], "replace", now, name="Nama Yang Benar")
    jobs.run_job(job_id)
    job = db_session.get(jobs.Job, job_id)
    assert (job.state, job.done) == ("done", job.total)
    newest = certificates(signed)[-1]
    assert find_by_code(newest.code).row.extended_until == decree.extend_to


def _faults() -> list[str]:
    db.session.rollback()
    with snapshot() as connection:
        return [*check_decrees(connection)]


def _damage(statement: str, **values) -> None:
    with transaction() as session:
        guards.drop(session.connection())
        session.execute(sa.text(statement), values)


def _adopted_and_replaced(now):
    signed, made = class_with_end(now, people=2)
    author, adopter = two_admins()
    thrown_away = draft(author, now, "KEP-0/2026")
    with transaction():
        decrees.discard_decree(decree_id=thrown_away.id, actor=author, now=now)
    decree = adopt(author, adopter, now)
    change(signed, made[0], "replace", now, name="Nama Yang Benar")
    return decree, made, author, adopter


def test_decrees_as_they_were_decided_are_no_fault(db_session, now):
    decree, _made, author, adopter = _adopted_and_replaced(now)
    draft(author, now, "KEP-9/2026")
    assert _faults() == []
    undo(decree, author, adopter, now)
    assert _faults() == []


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("UPDATE validity_extension SET extended_until = '2099-01-01'", "does not tell"),
        ("DELETE FROM validity_extension WHERE certificate_id = 2", "not there any more"),
        ("DELETE FROM validity_extension", "not there any more"),
        ("UPDATE decree SET legal_basis = 'lain'", "says something else"),
        ("UPDATE decree SET state = 'undone', undone_at = adopted_at", "in the audit trail adopted"),
        ("UPDATE decree SET adopted_by = 999", "other people"),
        (
            "INSERT INTO decree (number, title, legal_basis, signed_on, programs, centers, regions,"
            " last_day_from, last_day_to, extend_to, state, prepared_by, prepared_at, adopted_by, adopted_at,"
            " undo_reason) SELECT 'X', title, legal_basis, signed_on, programs, centers, regions,"
            " last_day_from, last_day_to, extend_to, state, prepared_by, prepared_at, adopted_by, adopted_at,"
            " '' FROM decree",
            "in the audit trail draft",
        ),
    ],
)
def test_an_extension_that_nobody_decided_is_told(app, db_session, now, statement, told):
    """A row beside an expired certificate made it valid, and nothing that was checked noticed."""
    _adopted_and_replaced(now)
    _damage(statement)
    assert any(told in fault for fault in _faults())
    assert app.test_cli_runner().invoke(args=["log", "check"]).exit_code == 1


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE renewal SET renews_id = 2",
        "UPDATE certificate SET issue_key = 'renew:999' WHERE issue_key LIKE 'renew:%'",
    ],
)
def test_a_renewal_that_nobody_approved_is_told(db_session, now, statement):
    signed, (old, *_rest) = old_certificate(now, people=2)
    _course_class, course = add_course(old.person_id, now)
    set_rule(old.program_id, now, counted=[course.program_id])
    renew(signed, old, now)
    assert _faults() == []
    _damage(statement)
    assert _faults()
