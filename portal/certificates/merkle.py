"""The transparency log's arithmetic: RFC 6962 tree hashes over leaves that hold no personal data.

Only complete subtrees are stored: node (level, index) is the hash of leaves index * 2^level up to
(index + 1) * 2^level - 1, written once and never changed, which is what C2SP tiles are cut from.
`get_node(level, index) -> bytes` (32 bytes) is how the caller lends its storage.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence

from .jcs import canonical

GetNode = Callable[[int, int], bytes]

EVENT_TYPES = ("issue", "suspend", "unsuspend", "revoke", "replace")
#: The hash of a tree without leaves (RFC 6962 section 2.1).
EMPTY_ROOT = hashlib.sha256(b"").digest()


def cert_commit(salt: bytes, signed_bytes: bytes) -> str:
    """Return SHA-256(salt || signed_bytes) as 64 lower-case hex digits: the leaf's only tie to a certificate.

    `salt` is at least 16 random bytes kept with the certificate; without it, nobody can guess a person
    from the commitment.
    """
    if len(salt) < 16:
        raise ValueError("a commitment's salt is at least 16 bytes")
    return hashlib.sha256(salt + signed_bytes).hexdigest()


def leaf_bytes(*, seq: int, type: str, cert_commit: str, center: str, kid: str, time_ms: int) -> bytes:
    """Return the canonical leaf: JCS of {v: 1, seq, type, cert_commit, center, kid, time}.

    `seq` counts from 0, `type` is one of EVENT_TYPES, `cert_commit` 64 hex digits, `center` the center's
    code, `kid` the fragment of the key that signed the certificate, `time_ms` unix milliseconds.
    """
    if type not in EVENT_TYPES:
        raise ValueError(f"{type!r} is not an event of the log")
    leaf = {"v": 1, "seq": seq, "type": type, "center": center, "kid": kid, "time": time_ms}
    return canonical(leaf | {"cert_commit": cert_commit})


def leaf_hash(leaf: bytes) -> bytes:
    """Return SHA-256(00 || leaf), 32 bytes."""
    return hashlib.sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return SHA-256(01 || left || right), 32 bytes."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def nodes_for_append(size: int, leaf: bytes, get_node: GetNode) -> list[tuple[int, int, bytes]]:
    """Return the (level, index, hash) rows to store when a leaf hash joins a tree of `size` leaves.

    The leaf itself comes first, then each subtree that it completes; at most log2(size) + 1 rows.
    """
    level, index, current = 0, size, leaf
    rows = [(level, index, current)]
    while index & 1:
        current = node_hash(get_node(level, index - 1), current)
        level, index = level + 1, index >> 1
        rows.append((level, index, current))
    return rows


def root(size: int, get_node: GetNode) -> bytes:
    """Return the Merkle tree hash of the first `size` leaves (EMPTY_ROOT for none)."""
    return _range_hash(0, size, get_node)


def inclusion_proof(index: int, size: int, get_node: GetNode) -> list[bytes]:
    """Return the audit path of leaf `index` in the tree of `size` leaves, leaf's sibling first."""
    if not 0 <= index < size:
        raise ValueError("the leaf lies outside the tree")
    path: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append(_range_hash(middle, end, get_node))
            end = middle
        else:
            path.append(_range_hash(start, middle, get_node))
            start = middle
    return path[::-1]


def verify_inclusion(*, index: int, size: int, leaf: bytes, path: Sequence[bytes], root: bytes) -> bool:
    """Whether `path` proves that the leaf hash stands at `index` of the `size` leaves under `root`."""
    if not 0 <= index < size:
        return False
    position, last, current = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            return False
        if position & 1 or position == last:
            current = node_hash(sibling, current)
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            current = node_hash(current, sibling)
        position, last = position >> 1, last >> 1
    return last == 0 and current == root


def consistency_proof(old: int, new: int, get_node: GetNode) -> list[bytes]:
    """Return the proof that the tree of `new` leaves begins with the tree of `old` (RFC 6962 section 2.1.2).

    Empty for equal sizes and for an empty old tree. Raises ValueError unless 0 <= old <= new.
    """
    if not 0 <= old <= new:
        raise ValueError("the older tree is not the larger one")
    if old in (0, new):
        return []
    path: list[bytes] = []
    start, end, is_whole = 0, new, True
    while old != end:
        middle = start + _split(end - start)
        if old <= middle:
            path.append(_range_hash(middle, end, get_node))
            end = middle
        else:
            path.append(_range_hash(start, middle, get_node))
            start, is_whole = middle, False
    if not is_whole:
        path.append(_range_hash(start, end, get_node))
    return path[::-1]


def verify_consistency(
    *, old: int, new: int, old_root: bytes, new_root: bytes, path: Sequence[bytes]
) -> bool:
    """Whether `path` proves that `new_root` over `new` leaves only adds to `old_root` over `old`."""
    if not 0 <= old <= new:
        return False
    if old in (0, new):
        return not path and old_root == (EMPTY_ROOT if old == 0 else new_root)
    position, last = old - 1, new - 1
    while position & 1:
        position, last = position >> 1, last >> 1
    # An old tree that is one complete subtree is itself the proof's first hash, and is left out of it.
    hashes = list(path) if position else [old_root, *path]
    if not hashes:
        return False
    first = second = hashes[0]
    for sibling in hashes[1:]:
        if last == 0:
            return False
        if position & 1 or position == last:
            first, second = node_hash(sibling, first), node_hash(sibling, second)
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            second = node_hash(second, sibling)
        position, last = position >> 1, last >> 1
    return last == 0 and (first, second) == (old_root, new_root)


def edge(size: int) -> list[tuple[int, int]]:
    """Return (level, index) of the complete subtrees that make up a tree of `size` leaves, largest first."""
    return list(_complete_subtrees(0, size))


def fold(hashes: Sequence[bytes]) -> bytes:
    """Return the root over the hashes of a tree's edge, largest first (EMPTY_ROOT for none)."""
    if not hashes:
        return EMPTY_ROOT
    *rest, current = hashes
    for left in reversed(rest):
        current = node_hash(left, current)
    return current


def grow_edge(hashes: list[bytes], size: int, leaf: bytes) -> None:
    """Add a leaf hash to the edge of a tree of `size` leaves, in place."""
    hashes.append(leaf)
    while size & 1:
        right = hashes.pop()
        hashes.append(node_hash(hashes.pop(), right))
        size >>= 1


def reads_of(compute: Callable[[GetNode], object]) -> list[tuple[int, int]]:
    """Return the (level, index) that `compute` asks for, so that they can be read in one go."""
    asked: list[tuple[int, int]] = []

    def note(level: int, index: int) -> bytes:
        asked.append((level, index))
        return EMPTY_ROOT

    compute(note)
    return asked


def _range_hash(start: int, end: int, get_node: GetNode) -> bytes:
    """Hash leaves start..end-1, where start is a multiple of the largest power of two below the length."""
    return fold([get_node(level, index) for level, index in _complete_subtrees(start, end)])


def _complete_subtrees(start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield (level, index) of the complete subtrees of start..end-1, largest and leftmost first."""
    while start < end:
        level = (end - start).bit_length() - 1
        yield level, start >> level
        start += 1 << level


def _split(length: int) -> int:
    """The largest power of two smaller than `length` (length > 1)."""
    return 1 << (length - 1).bit_length() - 1
