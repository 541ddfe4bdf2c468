"""`flask log check` finds every row, of the log and of its records, that was edited, removed or swapped."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from portal.certificates.keys import keys
from portal.certificates.keystore import KeyStoreError
from portal.certificates.logcheck import check_tree, snapshot
from portal.certificates.logrecords import check_records
from portal.core import guards
from portal.core.db import db
from tests.support.issuing import certificates, change, issue, sign_class


@pytest.fixture
def log(db_session, now):
    """Nine leaves in six checkpoints: 0-3 issued, 4 and 5 suspended and back, 6 the replacement of the
    second, 7 that replace, 8 the third revoked."""
    signed = sign_class(now)
    made = issue(signed, now)
    for at, (one, action) in enumerate([(0, "suspend"), (0, "unsuspend"), (1, "replace"), (2, "revoke")], 1):
        words = {"name": "Nama Yang Benar"} if action == "replace" else {}
        change(signed, made[one], action, now + timedelta(minutes=at), **words)
    assert found() == []
    return [row.code for row in certificates(signed)]


def found() -> list[str]:
    db.session.rollback()
    with snapshot() as connection:
        return [*check_tree(connection), *check_records(connection)]


def tamper(*statements: str) -> None:
    """As somebody with the whole database would: neither triggers nor foreign keys stand in the way."""
    db.session.rollback()
    with db.engine.connect() as connection:
        is_sqlite = connection.dialect.name == "sqlite"
        if is_sqlite:
            for line in ("ROLLBACK", "PRAGMA foreign_keys=OFF", "BEGIN IMMEDIATE"):
                connection.exec_driver_sql(line)
        else:
            connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        guards.drop(connection)
        for statement in statements:
            connection.exec_driver_sql(statement)
        connection.commit()
        if is_sqlite:
            connection.exec_driver_sql("ROLLBACK")
            connection.exec_driver_sql("PRAGMA foreign_keys=ON")


def swap(table: str, key: str, column: str, one: int, other: int) -> list[str]:
    """The column's values of two rows, exchanged."""
    return [
        f"CREATE TEMP TABLE swapped AS SELECT {key} AS k, {column} AS v FROM {table} "
        f"WHERE {key} IN ({one}, {other})",
        f"UPDATE {table} SET {column} = (SELECT v FROM swapped WHERE k = {other}) WHERE {key} = {one}",
        f"UPDATE {table} SET {column} = (SELECT v FROM swapped WHERE k = {one}) WHERE {key} = {other}",
        "DROP TABLE swapped",
    ]


def first_leaf(column: str, value: str) -> str:
    return f"UPDATE certificate SET {column}={value} WHERE log_index=0"


