"""The transparency log as text and paths: C2SP signed notes, checkpoints, tile paths, tlog-proof. Pure.

A checkpoint is `origin`, the tree's size, its root in base64, an empty line and the log's signature; a
tlog-proof is an index, an audit path and the checkpoint that it leads to. Readers here take one spelling
only: whatever could be written in two ways (base64 with spare bits, leading zeros) is refused.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass

from . import merkle
from .issuer import note_key_hash
from .signing import Signer, verify

PROOF_HEADER = "c2sp.org/tlog-proof@v1"
TILE_WIDTH = 256
#: A tree of 2^40 leaves is beyond any portal; no index of ours is longer.
LARGEST_SIZE = 2**40
_ED25519 = b"\x01"
_MARK = "\u2014 "
_NUMBER = re.compile(r"0|[1-9][0-9]{0,18}")
_TILE = re.compile(r"((?:x[0-9]{3}/)*)([0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?")
_MOST_SIGNATURES = 32


class NoteError(ValueError):
    """A note, checkpoint or proof that is not to be believed; its text is the reason, one plain sentence."""


@dataclass(frozen=True)
class Verifier:
    """Who may sign a log's checkpoints: the key's name and the raw 32-byte Ed25519 key."""

    name: str
    public_key: bytes

    @property
    def key_hash(self) -> bytes:
        """The 4 bytes that name the key in a signature."""
        return note_key_hash(self.name, self.public_key)


@dataclass(frozen=True)
class Checkpoint:
    """What a log vouches for: its name, how many leaves it has and the tree's root (32 bytes)."""

    origin: str
    size: int
    root: bytes


@dataclass(frozen=True)
class Proof:
    """A parsed tlog-proof: the leaf's index, its audit path and the checkpoint's note, not yet believed."""

    index: int
    path: tuple[bytes, ...]
    note: str


# Notes


def read_vkey(text: str) -> Verifier:
    """Return the key of `name+hash+base64(01 || key)`. Raises NoteError."""
    name, _, rest = text.partition("+")
    hexes, _, encoded = rest.partition("+")
    key = _unbase64(encoded, "the log's key")
    if not name or " " in name or len(key) != 33 or key[:1] != _ED25519:
        raise NoteError("the log's key is not an Ed25519 key of a signed note")
    found = Verifier(name, key[1:])
    if found.key_hash.hex() != hexes:
        raise NoteError("the log's key does not match the hash beside it")
    return found


def sign_checkpoint(origin: str, size: int, root: bytes, signer: Signer) -> str:
    """Return the signed note over a tree of `size` leaves; the same tree always has the same note."""
    text = f"{origin}\n{size}\n{base64.b64encode(root).decode()}\n"
    signature = note_key_hash(origin, signer.public_key) + signer.sign(text.encode())
    return f"{text}\n{_MARK}{origin} {base64.b64encode(signature).decode()}\n"


def signatures(note: str) -> list[tuple[str, bytes, bytes]]:
    """Return (name, key hash, signature) of each signature line. Raises NoteError for what is no note."""
    _text, lines = _split(note)
    found = []
    for line in lines:
        name, _, encoded = line.removeprefix(_MARK).partition(" ")
        if not line.startswith(_MARK) or not name or "+" in name:
            raise NoteError("a signature line of the note is malformed")
        blob = _unbase64(encoded, "a signature")
        if len(blob) < 5:
            raise NoteError("a signature of the note is too short")
        found.append((name, blob[:4], blob[4:]))
    return found


def open_note(note: str, verifier: Verifier) -> str:
    """Return the signed text. Raises NoteError unless the verifier's key signed it.

    Signatures by other keys are ignored, as the format asks (witnesses, a changed key).
    """
    text, _lines = _split(note)
    ours = [
        signature
        for name, key_hash, signature in signatures(note)
        if (name, key_hash) == (verifier.name, verifier.key_hash)
    ]
    if not ours:
        raise NoteError(f"the note is not signed by the key of {verifier.name}")
    if not all(verify(verifier.public_key, text.encode(), signature) for signature in ours):
        raise NoteError(f"the signature of {verifier.name} does not match the note")
    return text


def read_checkpoint(text: str) -> Checkpoint:
    """Return what the text of a note says. Raises NoteError; extension lines are refused."""
    lines = text.split("\n")
    if len(lines) != 4 or lines[3] or not lines[0]:
        raise NoteError("a checkpoint has three lines: origin, size, root")
    root = _unbase64(lines[2], "the checkpoint's root")
    if len(root) != 32:
        raise NoteError("the checkpoint's root is not 32 bytes")
    return Checkpoint(lines[0], _number(lines[1], "the checkpoint's size"), root)


