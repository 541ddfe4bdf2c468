"""`flask log export` and `flask log monitor`: the portal's own log as files, watched over HTTP."""

from __future__ import annotations

import base64
import json
import threading
from datetime import timedelta
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from portal.certificates import checkpoints, merkle, watching
from portal.certificates.keys import keys
from portal.certificates.logfiles import tiles_of
from tests.support.apps import BASE_URL
from tests.support.issuing import change, issue, sign_class
from tests.support.logs import append, verifier_of_log


@pytest.fixture
def run(app):
    """Run a command; (exit code, stdout, stderr)."""

    def call(*words):
        result = app.test_cli_runner().invoke(args=["log", *map(str, words)])
        return result.exit_code, result.stdout, result.stderr

    return call


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_args):
        """No line a request."""


@pytest.fixture
def site(tmp_path):
    """A folder served on this machine: (folder, address)."""
    folder = tmp_path / "site"
    folder.mkdir()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield folder, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def publish(run, folder: Path, now, size: int) -> None:
    """The log as static files, and trust.json beside it."""
    assert run("export", folder / "log")[0] == 0
    (folder / ".well-known").mkdir(exist_ok=True)
    (folder / ".well-known" / "trust.json").write_text(json.dumps(keys().trust(BASE_URL, size, now)))


def test_frozen_log_is_watched_as_static_files(db_session, run, site, tmp_path, now):
    folder, url = site
    signed = sign_class(now)
    (first, *_) = issue(signed, now)
    publish(run, folder, now, 4)
    state = tmp_path / "state.json"
    code, out, _ = run("monitor", url, "--state", state, "--json")
    report = json.loads(out)
    assert (code, report["is_first"], report["size"], report["new"]) == (0, True, 4, 4)
    assert (list(report["centers"].values()), report["faults"]) == ([{"issue": 4}], [])
    kept = state.read_text()

    change(signed, first, "suspend", now + timedelta(minutes=1))
    publish(run, folder, now, 5)
    code, out, _ = run("monitor", url, "--state", state)
    assert (code, "5 entries, 1 new" in out) == (0, True)
    assert state.read_text() != kept

    kept = state.read_text()
    bundle = folder / "log" / "tile" / "entries" / "000.p" / "5"
    checkpoint = folder / "log" / "checkpoint"
    checkpoint.write_text(checkpoint.read_text().replace("\n5\n", "\n6\n"))
    code, out, _ = run("monitor", url, "--state", state)
    assert (code, state.read_text()) == (1, kept)
    assert "the signature of localhost does not match the note" in out
    assert bundle.exists()


def test_export_writes_each_tile_once_and_the_checkpoint_last(db_session, run, tmp_path, now):
    assert run("export", tmp_path)[0] == 2
    append(300, now)
    code, _, said = run("export", tmp_path)
    names = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file())
    assert names == ["checkpoint", "tile/0/000", "tile/0/001.p/44", "tile/1/000.p/1",
                     "tile/entries/000", "tile/entries/001.p/44"]  # fmt: skip
    assert (code, said.strip()) == (0, "300 leaves, 6 files")
    assert run("export", tmp_path)[2].strip() == "300 leaves, 1 files"


def test_tiles_of_the_published_example():
    listed = list(tiles_of(70_000))
    assert (len(listed), listed[273], listed[274:]) == (
        277, (0, 273, 112), [(1, 0, 256), (1, 1, 17), (2, 0, 1)]
    )  # fmt: skip


def test_portal_itself_is_watched_through_its_pages(db_session, client, now):
    (first, *_) = issue(sign_class(now), now)

    def fetch(path):
        answer = client.get(path)
        assert answer.status_code == 200, path
        return answer.data

    report, state = watching.visit(BASE_URL, None, fetch, now)
    assert (report.faults, report.new) == ([], 4)
    append(400, now, json.loads(first.signed_bytes)["center"]["code"], first.kid)
    report, state = watching.visit(BASE_URL, state, fetch, now)
    assert (report.size, state.size) == (404, 404)


@pytest.mark.parametrize(
    ("url", "reason"),
    [("http://balai.example", "address"), ("file:///etc", "address"), ("http://127.0.0.1:1", "answer")],
)
def test_monitor_without_anything_to_look_at_exits_2(run, tmp_path, url, reason):
    code, out, _ = run("monitor", url, "--state", tmp_path / "state.json", "--json")
    assert (code, json.loads(out)["error"]["code"]) == (2, reason)
    assert not (tmp_path / "state.json").exists()


def test_monitor_with_a_missing_page_or_a_damaged_state_exits_2(run, site, tmp_path):
    code, _, said = run("monitor", site[1], "--state", tmp_path / "state.json")
    assert (code, said.strip()) == (2, "/.well-known/trust.json answers 404")
    (tmp_path / "state.json").write_text("{")
    code, out, _ = run("monitor", site[1], "--state", tmp_path / "state.json", "--json")
    assert (code, json.loads(out)["error"]["code"]) == (2, "state")


def test_exported_proof_places_the_exported_leaf(db_session, app, now, tmp_path):
    (first, *_) = issue(sign_class(now), now)
    result = app.test_cli_runner().invoke(args=["certificates", "export", first.code, str(tmp_path / "one")])
    assert result.exit_code == 0
    leaf, text = (tmp_path / "one" / name for name in ("leaf.bin", "proof.tlog-proof"))
    assert checkpoints.verify_proof(text.read_text(), leaf.read_bytes(), verifier_of_log()).size == 4
    document, salt = (tmp_path / "one" / name for name in ("record.json", "salt.hex"))
    signed = base64.b64decode(json.loads(document.read_text())["signed_bytes_base64"])
    commit = merkle.cert_commit(bytes.fromhex(salt.read_text()), signed)
    assert json.loads(leaf.read_bytes())["cert_commit"] == commit
