"""An answer file as the browser makes it (static/js/uji.js), for tests without a browser."""

from __future__ import annotations

import base64
import json
import secrets
from datetime import timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from portal.assessment.models import WrittenTest
from portal.assessment.services import tests as planning
from portal.assessment.services.answer_files import page_stamp
from portal.core.crypto import cipher
from portal.core.db import db, transaction
from tests.support.tested import OPENS, Made


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


def late_file(made: Made, attempt: int, answers: dict[int, str]) -> bytes:
    """A file of an attempt that `tested.sit` made: position -> option, given half a minute after it began,
    newer than what the server has. The test gets its keys."""
    with transaction():
        test = db.session.get_one(WrittenTest, made.test_id)
        if not test.file_public:
            private, test.file_public = planning._new_keys()
            test.file_key_cipher = cipher().encrypt(private, planning.KEY_AAD, test.id)
        public = test.file_public
    rows = [[position, 2, answer, 30_000] for position, answer in answers.items()]
    stamp = page_stamp(attempt, OPENS + timedelta(minutes=5))
    return seal(
        made.test_id, public, {"attempt": attempt, "stamp": stamp, "elapsed": 60_000, "answers": rows}
    )
