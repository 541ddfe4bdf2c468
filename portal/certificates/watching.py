"""Judging a portal's log from outside: pure but for `fetch(path)`, which the caller lends.

Nothing is believed but signatures and hashes. The first visit pins the root that signs trust.json and reads
the whole log; later ones read what is new, grow the tree that was seen before with it and compare its root
with the signed one, which proves that nothing older has changed.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from portal.certificates import checkpoints, issuer, jcs, merkle
from portal.certificates.checkpoints import Checkpoint, NoteError, Verifier
from portal.certificates.multikey import from_multikey

Fetch = Callable[[str], bytes]
#: How far apart honest clocks may be.
PATIENCE = timedelta(minutes=10)
MOST_FAULTS = 100
# A center's year turns between UTC+7 and UTC+9.
_ZONES = (timedelta(hours=7), timedelta(hours=9))


@dataclass(frozen=True)
class State:
    """What a monitor remembers: the pinned root and vkey, and the tree as it saw it last.

    `edge` is the hashes of the tree's complete subtrees, `latest` the newest leaf time (unix ms), `seen` the
    time of the visit (unix ms).
    """

    root_key: str
    vkey: str
    size: int = 0
    edge: tuple[bytes, ...] = ()
    latest: int = 0
    seen: int = 0


@dataclass
class Report:
    """What a visit found. `centers` counts new entries by center and type; `key_changed` says that the root
    has named another key of the log since the last visit; `left_out` counts the faults beyond MOST_FAULTS."""

    url: str
    is_first: bool = False
    origin: str = ""
    size: int = 0
    new: int = 0
    key_changed: bool = False
    centers: dict[str, dict[str, int]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    left_out: int = 0

    def fault(self, sentence: str) -> None:
        """Keep one, up to MOST_FAULTS."""
        if len(self.faults) < MOST_FAULTS:
            self.faults.append(sentence)
        else:
            self.left_out += 1


@dataclass(frozen=True)
class _Key:
    """A certificate key of trust.json: from when it signed, until when if it was retired, and from which log
    index on it vouches for nothing."""

    made: datetime
    retired: datetime | None
    revoked_at: int | None

    def was_signing(self, moment: datetime) -> bool:
        return self.made - PATIENCE <= moment and (self.retired is None or moment <= self.retired + PATIENCE)


@dataclass(frozen=True)
class _Trust:
    """trust.json, once its signature is checked."""

    root_key: str
    vkey: str
    log: Verifier
    minimum_size: int
    keys: dict[str, _Key]


def visit(url: str, before: State | None, fetch: Fetch, now: datetime) -> tuple[Report, State | None]:
    """Look at the log behind `fetch(path)`; the report, and the state to keep when it holds no fault."""
    report = Report(url, is_first=before is None)
    try:
        trust = _read_trust(fetch("/.well-known/trust.json"), before)
        # The query keeps a cache between from answering with a checkpoint older than trust.json.
        note = _text(fetch(f"/log/checkpoint?least={trust.minimum_size}"))
        checkpoint = checkpoints.open_checkpoint(note, trust.log)
    except NoteError as error:
        report.fault(str(error))
        return report, None
    report.origin, report.size = checkpoint.origin, checkpoint.size
    start = before or State(trust.root_key, trust.vkey)
    report.key_changed = start.vkey != trust.vkey
    _compare(checkpoint, start, trust.minimum_size, report)
    if not report.faults:
        reader = _Reader(start, checkpoint, trust.keys, report, now)
        reader.read(fetch)
    if report.faults:
        return report, None
    seen = int(now.timestamp() * 1000)
    edge = tuple(reader.edge)
    return report, State(trust.root_key, trust.vkey, checkpoint.size, edge, reader.latest, seen)


def _read_trust(data: bytes, before: State | None) -> _Trust:
    """trust.json, signed by the root that was pinned at the first visit. Raises NoteError."""
    try:
        document = json.loads(data)
        root_key, log = document["root"]["publicKeyMultibase"], document["log"]
        trust = _Trust(
            root_key,
            str(log["vkey"]),
            checkpoints.read_vkey(str(log["vkey"])),
            int(log["minimumSize"]),
            {key["kid"]: _key(key) for key in document["keys"] if key["purpose"] == "certificate"},
        )
        public_key = from_multikey(root_key)[1]
    except NoteError:
        raise
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise NoteError("trust.json is not a document of this kind") from error
    if before is not None and root_key != before.root_key:
        raise NoteError("trust.json names another root than at the first visit, which did not sign it")
    if not issuer.is_trusted(document, public_key):
        raise NoteError("trust.json is not signed by its root")
    return trust


def _key(key: dict[str, Any]) -> _Key:
    retired = datetime.fromisoformat(key["notAfter"]) if key["notAfter"] else None
    return _Key(datetime.fromisoformat(key["notBefore"]), retired, key["revokedAt"])


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise NoteError("the checkpoint is not text in UTF-8") from error


def _compare(checkpoint: Checkpoint, start: State, minimum_size: int, report: Report) -> None:
    """Tell where the checkpoint cannot be of the log that was seen before."""
    if checkpoint.size < start.size:
        report.fault(f"the log shrank: {start.size} entries at the last visit, {checkpoint.size} now")
    elif checkpoint.size == start.size and checkpoint.root != merkle.fold(start.edge):
        report.fault(f"a split view: the same {start.size} entries have another root than at the last visit")
    if checkpoint.size < minimum_size:
        report.fault(f"trust.json promises {minimum_size} entries, the checkpoint has {checkpoint.size}")


class _Reader:
    """Reads the new entries, grows the tree with each and judges it."""

    def __init__(
        self, start: State, goal: Checkpoint, keys: dict[str, _Key], report: Report, now: datetime
    ) -> None:
        self.edge = list(start.edge)
        self.latest = start.latest
        self._start, self._goal, self._keys, self._report = start, goal, keys, report
        self._now = int(now.timestamp() * 1000)

    def read(self, fetch: Fetch) -> None:
        """Everything from the last visit's size to the checkpoint's."""
        size = self._start.size
        while size < self._goal.size:
            index = size // checkpoints.TILE_WIDTH
            width = checkpoints.tile_width(0, index, self._goal.size)
            place = checkpoints.tile_path(index, width)
            entries = self._bundle(fetch(f"/log/tile/entries/{place}"), fetch(f"/log/tile/0/{place}"), place)
            if len(entries) != width:
                self._report.fault(f"the bundle {place} has {len(entries)} entries instead of {width}")
                return
            for entry in entries[size - index * checkpoints.TILE_WIDTH :]:
                merkle.grow_edge(self.edge, size, merkle.leaf_hash(entry))
                self._judge(size, entry)
                size += 1
        self._report.new = size - self._start.size
        if merkle.fold(self.edge) != self._goal.root:
            self._report.fault(
                "the entries do not lead to the signed root: they, or something older, have been changed"
            )

    def _bundle(self, data: bytes, tile: bytes, place: str) -> list[bytes]:
        try:
            entries = checkpoints.read_bundle(data)
        except NoteError as error:
            self._report.fault(f"the bundle {place}: {error}")
            return []
        if b"".join(map(merkle.leaf_hash, entries)) != tile:
            self._report.fault(f"the tile {place} does not hold the hashes of its entries")
        return entries

    def _judge(self, seq: int, entry: bytes) -> None:
        leaf = read_leaf(entry, seq)
        if leaf is None:
            self._report.fault(f"entry {seq} is not a leaf of this place in canonical form")
            return
        counts = self._report.centers.setdefault(leaf["center"], {})
        counts[leaf["type"]] = counts.get(leaf["type"], 0) + 1
        self._judge_time(seq, leaf["time"])
        self._judge_key(f"entry {seq} of {leaf['center']}", seq, leaf)
        self.latest = max(self.latest, leaf["time"])

    def _judge_time(self, seq: int, time: int) -> None:
        patience = int(PATIENCE.total_seconds() * 1000)
        if time < self._start.seen - patience:
            seen = _when(self._start.seen)
            self._report.fault(f"entry {seq} is late: dated {_when(time)}, but not there at {seen}")
        elif time < self.latest - patience:
            self._report.fault(f"entry {seq} is dated {_when(time)}, after one of {_when(self.latest)}")
        if time > self._now + patience:
            self._report.fault(f"entry {seq} is dated {_when(time)}, which is still to come")

    def _judge_key(self, name: str, seq: int, leaf: dict[str, Any]) -> None:
        kid, key = leaf["kid"], self._keys.get(leaf["kid"])
        if key is None:
            self._report.fault(f"{name} is signed by {kid}, a key that trust.json does not list")
            return
        owner, _, year = kid.rpartition("-")[0].rpartition("-")
        if owner != leaf["center"].lower():
            self._report.fault(f"{name} is signed by {kid}, the key of another center")
        # A later event names the key that signed the certificate; it may be retired or revoked by then.
        if leaf["type"] != "issue":
            return
        moment = datetime.fromtimestamp(leaf["time"] / 1000, UTC)
        if key.revoked_at is not None and seq >= key.revoked_at:
            self._report.fault(f"{name} is signed by {kid}, revoked from entry {key.revoked_at} on")
        if year not in {str((moment + offset).year) for offset in _ZONES}:
            self._report.fault(f"{name} is dated {moment:%Y-%m-%d}, but {kid} is a key of {year}")
        elif not key.was_signing(moment):
            self._report.fault(f"{name} is dated {moment:%Y-%m-%d %H:%M} UTC, when {kid} was not in use")


def read_leaf(data: bytes, seq: int) -> dict[str, Any] | None:
    """What a leaf says; None unless its bytes are canonical, of version 1 and of place `seq`."""
    try:
        leaf = jcs.parse(data)
    except jcs.NotCanonical:
        return None
    names = {"v", "seq", "type", "cert_commit", "center", "kid", "time"}
    if not isinstance(leaf, dict) or set(leaf) != names or (leaf["v"], leaf["seq"]) != (1, seq):
        return None
    is_whole = all(type(leaf[name]) is str for name in ("cert_commit", "center", "kid"))
    is_whole = is_whole and leaf["type"] in merkle.EVENT_TYPES
    is_whole = is_whole and type(leaf["time"]) is int and 0 <= leaf["time"] < 1 << 47
    return leaf if is_whole else None


def _when(time: int) -> str:
    return f"{datetime.fromtimestamp(time / 1000, UTC):%Y-%m-%d %H:%M} UTC"
