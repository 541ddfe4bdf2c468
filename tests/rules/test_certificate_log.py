"""The log's tree against the published RFC 6962 roots and a second, naive way to compute it."""

from __future__ import annotations

import hashlib
import json

import pytest

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
