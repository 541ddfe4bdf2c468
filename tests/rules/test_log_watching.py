"""What a monitor believes and what it tells of, against a made-up portal that may lie."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from portal.certificates import checkpoints, issuer, merkle
from portal.certificates.keystore import KeyEntry
from portal.certificates.multikey import base64url
from portal.certificates.signing import Ed25519Signer, generate
from portal.certificates.watching import Report, State, visit

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
URL = "https://balai.example"
COMMIT = "ab" * 32


def signer(kid: str) -> Ed25519Signer:
    made = generate("Ed25519", kid)
    assert isinstance(made, Ed25519Signer)
    return made


def entry(kid: str, purpose: str = "certificate", **words: Any) -> KeyEntry:
    return KeyEntry(kid, base64url(bytes(32)), purpose, "2026-01-01T00:00:00Z", **words)  # type: ignore[arg-type]


@dataclass
class Portal:
    """A portal in memory: leaves with their times, its keys, and paths that answer something else."""

    root: Ed25519Signer = field(default_factory=lambda: signer("root-1"))
    log: Ed25519Signer = field(default_factory=lambda: signer("log-1"))
    keys: list[KeyEntry] = field(
        default_factory=lambda: [entry("bpvp-ska-2026-1"), entry("bpvp-bdg-2026-1"), entry("bpvp-ska-2025-1")]
    )
    leaves: list[bytes] = field(default_factory=list)
    lies: dict[str, bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    minimum_size: int | None = None
    origin: str = "balai.example"

    def issue(
        self, count: int = 1, *, at: datetime = NOW, kid: str = "bpvp-ska-2026-1", center: str = "BPVP-SKA",
        type: str = "issue",
    ) -> Portal:  # fmt: skip
        """Append leaves."""
        for _ in range(count):
            time = int(at.timestamp() * 1000)
            self.leaves.append(
                merkle.leaf_bytes(
                    seq=len(self.leaves), type=type, cert_commit=COMMIT, center=center, kid=kid, time_ms=time
                )
            )
        return self

    def note(self) -> str:
        hashes: list[bytes] = []
        for number, leaf in enumerate(self.leaves):
            merkle.grow_edge(hashes, number, merkle.leaf_hash(leaf))
        return checkpoints.sign_checkpoint(self.origin, len(self.leaves), merkle.fold(hashes), self.log)

    def trust(self) -> dict[str, Any]:
        log = KeyEntry(self.log.kid, base64url(self.log.public_key), "log", "2026-01-01T00:00:00Z")
        size = len(self.leaves) if self.minimum_size is None else self.minimum_size
        return issuer.trust_document(URL, [*self.keys, log], root=self.root, minimum_size=size, now=NOW)

    def fetch(self, path: str) -> bytes:
        """What the portal answers."""
        self.asked.append(path)
        path = path.partition("?")[0]
        if path in self.lies:
            return self.lies[path]
        if path == "/.well-known/trust.json":
            return json.dumps(self.trust()).encode()
        if path == "/log/checkpoint":
            return self.note().encode()
        _, _, _, level, place = path.split("/", 4)
        found = checkpoints.read_tile_path(place)
        assert found is not None
        index, width = found
        leaves = self.leaves[index * 256 : index * 256 + width]
        assert len(leaves) == width
        if level == "entries":
            return checkpoints.write_bundle(leaves)
        return b"".join(map(merkle.leaf_hash, leaves))


def seen(portal: Portal, before: State | None = None, now: datetime = NOW) -> tuple[Report, State]:
    report, state = visit(URL, before, portal.fetch, now)
    assert report.faults == []
    assert state is not None
    return report, state


def faults(portal: Portal, before: State | None, now: datetime = NOW) -> str:
    report, state = visit(URL, before, portal.fetch, now)
    assert state is None
    return "\n".join(report.faults)


LATER = NOW + timedelta(days=1)


def test_first_visit_reads_everything_and_the_next_only_what_is_new() -> None:
    portal = Portal().issue(300).issue(2, kid="bpvp-bdg-2026-1", center="BPVP-BDG").issue(1, type="revoke")
    report, state = seen(portal)
    assert (report.is_first, report.size, report.new) == (True, 303, 303)
    assert report.centers == {"BPVP-SKA": {"issue": 300, "revoke": 1}, "BPVP-BDG": {"issue": 2}}
    portal.issue(4, at=LATER).asked.clear()
    report, state = seen(portal, state, LATER)
    assert (report.is_first, report.size, report.new) == (False, 307, 4)
    assert report.centers == {"BPVP-SKA": {"issue": 4}}
    assert [path for path in portal.asked if "/tile/" in path] == [
        "/log/tile/entries/001.p/51", "/log/tile/0/001.p/51"
    ]  # fmt: skip
    assert seen(portal, state, LATER)[0].new == 0


@pytest.mark.parametrize("sizes", [(1, 2), (255, 1), (256, 1), (256, 256), (3, 600), (511, 2)])
def test_tree_is_followed_across_the_edges_of_tiles(sizes: tuple[int, int]) -> None:
    portal = Portal()
    state = None
    for count in sizes:
        report, state = seen(portal.issue(count), state)
        assert report.new == count


def test_log_key_changed_by_the_root_is_accepted_and_told() -> None:
    portal = Portal().issue(3)
    _, state = seen(portal)
    portal.log = signer("log-2")
    report, state = seen(portal.issue(1), state)
    assert report.key_changed
    assert not seen(portal, state)[0].key_changed


Change = Callable[[Portal], Any]


def rewrite(portal: Portal) -> None:
    portal.leaves[2] = portal.leaves[2].replace(b"ab", b"cd")


def cut(portal: Portal) -> None:
    del portal.leaves[4:]
    portal.minimum_size = 0


def new_root(portal: Portal) -> None:
    portal.root = signer("root-2")


def unsigned_trust(portal: Portal) -> None:
    document = portal.trust()
    document["log"]["minimumSize"] = 0
    portal.lies["/.well-known/trust.json"] = json.dumps(document).encode()


def other_log_key(portal: Portal) -> None:
    document = json.dumps(portal.trust()).encode()
    portal.lies["/.well-known/trust.json"] = document
    portal.log = signer("log-1")


def bad_leaf(portal: Portal) -> None:
    portal.leaves.append(portal.leaves[0])


def retired_key(portal: Portal) -> None:
    portal.keys[0] = entry("bpvp-ska-2026-1", retired="2026-10-01T00:00:00Z")
    portal.issue()


def revoked_key(portal: Portal) -> None:
    portal.keys[0] = entry("bpvp-ska-2026-1", revoked="2026-11-22T00:00:00Z", revoked_at=6)
    portal.issue()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (cut, "the log shrank: 6 entries at the last visit, 4 now"),
        (rewrite, "a split view: the same 6 entries have another root"),
        (lambda p: (rewrite(p), p.issue()), "they, or something older, have been changed"),
        (lambda p: setattr(p, "minimum_size", 7), "trust.json promises 7 entries, the checkpoint has 6"),
        (new_root, "names another root than at the first visit, which did not sign it"),
        (unsigned_trust, "trust.json is not signed by its root"),
        (lambda p: p.lies.update({"/.well-known/trust.json": b"{}"}), "trust.json is not a document"),
        (lambda p: p.lies.update({"/.well-known/trust.json": b"<html>"}), "trust.json is not a document"),
        (other_log_key, "the note is not signed by the key of balai.example"),
        (lambda p: p.lies.update({"/log/checkpoint": b"\xff"}), "not text in UTF-8"),
        (lambda p: p.lies.update({"/log/checkpoint": b"<html>"}), "this is not a signed note"),
        (lambda p: setattr(p, "origin", "other.example"), "not signed by the key of balai.example"),
        (
            lambda p: p.issue(at=NOW - timedelta(days=3)),
            "entry 6 is late: dated 2026-11-19 02:00 UTC, but not",
        ),
        (
            lambda p: p.issue(at=NOW + timedelta(days=9)),
            "entry 6 is dated 2026-12-01 02:00 UTC, which is still",
        ),
        (lambda p: p.issue(at=LATER).issue(at=NOW + timedelta(hours=1)), "entry 7 is dated 2026-11-22 03:00"),
        (lambda p: p.issue(kid="bpvp-xyz-2026-1", center="BPVP-XYZ"), "a key that trust.json does not list"),
        (
            lambda p: p.issue(kid="bpvp-bdg-2026-1"),
            "entry 6 of BPVP-SKA is signed by bpvp-bdg-2026-1, the key of",
        ),
        (lambda p: p.issue(kid="bpvp-ska-2025-1"), "but bpvp-ska-2025-1 is a key of 2025"),
        (retired_key, "when bpvp-ska-2026-1 was not in use"),
        (revoked_key, "signed by bpvp-ska-2026-1, revoked from entry 6 on"),
        (bad_leaf, "entry 6 is not a leaf of this place in canonical form"),
        (
            lambda p: (p.issue(), p.lies.update({"/log/tile/0/000.p/7": b"x" * 224})),
            "does not hold the hashes",
        ),
        (lambda p: (p.issue(), p.lies.update({"/log/tile/entries/000.p/7": b"\0"})), "middle of an entry"),
        (lambda p: (p.issue(), p.lies.update({"/log/tile/entries/000.p/7": b""})), "0 entries instead of 7"),
    ],
)
def test_lie_is_told_in_a_sentence_and_nothing_is_kept(change: Change, reason: str) -> None:
    portal = Portal().issue(6)
    _, state = seen(portal)
    change(portal)
    assert reason in faults(portal, state, LATER)


def test_later_event_may_name_a_key_that_is_retired_revoked_or_of_an_earlier_year() -> None:
    portal = Portal().issue(2)
    portal.keys[0] = entry("bpvp-ska-2026-1", retired="2026-10-01T00:00:00Z", revoked_at=0)
    portal.leaves.clear()
    portal.issue(type="revoke").issue(type="suspend", kid="bpvp-ska-2025-1")
    assert seen(portal)[0].new == 2


def test_many_faults_are_counted_beyond_the_first_hundred() -> None:
    report, _ = visit(URL, None, Portal().issue(150, kid="nobody-2026-1", center="NOBODY").fetch, NOW)
    assert (len(report.faults), report.left_out) == (100, 50)


@pytest.mark.parametrize("bit", [1, 128])
def test_every_flipped_byte_of_a_bundle_is_found(bit: int) -> None:
    portal = Portal().issue(2)
    place = "/log/tile/entries/000.p/2"
    good = portal.fetch(place)
    for at in range(len(good)):
        portal.lies[place] = bytes([*good[:at], good[at] ^ bit, *good[at + 1 :]])
        assert faults(portal, None)
