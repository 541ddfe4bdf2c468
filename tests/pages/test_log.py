"""The log over HTTP: text, octets, caching and refusals, for people without an account."""

from __future__ import annotations

import base64
import json

import pytest

from portal.certificates import checkpoints, merkle
from portal.certificates.models import LogLeaf
from portal.core.db import db
from tests.support.issuing import issue, sign_class
from tests.support.logs import append, verifier_of_log

FOREVER = "public, max-age=31536000, immutable"


@pytest.fixture
def log(db_session, now):
    """A log of 300 leaves; the first certificate."""
    (first, *_) = issue(sign_class(now, people=2), now)
    append(298, now)
    return first


def test_checkpoint_is_a_signed_note_with_an_etag_and_no_cookie(page, log):
    view = page.get("/log/checkpoint", htmx=False)
    assert view.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert view.headers["Cache-Control"] == "public, max-age=5"
    assert "Set-Cookie" not in view.headers
    assert checkpoints.open_checkpoint(view.text, verifier_of_log()).size == 300
    again = page.get("/log/checkpoint", 304, htmx=False, **{"If-None-Match": view.headers["ETag"]})
    assert again.text == ""
    append(1, log.issued_at)
    grown = page.get("/log/checkpoint", htmx=False, **{"If-None-Match": view.headers["ETag"]})
    assert checkpoints.open_checkpoint(grown.text, verifier_of_log()).size == 301


@pytest.mark.parametrize(
    "path", ["checkpoint", "tile/0/000.p/1", "tile/entries/000.p/1", "consistency?old=0&new=1"]
)
def test_the_log_may_be_read_from_pages_of_any_origin(client, log, path):
    assert client.get(f"/log/{path}").headers["Access-Control-Allow-Origin"] == "*"


def test_checkpoint_of_an_empty_log_is_not_there(page, db_session):
    assert "Set-Cookie" not in page.get("/log/checkpoint", 404).headers


def test_tiles_lead_to_the_checkpoints_root(page, log):
    opened = checkpoints.open_checkpoint(page.get("/log/checkpoint").text, verifier_of_log())
    hashes: list[bytes] = []
    for index, width in ((0, 256), (1, 44)):
        place = checkpoints.tile_path(index, width)
        tile = page.get(f"/log/tile/0/{place}").response
        bundle = page.get(f"/log/tile/entries/{place}").response
        for one in (tile, bundle):
            assert one.headers["Content-Type"] == "application/octet-stream"
            assert one.headers["Cache-Control"] == FOREVER
            assert "Set-Cookie" not in one.headers
        entries = checkpoints.read_bundle(bundle.data)
        assert tile.data == b"".join(map(merkle.leaf_hash, entries))
        for entry in entries:
            merkle.grow_edge(hashes, json.loads(entry)["seq"], merkle.leaf_hash(entry))
    assert merkle.fold(hashes) == opened.root
    assert page.get("/log/tile/1/000.p/1").response.data == hashes[0]


@pytest.mark.parametrize(
    "place",
    ["0/001", "0/001.p/45", "0/002.p/1", "0/0", "0/x000/001", "00/000", "64/000", "-1/000", "1/000.p/2",
     "1/000", "0/000.p/256", "0/000.p/0", "0/x999/x999/x999/x999/x999/x999/999", "entries/001",
     "entries/002.p/1", "entries/1", "0/..", "a/000"],
)  # fmt: skip
def test_tile_beyond_the_tree_or_of_another_spelling_is_not_there(page, log, place):
    view = page.get(f"/log/tile/{place}", 404)
    assert view.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in view.headers


def test_proof_of_a_certificate_verifies_and_is_not_kept(page, log):
    leaf = bytes(db.session.get_one(LogLeaf, log.log_index).data)
    printed = f"{log.code[:4]}-{log.code[4:8]}-{log.code[8:]}".lower()
    for code in (log.code, printed):
        view = page.get(f"/log/proof/{code}.tlog-proof")
        assert view.headers["Content-Type"] == "text/plain; charset=utf-8"
        assert view.headers["Cache-Control"] == "no-store"
        assert checkpoints.verify_proof(view.text, leaf, verifier_of_log()).size == 300
    older = page.get(f"/log/proof/{log.code}.tlog-proof?size=2").text
    assert checkpoints.verify_proof(older, leaf, verifier_of_log()).size == 2


@pytest.mark.parametrize("code", ["ZZZZZZZZZZZ5", "ZZZZZZZZZZZ6", "x", "A" * 500])
def test_proof_of_a_code_that_is_not_there_is_one_and_the_same_404(page, log, code):
    missing = page.get("/log/proof/BA1A1KVP7QTJ.tlog-proof", 404)
    assert page.get(f"/log/proof/{code}.tlog-proof", 404).words == missing.words


def test_codes_tried_out_are_limited_as_where_codes_are_checked(page, log):
    missing = "/log/proof/BA1A1KVP7QTJ.tlog-proof"
    for _miss in range(120):
        assert page.client.get(missing).status_code == 404
    assert page.client.get(missing).status_code == 429
    assert int(page.client.get(missing).headers["Retry-After"]) > 0
    assert page.get(f"/log/proof/{log.code}.tlog-proof").status == 200


@pytest.mark.parametrize("size", ["0", "1", "3", "301", "-1", "x", "", "9" * 40])
def test_proof_under_a_size_without_checkpoint_is_not_there(page, log, size):
    assert page.get(f"/log/proof/{log.code}.tlog-proof?size={size}", 404).status == 404


def test_consistency_between_two_checkpoints_verifies(page, log):
    roots = {}
    for size in (2, 300):
        proof = checkpoints.read_proof(page.get(f"/log/proof/{log.code}.tlog-proof?size={size}").text)
        roots[size] = checkpoints.open_checkpoint(proof.note, verifier_of_log()).root
    view = page.get("/log/consistency?old=2&new=300")
    body = json.loads(view.text)
    assert (body["old"], body["new"], view.headers["Cache-Control"]) == (2, 300, FOREVER)
    path = [base64.b64decode(one) for one in body["proof"]]
    assert merkle.verify_consistency(old=2, new=300, old_root=roots[2], new_root=roots[300], path=path)


@pytest.mark.parametrize(
    "query",
    ["", "old=1", "old=3&new=2", "old=1&new=301", "old=-1&new=2", "old=a&new=2", "old=1&new=" + "9" * 30],
)
def test_consistency_of_sizes_that_are_none_is_refused_with_a_sentence(page, log, query):
    body = json.loads(page.get(f"/log/consistency?{query}", 400).text)
    assert body["error"]["code"] == "bad_sizes"
    assert "bilangan bulat" in body["error"]["message"]