TREE = [
    (["UPDATE log_leaf SET data=(SELECT data FROM log_leaf WHERE seq=1) WHERE seq=2"],
     ["leaf 2 is not a leaf of this place", "leaf 2 does not match its hash"]),
    (swap("log_leaf", "seq", "data", 1, 3), ["leaf 1 is not a leaf", "leaf 3 does not match its hash"]),
    (["DELETE FROM log_leaf WHERE seq=4"], ["leaf 4 is missing before leaf 5"]),
    (["DELETE FROM log_leaf WHERE seq=8"],
     ["hash at level 0, position 8 stands over leaves", "a checkpoint covers 9 leaves, the log has 8",
      "the head says 9 leaves, the log has 8", "the event revoke of"]),
    (["INSERT INTO log_leaf (seq, data) SELECT 9, data FROM log_leaf WHERE seq=8"],
     ["leaf 9 is not a leaf", "level 0, position 9 is missing", "the last 1 of 10", "leaf 9 stands for no"]),
    (["UPDATE log_node SET hash=(SELECT hash FROM log_node WHERE level=0 AND position=0) "
      "WHERE level=0 AND position=5"], ["leaf 5 does not match its hash"]),
    (["UPDATE log_node SET hash=(SELECT hash FROM log_node WHERE level=0 AND position=0) "
      "WHERE level=2 AND position=1"], ["level 2, position 1 does not match those below"]),
    (["DELETE FROM log_node WHERE level=1 AND position=2"], ["level 1, position 2 is missing"]),
    (["INSERT INTO log_node (level, position, hash) SELECT 1, 4, hash FROM log_node WHERE level=3"],
     ["level 1, position 4 stands over leaves that are not there"]),
    (["INSERT INTO log_node (level, position, hash) SELECT 7, 0, hash FROM log_node WHERE level=3"],
     ["level 7, position 0 stands over leaves that are not there"]),
    (["UPDATE log_node SET position=99 WHERE level=0 AND position=1",
      "UPDATE log_node SET position=1 WHERE level=0 AND position=2",
      "UPDATE log_node SET position=2 WHERE level=0 AND position=99"],
     ["leaf 1 does not match its hash", "leaf 2 does not match its hash"]),
    (["UPDATE log_head SET size=8"], ["the head says 8 leaves, the log has 9"]),
    (["UPDATE log_checkpoint SET root=(SELECT root FROM log_checkpoint WHERE size=4) WHERE size=5"],
     ["the checkpoint over 5 leaves has another root or edge"]),
    (["UPDATE log_checkpoint SET edge=(SELECT edge FROM log_checkpoint WHERE size=4) WHERE size=5"],
     ["the checkpoint over 5 leaves has another root or edge"]),
    (swap("log_checkpoint", "size", "note", 4, 5),
     ["over 4 leaves: its note says", "over 5 leaves: its note says"]),
    (["UPDATE log_checkpoint SET note=replace(note, '\n5\n', '\n6\n') WHERE size=5"],
     ["over 5 leaves: the signature of localhost does not match"]),
    (["UPDATE log_checkpoint SET note='' WHERE size=5"], ["over 5 leaves: this is not a signed note"]),
    (["UPDATE log_checkpoint SET note=note || substr(note, length(note) - 30) WHERE size=5"],
     ["over 5 leaves: a signature line of the note is malformed"]),
    (["UPDATE log_checkpoint SET note=replace(note, 'localhost', 'elsewhere') WHERE size=5"],
     ["over 5 leaves: its note is not signed by a key of this log"]),
    (["UPDATE log_checkpoint SET at='2026-11-20 00:00:00.000000' WHERE size=5"],
     ["over 5 leaves has another time"]),
    (["UPDATE log_checkpoint SET position=17 WHERE size=9"], ["says it is number 17, but 5 come before"]),
    (["DELETE FROM log_checkpoint WHERE size=5"], ["says it is number 2, but 1 come before"]),
    (["DELETE FROM log_checkpoint WHERE size=9"], ["no checkpoint covers the last 1 of 9 leaves"]),
    (["DELETE FROM log_checkpoint"], ["no checkpoint covers the last 9 of 9 leaves"]),
    (["INSERT INTO log_checkpoint (size, position, root, edge, note, at) "
      "SELECT 6 + 100, 17, root, edge, note, at FROM log_checkpoint WHERE size=9"],
     ["a checkpoint covers 106 leaves, the log has 9"]),
    (["DELETE FROM log_leaf WHERE seq=8", "DELETE FROM log_node WHERE level=0 AND position=8",
      "UPDATE log_head SET size=8"], ["a checkpoint covers 9 leaves, the log has 8: it was cut short"]),
]  # fmt: skip

