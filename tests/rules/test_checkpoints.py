"""Signed notes, checkpoints, tlog-proofs, tile paths: the spelling of C2SP and nothing beside it."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.certificates import checkpoints, issuer, merkle
from portal.certificates.checkpoints import NoteError, Verifier
from portal.certificates.signing import Ed25519Signer, generate
from tests.support.certificates import SIGNER

ORIGIN = "balai.example"
VERIFIER = Verifier(ORIGIN, SIGNER.public_key)
LEAVES = [b"leaf %d" % number for number in range(13)]

# The signed note of golang.org/x/mod/sumdb/note's documentation, by the published key of its example.
GO_VKEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_NOTE = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "\u2014 PeterNeumann "
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)


def tree(size: int) -> dict[tuple[int, int], bytes]:
    nodes: dict[tuple[int, int], bytes] = {}

    def node(level: int, index: int) -> bytes:
        return nodes[level, index]

    for number, leaf in enumerate(LEAVES[:size]):
        rows = merkle.nodes_for_append(number, merkle.leaf_hash(leaf), node)
        nodes |= {(level, index): digest for level, index, digest in rows}
    return nodes


def signed(size: int, origin: str = ORIGIN, signer: Ed25519Signer = SIGNER) -> str:
    nodes = tree(size)
    return checkpoints.sign_checkpoint(origin, size, merkle.root(size, lambda *p: nodes[p]), signer)


def proof(index: int, size: int) -> str:
    nodes = tree(size)
    path = merkle.inclusion_proof(index, size, lambda *place: nodes[place])
    return checkpoints.write_proof(index, path, signed(size))


def test_published_note_opens_with_its_published_key() -> None:
    text = checkpoints.open_note(GO_NOTE, checkpoints.read_vkey(GO_VKEY))
    assert text == GO_NOTE.partition("\n\n")[0] + "\n"


def test_checkpoint_has_the_lines_of_the_format() -> None:
    note = signed(13)
    lines = note.split("\n")
    assert lines[:2] == [ORIGIN, "13"]
    assert len(base64.b64decode(lines[2])) == 32
    assert (lines[3], lines[5:]) == ("", [""])
    assert lines[4].startswith(f"\u2014 {ORIGIN} ")
    found = checkpoints.open_checkpoint(note, VERIFIER)
    assert (found.origin, found.size) == (ORIGIN, 13)


def test_vkey_of_the_issuer_is_read_back() -> None:
    assert checkpoints.read_vkey(issuer.vkey(ORIGIN, SIGNER.public_key)) == VERIFIER


@pytest.mark.parametrize("index", range(13))
def test_proof_of_every_leaf_leads_to_its_checkpoint(index: int) -> None:
    found = checkpoints.verify_proof(proof(index, 13), LEAVES[index], VERIFIER)
    assert found.size == 13
    with pytest.raises(NoteError, match="do not lead"):
        checkpoints.verify_proof(proof(index, 13), LEAVES[index] + b"!", VERIFIER)


def test_proof_of_a_single_leaf_has_no_hash() -> None:
    text = proof(0, 1)
    assert text.startswith("c2sp.org/tlog-proof@v1\nindex 0\n\nbalai.example\n1\n")
    assert checkpoints.verify_proof(text, LEAVES[0], VERIFIER).size == 1


def test_proof_with_extra_data_is_read_and_the_extra_data_ignored() -> None:
    header, rest = proof(3, 13).split("\n", 1)
    assert checkpoints.verify_proof(f"{header}\nextra YWJj\n{rest}", LEAVES[3], VERIFIER).size == 13
    with pytest.raises(NoteError, match="extra data"):
        checkpoints.read_proof(f"{header}\nextra YWJ\n{rest}")


def _refused(read, text: bytes) -> str:
    """The reason; a changed byte may also break UTF-8 itself."""
    try:
        read(text.decode())
    except UnicodeDecodeError:
        return "not UTF-8"
    except NoteError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("bit", [1, 4, 32, 128])
def test_every_flipped_byte_of_a_checkpoint_is_refused_with_its_reason(bit: int) -> None:
    good = signed(13).encode()
    for at in range(len(good)):
        bad = bytes([*good[:at], good[at] ^ bit, *good[at + 1 :]])
        assert _refused(lambda text: checkpoints.open_checkpoint(text, VERIFIER), bad), (at, bad)


@pytest.mark.parametrize("bit", [1, 4, 32, 128])
def test_every_flipped_byte_of_a_proof_is_refused_with_its_reason(bit: int) -> None:
    good = proof(5, 13).encode()
    for at in range(len(good)):
        bad = bytes([*good[:at], good[at] ^ bit, *good[at + 1 :]])
        assert _refused(lambda text: checkpoints.verify_proof(text, LEAVES[5], VERIFIER), bad), (at, bad)


@pytest.mark.parametrize("cut", range(0, 180, 7))
def test_checkpoint_cut_short_is_refused(cut: int) -> None:
    good = signed(13)
    with pytest.raises(NoteError):
        checkpoints.open_checkpoint(good[: min(cut, len(good) - 1)], VERIFIER)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda note: note.replace("\n13\n", "\n013\n"), "does not match the note"),
        (lambda note: note.replace("\n13\n", "\n13\nmore\n"), "does not match the note"),
        (lambda note: note + "\u2014 x\n", "malformed|base64"),
        (lambda note: note.replace("\n\n", "\n"), "not a signed note"),
        (lambda note: note + "\u2014 w YWJjZGU=\n" * 40, "too many"),
        (lambda note: note.replace("\u2014", "-"), "malformed"),
        (lambda note: note.replace("13", "1\t3"), "not a signed note"),
    ],
)
def test_malformed_checkpoint_is_refused(change, reason: str) -> None:
    with pytest.raises(NoteError, match=reason):
        checkpoints.open_checkpoint(change(signed(13)), VERIFIER)


def test_signatures_by_strangers_are_ignored_and_never_enough() -> None:
    stranger = generate("Ed25519", "stranger")
    note = signed(13)
    witness = signed(13, "witness.example", stranger).split("\n")[4]
    assert checkpoints.open_checkpoint(f"{note}{witness}\n", VERIFIER).size == 13
    with pytest.raises(NoteError, match="not signed by the key of balai"):
        checkpoints.open_checkpoint(signed(13, ORIGIN, stranger), VERIFIER)


def test_signed_text_that_is_no_checkpoint_is_refused() -> None:
    for text, reason in (
        ("balai.example\n013\nYWJj\n", "not a plain number|32 bytes"),
        ("balai.example\n13\n", "three lines"),
        ("other.example\n1\n" + base64.b64encode(bytes(32)).decode() + "\n", "of other"),
    ):
        key_hash = issuer.note_key_hash(ORIGIN, SIGNER.public_key)
        signature = base64.b64encode(key_hash + SIGNER.sign(text.encode())).decode()
        with pytest.raises(NoteError, match=reason):
            checkpoints.open_checkpoint(f"{text}\n\u2014 {ORIGIN} {signature}\n", VERIFIER)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a+b",
        "balai.example+00000000+AQ==",
        GO_VKEY.replace("c74f20a3", "c74f20a4"),
        GO_VKEY[:-4],
        "+" + GO_VKEY,
    ],
)
def test_vkey_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(NoteError):
        checkpoints.read_vkey(text)


@pytest.mark.parametrize(
    ("index", "width", "path"),
    [
        (0, 256, "000"),
        (67, 256, "067"),
        (999, 1, "999.p/1"),
        (1000, 256, "x001/000"),
        (1067, 112, "x001/067.p/112"),
        (1234067, 256, "x001/x234/067"),
    ],
)
def test_tile_path_is_the_one_of_the_format(index: int, width: int, path: str) -> None:
    assert checkpoints.tile_path(index, width) == path
    assert checkpoints.read_tile_path(path) == (index, width)


@pytest.mark.parametrize(
    "path",
    ["", "0", "00", "0000", "x000/067", "001/067", "x001/067.p/0", "x001/067.p/256", "067.p/01", "067.p/",
     "067.p/1000", "067/", "/067", "X001/067", "x001/x067", "06７", "067\n", "x999/" * 12 + "999"],
)  # fmt: skip
def test_tile_path_of_another_spelling_names_nothing(path: str) -> None:
    assert checkpoints.read_tile_path(path) is None


def test_tile_widths_of_the_published_example() -> None:
    """70,000 leaves (C2SP tlog-tiles): 273 full tiles and one of 112, then 1 and one of 17, then one of 1."""
    width = checkpoints.tile_width
    assert [width(0, index, 70_000) for index in (0, 272, 273, 274)] == [256, 256, 112, 0]
    assert [width(1, index, 70_000) for index in (0, 1, 2)] == [256, 17, 0]
    assert [width(2, index, 70_000) for index in (0, 1)] == [1, 0]
    assert (width(0, 0, 256), width(1, 0, 256)) == (256, 1)


@given(st.lists(st.binary(max_size=300), max_size=20))
def test_bundle_gives_its_entries_back(entries: list[bytes]) -> None:
    data = checkpoints.write_bundle(entries)
    assert checkpoints.read_bundle(data) == entries
    if entries:
        with pytest.raises(NoteError, match="middle of an entry"):
            checkpoints.read_bundle(data[:-1])
