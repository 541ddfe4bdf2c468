"""An answer file as the browser makes it (static/js/uji.js), for tests without a browser."""

from __future__ import annotations

import base64
import json
import secrets
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


def coded(data: bytes) -> str:
    """base64url without padding."""
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def seal(test_id: int, public: str, inside: Any, named: int | None = None) -> bytes:
    """The file's bytes. named: the test it says it is of, when that is another."""
    point = base64.urlsafe_b64decode(public + "=" * (-len(public) % 4))
    theirs = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    own = ec.generate_private_key(ec.SECP256R1())
    info = f"balai-uji/1/{test_id}".encode()
    shared = own.exchange(ec.ECDH(), theirs)
    key = HKDF(algorithm=SHA256(), length=32, salt=b"", info=info).derive(shared)
    nonce = secrets.token_bytes(12)
    sealed = AESGCM(key).encrypt(nonce, json.dumps(inside).encode(), info)
    ephemeral = own.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return json.dumps(
        {"balai_uji": 1, "test": named or test_id, "point": coded(ephemeral), "iv": coded(nonce),
         "sealed": coded(sealed)}
    ).encode()  # fmt: skip
