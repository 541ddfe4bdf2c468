"""Data Integrity eddsa-rdfc-2022 by the published vectors, and what no proof may pass over."""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from portal.certificates import dataintegrity
from portal.certificates.contexts import CREDENTIALS, OPEN_BADGES, ContextRefused, Contexts, vendored
from portal.certificates.dataintegrity import NotCanonical, canonical, hash_data, is_secured, secure
from portal.certificates.multikey import from_multibase, from_multikey, multibase
from portal.certificates.signing import Ed25519Signer, verify
from tests.support.certificates import SIGNER

DATA = Path(__file__).parent.parent / "data"
VECTORS = DATA / "vectors"
EXAMPLES = "https://www.w3.org/ns/credentials/examples/v2"
CITIZENSHIP = "https://w3id.org/citizenship/v4rc1"
KEY = SIGNER.public_key
CREATED = datetime(2026, 10, 19, 2, 41, 0, 5, tzinfo=UTC)
METHOD = "did:web:balai.example#status-1"
STATUS_LIST: dict[str, Any] = {
    "@context": [CREDENTIALS],
    "id": "https://balai.example/status/1",
    "type": ["VerifiableCredential", "BitstringStatusListCredential"],
    "issuer": "did:web:balai.example",
    "validFrom": "2026-10-19T02:41:00Z",
    "credentialSubject": {
        "id": "https://balai.example/status/1#list",
        "type": "BitstringStatusList",
        "statusPurpose": "revocation",
        "encodedList": "uH4sIAAAAAAAAA-3BMQEAAADCoPVPbQwfoAAAAAAAAAAAAAAAAAAAAIC3AYbSVKsAQAAA",
    },
}
# RFC 8032, section 7.1, tests 1 to 3: secret, public, message, signature.
RFC8032 = (
    (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
        "d25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c"
        "387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc659"
        "4a7c15e9716ed28dc027beceea1ec40a",
    ),
)


def read(path: Path) -> Any:
    return json.loads(path.read_text("utf-8"))


def text(path: Path) -> str:
    return path.read_text("utf-8").strip()


@pytest.fixture(scope="module")
def published() -> Contexts:
    """The vendored contexts with the two that only the vectors use."""
    documents = {url: vendored().load(url)["document"] for url in (CREDENTIALS, OPEN_BADGES)}
    documents[EXAMPLES] = {"@context": {"@vocab": "https://www.w3.org/ns/credentials/examples#"}}
    documents[CITIZENSHIP] = read(DATA / "contexts" / "citizenship-v4rc1.json")
    return Contexts(documents)


@pytest.mark.parametrize(("folder", "source"), [(".", "unsigned"), ("employ", "employmentAuth")])
def test_w3c_vectors_agree_step_by_step(folder: str, source: str, published: Contexts) -> None:
    vector = VECTORS / "eddsa-rdfc-2022" / folder
    document, options = read(VECTORS / f"{source}.json"), read(vector / "proofConfigDataInt.json")
    claims, proof = canonical(document, published), canonical(options, published)
    assert claims == (vector / "canonDocDataInt.txt").read_text("utf-8")
    assert proof == (vector / "proofCanonDataInt.txt").read_text("utf-8")
    assert hashlib.sha256(claims.encode()).hexdigest() == text(vector / "docHashDataInt.txt")
    assert hashlib.sha256(proof.encode()).hexdigest() == text(vector / "proofHashDataInt.txt")

    options.pop("@context")
    hashed = hash_data(document, options, published)
    assert hashed.hex() == text(vector / "combinedHashDataInt.txt")

    key = from_multikey(options["verificationMethod"].partition("#")[2])[1]
    signature = bytes.fromhex(text(vector / "sigHexDataInt.txt"))
    assert multibase(signature) == text(vector / "sigBTC58DataInt.txt")
    assert verify(key, hashed, signature)

    signed = read(vector / "signedDataInt.json")
    assert signed == document | {"proof": options | {"proofValue": multibase(signature)}}
    assert is_secured(signed, key, contexts=published)
    assert is_secured(signed | {"proof": [signed["proof"]]}, key, contexts=published)
    assert not is_secured(signed, key), "the portal itself knows only what it issues"


