"""The worked example of docs/trust.md: one certificate in all its signed forms, from keys anybody can make.

`python tools/trust_example.py` writes docs/trust-example/. The same code, keys and times always give the same
files, so that a reader of the page can follow every byte; tests/rules/test_trust_example.py holds page, files
and code together.
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, date, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from portal.certificates import badges, checkpoints, issuer, merkle, offlinebundle, qr, statuslists
from portal.certificates.export import record_file
from portal.certificates.facts import (
    CenterFacts,
    CooperativeFacts,
    Facts,
    ProgramFacts,
    SignatoryFacts,
    UnitFacts,
    signed_bytes,
)
from portal.certificates.keystore import KeyEntry, Purpose
from portal.certificates.multikey import base64url
from portal.certificates.rules import LIST_SIZE
from portal.certificates.signing import Algorithm, Ed25519Signer, P256Signer, Signer

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "trust-example"
BASE_URL = "https://balai.example"
ISSUED = datetime(2026, 10, 19, 2, 41, tzinfo=UTC)
LISTED = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
PLACE, REVOKED_PLACE = 12_345, 7
SALT = bytes(range(16))


def key(kid: str, first: int) -> Ed25519Signer:
    """An Ed25519 key whose 32 secret bytes count up from `first`."""
    return Ed25519Signer(kid, Ed25519PrivateKey.from_private_bytes(bytes(range(first, first + 32))))


CENTER_KEY = key("bpvp-ska-2026-1", 0)
LOG_KEY = key("log-1", 32)
STATUS_KEY = key("status-1", 64)
ROOT_KEY = key("root-1", 96)
JWT_KEY = P256Signer("jwt-1", ec.derive_private_key(0x1234, ec.SECP256R1()))

FACTS = Facts(
    code="BA1A1KVP7QTJ",
    number="0317/KOP-PGR/BPVP-SKA/X/2026",
    name="Dewi Lestari Ningrum",
    post="Bendahara",
    cooperative=CooperativeFacts(
        "Koperasi Desa Merah Putih Dukutalit", "Kecamatan Juwana, Kabupaten Pati, Jawa Tengah"
    ),
    program=ProgramFacts(
        "KOP-PGR", "Pengurus Koperasi Desa Merah Putih, tingkat pemula", "Pengurus Kopdes Merah Putih Pemula"
    ),
    units=(
        UnitFacts(None, "Tata kelola koperasi: pengurus, pengawas, rapat anggota", 6),
        UnitFacts(None, "Pembukuan harian dan laporan kas", 8),
    ),
    hours=24,
    start=date(2026, 10, 12),
    end=date(2026, 10, 14),
    center=CenterFacts(
        "BPVP-SKA",
        "Balai Pelatihan Vokasi dan Produktivitas Surakarta",
        "BPVP Surakarta",
        "Surakarta",
        "Asia/Jakarta",
    ),
    signatory=SignatoryFacts("Hartono Wibisono", "Kepala BPVP Surakarta"),
    issued=ISSUED,
    expires=date(2029, 10, 18),
    kid=CENTER_KEY.kid,
)


def _entry(signer: Signer, purpose: Purpose, algorithm: Algorithm = "Ed25519") -> KeyEntry:
    is_centers = purpose == "certificate"
    return KeyEntry(
        signer.kid,
        base64url(signer.public_key),
        purpose,
        "2026-01-01T00:00:00Z",
        "bpvp-ska" if is_centers else None,
        2026 if is_centers else None,
        algorithm,
    )


ENTRIES = (
    _entry(LOG_KEY, "log"),
    _entry(STATUS_KEY, "status"),
    _entry(JWT_KEY, "jwt", "P-256"),
    _entry(CENTER_KEY, "certificate"),
)


def leaves() -> list[bytes]:
    """Three leaves: another certificate's issue, ours, and the other's revocation."""
    ours = merkle.cert_commit(SALT, signed_bytes(FACTS))
    other = merkle.cert_commit(SALT, b"another certificate")
    minute = int(ISSUED.timestamp() * 1000)
    told = [("issue", other, minute - 60_000), ("issue", ours, minute), ("revoke", other, minute + 60_000)]
    return [
        merkle.leaf_bytes(
            seq=seq, type=kind, cert_commit=commit, center="BPVP-SKA", kid=CENTER_KEY.kid, time_ms=at
        )
        for seq, (kind, commit, at) in enumerate(told)
    ]


def log_files() -> tuple[str, str]:
    """(checkpoint, tlog-proof of our leaf) of a log with those three leaves."""
    nodes: dict[tuple[int, int], bytes] = {}
    for seq, leaf in enumerate(leaves()):
        for level, at, digest in merkle.nodes_for_append(
            seq, merkle.leaf_hash(leaf), lambda level, at: nodes[level, at]
        ):
            nodes[level, at] = digest

    def node(level: int, at: int) -> bytes:
        return nodes[level, at]

    note = checkpoints.sign_checkpoint(issuer.origin(BASE_URL), 3, merkle.root(3, node), LOG_KEY)
    return note, checkpoints.write_proof(1, merkle.inclusion_proof(1, 3, node), note)


def status_bits() -> bytes:
    """A revocation list in which one place, not ours, is set."""
    bits = bytearray(LIST_SIZE // 8)
    bits[REVOKED_PLACE // 8] |= 0x80 >> REVOKED_PLACE % 8
    return bytes(bits)


def qr_text() -> str:
    """What our QR says."""
    fragment = qr.qr_payload(FACTS.code, qr.facts_for_qr(FACTS, PLACE), CENTER_KEY)
    return qr.qr_text(BASE_URL, FACTS.code, fragment)


def files() -> dict[str, bytes]:
    """Every file of the example by name."""
    note, proof = log_files()
    listed = {"signer": STATUS_KEY, "valid_from": LISTED}
    pair = offlinebundle.ListPair(status_bits(), bytes(LIST_SIZE // 8))
    documents = {
        "did.json": issuer.did_document(BASE_URL, ENTRIES),
        "jwks.json": issuer.jwks(BASE_URL, ENTRIES),
        "trust.json": issuer.trust_document(BASE_URL, ENTRIES, root=ROOT_KEY, minimum_size=3, now=LISTED),
        "status-1.json": statuslists.status_credential(BASE_URL, 1, status_bits(), **listed),
        "status-2.json": statuslists.status_credential(BASE_URL, 2, pair.suspension, **listed),
        "offline-data.json": offlinebundle.offline_document(
            BASE_URL, ENTRIES, {"bpvp-ska": "Asia/Jakarta"}, [pair], signer=STATUS_KEY, as_of=LISTED
        ),
    }
    signed = signed_bytes(FACTS)
    return {
        "record.json": record_file(signed, CENTER_KEY.sign(signed), CENTER_KEY.kid),
        "salt.hex": SALT.hex().encode(),
        "badge.json": badges.sign_badge(FACTS, PLACE, BASE_URL, CENTER_KEY),
        "badge.jwt": badges.sign_jwt(FACTS, PLACE, BASE_URL, JWT_KEY).encode(),
        "qr.txt": qr_text().encode(),
        "leaf.bin": leaves()[1],
        "proof.tlog-proof": proof.encode(),
        "checkpoint": note.encode(),
    } | {
        name: json.dumps(document, ensure_ascii=False, indent=1).encode() + b"\n"
        for name, document in documents.items()
    }


def main() -> int:
    """Write the files; returns the exit status."""
    FOLDER.mkdir(exist_ok=True)
    for name, content in files().items():
        (FOLDER / name).write_bytes(content)
        print(f"docs/trust-example/{name} {len(content)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
