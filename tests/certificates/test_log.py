"""The log in the database: a checkpoint with every append, proofs, tiles, and what contradicts them."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
import sqlalchemy as sa

from portal.certificates import checkpoints, issuer, merkle
from portal.certificates.keys import keys, open_stores
from portal.certificates.models import Certificate, LogCheckpoint, LogHead, LogLeaf, LogNode
from portal.certificates.queries import log
from portal.certificates.services.log import Entry, append_leaves, cover_log
from portal.core import guards
from portal.core.audit import AuditEvent
from portal.core.db import db, transaction
from portal.core.errors import DomainError, NotFound
from portal.core.permissions import SYSTEM
from portal.core.timers import run_timers
from tests.support.issuing import change, issue, sign_class
from tests.support.logs import append, make_tree, verifier_of_log


@pytest.fixture
def own_keys(app, tmp_path, now):
    """A key store of this test alone, which may be rotated."""
    before = app.extensions["keys"]
    app.extensions["keys"] = open_stores(tmp_path / "keys", "a passphrase that only tests use")
    app.extensions["keys"].ensure_standing(now)
    yield app.extensions["keys"]
    app.extensions["keys"] = before


def test_every_append_stores_its_checkpoint_in_the_same_transaction(db_session, now):
    signed = sign_class(now)
    (first, *_) = issue(signed, now)
    change(signed, first, "suspend", now)
    rows = list(db_session.scalars(sa.select(LogCheckpoint).order_by(LogCheckpoint.size)))
    assert [(row.size, row.position) for row in rows] == [(4, 0), (5, 1)]
    leaves = [bytes(one) for one in db_session.scalars(sa.select(LogLeaf.data).order_by(LogLeaf.seq))]
    hashes: list[bytes] = []
    for number, leaf in enumerate(leaves):
        merkle.grow_edge(hashes, number, merkle.leaf_hash(leaf))
        for row in rows:
            if row.size == number + 1:
                opened = checkpoints.open_checkpoint(row.note, verifier_of_log())
                assert (opened.size, opened.root) == (row.size, bytes(row.root))
                assert opened.root == merkle.fold(hashes)
                assert bytes(row.edge) == b"".join(hashes)


def test_failed_append_leaves_no_checkpoint(db_session, now):
    append(3, now)
    with pytest.raises(ZeroDivisionError), transaction() as session:
        append_leaves(session, [Entry("issue", "0" * 64, "BPVP-SKA", "k")], now)
        raise ZeroDivisionError
    assert list(db_session.scalars(sa.select(LogCheckpoint.size))) == [3]
    assert log.latest_checkpoint().size == 3


@pytest.mark.parametrize("size", [1, 7, 50])
def test_append_takes_few_statements_whatever_its_size(db_session, query_count, now, size):
    append(1023, now)
    with query_count(at_most=6):
        assert append(size, now) == list(range(1023, 1023 + size))


def test_appends_of_many_sizes_give_the_tree_of_all_leaves(db_session, now):
    for count in (1, 2, 1, 5, 8, 3, 64, 17, 0, 1):
        append(count, now)
    leaves = [bytes(one) for one in db_session.scalars(sa.select(LogLeaf.data).order_by(LogLeaf.seq))]
    wanted: dict[tuple[int, int], bytes] = {}

    def node(level, at):
        return wanted[level, at]

    for number, leaf in enumerate(leaves):
        made = merkle.nodes_for_append(number, merkle.leaf_hash(leaf), node)
        wanted |= {(level, at): digest for level, at, digest in made}
    assert {(n.level, n.position): bytes(n.hash) for n in db_session.scalars(sa.select(LogNode))} == wanted


def test_proof_of_each_certificate_is_verified_by_a_stranger(db_session, query_count, now):
    made = issue(sign_class(now, people=5), now)
    append(20, now)
    for certificate in made:
        db_session.refresh(certificate)
        with query_count(at_most=2):
            text = log.proof_text(certificate)
        leaf = db_session.get_one(LogLeaf, certificate.log_index)
        assert checkpoints.verify_proof(text, bytes(leaf.data), verifier_of_log()).size == 25
        earlier = log.proof_text(certificate, size=5)
        assert checkpoints.verify_proof(earlier, bytes(leaf.data), verifier_of_log()).size == 5
    for size in (4, 6, 99):
        with pytest.raises(NotFound):
            log.proof_text(made[0], size=size)
    with pytest.raises(NotFound):
        log.proof_text(Certificate(log_index=20), size=5)


def test_empty_log_has_no_checkpoint(db_session, now):
    assert log.latest_checkpoint() is None
    with transaction() as session:
        assert cover_log(session, actor=SYSTEM, now=now) is None


def test_log_from_before_checkpoints_is_served_signed_and_covered_by_the_timer(db_session, query_count, now):
    append(11, now)
    _forget_checkpoints()
    with query_count() as seen:
        shown = log.latest_checkpoint()
    assert seen.writes == []
    assert checkpoints.open_checkpoint(shown.note, verifier_of_log()).size == 11
    with transaction() as session:
        assert cover_log(session, actor=SYSTEM, now=now) == 11
    with transaction() as session:
        assert cover_log(session, actor=SYSTEM, now=now) is None
    assert log.latest_checkpoint() == shown
    made = db_session.scalars(sa.select(AuditEvent.object_id).where(AuditEvent.action == "log.checkpoint"))
    assert list(made) == ["11"]


def test_newest_checkpoint_is_signed_by_the_key_of_now_after_a_rotation(db_session, own_keys, now):
    append(3, now)
    before = log.latest_checkpoint()
    keys().store.rotate("log", now=now + timedelta(minutes=1))
    after = log.latest_checkpoint()
    assert (after.root, after.size) == (before.root, before.size)
    assert after.note != before.note
    assert checkpoints.open_checkpoint(after.note, verifier_of_log()).size == 3


@pytest.mark.parametrize(
    "tamper",
    [
        "UPDATE log_node SET hash=(SELECT hash FROM log_node WHERE level=0 AND position=1) "
        "WHERE level=2 AND position=0",
        "DELETE FROM log_node WHERE level=2 AND position=0",
        "UPDATE log_head SET size=4",
    ],
)
def test_nothing_is_appended_to_a_log_that_contradicts_its_last_checkpoint(db_session, now, tamper):
    append(5, now)
    with transaction() as session:
        guards.drop(session.connection())
        session.execute(sa.text(tamper))
    with pytest.raises(DomainError, match="log_damaged"):
        append(1, now)
    assert db_session.scalar(sa.select(sa.func.count()).select_from(LogLeaf)) == 5


def test_consistency_between_any_two_sizes(db_session, query_count, now):
    append(21, now)
    nodes = {(n.level, n.position): bytes(n.hash) for n in db_session.scalars(sa.select(LogNode))}
    for new in range(1, 22):
        for old in range(1, new + 1):
            with query_count(at_most=2):
                path = log.consistency(old, new)
            roots = [merkle.root(size, lambda *place: nodes[place]) for size in (old, new)]
            assert merkle.verify_consistency(
                old=old, new=new, old_root=roots[0], new_root=roots[1], path=path
            )
    for old, new in ((-1, 3), (4, 3), (1, 22)):
        with pytest.raises(DomainError, match="bad_sizes"):
            log.consistency(old, new)


def test_tiles_and_bundles_hold_the_tree_and_its_leaves(db_session, query_count, now):
    append(300, now)
    leaves = [bytes(one) for one in db_session.scalars(sa.select(LogLeaf.data).order_by(LogLeaf.seq))]
    with query_count(at_most=4):
        first, rest = log.tile(0, 0, 256), log.tile(0, 1, 44)
        entries, above = log.entries(1, 44), log.tile(1, 0, 1)
    assert first + rest == b"".join(merkle.leaf_hash(leaf) for leaf in leaves)
    assert checkpoints.read_bundle(entries) == leaves[256:]
    full: list[bytes] = []
    for number, leaf in enumerate(leaves[:256]):
        merkle.grow_edge(full, number, merkle.leaf_hash(leaf))
    assert [above] == full
    for beyond in ((0, 1, 256), (0, 1, 45), (0, 2, 1), (1, 0, 2), (1, 1, 1), (2, 0, 1), (63, 0, 1)):
        assert log.tile(*beyond) is None
    assert log.entries(1, 256) is None
    assert log.entries(2, 1) is None


def test_proof_at_a_million_leaves_is_two_statements_and_under_ten_milliseconds(db_session, query_count, now):
    tree = make_tree(1_000_000, indexes=(0, 1, 524_287, 999_424, 999_999), now=now)
    for index, leaf in tree.items():
        with query_count(at_most=2):
            text = log.proof_text(Certificate(log_index=index))
        proof = checkpoints.read_proof(text)
        opened = checkpoints.open_checkpoint(proof.note, verifier_of_log())
        assert merkle.verify_inclusion(
            index=index, size=opened.size, leaf=leaf, path=proof.path, root=opened.root
        )
    began = time.process_time()
    for _round in range(20):
        log.proof_text(Certificate(log_index=524_287))
    assert (time.process_time() - began) / 20 < 0.01


def _forget_checkpoints():
    with transaction() as session:
        guards.drop(session.connection())
        session.execute(sa.delete(LogCheckpoint))
        guards.create(session.connection())


def test_head_is_the_origin_of_the_portals_address(db_session, now):
    append(1, now)
    assert log.latest_checkpoint().note.startswith(f"{log.log_origin()}\n1\n")
    assert log.log_origin() == "localhost"
    assert issuer.origin("https://balai.example:8443") == "balai.example:8443"
    assert db.session.scalar(sa.select(LogHead.size)) == 1


def test_timer_covers_a_log_from_before_checkpoints(db_session, now):
    append(6, now)
    _forget_checkpoints()
    assert "certificates.checkpoint" in run_timers(now)
    assert list(db_session.scalars(sa.select(LogCheckpoint.size))) == [6]