@pytest.mark.parametrize(("secret", "public", "message", "signature"), RFC8032)
def test_ed25519_agrees_with_rfc_8032(secret: str, public: str, message: str, signature: str) -> None:
    private = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(secret))
    signer = Ed25519Signer("rfc-8032", private)
    assert signer.public_key.hex() == public
    assert signer.sign(bytes.fromhex(message)).hex() == signature
    assert verify(bytes.fromhex(public), bytes.fromhex(message), bytes.fromhex(signature))
    assert not verify(bytes.fromhex(public), bytes.fromhex(message) + b"!", bytes.fromhex(signature))


def test_vendored_contexts_are_the_published_ones() -> None:
    folder = Path(dataintegrity.__file__).with_name("vendored")
    found = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.glob("*.json")}
    assert found == {
        "credentials-v2.json": "8a9f494a89ecc51db093e90e84713e07e84d6d9204364a9b3c7868b21751236f",
        "ob-v3p0-3.0.3.json": "ef2fa9c7846dce233cc166b43639027278be4ee44f00bb1d45c75de2dd0cd761",
    }


@pytest.mark.parametrize("url", ["https://example.org/context", "http://www.w3.org/ns/credentials/v2", ""])
def test_loader_refuses_every_other_address(url: str) -> None:
    assert url not in vendored()
    with pytest.raises(ContextRefused):
        vendored().load(url)


def secured(document: dict[str, Any] = STATUS_LIST) -> dict[str, Any]:
    return secure(document, signer=SIGNER, method=METHOD, created=CREATED)


def test_secure_puts_one_proof_in_an_array_and_is_deterministic() -> None:
    made = secured()
    assert made == secured()
    assert made == STATUS_LIST | {"proof": [made["proof"][0]]}
    value = made["proof"][0]["proofValue"]
    assert len(from_multibase(value)) == 64
    assert made["proof"][0] == {
        "type": "DataIntegrityProof",
        "cryptosuite": "eddsa-rdfc-2022",
        "created": "2026-10-19T02:41:00Z",
        "verificationMethod": METHOD,
        "proofPurpose": "assertionMethod",
        "proofValue": value,
    }
    assert secured(made) == made, "securing again replaces the proof"
    assert is_secured(made, KEY)
    assert is_secured(made, KEY, method=METHOD)
    assert not is_secured(made, KEY, method=METHOD + "0")
    assert not is_secured(made, bytes(32))
    assert not is_secured(made, b"short")


