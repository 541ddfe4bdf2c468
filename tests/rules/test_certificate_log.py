"""The log's tree against the published RFC 6962 roots and a second, naive way to compute it."""

from __future__ import annotations

import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.certificates import merkle

# The test leaves and roots that Certificate Transparency implementations share (RFC 6962 reference tests).
LEAVES = [
    bytes.fromhex(text)
    for text in (
        "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
    )
]  # fmt: skip
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def naive_root(leaves: list[bytes]) -> bytes:
    """RFC 6962 section 2.1, word for word."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return hashlib.sha256(b"\x01" + naive_root(leaves[:split]) + naive_root(leaves[split:])).digest()


def grow(leaves: list[bytes]) -> dict[tuple[int, int], bytes]:
    """Store a tree leaf by leaf; a node that were written twice would be a defect."""
    nodes: dict[tuple[int, int], bytes] = {}
    for size, leaf in enumerate(leaves):
        for level, index, digest in merkle.nodes_for_append(size, merkle.leaf_hash(leaf), get(nodes)):
            assert (level, index) not in nodes
            nodes[level, index] = digest
    return nodes


def get(nodes: dict[tuple[int, int], bytes]) -> merkle.GetNode:
    return lambda level, index: nodes[level, index]


def test_root_published_tree_matches_at_every_size() -> None:
    nodes = grow(LEAVES)
    assert merkle.root(0, get(nodes)) == merkle.EMPTY_ROOT
    assert [merkle.root(size, get(nodes)).hex() for size in range(1, 9)] == ROOTS


def test_root_every_size_matches_the_naive_way() -> None:
    leaves = [bytes([number]) * 3 for number in range(70)]
    nodes = grow(leaves)
    for size in range(71):
        assert merkle.root(size, get(nodes)) == naive_root(leaves[:size])


def test_inclusion_proof_every_leaf_of_every_size_verifies() -> None:
    leaves = [bytes([number]) for number in range(33)]
    nodes = grow(leaves)
    for size in range(1, 34):
        root = merkle.root(size, get(nodes))
        for index in range(size):
            leaf = merkle.leaf_hash(leaves[index])
            path = merkle.inclusion_proof(index, size, get(nodes))
            assert merkle.verify_inclusion(index=index, size=size, leaf=leaf, path=path, root=root)
            wrong = [index + 1, -1, size]
            for other in wrong:
                assert not merkle.verify_inclusion(index=other, size=size, leaf=leaf, path=path, root=root)
            changed = [*path, root]
            assert not merkle.verify_inclusion(index=index, size=size, leaf=leaf, path=changed, root=root)
            if path:
                assert not merkle.verify_inclusion(
                    index=index, size=size, leaf=leaf, path=path[1:], root=root
                )


def test_inclusion_proof_outside_the_tree_is_refused() -> None:
    with pytest.raises(ValueError):
        merkle.inclusion_proof(3, 3, lambda level, index: b"")


INCLUSION = {
    (0, 1): [],
    (0, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (5, 8): [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 3): ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"],
    (1, 5): [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}
CONSISTENCY = {
    (1, 1): [],
    (1, 8): INCLUSION[0, 8],
    (6, 8): [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 5): INCLUSION[1, 5][1:],
}


@pytest.mark.parametrize(("index", "size"), INCLUSION)
def test_inclusion_proof_is_the_published_one(index: int, size: int) -> None:
    path = merkle.inclusion_proof(index, size, get(grow(LEAVES)))
    assert [one.hex() for one in path] == INCLUSION[index, size]


@pytest.mark.parametrize(("old", "new"), CONSISTENCY)
def test_consistency_proof_is_the_published_one(old: int, new: int) -> None:
    path = merkle.consistency_proof(old, new, get(grow(LEAVES)))
    assert [one.hex() for one in path] == CONSISTENCY[old, new]
    old_root, new_root = (bytes.fromhex(ROOTS[size - 1]) for size in (old, new))
    assert merkle.verify_consistency(old=old, new=new, old_root=old_root, new_root=new_root, path=path)


def naive_subproof(old: int, leaves: list[bytes], is_whole: bool) -> list[bytes]:
    """RFC 6962 section 2.1.2, word for word."""
    if old == len(leaves):
        return [] if is_whole else [naive_root(leaves)]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    if old <= split:
        return [*naive_subproof(old, leaves[:split], is_whole), naive_root(leaves[split:])]
    return [*naive_subproof(old - split, leaves[split:], False), naive_root(leaves[:split])]


MANY = [bytes([number]) for number in range(140)]
MANY_NODES = grow(MANY)


@given(st.data())
def test_consistency_proof_any_two_sizes_matches_the_naive_way(data: st.DataObject) -> None:
    new = data.draw(st.integers(1, len(MANY)))
    old = data.draw(st.integers(1, new))
    path = merkle.consistency_proof(old, new, get(MANY_NODES))
    assert path == naive_subproof(old, MANY[:new], True)
    roots = {"old_root": naive_root(MANY[:old]), "new_root": naive_root(MANY[:new])}
    assert merkle.verify_consistency(old=old, new=new, path=path, **roots)
    for name in roots:
        wrong = roots | {name: naive_root([b"other"])}
        assert not merkle.verify_consistency(old=old, new=new, path=path, **wrong)
    if path:
        at = data.draw(st.integers(0, len(path) - 1))
        flipped = [*path[:at], path[at][:-1] + bytes([path[at][-1] ^ 1]), *path[at + 1 :]]
        for bad in (flipped, path[1:], [*path, path[0]]):
            assert not merkle.verify_consistency(old=old, new=new, path=bad, **roots)


@pytest.mark.parametrize(("old", "new"), [(-1, 3), (4, 3)])
def test_consistency_of_impossible_sizes_is_refused(old: int, new: int) -> None:
    with pytest.raises(ValueError, match="older tree"):
        merkle.consistency_proof(old, new, get(MANY_NODES))
    root = naive_root([b"x"])
    assert not merkle.verify_consistency(old=old, new=new, old_root=root, new_root=root, path=[])


def test_consistency_with_the_empty_tree_needs_no_proof() -> None:
    root = naive_root(MANY[:5])
    empty = {"old": 0, "new": 5, "new_root": root}
    assert merkle.consistency_proof(0, 5, get(MANY_NODES)) == []
    assert merkle.verify_consistency(**empty, old_root=merkle.EMPTY_ROOT, path=[])
    assert not merkle.verify_consistency(**empty, old_root=root, path=[])


@given(st.integers(0, len(MANY)))
def test_edge_grown_leaf_by_leaf_folds_to_the_root(size: int) -> None:
    hashes: list[bytes] = []
    for number in range(size):
        merkle.grow_edge(hashes, number, merkle.leaf_hash(MANY[number]))
    assert hashes == [MANY_NODES[place] for place in merkle.edge(size)]
    assert merkle.fold(hashes) == naive_root(MANY[:size])


@pytest.mark.parametrize("index", [0, 1, 524_287, 524_288, 777_777, 999_424, 999_999])
def test_inclusion_proof_at_a_million_leaves_reads_at_most_twenty_hashes(index: int) -> None:
    """The checkpoint keeps its edge, so only hashes below one complete subtree are read."""
    size = 1_000_000
    edge = set(merkle.edge(size))
    asked = merkle.reads_of(lambda lend: merkle.inclusion_proof(index, size, lend))
    assert len(set(asked) - edge) <= 20
    assert len(merkle.inclusion_proof(index, size, lambda level, at: b"h" * 32)) <= 20


def test_leaf_bytes_are_canonical_and_hold_no_person() -> None:
    commit = merkle.cert_commit(b"s" * 16, b"signed")
    leaf = merkle.leaf_bytes(
        seq=0, type="issue", cert_commit=commit, center="BPVP-SKA", kid="bpvp-ska-2026-1", time_ms=1
    )
    assert json.loads(leaf)["cert_commit"] == hashlib.sha256(b"s" * 16 + b"signed").hexdigest()
    assert leaf == (
        b'{"center":"BPVP-SKA","cert_commit":"%s","kid":"bpvp-ska-2026-1","seq":0,"time":1,"type":"issue","v":1}'
        % commit.encode()
    )


def test_leaf_bytes_unknown_event_and_short_salt_are_refused() -> None:
    with pytest.raises(ValueError):
        merkle.leaf_bytes(seq=0, type="delete", cert_commit="", center="", kid="", time_ms=0)
    with pytest.raises(ValueError):
        merkle.cert_commit(b"short", b"signed")