RECORDS = [
    ([first_leaf("signed_bytes", "(SELECT signed_bytes FROM certificate WHERE log_index=3)")],
     ["leaf 0 does not commit to what is stored", "does not match its signature"]),
    ([first_leaf("salt", "(SELECT salt FROM certificate WHERE log_index=3)")], ["leaf 0 does not commit"]),
    ([first_leaf("signature", "(SELECT signature FROM certificate WHERE log_index=3)")],
     ["does not match its signature"]),
    ([first_leaf("number", "'0099/X'")], ["does not match its signature"]),
    ([first_leaf("code", "'ZZZZZZZZZZZ5'")], ["does not match its signature"]),
    ([first_leaf("kid", "'bpvp-xyz-2026-1'")], ["has another key or center", "a key that is not here"]),
    ([first_leaf("expires_on", "'2031-01-01'")], ["does not match its signature"]),
    ([first_leaf("issued_at", "'2026-11-20 00:00:00.000000'")], ["another kind or time of issue"]),
    ([first_leaf("kind", "'diploma'")], ["another kind or time of issue"]),
    ([first_leaf("qr_text", "(SELECT qr_text FROM certificate WHERE log_index=3)")],
     ["has a QR that says something else"]),
    ([first_leaf("status_index", "131071")], ["has a QR that says something else"]),
    ([first_leaf("issue_key", "'enrollment:0'")], ["filed under another seat, person or batch"]),
    ([first_leaf("person_id", "(SELECT person_id FROM certificate WHERE log_index=3)")],
     ["filed under another seat, person or batch"]),
    ([first_leaf("enrollment_id", "(SELECT enrollment_id FROM certificate WHERE log_index=3)")],
     ["filed under another seat, person or batch"]),
    ([first_leaf("log_index", "77")], ["names leaf 77, its issue is leaf 0"]),
    (["UPDATE certificate SET replaces_id=NULL WHERE replaces_id IS NOT NULL"],
     ["its replacement do not name each other"]),
    (swap("certificate", "log_index", "signed_bytes", 0, 3),
     ["leaf 0 does not commit", "leaf 3 does not commit"]),
    (["DELETE FROM certificate WHERE log_index=3"], ["the certificate of leaf 3 is not there"]),
    (["DELETE FROM certificate_event WHERE log_index=3"],
     ["leaf 3 stands for no event", "has no issue event"]),
    (["DELETE FROM certificate_event WHERE log_index=8"], ["leaf 8 stands for no event"]),
    (["UPDATE certificate_event SET type='suspend' WHERE log_index=8"],
     ["the event suspend of", "is revoke in the log"]),
    (["UPDATE certificate_event SET at='2026-11-20 00:00:00.000000' WHERE log_index=8"],
     ["has another time than leaf 8"]),
    (["UPDATE certificate_event SET log_index=99 WHERE log_index=8"],
     ["leaf 8 stands for no event", "names leaf 99, which is not there"]),
    (["UPDATE certificate_event SET certificate_id=(SELECT id FROM certificate WHERE log_index=3) "
      "WHERE log_index=8"], ["leaf 8 does not commit to what is stored"]),
    (["UPDATE certificate_event SET approver_id=999 WHERE log_index=8"], ["names other people"]),
    (["UPDATE certificate_event SET actor_id=NULL WHERE log_index=8"], ["names other people"]),
    (["UPDATE certificate_event SET reason_class='error' WHERE log_index=8"], ["another reason"]),
    (["UPDATE certificate_event SET replacement_id=(SELECT id FROM certificate WHERE log_index=3) "
      "WHERE log_index=7"], ["do not name each other", "another reason"]),
    (["UPDATE certificate_event SET position=9 WHERE log_index=8"], ["is out of place in its history"]),
    (["UPDATE certificate_event SET position=9 WHERE log_index=4",
      "UPDATE certificate_event SET position=1 WHERE log_index=5",
      "UPDATE certificate_event SET position=2 WHERE log_index=4"], ["is out of place in its history"]),
    (["INSERT INTO certificate_event (certificate_id, position, type, reason_class, note, log_index, at) "
      "SELECT certificate_id, 2, 'revoke', 'fraud', '', 42, at FROM certificate_event WHERE log_index=3"],
     ["the event revoke of", "names leaf 42, which is not there"]),
]  # fmt: skip


@pytest.mark.parametrize(("statements", "faults"), TREE + RECORDS)
def test_tampered_row_is_found(log, statements, faults):
    tamper(*statements)
    lines = found()
    for fault in faults:
        assert any(fault in line for line in lines), (fault, lines)


@pytest.fixture
def run(app):
    """Run a command; (exit code, stdout)."""

    def call(*words):
        result = app.test_cli_runner().invoke(args=["log", *map(str, words)])
        return result.exit_code, result.stdout

    return call


def test_command_says_that_all_fits_or_names_each_fault(log, run):
    assert run("check") == (0, "")
    code, out = run("check", "--json")
    assert (code, json.loads(out)) == (0, {"leaves": 9, "faults": []})
    tamper("UPDATE log_head SET size=8")
    assert run("check") == (1, "the head says 8 leaves, the log has 9\n")
    code, out = run("check", "--json")
    assert (code, json.loads(out)["faults"]) == (1, ["the head says 8 leaves, the log has 9"])


def test_command_without_readable_keys_says_so(log, run, monkeypatch):
    def unreadable(_self):
        raise KeyStoreError("damaged", "Daftar kunci keys.json rusak; pulihkan dari cadangan.")

    monkeypatch.setattr(type(keys()), "entries", unreadable)
    code, out = run("check", "--json")
    assert (code, json.loads(out)["error"]["code"]) == (2, "damaged")


def test_empty_log_is_whole(db_session, now):
    assert found() == []


def test_checkpoint_by_a_key_that_was_retired_or_revoked_is_found(log, now, monkeypatch):
    entries = keys().store.entries()

    def with_log_key(**changes):
        changed = [replace(one, **changes) if one.purpose == "log" else one for one in entries]
        monkeypatch.setattr(type(keys()), "entries", lambda _self: changed)
        return found()

    lines = with_log_key(retired=now.strftime("%Y-%m-%dT%H:%M:%SZ"))
    assert len(lines) == 5
    assert "the checkpoint over 5 leaves: its key log-1 had been retired" in lines
    lines = with_log_key(revoked_at=5)
    assert lines == [
        f"the checkpoint over {size} leaves: its key log-1 is revoked from leaf 5 on" for size in (6, 7, 8, 9)
    ]