def open_checkpoint(note: str, verifier: Verifier) -> Checkpoint:
    """Return the checkpoint that the verifier's key signed for its own log. Raises NoteError."""
    found = read_checkpoint(open_note(note, verifier))
    if found.origin != verifier.name:
        raise NoteError(f"the checkpoint is of {found.origin}, not of {verifier.name}")
    return found


# Proofs


def write_proof(index: int, path: Sequence[bytes], note: str) -> str:
    """Return the tlog-proof of the leaf at `index` under the note's checkpoint."""
    lines = [PROOF_HEADER, f"index {index}", *(base64.b64encode(one).decode() for one in path)]
    return "\n".join(lines) + "\n\n" + note


def read_proof(text: str) -> Proof:
    """Read a tlog-proof without believing it. Raises NoteError."""
    head, blank, note = text.partition("\n\n")
    lines = head.split("\n")
    if lines.pop(0) != PROOF_HEADER or not blank:
        raise NoteError(f"the proof does not begin with {PROOF_HEADER}")
    if lines and lines[0].startswith("extra "):
        _unbase64(lines.pop(0).removeprefix("extra "), "the proof's extra data")
    if not lines or not lines[0].startswith("index "):
        raise NoteError("the proof names no index")
    index = _number(lines.pop(0).removeprefix("index "), "the proof's index")
    path = tuple(_unbase64(line, "a hash of the proof") for line in lines)
    if any(len(one) != 32 for one in path):
        raise NoteError("a hash of the proof is not 32 bytes")
    return Proof(index, path, note)


def verify_proof(text: str, leaf: bytes, verifier: Verifier) -> Checkpoint:
    """Return the checkpoint under which the proof places these leaf bytes. Raises NoteError."""
    proof = read_proof(text)
    checkpoint = open_checkpoint(proof.note, verifier)
    if not merkle.verify_inclusion(
        index=proof.index,
        size=checkpoint.size,
        leaf=merkle.leaf_hash(leaf),
        path=proof.path,
        root=checkpoint.root,
    ):
        raise NoteError("the leaf and the hashes of the proof do not lead to the checkpoint's root")
    return checkpoint


# Tiles


def tile_path(index: int, width: int = TILE_WIDTH) -> str:
    """Return `x001/x234/067`, with `.p/<width>` for a partial tile (width 1 to 255)."""
    digits = str(index)
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
    path = "/".join([f"x{group}" for group in groups[:-1]] + groups[-1:])
    return path if width == TILE_WIDTH else f"{path}.p/{width}"


def read_tile_path(path: str) -> tuple[int, int] | None:
    """Return (index, width) of a tile's path, None unless it is the one spelling of it."""
    found = _TILE.fullmatch(path)
    if found is None or len(path) > 40:
        return None
    index = int(found[1].replace("x", "").replace("/", "") + found[2])
    width = int(found[3] or TILE_WIDTH)
    is_right = index < LARGEST_SIZE and width <= TILE_WIDTH and tile_path(index, width) == path
    return (index, width) if is_right else None


def tile_width(level: int, index: int, size: int) -> int:
    """Return how many hashes a tile has in a tree of `size` leaves: 256, fewer at the right edge, or 0."""
    return max(0, min(TILE_WIDTH, (size >> 8 * level) - index * TILE_WIDTH))


def write_bundle(entries: Sequence[bytes]) -> bytes:
    """Return an entry bundle: each entry after its length as big-endian uint16."""
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)


def read_bundle(data: bytes) -> list[bytes]:
    """Return a bundle's entries. Raises NoteError for one that ends inside an entry."""
    entries, at = [], 0
    while at < len(data):
        end = at + 2 + int.from_bytes(data[at : at + 2], "big")
        if at + 2 > len(data) or end > len(data):
            raise NoteError("an entry bundle ends in the middle of an entry")
        entries.append(data[at + 2 : end])
        at = end
    return entries


def _split(note: str) -> tuple[str, list[str]]:
    """The text with its last newline, and the signature lines."""
    text, blank, tail = note.rpartition("\n\n")
    if not blank or not tail.endswith("\n") or any(ord(c) < 32 and c != "\n" for c in note):
        raise NoteError("this is not a signed note")
    lines = tail[:-1].split("\n")
    if len(lines) > _MOST_SIGNATURES:
        raise NoteError("the note has too many signatures")
    return text + "\n", lines


def _number(text: str, what: str) -> int:
    if not _NUMBER.fullmatch(text):
        raise NoteError(f"{what} is not a plain number")
    return int(text)


def _unbase64(text: str, what: str) -> bytes:
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        data = b""
    if not data or base64.b64encode(data).decode() != text:
        raise NoteError(f"{what} is not plain base64")
    return data
