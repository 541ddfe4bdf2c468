"""docs/trust.md, its files and the code say the same; and the example verifies by the rules that it tells."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from pathlib import Path

import pytest

from portal.certificates import checkpoints, codes, dataintegrity, issuer, jcs, merkle, qr
from portal.certificates.signing import verify, verify_p256
from tools import trust_example as example

PAGE = (Path(__file__).parents[2] / "docs" / "trust.md").read_text("utf-8")
#: The page without its line breaks, so that a value may stand on several lines.
JOINED = re.sub(r"\s+", "", PAGE)


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in example.FOLDER.iterdir()}


def test_the_committed_files_are_what_the_code_makes(files):
    assert files == example.files()


def test_every_file_is_described(files):
    assert [name for name in files if f"`{name}`" not in PAGE] == []


def test_values_on_the_page_are_those_of_the_files(files):
    record = json.loads(files["record.json"])
    signed = base64.b64decode(record["signed_bytes_base64"])
    leaves = example.leaves()
    hashes = [merkle.leaf_hash(leaf) for leaf in leaves]
    first = merkle.node_hash(hashes[0], hashes[1])
    values = [
        example.CENTER_KEY.public_key.hex(),
        base64.b64decode(record["signature"]).hex(),
        f"{len(signed)}bytes",
        files["qr.txt"].decode(),
        files["leaf.bin"].decode(),
        "".join(files["checkpoint"].decode().split()),
        json.loads(files["trust.json"])["log"]["vkey"],
        *(one.hex() for one in hashes),
        first.hex(),
        merkle.node_hash(first, hashes[2]).hex(),
    ]
    assert [value for value in values if value not in JOINED] == []


def test_the_example_verifies_step_by_step(files):
    record, trust = json.loads(files["record.json"]), json.loads(files["trust.json"])
    did = {method["id"]: method for method in json.loads(files["did.json"])["verificationMethod"]}
    signed = base64.b64decode(record["signed_bytes_base64"])
    center = example.CENTER_KEY.public_key
    assert jcs.canonical(record["signed_bytes"]) == signed
    assert verify(center, signed, base64.b64decode(record["signature"]))
    assert codes.is_valid_code(record["signed_bytes"]["code"])
    address, _, fragment = files["qr.txt"].decode().partition("#")
    reading = qr.parse_fragment(address[-12:], fragment, {record["kid"]: center})
    assert (reading.problem, reading.facts.name) == (None, record["signed_bytes"]["name"])
    assert issuer.is_trusted(trust, example.ROOT_KEY.public_key)
    assert dataintegrity.is_secured(json.loads(files["badge.json"]), center)
    assert f"did:web:balai.example#{record['kid']}" in did
    for number in (1, 2):
        listed = json.loads(files[f"status-{number}.json"])
        assert dataintegrity.is_secured(listed, example.STATUS_KEY.public_key)
    header, _, rest = files["badge.jwt"].partition(b".")
    body, _, signature = rest.partition(b".")
    raw = base64.urlsafe_b64decode(signature + b"==")
    assert verify_p256(example.JWT_KEY.public_key, header + b"." + body, raw)
    commit = hashlib.sha256(bytes.fromhex(files["salt.hex"].decode()) + signed).hexdigest()
    assert json.loads(files["leaf.bin"])["cert_commit"] == commit
    key = checkpoints.read_vkey(trust["log"]["vkey"])
    found = checkpoints.verify_proof(files["proof.tlog-proof"].decode(), files["leaf.bin"], key)
    assert found == checkpoints.open_checkpoint(files["checkpoint"].decode(), key)


def test_the_places_named_on_the_page(files):
    import gzip

    text = json.loads(files["status-1.json"])["credentialSubject"]["encodedList"]
    bits = gzip.decompress(base64.urlsafe_b64decode(text[1:] + "=" * (-(len(text) - 1) % 4)))
    assert (len(bits), bits[0], sum(bits)) == (16_384, 0x01, 1)
    assert divmod(example.PLACE, 8) == (1543, 1)
