"""One certificate as files: the paper, the record, its salt and leaf, the badges, the QR and its text."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import png

from portal.certificates import badges, paper, qr
from portal.certificates.models import Certificate, LogLeaf
from portal.certificates.seal import sealer
from portal.core import clock
from portal.core.db import db

_SCALE = 8


def export_certificate(certificate: Certificate, folder: Path, base_url: str) -> list[str]:
    """Write the files into `folder` (made if needed); their names. Raises DomainError.

    Nothing is written when the record is damaged or its key is not to be had, since it has no badge then.
    """
    sheet = paper.collect(certificate, base_url)
    leaf = db.session.get_one(LogLeaf, certificate.log_index)
    files: dict[str, bytes] = {
        "certificate.pdf": paper.finished(sheet, base_url, sealer=sealer(), now=clock.now()),
        "record.json": record_file(certificate.signed_bytes, certificate.signature, certificate.kid),
        "salt.hex": certificate.salt.hex().encode(),
        paper.BADGE: sheet.badge,
        "badge.jwt": badges.badge_jwt(certificate, base_url).encode(),
        "qr.txt": certificate.qr_text.encode(),
        "leaf.bin": bytes(leaf.data),
        paper.PROOF: sheet.proof,
    }
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    _draw(certificate.qr_text, folder / "qr.png")
    return [*files, "qr.png"]


def record_file(signed_bytes: bytes, signature: bytes, kid: str) -> bytes:
    """record.json: {signed_bytes, signed_bytes_base64, signature, kid}.

    `signed_bytes` is the decoded document, whose RFC 8785 form is what was signed; beside it the bytes
    themselves and the signature in base64; `kid` is the key's fragment.
    """
    record = {
        "signed_bytes": json.loads(signed_bytes),
        "signed_bytes_base64": base64.b64encode(signed_bytes).decode(),
        "signature": base64.b64encode(signature).decode(),
        "kid": kid,
    }
    return json.dumps(record, ensure_ascii=False, indent=1).encode()


def _draw(text: str, path: Path) -> None:
    """The QR as PNG, 8 pixels a module, with its quiet zone."""
    matrix, margin = qr.qr_matrix(text), qr.QUIET_MODULES
    side = len(matrix) + 2 * margin
    blank = [[1] * side] * margin
    modules = (
        blank + [[1] * margin + [0 if dark else 1 for dark in row] + [1] * margin for row in matrix] + blank
    )
    pixels = [[value for value in row for _ in range(_SCALE)] for row in modules for _ in range(_SCALE)]
    with path.open("wb") as out:
        png.Writer(side * _SCALE, side * _SCALE, greyscale=True, bitdepth=1).write(out, pixels)