def leaves(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of every text in a document."""
    if isinstance(value, dict):
        return [found for name, part in value.items() for found in leaves(part, (*path, name))]
    if isinstance(value, list):
        return [found for place, part in enumerate(value) for found in leaves(part, (*path, place))]
    return [path]


def changed(document: dict[str, Any], path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    """A copy with the part at `path` set, or removed when `value` is Ellipsis."""
    made = copy.deepcopy(document)
    part: Any = made
    for step in path[:-1]:
        part = part[step]
    if value is ...:
        del part[path[-1]]
    else:
        part[path[-1]] = value
    return made


@pytest.mark.parametrize("path", leaves(secured()), ids=str)
def test_any_changed_or_removed_part_is_refused(path: tuple[Any, ...]) -> None:
    made = secured()
    value: Any = made
    for step in path:
        value = value[step]
    assert not is_secured(changed(made, path, value[:-1] + ("A" if value[-1] != "A" else "B")), KEY)
    assert not is_secured(changed(made, path, value + "x"), KEY)
    assert not is_secured(changed(made, path, ...), KEY)
    assert not is_secured(changed(made, path, None), KEY)


def test_any_flipped_byte_of_the_text_is_refused() -> None:
    data = json.dumps(secured(), separators=(",", ":")).encode()
    accepted = []
    for place in range(len(data)):
        flipped = data[:place] + bytes([data[place] ^ (1 << (place % 7))]) + data[place + 1 :]
        try:
            document = json.loads(flipped)
        except ValueError:
            continue
        if is_secured(document, KEY):
            accepted.append(flipped[max(0, place - 20) : place + 20])
    assert accepted == []


ADDITIONS: dict[str, dict[str, Any]] = {
    "an undefined term": {"nickname": "x"},
    "a defined term": {"name": "x"},
    "a null": {"name": None},
    "an empty array": {"evidence": []},
    "a keyword": {"@index": "x"},
    "a blank property": {"_:x": "x"},
    "a relative type": {"type": ["VerifiableCredential", "BitstringStatusListCredential", "Odd"]},
    "a relative reference": {"evidence": {"id": "odd"}},
    "a context of its own": {"@context": [CREDENTIALS, {"nickname": "https://schema.org/nickname"}]},
    "an unknown context": {"@context": [CREDENTIALS, "https://example.org/context"]},
    "no context": {"@context": []},
    "a context that is no list": {"@context": CREDENTIALS},
    "another first context": {"@context": [OPEN_BADGES, CREDENTIALS]},
    "a context that is no text": {"@context": [1]},
    "a fraction": {"https://schema.org/value": 1.5},
    "a control character": {"name": "a\u0007"},
    "half a pair": {"name": "\ud800"},
}


@pytest.mark.parametrize("addition", ADDITIONS.values(), ids=list(ADDITIONS))
def test_what_rdf_would_pass_over_is_refused_on_both_sides(addition: dict[str, Any]) -> None:
    assert not is_secured(secured() | addition, KEY)
    if addition != {"name": "x"}:
        with pytest.raises(NotCanonical):
            secured(STATUS_LIST | addition)


PROOFS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "none": lambda proof: [],
    "two": lambda proof: [proof, proof],
    "a text": lambda proof: "proof",
    "another purpose": lambda proof: [proof | {"proofPurpose": "authentication"}],
    "another suite": lambda proof: [proof | {"cryptosuite": "eddsa-jcs-2022"}],
    "another type": lambda proof: [proof | {"type": "Ed25519Signature2020"}],
    "a member more": lambda proof: [proof | {"expires": "2030-01-01T00:00:00Z"}],
    "no time": lambda proof: [proof | {"created": "yesterday"}],
    "a number": lambda proof: [proof | {"created": 5}],
    "a padded value": lambda proof: [proof | {"proofValue": "z1" + proof["proofValue"][1:]}],
    "another base": lambda proof: [proof | {"proofValue": "u" + proof["proofValue"][1:]}],
    "an endless value": lambda proof: [proof | {"proofValue": "z" * 100_000}],
}


@pytest.mark.parametrize("make", PROOFS.values(), ids=list(PROOFS))
def test_other_proofs_are_refused(make: Callable[[dict[str, Any]], Any]) -> None:
    made = secured()
    assert not is_secured(made | {"proof": make(made["proof"][0])}, KEY)


@pytest.mark.parametrize("document", [None, [], "text", 5, {}, {"proof": None}, {"proof": [None]}])
def test_malformed_documents_are_refused(document: Any) -> None:
    assert not is_secured(document, KEY)


def test_a_graph_made_to_be_costly_is_given_up() -> None:
    lookalikes = [{"https://schema.org/item": [{"type": "Evidence"}] * 8} for _place in range(2)]
    document = {name: part for name, part in STATUS_LIST.items() if name != "id"} | {"evidence": lookalikes}
    document["@context"] = [CREDENTIALS, OPEN_BADGES]
    with pytest.raises(NotCanonical, match="look alike"):
        secured(document)
    assert not is_secured(document | {"proof": secured()["proof"]}, KEY)


def test_nesting_without_end_is_refused() -> None:
    deep: Any = {"type": "BitstringStatusList"}
    for _level in range(3000):
        deep = {"evidence": deep}
    assert not is_secured(secured() | {"evidence": deep}, KEY)
